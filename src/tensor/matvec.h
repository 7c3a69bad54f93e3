/* Products of stored weights with a few rows of activations, straight from the blocks: what
 * decoding spends its time on, limited by reading the weights. */
#ifndef YA_TENSOR_MATVEC_H
#define YA_TENSOR_MATVEC_H

#include "tensor/matrix.h"

#include <stdbool.h>
#include <stddef.h>

enum { YA_MATVEC_ROWS = 8 };

/* The row of the matrix that is stored at place `stored` (interleaved_head_dim, matrix.h). */
int ya_matrix_row_stored_at(const ya_matrix *w, int stored);

/* Rows of activations, `stride` floats apart. `digits` (products.h), of all of them, may be NULL.
 */
typedef struct {
    const float *x;
    size_t stride;
    const void *digits;
} ya_operand;

/* Whether products with `w` want digits. */
bool ya_matvec_wants_digits(const ya_matrix *w);
/* Bytes of `m` rows of n activations as digits; 0 where no product wants them. */
size_t ya_matvec_digits_bytes(int n, int m);
/* m rows of n activations, x [m, n] f32, as digits: a 64-byte aligned `out` of so many bytes. */
void ya_matvec_digits(const float *x, int n, int m, void *out);

/* y[r * m + t] = the product of the row stored at place `stored` + r, r < n_rows, with row t of x,
 * t < m. By the calling thread; with digits or without, exact up to the order of f32 sums, which
 * depends on m, the type and the processor alone. Going through the places in order reads the file
 * in order. */
void ya_matvec(const ya_matrix *w, int stored, int n_rows, const ya_operand *x, int m, float *y);

#endif
