#include "hardware/journal.h"

#include "support/scratch.h"

static ya_trial trial = {.model = "m",
                         .micro_batch = 4,
                         .row_tokens = 512,
                         .rank = 64,
                         .dtype = "auto",
                         .threads = 2,
                         .steps = 15,
                         .round = 1};

static void finished_trials_are_found_again(void **state)
{
    (void)state;
    ya_journal j;
    ya_error err;
    ya_trial_result result = {.ran = true,
                              .steps = 15,
                              .tokens_per_s = 123.456,
                              .anonymous_mb = 200.5,
                              .planned_mb = 203.25,
                              .budget_mb = 8192.0,
                              .fits = true},
                    found;
    assert_int_equal(ya_journal_open(&j, scratch_dir, "t.jsonl", &err), YA_OK);
    assert_false(ya_journal_find(&j, &trial, &found));
    assert_int_equal(ya_journal_add(&j, &trial, &result, &err), YA_OK);
    ya_journal_close(&j);

    assert_int_equal(ya_journal_open(&j, scratch_dir, "t.jsonl", &err), YA_OK);
    assert_true(ya_journal_find(&j, &trial, &found));
    assert_memory_equal(&found, &result, sizeof found);
    ya_trial other = trial;
    other.checkpoint = true;
    assert_false(ya_journal_find(&j, &other, &found));
    other = trial;
    other.steps = 3;
    assert_false(ya_journal_find(&j, &other, &found));
    other = trial;
    other.round = 2;
    assert_false(ya_journal_find(&j, &other, &found));
    ya_journal_close(&j);
}

static void another_file_under_the_models_name_is_another_model(void **state)
{
    (void)state;
    ya_journal j;
    ya_trial_result result = {.ran = true}, found;
    ya_trial t = trial;
    t.model = scratch_text("model.gguf", "one");
    assert_int_equal(ya_journal_open(&j, scratch_dir, "t.jsonl", NULL), YA_OK);
    assert_int_equal(ya_journal_add(&j, &t, &result, NULL), YA_OK);
    assert_true(ya_journal_find(&j, &t, &found));
    scratch_text("model.gguf", "another");
    assert_false(ya_journal_find(&j, &t, &found));
    ya_journal_close(&j);
}

static void a_torn_line_is_cut_off(void **state)
{
    (void)state;
    ya_journal j;
    ya_trial_result result = {.ran = true}, found;
    assert_int_equal(ya_journal_open(&j, scratch_dir, "t.jsonl", NULL), YA_OK);
    assert_int_equal(ya_journal_add(&j, &trial, &result, NULL), YA_OK);
    ya_journal_close(&j);
    FILE *file = fopen(scratch("t.jsonl"), "a");
    fputs("{\"model\": \"m\", \"micro_ba", file);
    fclose(file);
    ya_trial other = trial;
    other.rank = 128;
    assert_int_equal(ya_journal_open(&j, scratch_dir, "t.jsonl", NULL), YA_OK);
    assert_int_equal(ya_journal_add(&j, &other, &result, NULL), YA_OK);
    ya_journal_close(&j);
    assert_int_equal(ya_journal_open(&j, scratch_dir, "t.jsonl", NULL), YA_OK);
    assert_true(ya_journal_find(&j, &trial, &found));
    assert_true(ya_journal_find(&j, &other, &found));
    ya_journal_close(&j);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finished_trials_are_found_again),
        TEST(another_file_under_the_models_name_is_another_model),
        TEST(a_torn_line_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
