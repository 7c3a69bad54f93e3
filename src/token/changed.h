/* A text under change together with the trace of its bytes. */
#ifndef YA_TOKEN_CHANGED_H
#define YA_TOKEN_CHANGED_H

#include "base/buffer.h"
#include "token/trace.h"

#include <stdbool.h>

/* {0} is empty. The map is filled only when `traced`. */
typedef struct {
    ya_buffer text;
    ya_ids map;
    bool traced;
} ya_changed;

/* Appends text[begin, begin + n) of a text with that trace, byte by byte traced. */
ya_status ya_changed_copy(ya_changed *out, const char *text, ya_trace trace, size_t begin, size_t n,
                          ya_error *err) YA_CHECK;
/* Appends new bytes that stand for original byte `origin`. */
ya_status ya_changed_insert(ya_changed *out, const char *bytes, size_t n, size_t origin,
                            ya_error *err) YA_CHECK;
void ya_changed_clear(ya_changed *out);
void ya_changed_free(ya_changed *out);

/* The trace of the whole changed text; without tracing it means nothing. */
static inline ya_trace ya_changed_trace(const ya_changed *c)
{
    return (ya_trace){c->traced ? c->map.data : NULL, 0};
}

#endif
