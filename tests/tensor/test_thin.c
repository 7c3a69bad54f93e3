/* Products of few columns against f64; exactly what is c's is written, and the threads make no
 * difference. Operands are as small as they may be, so that AddressSanitizer sees a step beside
 * them. */
#include "support/cmocka_all.h"
#include "support/products.h"

#include "tensor/kernels.h"
#include "tensor/matmul.h"
#include "tensor/thin.h"

#include <stdlib.h>

enum { BESIDE = 5 }; /* columns of c's rows that are not the product's */

static void any_shape_and_any_number_of_threads(void **state)
{
    (void)state;
    const int ms[] = {64, 80, 336}, ns[] = {16, 48, 64}, ks[] = {64, 99, 512};
    for (int n_case = 0; n_case < 27; n_case++) {
        int m = ms[n_case / 9], n = ns[n_case / 3 % 3], k = ks[n_case % 3];
        ya_matmul_shape s = {m,
                             n,
                             k,
                             m + 3,
                             n + 1,
                             n + BESIDE,
                             YA_F32,
                             .a_transposed = true,
                             .accumulate = n_case % 2};
        if (ya_kernels_get() != &ya_kernels_base)
            assert_true(ya_thin_suits(&s));
        float *a = numbers(1, floats_of(k, s.lda, m)), *b = numbers(2, floats_of(k, s.ldb, n));
        float *first = NULL;
        for (int threads = 1; threads <= 3; threads++) {
            float *c = make_c(&s);
            ya_thin_multiply(&s, a, b, c, threads);
            if (first) {
                assert_memory_equal(first, c, places_of_c(&s) * sizeof *c);
                free(c);
            } else {
                check_product(&s, a, b, c, 1);
                first = c;
            }
        }
        free(first);
        free(a);
        free(b);
    }
}

static void others_go_elsewhere(void **state)
{
    (void)state;
    const ya_matmul_shape good = {576, 16, 512, 576, 16, 16, YA_F32, .a_transposed = true};
    ya_matmul_shape s = good;
    s.n = 20;
    assert_false(ya_thin_suits(&s));
    s = good;
    s.m = 570;
    assert_false(ya_thin_suits(&s));
    s = good;
    s.n = 80;
    assert_false(ya_thin_suits(&s));
    s = good;
    s.a_transposed = false;
    assert_false(ya_thin_suits(&s));
    s = good;
    s.type = YA_BF16;
    assert_false(ya_thin_suits(&s));
}

static void matmul_hands_over_what_suits(void **state)
{
    (void)state;
    const ya_matmul_shape s = {
        96, 16, 128, 96, 16, 16, YA_F32, .a_transposed = true, .accumulate = true};
    if (!ya_thin_suits(&s))
        skip();
    float *a = numbers(1, 128 * 96), *b = numbers(2, 128 * 16);
    float *direct = make_c(&s), *through = make_c(&s);
    size_t scratch_bytes = 0;
    ya_error err;
    assert_int_equal(ya_matmul_prepare(&s, &scratch_bytes, &err), YA_OK);
    assert_int_equal(scratch_bytes, 0);
    ya_thin_multiply(&s, a, b, direct, 2);
    ya_matmul(&s, a, b, through, NULL, 0);
    assert_memory_equal(direct, through, 96 * 16 * sizeof *direct);
    ya_matmul_forget();
    free(a);
    free(b);
    free(direct);
    free(through);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_shape_and_any_number_of_threads),
        cmocka_unit_test(others_go_elsewhere),
        cmocka_unit_test(matmul_hands_over_what_suits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
