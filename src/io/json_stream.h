/* JSON text of any size, token by token, through a window over its file. Inside io. */
#ifndef YA_IO_JSON_STREAM_H
#define YA_IO_JSON_STREAM_H

#include "io/jsonl.h"
#include "io/shown.h"
#include "io/window.h"

typedef struct {
    ya_window *window;
    size_t at;       /* bytes from the window's begin to the one at hand */
    uint64_t number; /* its line, from 1 */
    /* To look ahead: the window's begin stays, nothing is changed, and what lies `keep` (> 0)
     * bytes or more behind it is not read: it seems to be the end, and `cut` is set. 0: to read. */
    size_t keep;
    bool cut;
} ya_json_stream;

/* *c: the next byte that is no white space, which becomes the one at hand; -1 at the end. */
ya_status ya_json_stream_peek(ya_json_stream *stream, int *c, ya_error *err) YA_CHECK;

/* Whether a value, well formed or not, may begin with what peek gave. */
bool ya_json_begins_value(int c);

/* Steps over the byte at hand, which peek has found. */
void ya_json_stream_take(ya_json_stream *stream);

/* Reads the value whose first byte is at hand, on one line, valid until the next call; `line` is
 * filled as by ya_jsonl_next. Its syntax is not checked. line->text is NULL when the end comes
 * first. */
ya_status ya_json_stream_value(ya_json_stream *stream, ya_line *line, ya_error *err) YA_CHECK;

/* Steps over the value at hand, or what is left of it behind its opening bracket, which was taken;
 * *whole is false when the end comes first. */
ya_status ya_json_stream_skip(ya_json_stream *stream, bool opened, bool *whole,
                              ya_error *err) YA_CHECK;

/* One member of an object: at hand is the byte behind its { (`first`) or behind a member. */
typedef struct {
    enum {
        YA_MEMBER_OTHER, /* it was stepped over */
        YA_MEMBER_LIST,  /* an array whose first item is an object, which is at hand */
        YA_MEMBER_NONE,  /* the object has no more: its } was stepped over */
        YA_MEMBER_BROKEN /* what is at hand (`found`, -1: the end) is not what was `expected` */
    } kind;
    ya_shown name;
    const char *expected;
    int found;
} ya_json_member;
ya_status ya_json_stream_member(ya_json_stream *stream, bool first, ya_json_member *member,
                                ya_error *err) YA_CHECK;

#endif
