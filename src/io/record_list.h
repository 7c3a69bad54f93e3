/* Records in JSON that are no lines: an array of them, an object with one such array among its
 * members, objects one after another. Streamed: memory for one record. Inside io.
 *
 *     [ record, record, ... ]
 *     { "version": 1, "data": [ record, ... ], ... }      the object may hold one list only
 *     { ... } { ... }                                     as `jq .` prints them
 *
 * What stands between records is checked; a record is what its brackets and strings delimit. */
#ifndef YA_IO_RECORD_LIST_H
#define YA_IO_RECORD_LIST_H

#include "io/json_stream.h"
#include "io/shown.h"

typedef struct {
    ya_json_stream stream;
    enum {
        YA_LIST_OBJECTS, /* where an object or the end of the file is due */
        YA_LIST_FIRST,   /* behind [ */
        YA_LIST_NEXT,    /* behind a record of the array */
        YA_LIST_BEFORE,  /* behind { of the object that holds the array */
        YA_LIST_BEHIND,  /* behind that array */
        YA_LIST_END
    } place;
    bool contained;  /* the array is a member */
    ya_shown name;   /* of it */
    uint64_t begins; /* the line of the array */
} ya_record_list;

/* What a file whose first byte, at hand, is { or [ holds. */
typedef enum { YA_HOLDS_LINES, YA_HOLDS_ARRAY, YA_HOLDS_CONTAINER, YA_HOLDS_OBJECTS } ya_holds;

/* Of an object that holds the list of records: the name of that list, and the names of the members
 * before it, of which nothing is read. */
typedef struct {
    ya_shown list;
    char others[200];
} ya_record_note;

/* Looks ahead, at most a few MiB, and leaves the window as it was. `members`: names, to NULL, of
 * which one makes an object a record; NULL: none. Two lists of objects in one object are
 * YA_ERR_DATA. `note` is filled for YA_HOLDS_CONTAINER. */
ya_status ya_record_list_look(ya_window *window, const char *const *members, ya_holds *holds,
                              ya_record_note *note, ya_error *err) YA_CHECK;

/* Begins to read; `holds` is not YA_HOLDS_LINES. */
ya_status ya_record_list_begin(ya_record_list *list, ya_window *window, ya_holds holds,
                               ya_error *err) YA_CHECK;

/* The sentence for an object that holds two lists. */
ya_status ya_fail_two_lists(const char *path, const char *first, const char *second,
                            ya_error *err) YA_CHECK;

/* As ya_record_file_next. */
ya_status ya_record_list_next(ya_record_list *list, ya_line *line, ya_error *err) YA_CHECK;

#endif
