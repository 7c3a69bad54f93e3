/* Limits that the shell sets: address space (ulimit -v), size of a file (ulimit -f).
 * labels: no_asan */
#include "support/fixture.h"
#include "support/process.h"
#include "support/toy.h"

#include <sys/stat.h>

static char common[16384];

static int set_up(void **state)
{
    scratch_setup(state);
    toy_records(scratch("data.jsonl"), 20, 40, 7);
    snprintf(common, sizeof common,
             "train --model %s --data %s/data.jsonl --batch-size 3 --threads 2 --max-seq-length 64 "
             "--lora-rank 4",
             fixture("fixtures/models/llama"), scratch_dir);
    return 0;
}

static bool is_there(const char *name)
{
    struct stat info;
    return stat(scratch(name), &info) == 0;
}

static void any_limit_on_address_space_ends_in_a_run_or_a_sentence(void **state)
{
    (void)state;
    const rlim_t mb = 1 << 20, step = 13 * mb, beyond = 300 * mb;
    rlim_t enough = 0;
    int refused = 0;
    for (rlim_t limit = 64 * mb; !enough || limit < enough + beyond; limit += step) {
        process_place place = {.resource = RLIMIT_AS, .limit = limit};
        char name[64];
        snprintf(name, sizeof name, "out-%d", (int)(limit / mb));
        int code = process_run(&place, "%s --steps 3 --warmup-steps 0 --save-steps 2 --output %s",
                               common, scratch(name));
        if (code != 0 && code != 1 && code != 3) {
            process_said("a sentence");
            fail_msg("exit %d with %d MB", code, (int)(limit / mb));
        }
        if (code == 0 && !enough)
            enough = limit;
        if (code != 0 && enough)
            fail_msg("%d MB are enough, %d MB are not", (int)(enough / mb), (int)(limit / mb));
        refused += code == 3;
        assert_true(limit < 2000 * mb);
    }
    assert_true(refused > 3);
}

static void a_file_that_may_not_grow_is_an_error_that_names_it(void **state)
{
    (void)state;
    const process_place place = {.resource = RLIMIT_FSIZE, .limit = 16384};
    assert_int_equal(process_run(&place, "%s --steps 2 --output %s", common, scratch("out")), 1);
    assert_true(process_said("optimizer.safetensors"));
    assert_true(process_said("File too large"));
    assert_false(is_there("out/checkpoint-2"));
    assert_false(is_there("out/.tmp-checkpoint-2"));
    assert_int_equal(process_run(&place, "export --model %s --to merged --output %s",
                                 fixture("fixtures/models/llama/adapter"), scratch("merged")),
                     1);
    assert_true(process_said("File too large"));
    assert_false(is_there("merged"));
    assert_int_equal(process_run(&place, "export --model %s --to gguf --output %s",
                                 fixture("fixtures/models/llama/adapter"), scratch("m.gguf")),
                     1);
    assert_true(process_said("File too large"));
    assert_false(is_there("m.gguf"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(any_limit_on_address_space_ends_in_a_run_or_a_sentence),
        TEST(a_file_that_may_not_grow_is_an_error_that_names_it),
    };
    if (!fixture_is_there("fixtures/models/llama/golden.json"))
        return EXIT_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
