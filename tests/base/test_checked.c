#include "base/checked.h"

#include "support/cmocka_all.h"

static void products_and_sums_within_range_are_exact(void **state)
{
    (void)state;
    size_t size;
    uint64_t wide;
    assert_true(ya_mul_size(SIZE_MAX / 3, 3, &size));
    assert_int_equal(size, SIZE_MAX / 3 * 3);
    assert_true(ya_add_size(SIZE_MAX - 1, 1, &size));
    assert_int_equal(size, SIZE_MAX);
    assert_true(ya_mul_u64(UINT64_MAX, 1, &wide));
    assert_int_equal(wide, UINT64_MAX);
    assert_true(ya_add_u64(UINT64_MAX, 0, &wide));
    assert_int_equal(wide, UINT64_MAX);
    assert_true(ya_mul_size(0, SIZE_MAX, &size));
    assert_int_equal(size, 0);
}

static void products_and_sums_beyond_range_are_refused(void **state)
{
    (void)state;
    size_t size;
    uint64_t wide;
    assert_false(ya_mul_size(SIZE_MAX / 2 + 1, 2, &size));
    assert_false(ya_add_size(SIZE_MAX, 1, &size));
    assert_false(ya_mul_u64((uint64_t)1 << 32, (uint64_t)1 << 32, &wide));
    assert_false(ya_add_u64(UINT64_MAX, 1, &wide));
}

static void rounding_up_keeps_multiples_and_reaches_the_next(void **state)
{
    (void)state;
    assert_int_equal(ya_round_up(0, 64), 0);
    assert_int_equal(ya_round_up(1, 64), 64);
    assert_int_equal(ya_round_up(64, 64), 64);
    assert_int_equal(ya_round_up(65, 64), 128);
    assert_int_equal(ya_round_up(5, 1), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_and_sums_within_range_are_exact),
        cmocka_unit_test(products_and_sums_beyond_range_are_refused),
        cmocka_unit_test(rounding_up_keeps_multiples_and_reaches_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
