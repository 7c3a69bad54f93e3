/* Products of stored weights with a few rows of activations, straight from the blocks: what
 * decoding spends its time on, limited by reading the weights. */
#ifndef YA_TENSOR_MATVEC_H
#define YA_TENSOR_MATVEC_H

#include "tensor/matrix.h"

#include <stddef.h>

enum { YA_MATVEC_ROWS = 8 };

/* The row of the matrix that is stored at place `stored` (interleaved_head_dim, matrix.h). */
int ya_matrix_row_stored_at(const ya_matrix *w, int stored);

/* y[t] = the product of the row stored at place `stored` with x[t * x_stride], t < m, f32. By the
 * calling thread; exact up to the order of f32 sums, which depends on m alone. Going through the
 * places in order reads the file in order. */
void ya_matvec(const ya_matrix *w, int stored, const float *x, size_t x_stride, int m, float *y);

#endif
