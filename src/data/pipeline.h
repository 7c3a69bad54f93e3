/* The lines of files through several threads, in constant memory, with results in the order of the
 * input: what comes out does not depend on the number of threads.
 *
 *     files -> batches of lines -> work(), on every thread -> emit(), one at a time, in order
 *
 * Each of n threads takes whatever is to be done: hand on the oldest finished batch, work on a
 * batch, read the next one. So one thread needs no other, and n threads are n threads of load. */
#ifndef YA_DATA_PIPELINE_H
#define YA_DATA_PIPELINE_H

#include "base/error.h"
#include "data/fields.h"
#include "io/record_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Consecutive lines of one file that are not blank, about 512 KiB of them, at least one and
 * at most 4096. */
typedef struct {
    uint32_t file; /* index in the paths */
    const ya_line *lines;
    size_t n_lines;
    void *result; /* result_size bytes for work() to leave what emit() takes: zero at first, then as
                     the last batch that had this place left it */
} ya_batch;

typedef struct {
    const char *const *paths; /* read in this order */
    size_t n_paths;
    const ya_field_names *names; /* --field; NULL: none */
    bool again;                  /* what is to be said of the files was said in an earlier run */
    int n_threads;               /* at least 1; the calling one is among them */
    const char *doing;           /* "scoring": for progress on stderr; NULL: none */
    size_t result_size;
    void *context; /* given to the functions */
    /* `thread` (0 .. n_threads - 1) is not in two calls at once; every other may be. */
    ya_status (*work)(void *context, int thread, ya_batch *batch, ya_error *err);
    /* Never in two calls at once; sees all that earlier calls did. */
    ya_status (*emit)(void *context, ya_batch *batch, ya_error *err);
    void (*free_result)(void *result); /* frees what a result holds, not the result; may be NULL */
} ya_pipeline;

/* Reads all files to their ends. The first failure in the order of the input ends it and is
 * returned, when all batches before it were emitted; a failure of work() is wrapped by nothing.
 * Memory: some batches a thread, of longer lines at most 48 MiB and one more line. */
ya_status ya_pipeline_run(const ya_pipeline *pipeline, ya_error *err) YA_CHECK;

#endif
