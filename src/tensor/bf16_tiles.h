/* Small products of bf16 elements with sums in f32, for processors that have the instruction
 * (AVX-512 BF16).
 *
 * Their operands are words: a word is a pair of bf16 elements that follow each other along the sum,
 * the first in the low half. Words are kept in arrays of float, of which only the bits count. What
 * is too small for a normal f32 becomes 0. */
#ifndef YA_TENSOR_BF16_TILES_H
#define YA_TENSOR_BF16_TILES_H

#include <stdbool.h>

typedef struct {
    /* As tile_matmul of kernels.h; k, the strides of a and ldb are in words. */
    void (*matmul)(int m, int n, int k, const float *a, int a_row, int a_col, const float *b,
                   int ldb, float *c, int ldc, bool accumulate);
    /* words[i] = (x[2 i], x[2 i + 1]) for all of x[0 ... n]; 0 behind it. words may be x. */
    void (*pair_along)(const float *x, int n, float *words);
    /* words[i] = (x[i], y[i]) for i < n; y NULL: zeros. words may be x or y. */
    void (*pair_across)(const float *x, const float *y, int n, float *words);
} ya_bf16_tiles;

extern const ya_bf16_tiles ya_bf16_tiles_avx512;

/* NULL where the processor has none. Obeys DNNL_MAX_CPU_ISA, as ya_kernels_get does. */
const ya_bf16_tiles *ya_bf16_tiles_get(void);

#endif
