/* Products of stored blocks with a few rows of activations in integers, for processors with
 * instructions for it: half the instructions of f32 and no less exact. One source (products.inc)
 * compiled once for each instruction set and chosen at run time, as kernels.h is.
 *
 * A run of 32 activations is a scale times integers V of 22 bits, |V| <= 2,088,000: the step is
 * 2.4e-7 of the largest of the run, twice the spacing of f32 there. Each V is three signed digits
 * to base 128, V = (d0 128 + d1) 128 + d2, so that a product with codes of blocks is three products
 * of bytes, summed in 32 bits without loss. A row of n activations is stored as
 *
 *     two runs   i8 d0[64] | i8 d1[64] | i8 d2[64] | i32 less[16]      256 bytes, n/64 rounded up;
 *                less[i] = -128 (V[4 i] + ... + V[4 i + 3]): what offset codes are too much by
 *
 *     all runs   f32 scale[2] a pair, then f32 sum[2] a pair: scale x (V summed over the run)
 *
 * An odd last run has a pair of zeros beside it. */
#ifndef YA_TENSOR_PRODUCTS_H
#define YA_TENSOR_PRODUCTS_H

#include "io/dtype.h"

#include <stddef.h>
#include <stdint.h>

enum { YA_DIGITS_RUN = 32, YA_DIGITS_PAIR_BYTES = 256, YA_DIGITS_MOST_V = 2088000 };

/* Bytes of a row of n activations, a multiple of 64; keep them 64-byte aligned. */
static inline size_t ya_digits_bytes(size_t n)
{
    size_t pairs = (n + 63) / 64;
    return pairs * YA_DIGITS_PAIR_BYTES + (pairs * 16 + 63) / 64 * 64;
}

typedef struct {
    const char *name; /* "avx512_vnni", "avx2" */
    /* Writes x [n] f32, n a multiple of 32, as digits. Where a number is not finite, so is what is
     * made of its run. */
    void (*digits)(const float *x, int n, void *out);
    /* y[r * m + t] = sum_i w_ri x_ti for r < n_rows, t < m: rows of n stored elements, one behind
     * the other, times m rows of digits, ya_digits_bytes(n) apart. Sums over runs are f32; their
     * order depends on n, m and nothing else. NULL: not for this type. */
    void (*times[YA_N_DTYPES])(const void *src, int n_rows, int n, const void *digits, int m,
                               float *y);
} ya_products;

/* Those for this processor; NULL: products in f32 (kernels.h) serve it as well. Obeys
 * DNNL_MAX_CPU_ISA as ya_kernels_get does. */
const ya_products *ya_products_get(void);

extern const ya_products ya_products_avx2, ya_products_vnni;

#endif
