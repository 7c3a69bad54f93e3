/* The guard over sequences of readings, as recorded on machines and made up: no system is read. */
#include "memory/guard.h"
#include "memory/leak.h"

#include "support/cmocka_all.h"

static const int64_t SECOND = INT64_C(1000000000);

static ya_guard new_guard(void)
{
    return (ya_guard){.limits = {.pause_available = 4 * YA_GB,
                                 .abort_available = 2 * YA_GB,
                                 .most_anonymous = 8 * YA_GB,
                                 .psi_pause_percent = 40,
                                 .pause_timeout_s = 300}};
}

static ya_memory_reading reading(uint64_t available_mb, uint64_t anon_mb)
{
    return (ya_memory_reading){.rss_anon = anon_mb * YA_MB,
                               .mem_total = 16 * YA_GB,
                               .mem_available = available_mb * YA_MB,
                               .cgroup_limit = UINT64_MAX,
                               .cgroup_headroom = UINT64_MAX};
}

static void expect_next(ya_guard *g, ya_memory_reading r, double at_s, ya_guard_action expected)
{
    assert_int_equal(ya_guard_next(g, &r, (int64_t)(at_s * (double)SECOND)), expected);
}

static void plenty_of_memory_is_no_reason_to_stop(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    for (int i = 0; i < 100; i++)
        expect_next(&g, reading(4096 + (uint64_t)i, 8192), i, YA_GUARD_GO);
}

static void another_process_that_grows_and_shrinks_causes_one_pause(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    expect_next(&g, reading(5000, 100), 0, YA_GUARD_GO);
    expect_next(&g, reading(4000, 100), 1, YA_GUARD_RELEASE);
    expect_next(&g, reading(4000, 100), 1, YA_GUARD_PAUSE);
    assert_true(g.sleep_ns == SECOND / 100);
    int64_t sleep = g.sleep_ns;
    for (int i = 0; i < 12; i++) {
        expect_next(&g, reading(3000, 100), 2 + i, YA_GUARD_SLEEP);
        assert_true(g.sleep_ns == (2 * sleep < SECOND ? 2 * sleep : SECOND));
        sleep = g.sleep_ns;
    }
    expect_next(&g, reading(4200, 100), 20, YA_GUARD_SLEEP); /* not yet 5 % above */
    expect_next(&g, reading(4301, 100), 21, YA_GUARD_RESUME);
    expect_next(&g, reading(4301, 100), 22, YA_GUARD_GO);
}

static void memory_that_stays_just_above_the_limit_ends_a_pause_after_seconds(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    expect_next(&g, reading(3000, 100), 0, YA_GUARD_RELEASE);
    expect_next(&g, reading(3000, 100), 0, YA_GUARD_PAUSE);
    expect_next(&g, reading(3000, 100), 3, YA_GUARD_SLEEP);
    expect_next(&g, reading(4100, 100), 4, YA_GUARD_SLEEP);
    expect_next(&g, reading(4000, 100), 8, YA_GUARD_SLEEP); /* short again: it begins anew */
    expect_next(&g, reading(4100, 100), 9, YA_GUARD_SLEEP);
    expect_next(&g, reading(4100, 100), 13.9, YA_GUARD_SLEEP);
    expect_next(&g, reading(4100, 100), 14, YA_GUARD_RESUME);
}

static void a_release_that_helps_ends_the_matter(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    expect_next(&g, reading(4000, 100), 0, YA_GUARD_RELEASE);
    expect_next(&g, reading(4100, 100), 0, YA_GUARD_GO);
    expect_next(&g, reading(1000, 100), 1, YA_GUARD_RELEASE);
    expect_next(&g, reading(4100, 100), 1, YA_GUARD_GO);
}

static void a_pause_that_lasts_too_long_shrinks_once_and_goes_on_until_memory_was_calm(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    expect_next(&g, reading(3000, 100), 0, YA_GUARD_RELEASE);
    expect_next(&g, reading(3000, 100), 0, YA_GUARD_PAUSE);
    expect_next(&g, reading(3000, 100), 299, YA_GUARD_SLEEP);
    expect_next(&g, reading(3000, 100), 300, YA_GUARD_TIMEOUT);
    for (int i = 0; i < 10; i++)
        expect_next(&g, reading(3000, 100), 301 + i, YA_GUARD_GO);
    expect_next(&g, reading(5000, 100), 400, YA_GUARD_GO);
    expect_next(&g, reading(3000, 100), 401, YA_GUARD_RELEASE);
    expect_next(&g, reading(3000, 100), 401, YA_GUARD_PAUSE);
    /* what is graver than pressure is no less so after a time-out */
    ya_guard waived = new_guard();
    waived.waived = true;
    expect_next(&waived, reading(1000, 100), 0, YA_GUARD_RELEASE);
    expect_next(&waived, reading(1000, 100), 0, YA_GUARD_STOP);
}

static void memory_that_runs_out_stops_the_run_in_a_pause_too(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    expect_next(&g, reading(2047, 100), 0, YA_GUARD_RELEASE);
    expect_next(&g, reading(2047, 100), 0, YA_GUARD_STOP);
    assert_int_equal(g.state, YA_GUARD_CRITICAL);
    g = new_guard();
    expect_next(&g, reading(3000, 100), 0, YA_GUARD_RELEASE);
    expect_next(&g, reading(3000, 100), 0, YA_GUARD_PAUSE);
    expect_next(&g, reading(1000, 100), 1, YA_GUARD_STOP);
}

