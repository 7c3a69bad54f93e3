#include "hardware/machine.h"

#include "io/outdir.h"

#include "support/scratch.h"

static void put(const char *name, const char *text)
{
    char dir[TEMP_PATH];
    snprintf(dir, sizeof dir, "%s", scratch(name));
    *strrchr(dir, '/') = '\0';
    assert_int_equal(ya_make_dirs(dir, NULL), YA_OK);
    scratch_text(name, text);
}

static void put_cache(int index, const char *level, const char *type, const char *size)
{
    char name[128];
    const char *const files[] = {"level", "type", "size"}, *const texts[] = {level, type, size};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "sys/devices/system/cpu/cpu0/cache/index%d/%s", index,
                 files[i]);
        put(name, texts[i]);
    }
}

static void memory(void)
{
    put("proc/self/status", "RssAnon:\t    1000 kB\n");
    put("proc/meminfo", "MemTotal:       67108864 kB\nMemAvailable:   50331648 kB\n");
}

static void a_machine_is_read_from_its_files(void **state)
{
    (void)state;
    ya_machine m;
    ya_error err;
    memory();
    put("proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Some CPU @ 2.50GHz\nflags\t\t: fpu avx avx2 "
        "fma avx512f avx512_bf16 amx_bf16 avx512_vnni\nphysical id\t: 0\ncore "
        "id\t\t: 0\n\nprocessor\t: 1\nmodel name\t: Some CPU @ 2.50GHz\nphysical "
        "id\t: 0\ncore id\t\t: 0\n\nprocessor\t: 2\nphysical id\t: 1\ncore id\t\t: 0\n");
    put_cache(0, "1\n", "Data\n", "48K\n");
    put_cache(1, "1\n", "Instruction\n", "32K\n");
    put_cache(2, "2\n", "Unified\n", "2048K\n");
    put_cache(3, "3\n", "Unified\n", "105M\n");
    put("sys/devices/system/node/node0/meminfo", "");
    put("sys/devices/system/node/node1/meminfo", "");
    assert_int_equal(ya_machine_detect(&m, scratch_dir, &err), YA_OK);
    assert_string_equal(m.processor, "Some CPU @ 2.50GHz");
    assert_string_equal(m.features, "AVX2 FMA AVX-512 VNNI BF16 AMX");
    assert_int_equal(m.cores, 2); /* of two packages; the two threads of one core count once */
    assert_int_equal(m.l1d, 48 << 10);
    assert_int_equal(m.l2, 2 << 20);
    assert_int_equal(m.l3, 105 << 20);
    assert_int_equal(m.numa_nodes, 2);
    assert_int_equal(m.memory.mem_total, 64 * YA_GB);
    assert_true(m.processors >= 1);
    assert_int_equal(ya_machine_memory(&m), 64 * YA_GB);
}

static void what_is_not_said_stays_unknown(void **state)
{
    (void)state;
    ya_machine m;
    ya_error err;
    memory();
    assert_int_equal(ya_machine_detect(&m, scratch_dir, &err), YA_OK);
    assert_string_equal(m.processor, "unknown");
    assert_string_equal(m.features, "");
    assert_int_equal(m.cores, 0);
    assert_int_equal(m.l3, 0);
    assert_int_equal(m.numa_nodes, 1);
}

static void a_flag_is_a_whole_word(void **state)
{
    (void)state;
    ya_machine m;
    memory();
    put("proc/cpuinfo", "flags\t\t: avx2x xfma avx512fp16 avx2\n");
    assert_int_equal(ya_machine_detect(&m, scratch_dir, NULL), YA_OK);
    assert_string_equal(m.features, "AVX2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_machine_is_read_from_its_files),
        TEST(what_is_not_said_stays_unknown),
        TEST(a_flag_is_a_whole_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
