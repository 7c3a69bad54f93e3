/* Dense products through oneDNN, with scratchpads of ours.
 *
 * oneDNN compiles a kernel for each shape: ya_matmul_prepare does that once a shape and keeps it
 * for the life of the process, so that ya_matmul neither compiles nor allocates. Not for several
 * threads at once; the product itself uses all OpenMP threads. */
#ifndef YA_TENSOR_MATMUL_H
#define YA_TENSOR_MATMUL_H

#include "base/error.h"
#include "io/dtype.h"

#include <stdbool.h>
#include <stddef.h>

/* c[m,n] (+)= a[m,k] b[k,n]; a and b are both YA_F32 or both YA_BF16, c is f32. The strides are in
 * elements from row to row as stored. */
typedef struct {
    int m, n, k;
    int lda, ldb, ldc;
    ya_dtype type;
    bool a_transposed; /* a is stored as [k, m] */
    bool b_transposed; /* b is stored as [n, k] */
    bool accumulate;
    bool mixes_rows; /* Rows of c may share their roundings, by strassen.h: for rows of like size,
                        and where equal rows need not come out equal. */
} ya_matmul_shape;

/* Makes the kernel for a shape if there is none yet and raises *scratch_bytes to what it needs. */
ya_status ya_matmul_prepare(const ya_matmul_shape *shape, size_t *scratch_bytes,
                            ya_error *err) YA_CHECK;

/* The product. A shape that was not prepared is prepared now; one that oneDNN refuses, or whose
 * scratch is too small, ends the program with a message (a mistake of ours, not of the user's).
 * scratch is 64-byte aligned. */
void ya_matmul(const ya_matmul_shape *shape, const void *a, const void *b, float *c, void *scratch,
               size_t scratch_bytes);

/* c (+)= a b + a2 b2: the shapes have the same m, n and ldc, both are prepared, and the second
 * accumulates. Faster than one after the other where k of the second is small. */
void ya_matmul_two(const ya_matmul_shape *shape, const void *a, const void *b,
                   const ya_matmul_shape *second, const void *a2, const void *b2, float *c,
                   void *scratch, size_t scratch_bytes);

/* Places for prepared shapes, and the shape at one of them: NULL where there is none. It lives
 * until the next shape is prepared or all are forgotten. *scratch_bytes is what it needs. */
int ya_matmul_places(void);
const ya_matmul_shape *ya_matmul_at(int place, size_t *scratch_bytes);

/* True when bf16 products run on bf16 hardware (AVX-512 BF16 or AMX). */
bool ya_matmul_has_bf16(void);

/* Frees all kernels. */
void ya_matmul_forget(void);

#endif