static void holding_too_much_releases_then_shrinks_then_stops(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    expect_next(&g, reading(6000, 8193), 0, YA_GUARD_RELEASE);
    expect_next(&g, reading(6000, 8193), 0, YA_GUARD_SHRINK);
    expect_next(&g, reading(6000, 8192), 0, YA_GUARD_GO);
    expect_next(&g, reading(6000, 8193), 1, YA_GUARD_RELEASE);
    expect_next(&g, reading(6000, 8193), 1, YA_GUARD_SHRINK);
    expect_next(&g, reading(6000, 8193), 1, YA_GUARD_STOP);
    assert_int_equal(g.state, YA_GUARD_OVER);
    /* shrunk below the limit, but the machine is short: a pause as always */
    g = new_guard();
    expect_next(&g, reading(3000, 9000), 0, YA_GUARD_RELEASE);
    expect_next(&g, reading(3000, 9000), 0, YA_GUARD_SHRINK);
    expect_next(&g, reading(3000, 7000), 0, YA_GUARD_PAUSE);
}

static void a_cgroup_whose_limit_shrinks_stops_the_run(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    ya_memory_reading r = reading(9000, 1000);
    r.cgroup_headroom = 5 * YA_GB;
    expect_next(&g, r, 0, YA_GUARD_GO);
    r.cgroup_headroom = 3 * YA_GB;
    expect_next(&g, r, 1, YA_GUARD_RELEASE);
    expect_next(&g, r, 1, YA_GUARD_PAUSE);
    r.cgroup_headroom = 0;
    expect_next(&g, r, 2, YA_GUARD_STOP);
}

static void stalls_on_memory_pause_though_memory_is_left(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    ya_memory_reading r = reading(9000, 1000);
    r.psi_some_avg10 = 40.1;
    expect_next(&g, r, 0, YA_GUARD_RELEASE);
    expect_next(&g, r, 0, YA_GUARD_PAUSE);
    expect_next(&g, r, 1, YA_GUARD_SLEEP);
    r.psi_some_avg10 = 40.0;
    expect_next(&g, r, 2, YA_GUARD_RESUME);
}

/* Windows whose rate is above `threshold` among `n` steps of `anon(step)`. */
static int windows_above(uint64_t (*anon)(int), int n, double threshold)
{
    ya_leak leak = {0};
    int above = 0;
    for (int i = 0; i < n; i++)
        above += ya_leak_add(&leak, anon(i)) && ya_leak_rate(&leak) > threshold;
    return above;
}

static uint64_t slow_leak(int step)
{
    return 500 * YA_MB + (uint64_t)step * YA_MB / 2;
}

static uint64_t fast_leak(int step)
{
    return 500 * YA_MB + (uint64_t)step * 2048 * YA_MB; /* 2 GB a step */
}

static uint64_t small_leak(int step)
{
    return 500 * YA_MB + (uint64_t)step * YA_MB * 6 / 5; /* 1.2 MB a step */
}

static uint64_t sawtooth(int step)
{
    return 500 * YA_MB + (uint64_t)(step % 16) * 10 * YA_MB;
}

static uint64_t rare_steps(int step)
{
    return 500 * YA_MB + (uint64_t)(step / 10) * 100 * YA_MB; /* grows, but in one step of ten */
}

static void leaks_are_told_from_what_comes_and_goes(void **state)
{
    (void)state;
    double threshold = (double)YA_MB;
    assert_int_equal(windows_above(slow_leak, 1000, threshold), 0);
    assert_int_equal(windows_above(small_leak, 64, threshold), 1);
    assert_int_equal(windows_above(small_leak, 5 + 64, threshold), 2);
    assert_int_equal(windows_above(fast_leak, 5 + 64, threshold), 2);
    assert_int_equal(windows_above(rare_steps, 1000, threshold), 0);
    assert_int_equal(windows_above(sawtooth, 1000, threshold), 0);
}

static void the_page_cache_is_no_memory_of_ours(void **state)
{
    (void)state;
    ya_guard g = new_guard();
    ya_leak leak = {0};
    for (int i = 0; i < 100; i++) {
        ya_memory_reading r = reading(6000, 500);
        r.rss_file = (uint64_t)i * 100 * YA_MB;
        expect_next(&g, r, i, YA_GUARD_GO);
        ya_leak_add(&leak, r.rss_anon);
    }
    assert_true(ya_leak_rate(&leak) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plenty_of_memory_is_no_reason_to_stop),
        cmocka_unit_test(another_process_that_grows_and_shrinks_causes_one_pause),
        cmocka_unit_test(memory_that_stays_just_above_the_limit_ends_a_pause_after_seconds),
        cmocka_unit_test(a_release_that_helps_ends_the_matter),
        cmocka_unit_test(
            a_pause_that_lasts_too_long_shrinks_once_and_goes_on_until_memory_was_calm),
        cmocka_unit_test(memory_that_runs_out_stops_the_run_in_a_pause_too),
        cmocka_unit_test(holding_too_much_releases_then_shrinks_then_stops),
        cmocka_unit_test(a_cgroup_whose_limit_shrinks_stops_the_run),
        cmocka_unit_test(stalls_on_memory_pause_though_memory_is_left),
        cmocka_unit_test(leaks_are_told_from_what_comes_and_goes),
        cmocka_unit_test(the_page_cache_is_no_memory_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
