/* A product's c before it is made, and its check against f64 behind: exactly what is c's has been
 * written. For shapes of tensor/matmul.h. */
#ifndef YA_TESTS_PRODUCTS_H
#define YA_TESTS_PRODUCTS_H

#include "support/numbers.h"

#include "tensor/matmul.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const float UNTOUCHED = 1234.5f;
enum { C_SEED = 3 };

/* Places in c's memory, of which those behind column n are not the product's */
static inline size_t places_of_c(const ya_matmul_shape *s)
{
    return floats_of(s->m, s->ldc, s->n);
}

static inline float *make_c(const ya_matmul_shape *s)
{
    float *c = numbers(C_SEED, places_of_c(s));
    for (size_t i = 0; i < places_of_c(s); i++)
        if (i % (size_t)s->ldc >= (size_t)s->n)
            c[i] = UNTOUCHED;
    return c;
}

/* The error of a sum of k products in f32 in order is at most k u sum |x y|; products of numbers of
 * either sign stay far below. */
static inline void check_element(const ya_matmul_shape *s, const float *a, const float *b,
                                 const float *c, int i, int j)
{
    size_t at = (size_t)i * (size_t)s->ldc + (size_t)j;
    int a_row = s->a_transposed ? 1 : s->lda, a_col = s->a_transposed ? s->lda : 1;
    int b_row = s->b_transposed ? 1 : s->ldb, b_col = s->b_transposed ? s->ldb : 1;
    double want = s->accumulate ? (double)number(C_SEED, at) : 0, size = fabs(want);
    for (int p = 0; p < s->k; p++) {
        double term = (double)a[i * a_row + p * a_col] * (double)b[p * b_row + j * b_col];
        want += term;
        size += fabs(term);
    }
    if (!(fabs((double)c[at] - want) <= 1e-6 * size))
        fail_msg("[%d,%d] of %d x %d x %d: %.9g, expected %.9g", i, j, s->m, s->n, s->k,
                 (double)c[at], want);
}

/* Every eighth row and the last one, and every `step`-th column of the others. */
static inline void check_product(const ya_matmul_shape *s, const float *a, const float *b,
                                 const float *c, int step)
{
    for (int i = 0; i < s->m; i++)
        for (int j = 0; j < s->n; j += i % 8 == 0 || i + 1 == s->m ? 1 : step)
            check_element(s, a, b, c, i, j);
    for (size_t i = 0; i < places_of_c(s); i++)
        if (i % (size_t)s->ldc >= (size_t)s->n)
            assert_true(c[i] == UNTOUCHED);
}

/* As small as they may be, so that AddressSanitizer sees a step beside them. */
typedef struct {
    float *a, *b, *c, *scratch;
} operands;

/* For a that is not transposed. */
static inline operands make_operands(const ya_matmul_shape *s, size_t scratch_bytes)
{
    size_t b_floats =
        s->b_transposed ? floats_of(s->n, s->ldb, s->k) : floats_of(s->k, s->ldb, s->n);
    operands o = {numbers(1, floats_of(s->m, s->lda, s->k)), numbers(2, b_floats), make_c(s),
                  aligned_alloc(64, scratch_bytes)};
    assert_true(o.scratch && scratch_bytes % 64 == 0);
    memset(o.scratch, 0xff, scratch_bytes); /* NaN: what is used has to be written first */
    return o;
}

static inline void free_operands(operands *o)
{
    free(o->a);
    free(o->b);
    free(o->c);
    free(o->scratch);
}

/* A product by `threads` threads, made directly */
typedef void multiply_directly(const ya_matmul_shape *s, const operands *o, int threads);
typedef size_t scratch_bytes_of(const ya_matmul_shape *s, int threads);

/* Right, and the same to the bit with one to four threads. */
static inline void check_threads(const ya_matmul_shape *s, multiply_directly *multiply,
                                 scratch_bytes_of *scratch)
{
    float *first = NULL;
    for (int threads = 1; threads <= 4; threads++) {
        operands o = make_operands(s, scratch(s, threads));
        multiply(s, &o, threads);
        if (first)
            assert_memory_equal(first, o.c, places_of_c(s) * sizeof *first);
        else {
            check_product(s, o.a, o.b, o.c, 13);
            first = o.c;
            o.c = NULL;
        }
        free_operands(&o);
    }
    free(first);
}

/* ya_matmul asks for that scratchpad and makes that product. */
static inline void check_matmul_hands_over(const ya_matmul_shape *s, multiply_directly *multiply,
                                           scratch_bytes_of *scratch)
{
    int threads = omp_get_max_threads();
    size_t want_bytes = scratch(s, threads), bytes = 0;
    operands direct = make_operands(s, want_bytes), through = make_operands(s, want_bytes);
    ya_error err;
    assert_int_equal(ya_matmul_prepare(s, &bytes, &err), YA_OK);
    assert_int_equal(bytes, want_bytes);
    multiply(s, &direct, threads);
    ya_matmul(s, through.a, through.b, through.c, through.scratch, bytes);
    assert_memory_equal(direct.c, through.c, places_of_c(s) * sizeof *direct.c);
    ya_matmul_forget();
    free_operands(&direct);
    free_operands(&through);
}

#endif
