/* f32 products a^T b whose result has few columns, for matmul.c: the gradients of LoRA's B. Made as
 * (b^T a)^T, 64 rows of c at a time, so that the long side lies along the registers; oneDNN copies
 * all of a to transpose it. */
#ifndef YA_TENSOR_THIN_H
#define YA_TENSOR_THIN_H

#include "tensor/matmul.h"

/* True for shapes that are better multiplied here. */
bool ya_thin_suits(const ya_matmul_shape *shape);

/* The product, by at most `threads` threads, which make no difference to the result. */
void ya_thin_multiply(const ya_matmul_shape *shape, const float *a, const float *b, float *c,
                      int threads);

#endif
