/* JSON read where it lies: values are views of the text, nothing is built. RFC 8259 in full, with
 * well-formed UTF-8 and paired surrogates; for the lines of data sets (documents: io/json.h).
 *
 *     ya_json_cursor object;
 *     if (ya_json_enter(&object, text, text + size, depth))
 *         while (ya_json_next_member(&object, &name, &value))
 *             ...
 *     object.bad: not JSON;    else object.at: behind the closing bracket
 *
 * Texts are shorter than 4 GiB. Nothing allocates; any thread. */
#ifndef YA_IO_JSON_SCAN_H
#define YA_IO_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    YA_JSON_STRING,
    YA_JSON_NUMBER,
    YA_JSON_BOOLEAN,
    YA_JSON_NULL,
    YA_JSON_ARRAY,
    YA_JSON_OBJECT
} ya_json_type;

/* "a string", "a list", ...: for sentences. */
const char *ya_json_type_name(ya_json_type type);

/* A value as written: of a string what stands between its quotes. */
typedef struct {
    const char *text;
    uint32_t size;
    unsigned char type; /* ya_json_type */
    bool escaped;       /* a string with backslashes: ya_json_unescape */
} ya_json_value;

/* The value that begins at `at`, white space before it skipped. Arrays and objects may nest `depth`
 * deep (0: none). Returns the byte behind it; NULL when there is no valid value. */
const char *ya_json_scan(const char *at, const char *end, int depth, ya_json_value *value);

/* The byte behind the white space (space, TAB, LF, CR) at `at`, at most `end`. */
const char *ya_json_skip_space(const char *at, const char *end);

/* Members of an object or items of an array, one by one, checked on the way. */
typedef struct {
    const char *at, *end;
    int depth;        /* that is left for values inside */
    char close;       /* '}' or ']' */
    bool first, done; /* done: the closing bracket was read */
    bool bad;         /* what was read is not JSON */
} ya_json_cursor;

/* At the '{' or '[' that `at` points to, white space before it skipped; false when there is none,
 * or when `depth` is 0: then it is `bad`. */
bool ya_json_enter(ya_json_cursor *cursor, const char *at, const char *end, int depth);
/* False at the end and when what comes is not JSON (`bad`). Repeated names come repeatedly. */
bool ya_json_next_member(ya_json_cursor *object, ya_json_value *name, ya_json_value *value);
bool ya_json_next_item(ya_json_cursor *array, ya_json_value *value);

/* The bytes that a scanned string stands for, to `to`, which has room for `size`; returns their
 * number, at most `size`. */
size_t ya_json_unescape(char *to, const char *text, size_t size);

#endif
