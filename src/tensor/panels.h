/* f32 products with a weight that is stored [n, k], as every linear layer's forward pass has them:
 * panels of YA_PANEL_COLUMNS of its rows are transposed into a scratchpad, one at a time, and each
 * stays in the second-level cache while all rows of a go by. Faster than oneDNN's for three
 * reasons: a is not copied, the next panel comes from memory meanwhile, and so do the lines of c.
 */
#ifndef YA_TENSOR_PANELS_H
#define YA_TENSOR_PANELS_H

#include "tensor/matmul.h"

/* True for shapes that are better multiplied here: b_transposed, f32, large each way, on a
 * processor with AVX2 or AVX-512. */
bool ya_panels_suit(const ya_matmul_shape *shape);

/* What `threads` threads need, in bytes. */
size_t ya_panels_scratch_bytes(const ya_matmul_shape *shape, int threads);

/* The product, by at most `threads` threads; each element's order of summation depends on the shape
 * alone. scratch is 64-byte aligned. */
void ya_panels_multiply(const ya_matmul_shape *shape, const float *a, const float *b, float *c,
                        void *scratch, int threads);

#endif
