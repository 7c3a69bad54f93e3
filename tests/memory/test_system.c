/* /proc and /sys are a directory that the test writes. */
#include "memory/plan.h"
#include "memory/system.h"

#include "support/cmocka_all.h"
#include "support/temp.h"

#include "io/outdir.h"

#include <math.h>
#include <string.h>

static char root[TEMP_PATH];

static void put(const char *path, const char *text)
{
    char full[TEMP_PATH + 512], parent[TEMP_PATH + 512];
    ya_error err;
    snprintf(full, sizeof full, "%s%s", root, path);
    memcpy(parent, full, sizeof full);
    *strrchr(parent, '/') = '\0';
    assert_int_equal(ya_make_dirs(parent, &err), YA_OK);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    temp_make(root);
    put("/proc/self/status", "Name:\tx\nVmSize:\t  900000 kB\nVmHWM:\t 300 kB\nVmData:\t 4096 kB\n"
                             "RssAnon:\t    2048 kB\nRssFile:\t    1024 kB\n");
    put("/proc/meminfo", "MemTotal:       16777216 kB\nMemFree:  1 kB\n"
                         "MemAvailable:    8388608 kB\nSwapFree:    1024 kB\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    temp_remove(root);
    return 0;
}

static ya_memory_reading read_all(void)
{
    ya_memory_probe probe;
    ya_memory_reading reading;
    ya_error err;
    if (ya_memory_open(&probe, root, &err) != YA_OK)
        fail_msg("%s", err.text);
    ya_memory_read(&probe, &reading);
    ya_memory_close(&probe);
    return reading;
}

static void process_and_machine_are_read(void **state)
{
    (void)state;
    put("/proc/pressure/memory", "some avg10=12.50 avg60=0.00 avg300=0.00 total=1\n"
                                 "full avg10=1.00 avg60=0.00 avg300=0.00 total=1\n");
    ya_memory_reading r = read_all();
    assert_true(r.rss_anon == 2 * YA_MB && r.rss_file == YA_MB);
    assert_true(r.vm_size == 900000 * UINT64_C(1024) && r.vm_data == 4 * YA_MB);
    assert_true(r.mem_total == 16 * YA_GB && r.mem_available == 8 * YA_GB);
    assert_true(r.swap_free == YA_MB && r.vm_hwm == 300 << 10);
    assert_true(r.psi_some_avg10 == 12.5 && r.cgroup_events == 0);
    assert_true(r.cgroup_limit == UINT64_MAX && r.cgroup_headroom == UINT64_MAX);
}

static void the_least_limit_of_nested_v2_groups_counts(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/user.slice/job.scope\n");
    put("/sys/fs/cgroup/user.slice/memory.max", "4294967296\n");
    put("/sys/fs/cgroup/user.slice/memory.high", "max\n");
    put("/sys/fs/cgroup/user.slice/memory.current", "1073741824\n");
    put("/sys/fs/cgroup/user.slice/memory.stat", "anon 1\nfile 2\ninactive_file 536870912\n");
    put("/sys/fs/cgroup/user.slice/job.scope/memory.max", "max\n");
    put("/sys/fs/cgroup/user.slice/job.scope/memory.high", "8589934592\n");
    put("/sys/fs/cgroup/user.slice/memory.events", "low 1\nhigh 2\nmax 30\noom 4\noom_kill 0\n");
    ya_memory_reading r = read_all();
    assert_true(r.cgroup_events == 32);
    assert_true(r.cgroup_limit == 4 * YA_GB);
    /* page cache goes first: 4 GB - (1 GB - 0.5 GB) */
    assert_true(r.cgroup_headroom == 4 * YA_GB - YA_GB / 2);
    put("/sys/fs/cgroup/user.slice/job.scope/memory.high", "1048576\n");
    assert_true(read_all().cgroup_limit == YA_MB);
}

static void limits_of_v1_groups_count(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n1:name=systemd:/x\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "2147483648\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", "3221225472\n");
    ya_memory_reading r = read_all();
    assert_true(r.cgroup_limit == 2 * YA_GB);
    assert_true(r.cgroup_headroom == 0);
    /* "total_" figures are those of a group with its descendants, as its usage is */
    put("/sys/fs/cgroup/memory/docker/abc/memory.stat",
        "cache 1\ninactive_file 4096\nactive_file 4096\ntotal_inactive_file 1073741824\n"
        "total_active_file 1073741824\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.failcnt", "7\n");
    r = read_all();
    assert_true(r.cgroup_headroom == YA_GB && r.cgroup_events == 7);
}

static void a_system_without_proc_is_an_error(void **state)
{
    (void)state;
    ya_memory_probe probe;
    ya_error err;
    assert_int_equal(ya_memory_open(&probe, "/no/such/root", &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "/proc/self/status"));
}

static void the_budget_is_the_least_of_all_limits(void **state)
{
    (void)state;
    ya_settings s;
    ya_error err;
    ya_budget budget;
    assert_int_equal(ya_settings_init(&s, &err), YA_OK);
    ya_memory_reading r = read_all();
    r.mem_available = 16 * YA_GB;
    ya_budget_find(&budget, &s, &r);
    assert_true(budget.bytes == (uint64_t)(0.8 * 16 * (double)YA_GB));
    assert_non_null(strstr(budget.reason, "memory_threshold_percentage"));
    s.max_memory = 3 * YA_GB;
    ya_budget_find(&budget, &s, &r);
    assert_true(budget.bytes == 3 * YA_GB);
    assert_non_null(strstr(budget.reason, "max_memory"));
    r.cgroup_limit = 2 * YA_GB;
    ya_budget_find(&budget, &s, &r);
    assert_true(budget.bytes == 2 * YA_GB);
    r.cgroup_limit = UINT64_MAX;
    r.mem_available = 3 * YA_GB; /* 10 GB x 16 / 72 of it are kept */
    ya_budget_find(&budget, &s, &r);
    assert_non_null(strstr(budget.reason, "abort_available_gb"));
    assert_true(budget.bytes < YA_GB);
    ya_settings_free(&s);
}

static void automatic_limits_shrink_with_the_machine_and_given_ones_do_not(void **state)
{
    (void)state;
    ya_settings s;
    ya_error err;
    assert_int_equal(ya_settings_init(&s, &err), YA_OK);
    ya_memory_reading r = {.mem_total = 16 * YA_GB, .cgroup_limit = UINT64_MAX};
    assert_true(fabs((double)ya_pause_available(&s, &r) / (double)YA_GB - 3.3) < 0.05);
    assert_true(fabs((double)ya_abort_available(&s, &r) / (double)YA_GB - 2.2) < 0.05);
    r.mem_total = 512 * YA_GB;
    assert_true(ya_pause_available(&s, &r) == 15 * YA_GB);
    assert_true(ya_abort_available(&s, &r) == 10 * YA_GB);
    r.mem_total = 16 * YA_GB;
    s.pause_available_gb = 7;
    s.abort_available_gb = 0;
    assert_true(ya_pause_available(&s, &r) == 7 * YA_GB);
    assert_true(ya_abort_available(&s, &r) == 0);
    ya_settings_free(&s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(process_and_machine_are_read),
        TEST(the_least_limit_of_nested_v2_groups_counts),
        TEST(limits_of_v1_groups_count),
        TEST(a_system_without_proc_is_an_error),
        TEST(the_budget_is_the_least_of_all_limits),
        TEST(automatic_limits_shrink_with_the_machine_and_given_ones_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
