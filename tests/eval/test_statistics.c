#include "eval/statistics.h"

#include "support/cmocka_all.h"

#include <math.h>

static void mcnemar_is_the_exact_binomial_tail(void **state)
{
    (void)state;
    /* 2 sum_{i <= min(a, b)} C(a + b, i) / 2^(a + b), in exact arithmetic */
    static const struct {
        size_t a, b;
        double p;
    } cases[] = {{0, 0, 1.0},         {3, 3, 1.0},     {1, 9, 0.021484375},
                 {9, 1, 0.021484375}, {0, 6, 0.03125}, {12, 25, 0.04703102743951604}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(fabs(ya_mcnemar_exact(cases[i].a, cases[i].b) - cases[i].p) < 1e-9);
    assert_true(ya_mcnemar_exact(400, 600) < 1e-9);
}

static void a_share_has_the_exact_interval(void **state)
{
    (void)state;
    /* the tails 0.025 of exact binomial sums, by bisection in f64 */
    static const struct {
        size_t k, n;
        double low, high;
    } cases[] = {{0, 10, 0.0, 0.30849710781876083},
                 {10, 10, 0.6915028921812392, 1.0},
                 {45, 50, 0.7818649, 0.9667249},
                 {25, 50, 0.3552730, 0.6447270}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ya_estimate e = ya_binomial_interval(cases[i].k, cases[i].n);
        assert_true(fabs(e.low - cases[i].low) < 1e-6);
        assert_true(fabs(e.high - cases[i].high) < 1e-6);
        assert_int_equal(e.n, cases[i].n);
    }
}

static void the_bootstrap_is_a_function_of_data_and_seed(void **state)
{
    (void)state;
    double x[200];
    ya_estimate a, b, c;
    ya_error err;
    for (int i = 0; i < 200; i++)
        x[i] = i % 4 == 0;
    assert_int_equal(ya_bootstrap(x, 200, 1, &a, &err), YA_OK);
    assert_int_equal(ya_bootstrap(x, 200, 1, &b, &err), YA_OK);
    assert_true(a.mean == 0.25 && a.low == b.low && a.high == b.high);
    /* the normal approximation: 1.96 sqrt(0.25 * 0.75 / 200) = 0.060, in steps of 1/200 */
    assert_true(fabs(a.low - 0.190) <= 0.0101 && fabs(a.high - 0.310) <= 0.0101);
    for (int i = 0; i < 200; i++)
        x[i] = sin(i);
    assert_int_equal(ya_bootstrap(x, 200, 1, &b, &err), YA_OK);
    assert_int_equal(ya_bootstrap(x, 200, 2, &c, &err), YA_OK);
    assert_true(b.mean == c.mean && b.low != c.low && b.high != c.high);
    double one = 3.5;
    assert_int_equal(ya_bootstrap(&one, 1, 9, &a, &err), YA_OK);
    assert_true(a.mean == 3.5 && a.low == 3.5 && a.high == 3.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mcnemar_is_the_exact_binomial_tail),
        cmocka_unit_test(a_share_has_the_exact_interval),
        cmocka_unit_test(the_bootstrap_is_a_function_of_data_and_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
