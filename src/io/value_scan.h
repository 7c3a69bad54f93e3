/* Where a JSON value ends: strings, escapes and brackets are told apart, nothing else is checked.
 * For values of any size that come in pieces. Inside io. */
#ifndef YA_IO_VALUE_SCAN_H
#define YA_IO_VALUE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* {0} at the first byte of a value; {.depth = 1} behind its opening bracket. */
typedef struct {
    size_t depth; /* of open brackets, whichever they are */
    bool in_string;
    bool escaped;     /* the last byte of the piece before was a backslash */
    bool scalar;      /* a number or a word, or what stands in its place */
    bool one_line;    /* in: line breaks become spaces, inside of strings (where they are wrong and
                         must stay so) tabs */
    uint64_t n_lines; /* LFs passed */
} ya_value_scan;

/* Scans [at, end), the next piece. Returns the byte behind the value, or NULL when it goes on. A
 * scalar ends before white space and before any byte that has a meaning of its own. */
char *ya_scan_value(ya_value_scan *scan, char *at, char *end);

#endif
