/* f32 products by Strassen's rule: a, b and c are cut in halves each way, and seven products of
 * sums of a's and b's quarters make c's quarters instead of eight (V. Strassen, "Gaussian
 * elimination is not optimal", 1969). One level of it; an eighth of the multiplications is saved
 * and about a twelfth of the time.
 *
 * Nothing is stored for it but panels: b's sums are made where panels are packed, a's as they go
 * into the multipliers, and each product goes to all quarters of c that need it straight from the
 * registers.
 *
 * The price: a row's rounding depends on the row half of a below or above it, and errors are
 * relative to the larger of the two. Hence only for shapes that say `mixes_rows`. */
#ifndef YA_TENSOR_STRASSEN_H
#define YA_TENSOR_STRASSEN_H

#include "tensor/matmul.h"

/* True for shapes that are better multiplied here: mixes_rows, f32, a not transposed, large each
 * way and easily cut, with AVX-512 on a processor of AMD's. */
bool ya_strassen_suits(const ya_matmul_shape *shape);

/* A second product for the same c: a [m, k] b [k, n], b stored as the first one's. */
typedef struct {
    const float *a, *b;
    int k, lda, ldb; /* k a multiple of 16, at most YA_STRASSEN_MORE */
} ya_strassen_more;
enum { YA_STRASSEN_MORE = 64 };

/* True if the second product can be made beside the first, which suits. */
bool ya_strassen_takes(const ya_matmul_shape *shape, const ya_matmul_shape *second);

/* What `threads` threads need, in bytes. */
size_t ya_strassen_scratch_bytes(int threads);

/* The product, and with `more` that one beside it while c is in the cache, by at most `threads`
 * threads; each element's order of summation depends on the shape alone. m is a multiple of twice
 * the kernels' panel_rows, n of 64, k of 32; scratch is 64-byte aligned. */
void ya_strassen_multiply(const ya_matmul_shape *shape, const float *a, const float *b,
                          const ya_strassen_more *more, float *c, void *scratch, int threads);

#endif
