/* Stored matrices as the compute type: the one way every kernel reads a weight. */
#ifndef YA_TENSOR_EXPAND_H
#define YA_TENSOR_EXPAND_H

#include "tensor/matrix.h"

#include <stdbool.h>
#include <stdint.h>

/* True when weights of this type can be expanded. */
bool ya_expand_knows(ya_dtype type);

/* The matrix itself when it is stored as `type` (YA_F32, YA_BF16), in row order and aligned to its
 * element; else NULL: it must be expanded. */
const void *ya_matrix_direct(const ya_matrix *matrix, ya_dtype type);

/* dst [n, cols] of `type` (YA_F32 or YA_BF16): rows row0 ... row0 + n - 1. Split over threads. */
void ya_expand_rows(const ya_matrix *matrix, int row0, int n, void *dst, ya_dtype type);

/* dst[i] [cols] f32: row ids[i]. The embedding look-up. */
void ya_expand_gather(const ya_matrix *matrix, const int32_t *ids, int n, float *dst);

/* One row, by the calling thread. */
void ya_expand_row(const ya_matrix *matrix, int row, float *dst);

#endif
