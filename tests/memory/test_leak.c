#include "memory/guard.h"
#include "memory/leak.h"

#include "support/cmocka_all.h"

#include <string.h>

static void steady_memory_has_no_leak(void **state)
{
    (void)state;
    ya_leak leak = {0};
    int windows = 0;
    for (int i = 0; i < 1000; i++)
        windows += ya_leak_add(&leak, 500 * YA_MB);
    assert_true(ya_leak_rate(&leak) == 0.0);
    assert_int_equal(windows, (1000 - YA_LEAK_WARM_UP) / YA_LEAK_WINDOW);
}

static void the_rate_of_a_leak_is_found_among_noise(void **state)
{
    (void)state;
    ya_leak leak = {0};
    uint64_t rss = 100 * YA_MB;
    for (int i = 0; i < 200; i++) {
        rss += YA_MB;
        ya_leak_add(&leak, rss + (i % 10 == 0 ? 64 * YA_MB : 0)); /* a spike now and then */
    }
    assert_true(ya_leak_rate(&leak) == (double)YA_MB);
}

static void what_grows_in_the_first_steps_is_no_leak(void **state)
{
    (void)state;
    ya_leak leak = {0};
    for (int i = 0; i < 200; i++)
        ya_leak_add(&leak, i < YA_LEAK_WARM_UP ? (uint64_t)i * 100 * YA_MB : 400 * YA_MB);
    assert_true(ya_leak_rate(&leak) == 0.0);
    ya_leak young = {0};
    assert_true(ya_leak_rate(&young) == 0.0);
}

static void the_gravest_condition_counts(void **state)
{
    (void)state;
    const ya_guard_limits limits = {.pause_available = 4 * YA_GB,
                                    .abort_available = 2 * YA_GB,
                                    .most_anonymous = 8 * YA_GB,
                                    .psi_pause_percent = 40};
    ya_memory_reading calm = {.rss_anon = YA_GB,
                              .mem_total = 16 * YA_GB,
                              .mem_available = 9 * YA_GB,
                              .cgroup_limit = UINT64_MAX,
                              .cgroup_headroom = UINT64_MAX};
    ya_memory_reading r = calm;
    assert_int_equal(ya_guard_judge(&limits, &r), YA_GUARD_CALM);
    r.psi_some_avg10 = 41;
    assert_int_equal(ya_guard_judge(&limits, &r), YA_GUARD_PRESSURE);
    r = calm;
    r.mem_available = 4 * YA_GB - 1;
    assert_int_equal(ya_guard_judge(&limits, &r), YA_GUARD_PRESSURE);
    r.rss_anon = 9 * YA_GB;
    assert_int_equal(ya_guard_judge(&limits, &r), YA_GUARD_OVER);
    r.mem_available = 2 * YA_GB - 1;
    assert_int_equal(ya_guard_judge(&limits, &r), YA_GUARD_CRITICAL);
    r = calm;
    r.cgroup_headroom = YA_GB;
    assert_int_equal(ya_guard_judge(&limits, &r), YA_GUARD_CRITICAL);
}

static void a_pause_ends_five_per_cent_above_the_limit(void **state)
{
    (void)state;
    const ya_guard_limits limits = {.pause_available = 1000, .psi_pause_percent = 40};
    ya_memory_reading r = {.mem_available = 1049, .cgroup_headroom = UINT64_MAX};
    assert_false(ya_guard_recovered(&limits, &r));
    r.mem_available = 1050;
    assert_true(ya_guard_recovered(&limits, &r));
    r.psi_some_avg10 = 50;
    assert_false(ya_guard_recovered(&limits, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_memory_has_no_leak),
        cmocka_unit_test(the_rate_of_a_leak_is_found_among_noise),
        cmocka_unit_test(what_grows_in_the_first_steps_is_no_leak),
        cmocka_unit_test(the_gravest_condition_counts),
        cmocka_unit_test(a_pause_ends_five_per_cent_above_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
