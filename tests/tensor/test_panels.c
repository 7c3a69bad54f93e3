/* Products by packed panels against f64, over edges each way: exactly what is c's is written, and
 * the threads make no difference. */
#include "support/cmocka_all.h"
#include "support/products.h"

#include "tensor/kernels.h"
#include "tensor/matmul.h"
#include "tensor/panels.h"

#include <stdlib.h>
#include <string.h>

enum { BESIDE = 3 }; /* columns of c's rows that are not the product's */

static void multiply(const ya_matmul_shape *s, const operands *o, int threads)
{
    ya_panels_multiply(s, o->a, o->b, o->c, o->scratch, threads);
}

static size_t scratch_bytes(const ya_matmul_shape *s, int threads)
{
    return ya_panels_scratch_bytes(s, threads);
}

static void any_shape_and_any_number_of_threads(void **state)
{
    (void)state;
    const int ms[] = {1, 6, 64, 131}, ns[] = {1, 64, 65, 200}, ks[] = {1, 16, 90, 640, 641, 1300};
    for (int i = 0; i < 4 * 4 * 6; i++) {
        int m = ms[i / 24], n = ns[i / 6 % 4], k = ks[i % 6];
        ya_matmul_shape s = {m,
                             n,
                             k,
                             k + i % 3,
                             k + i % 4,
                             n + BESIDE,
                             YA_F32,
                             .b_transposed = true,
                             .accumulate = i % 2 == 0};
        check_threads(&s, multiply, scratch_bytes);
    }
}

static void matmul_hands_over_what_suits(void **state)
{
    (void)state;
    ya_matmul_shape s = {70, 130, 100, 100, 100, 130, YA_F32, .b_transposed = true}, other = s;
    if (ya_kernels_get() == &ya_kernels_base) {
        assert_false(ya_panels_suit(&s));
        skip();
    }
    assert_true(ya_panels_suit(&s));
    other.b_transposed = false;
    assert_false(ya_panels_suit(&other));
    other = s;
    other.m = 8;
    assert_false(ya_panels_suit(&other));
    other = s;
    other.type = YA_BF16;
    assert_false(ya_panels_suit(&other));

    check_matmul_hands_over(&s, multiply, scratch_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_shape_and_any_number_of_threads),
        cmocka_unit_test(matmul_hands_over_what_suits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
