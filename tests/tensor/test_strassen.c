/* Strassen's products against f64: exactly what is c's is written, and the threads make no
 * difference. */
#include "support/cmocka_all.h"
#include "support/products.h"

#include "tensor/kernels.h"
#include "tensor/matmul.h"
#include "tensor/strassen.h"

#include <stdlib.h>
#include <string.h>

enum { BESIDE = 3 }; /* columns of c's rows that are not the product's */

static void multiply(const ya_matmul_shape *s, const operands *o, int threads)
{
    ya_strassen_multiply(s, o->a, o->b, NULL, o->c, o->scratch, threads);
}

static size_t scratch_bytes(const ya_matmul_shape *s, int threads)
{
    (void)s;
    return ya_strassen_scratch_bytes(threads);
}

/* 48 rows are whole blocks of every kernel's; n: narrow panels only, wide ones, both; k: one piece,
 * pieces of which the last is shorter. */
static void any_shape_and_any_number_of_threads(void **state)
{
    (void)state;
    const int ms[] = {48, 144}, ns[] = {64, 192, 320, 448}, ks[] = {32, 608, 672, 1376};
    for (int i = 0; i < 2 * 4 * 4 * 2; i++) {
        int m = ms[i / 32], n = ns[i / 8 % 4], k = ks[i / 2 % 4];
        bool transposed = i % 2;
        ya_matmul_shape s = {m,
                             n,
                             k,
                             k + i % 3,
                             (transposed ? k : n) + i % 5,
                             n + BESIDE,
                             YA_F32,
                             .b_transposed = transposed,
                             .accumulate = i / 2 % 2 == 0};
        check_threads(&s, multiply, scratch_bytes);
    }
}

static bool same_but_for_rounding(const ya_matmul_shape *s, const float *x, const float *y)
{
    for (size_t i = 0; i < places_of_c(s); i++)
        if (!(fabsf(x[i] - y[i]) <= 3e-5f))
            return false;
    return true;
}

/* A product beside it gives what it would give behind it. k has two pieces: the small product goes
 * with the first. */
static void a_small_product_beside_it(void **state)
{
    (void)state;
    enum { M = 96, N = 192, K = 800 };
    const int depths[] = {16, YA_STRASSEN_MORE};
    for (int i = 0; i < 8; i++) {
        int k = depths[i / 4];
        bool transposed = i % 2;
        ya_matmul_shape s = {.m = M,
                             .n = N,
                             .k = K,
                             .lda = K,
                             .ldb = transposed ? K : N,
                             .ldc = N + BESIDE,
                             .type = YA_F32,
                             .b_transposed = transposed,
                             .accumulate = i / 2 % 2};
        ya_matmul_shape small = s;
        small.k = k;
        small.lda = k + 1;
        small.ldb = (transposed ? k : N) + 2;
        small.accumulate = true;
        assert_true(ya_strassen_takes(&s, &small));
        operands behind = make_operands(&s, scratch_bytes(&s, 2)),
                 beside = make_operands(&s, scratch_bytes(&s, 3)), o = make_operands(&small, 64);
        ya_strassen_multiply(&s, behind.a, behind.b, NULL, behind.c, behind.scratch, 2);
        assert_false(same_but_for_rounding(&s, behind.c, beside.c));
        for (int at = 0; at < M * N * k; at++) {
            int row = at / (N * k), column = at / k % N, p = at % k;
            behind.c[row * s.ldc + column] +=
                o.a[row * small.lda + p] *
                o.b[transposed ? column * small.ldb + p : p * small.ldb + column];
        }
        ya_strassen_more more = {o.a, o.b, k, small.lda, small.ldb};
        ya_strassen_multiply(&s, beside.a, beside.b, &more, beside.c, beside.scratch, 3);
        assert_true(same_but_for_rounding(&s, behind.c, beside.c));
        free_operands(&behind);
        free_operands(&beside);
        free_operands(&o);
    }
}

static void matmul_hands_over_what_may_be_mixed(void **state)
{
    (void)state;
    ya_matmul_shape s = {192, 512, 512, 512, 512, 512, YA_F32, .mixes_rows = true}, other = s;
    if (!ya_strassen_suits(&s))
        skip();
    other.mixes_rows = false;
    assert_false(ya_strassen_suits(&other));
    other = s;
    other.m = 200;
    assert_false(ya_strassen_suits(&other));
    other = s;
    other.a_transposed = true;
    assert_false(ya_strassen_suits(&other));
    other = s;
    other.type = YA_BF16;
    assert_false(ya_strassen_suits(&other));

    check_matmul_hands_over(&s, multiply, scratch_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_shape_and_any_number_of_threads),
        cmocka_unit_test(a_small_product_beside_it),
        cmocka_unit_test(matmul_hands_over_what_may_be_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
