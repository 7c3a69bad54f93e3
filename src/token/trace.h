/* Where the bytes of a changed text come from. Texts are mostly passed through as they are, so a
 * trace is an offset; only where a step changed the text, and somebody asked for offsets, it is an
 * array. */
#ifndef YA_TOKEN_TRACE_H
#define YA_TOKEN_TRACE_H

#include <stddef.h>
#include <stdint.h>

/* Byte i comes from original byte map[i], or base + i when map is NULL. */
typedef struct {
    const int32_t *map;
    size_t base;
} ya_trace;

static inline size_t ya_trace_at(ya_trace trace, size_t i)
{
    return trace.map ? (size_t)trace.map[i] : trace.base + i;
}

/* The trace of the text that begins `n` bytes later. */
static inline ya_trace ya_trace_skip(ya_trace trace, size_t n)
{
    return trace.map ? (ya_trace){trace.map + n, 0} : (ya_trace){NULL, trace.base + n};
}

#endif
