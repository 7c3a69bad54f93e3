/* Numbers in [-1, 1) that are the same for the same seed and place. */
#ifndef YA_TESTS_NUMBERS_H
#define YA_TESTS_NUMBERS_H

#include "support/cmocka_all.h"

#include "base/random.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static inline float number(uint64_t seed, size_t i)
{
    return 2.0f * ya_unit_float(ya_splitmix64(seed, i)) - 1.0f;
}

/* x[i] = scale * number i */
static inline void fill(float *x, size_t n, uint64_t seed, float scale)
{
    for (size_t i = 0; i < n; i++)
        x[i] = scale * number(seed, i);
}

/* n numbers, to be freed */
static inline float *numbers(uint64_t seed, size_t n)
{
    float *x = malloc(n * sizeof *x);
    assert_non_null(x);
    fill(x, n, seed, 1);
    return x;
}

/* Floats of a matrix from its first to its last element. */
static inline size_t floats_of(int rows, int stride, int width)
{
    return (size_t)(rows - 1) * (size_t)stride + (size_t)width;
}

#endif
