/* This program, started again with other arguments: so that what it measures is a process of its
 * own, and one that fails does not take the caller with it. */
#ifndef YA_HARDWARE_CHILD_H
#define YA_HARDWARE_CHILD_H

#include "base/error.h"

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

enum { YA_CHILD_ARGS = 48, YA_CHILD_NUMBER = 24, YA_CHILD_FAILURE = 512 };

/* Texts given to ya_child_flag must live until the child was started. */
typedef struct {
    char *argv[YA_CHILD_ARGS];
    char numbers[YA_CHILD_ARGS][YA_CHILD_NUMBER];
    int n;
} ya_child_arguments;

/* Starts the list with the command. */
void ya_child_command(ya_child_arguments *a, const char *command);
void ya_child_flag(ya_child_arguments *a, const char *name, const char *value); /* NULL: none */
void ya_child_number(ya_child_arguments *a, const char *name, int64_t value);

/* Its stdout and stderr go to these files. */
ya_status ya_child_start(pid_t *child, ya_child_arguments *a, const char *out, const char *log,
                         ya_error *err) YA_CHECK;
/* The last line of `log`, else how it ended (`status` of waitpid). */
void ya_child_last_words(char out[YA_CHILD_FAILURE], const char *log, int status);

/* Runs it to its end and reads the JSON document of its stdout; *out is NULL with `failure` filled
 * when it did not succeed. */
ya_status ya_child_json(ya_child_arguments *a, json_t **out, char failure[YA_CHILD_FAILURE],
                        ya_error *err) YA_CHECK;

#endif
