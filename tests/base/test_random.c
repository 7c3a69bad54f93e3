#include "base/random.h"

#include "support/cmocka_all.h"

static void splitmix64_gives_the_published_numbers(void **state)
{
    (void)state;
    assert_int_equal(ya_splitmix64(42, 0), 0xbdd732262feb6e95);
    assert_int_equal(ya_splitmix64(42, 1), 0x28efe333b266f103);
    assert_int_equal(ya_splitmix64(42, 2), 0x47526757130f9f52);
    /* seed 0: Steele's reference implementation */
    assert_int_equal(ya_splitmix64(0, 0), 0xe220a8397b1dcdaf);
}

static void unit_numbers_lie_in_the_half_open_interval(void **state)
{
    (void)state;
    assert_true(ya_unit_float(0) == 0.0f && ya_unit_double(0) == 0.0);
    assert_true(ya_unit_float(UINT64_MAX) == 1.0f - 0x1p-24f);
    assert_true(ya_unit_double(UINT64_MAX) == 1.0 - 0x1p-53);
    assert_true(ya_unit_float((uint64_t)1 << 63) == 0.5f);
    assert_true(ya_unit_double((uint64_t)1 << 63) == 0.5);
}

static void draws_are_spread_evenly(void **state)
{
    (void)state;
    enum { N = 1 << 16, BINS = 16 };
    int bins[BINS] = {0};
    for (uint64_t i = 0; i < N; i++)
        bins[(int)(ya_unit_double(ya_splitmix64(7, i)) * BINS)]++;
    /* five standard deviations of a binomial count: sqrt(N / 16 * 15 / 16) = 62 */
    for (int i = 0; i < BINS; i++)
        assert_in_range(bins[i], N / BINS - 310, N / BINS + 310);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitmix64_gives_the_published_numbers),
        cmocka_unit_test(unit_numbers_lie_in_the_half_open_interval),
        cmocka_unit_test(draws_are_spread_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
