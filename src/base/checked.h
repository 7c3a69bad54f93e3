/* Arithmetic on sizes that come from outside: false on overflow, `*out` then undefined. */
#ifndef YA_BASE_CHECKED_H
#define YA_BASE_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool ya_mul_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool ya_add_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline bool ya_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

static inline bool ya_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

/* n rounded up to a multiple of `to`, a power of two. */
static inline size_t ya_round_up(size_t n, size_t to)
{
    return (n + to - 1) & ~(to - 1);
}

#endif
