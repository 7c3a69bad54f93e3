/* A window over the text of a file: what has been read and is not used up. Inside io.
 *
 *     | used up | begin ... end | free ... room |
 *
 * Who reads moves `begin` (and may move `end` back). */
#ifndef YA_IO_WINDOW_H
#define YA_IO_WINDOW_H

#include "io/text_stream.h"

enum { YA_WINDOW_FIRST = 1 << 18 }; /* stays in the second-level cache */

typedef struct {
    ya_text_stream *text;
    char *path, *data;
    size_t room, begin, end;
    bool at_end; /* the file has no more */
} ya_window;

/* {0} may be closed. `window` may move while it is open. */
ya_status ya_window_open(ya_window *window, const char *path, ya_error *err) YA_CHECK;
void ya_window_close(ya_window *window);

/* Adds bytes behind `end`, or sets at_end. Where there is no room what is in the window moves to
 * the start of `data`, or else `data` grows, to at most `most` bytes, more than are in the window.
 */
ya_status ya_window_fill(ya_window *window, size_t most, ya_error *err) YA_CHECK;

#endif
