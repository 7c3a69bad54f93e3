#include "data/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_permutation(uint64_t n, uint64_t seed, uint64_t epoch)
{
    ya_order order = {n, seed, true};
    unsigned char *seen = calloc(n, 1);
    assert_non_null(seen);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t record = ya_order_record(&order, epoch * n + i);
        assert_true(record < n);
        assert_int_equal(seen[record], 0);
        seen[record] = 1;
    }
    free(seen);
}

static void every_epoch_takes_each_record_once(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 70; n++)
        for (uint64_t epoch = 0; epoch < 3; epoch++)
            assert_permutation(n, 42, epoch);
    assert_permutation(100000, 7, 5);
    assert_permutation(65536, 0, 0);
    assert_permutation(65537, UINT64_MAX, 1);
}

static void epochs_and_seeds_differ_in_order(void **state)
{
    (void)state;
    ya_order a = {1000, 42, true}, b = {1000, 43, true};
    int same_epoch = 0, same_seed = 0, in_place = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        same_epoch += ya_order_record(&a, i) == ya_order_record(&a, 1000 + i);
        same_seed += ya_order_record(&a, i) == ya_order_record(&b, i);
        in_place += ya_order_record(&a, i) == i;
    }
    /* one agreement is expected of a random permutation; 12 has a probability below 1e-9 */
    assert_true(same_epoch < 12);
    assert_true(same_seed < 12);
    assert_true(in_place < 12);
}

static void the_places_of_a_record_spread_evenly_over_seeds(void **state)
{
    (void)state;
    enum { N = 10, SEEDS = 20000 };
    int count[N] = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        ya_order order = {N, seed, true};
        count[ya_order_record(&order, 0)]++;
    }
    for (int i = 0; i < N; i++) /* 2000 expected, deviation 42: six of them */
        assert_true(count[i] > 2000 - 255 && count[i] < 2000 + 255);
}

static void without_shuffling_the_order_is_that_of_the_files(void **state)
{
    (void)state;
    ya_order order = {5, 42, false};
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(ya_order_record(&order, i), i % 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_epoch_takes_each_record_once),
        cmocka_unit_test(epochs_and_seeds_differ_in_order),
        cmocka_unit_test(the_places_of_a_record_spread_evenly_over_seeds),
        cmocka_unit_test(without_shuffling_the_order_is_that_of_the_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
