/* What a checkpoint fixes, what is free when a run goes on, and what its config.yaml says. */
#include "train/run.h"

#include "io/outdir.h"

#include "support/cmocka_all.h"
#include "support/fixture.h"
#include "support/scratch.h"
#include "support/toy.h"
#include "support/training.h"

enum { FLAGS_BYTES = 14336 };

/* What a run needs; all else is the default. */
static char needed[FLAGS_BYTES];

static int set_up(void **state)
{
    scratch_setup(state);
    toy_records(scratch("data.jsonl"), 23, 40, 7);
    toy_records(scratch("val.jsonl"), 9, 40, 8);
    snprintf(needed, sizeof needed,
             "--model %s --data %s/data.jsonl --max-seq-length 64 --pass-tokens 64 --threads 2 "
             "--dtype f32 --lora-rank 4 --learning-rate 1e-2",
             fixture("fixtures/models/llama"), scratch_dir);
    return 0;
}

static ya_status run(ya_error *err, const char *output, const char *format, ...) YA_PRINTF(3, 4);
static ya_status run(ya_error *err, const char *output, const char *format, ...)
{
    char more[FLAGS_BYTES], flags[2 * FLAGS_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(more, sizeof more, format, args);
    va_end(args);
    snprintf(flags, sizeof flags, "--output %s/%s %s", scratch_dir, output, more);
    return training_run(flags, err);
}

#define must_run(...)                                                                              \
    do {                                                                                           \
        ya_error failed;                                                                           \
        if (run(&failed, __VA_ARGS__) != YA_OK)                                                    \
            fail_msg("%s", failed.text);                                                           \
    } while (0)

static void assert_says(const ya_error *err, const char *text)
{
    if (!strstr(err->text, text))
        fail_msg("\"%s\" is not in: %s", text, err->text);
}

static bool config_says(const char *name, const char *line)
{
    size_t size;
    char *text = scratch_read(scratch(name), &size);
    bool found = strstr(text, line) != NULL;
    if (!found)
        fprintf(stderr, "\"%s\" is not in:\n%s\n", line, text);
    free(text);
    return found;
}

/* Another value for each setting that a checkpoint fixes; the table of settings tells which those
 * are. */
static const struct {
    ya_setting_id id;
    const char *value;
} others[] = {
    {YA_SET_adapter, "elsewhere"},     {YA_SET_chat_template, "chatml"},
    {YA_SET_text_field, "body"},       {YA_SET_max_seq_length, "32"},
    {YA_SET_packing, "false"},         {YA_SET_shuffle, "false"},
    {YA_SET_policy, "other.yaml"},     {YA_SET_lora_rank, "8"},
    {YA_SET_lora_alpha, "3"},          {YA_SET_lora_dropout, "0.25"},
    {YA_SET_lora_targets, "q,v"},      {YA_SET_lora_num_layers, "1"},
    {YA_SET_use_rslora, "true"},       {YA_SET_trainable, "model.norm.weight"},
    {YA_SET_batch_size, "2"},          {YA_SET_gradient_accumulation_steps, "3"},
    {YA_SET_adam_beta1, "0.8"},        {YA_SET_adam_beta2, "0.98"},
    {YA_SET_adam_eps, "1e-06"},        {YA_SET_seed, "7"},
    {YA_SET_distrust_mode, "off"},     {YA_SET_distrust_alpha, "2.5"},
    {YA_SET_distrust_strength, "0.5"}, {YA_SET_distrust_max_ratio, "8"},
    {YA_SET_distrust_lambda, "0.5"},   {YA_SET_field, "prompt=ask"},
    {YA_SET_append_eos, "false"},      {YA_SET_assistant, "last"},
    {YA_SET_overlong, "drop"},
};

static const char *other_value(ya_setting_id id)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].id == id)
            return others[i].value;
    fail_msg("give %s another value in this test: a checkpoint fixes it", ya_setting_get(id)->name);
    return NULL;
}

static void each_fixed_setting_given_otherwise_is_refused_with_both_values(void **state)
{
    (void)state;
    int n = 0;
    must_run("a", "%s --steps 2 --warmup-steps 0", needed);
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        char expected[8192];
        ya_error err;
        if (!(row->commands & YA_FIXED))
            continue;
        const char *value = other_value((ya_setting_id)i);
        ya_settings s;
        ya_buffer was = {0};
        assert_int_equal(ya_settings_init(&s, &err), YA_OK);
        s.lora_rank = 4;
        s.lora_alpha = 8;
        s.max_seq_length = 64;
        assert_int_equal(ya_settings_value(&s, (ya_setting_id)i, &was, &err), YA_OK);
        assert_int_equal(run(&err, "a", "--resume --steps 4 --%s %s", row->name, value),
                         YA_ERR_USAGE);
        snprintf(expected, sizeof expected, " is %s, that of %s/a/checkpoint-2 is %s", value,
                 scratch_dir, was.size ? was.data : "none");
        assert_says(&err, expected);
        assert_says(&err, "leave it out");
        if (row->commands & YA_SHAPE)
            assert_int_equal(run(&err, "a", "--resume --force --steps 4 --%s %s", row->name, value),
                             YA_ERR_USAGE);
        ya_buffer_free(&was);
        ya_settings_free(&s);
        n++;
    }
    assert_int_equal(n, sizeof others / sizeof *others);
}

static void what_is_not_given_is_as_the_checkpoint_has_it(void **state)
{
    (void)state;
    const char *odd = "--lora-alpha 3 --lora-dropout 0.1 --lora-targets q,down --seed 5 "
                      "--batch-size 3 --distrust-strength 0.5 --keep-last-n 9";
    must_run("a", "%s %s --steps 8 --save-steps 2", needed, odd);
    must_run("b", "%s %s --steps 8 --save-steps 2", needed, odd);
    for (int step = 4; step <= 8; step += 2) {
        char name[64];
        ya_error err;
        snprintf(name, sizeof name, "b/checkpoint-%d", step);
        assert_int_equal(ya_remove_dir(scratch(name), &err), YA_OK);
    }
    must_run("b", "--resume");
    assert_true(toy_same_checkpoints(scratch("a/checkpoint-8"), scratch("b/checkpoint-8")));
}

static void force_takes_a_new_value_and_records_the_old_one(void **state)
{
    (void)state;
    must_run("a", "%s --steps 2", needed);
    must_run("a", "--resume --force --steps 4 --seed 7 --lora-alpha 3");
    assert_true(config_says("a/checkpoint-4/config.yaml",
                            "# Up to step 2: lora_alpha 8, steps 2, seed 42\n"));
    assert_true(config_says("a/checkpoint-4/config.yaml", "\nseed: 7 "));
    assert_true(config_says("a/checkpoint-4/adapter_config.json", "\"lora_alpha\": 3"));
    must_run("a", "--resume --steps 6");
    assert_true(config_says("a/checkpoint-6/config.yaml",
                            "# Up to step 2: lora_alpha 8, steps 2, seed 42\n"
                            "# Up to step 4: steps 4\n"));
    assert_true(config_says("a/checkpoint-6/config.yaml", "\nlora_alpha: 3 "));
}

static void what_is_free_is_taken_without_force(void **state)
{
    (void)state;
    must_run("a", "%s --steps 2", needed);
    must_run("a",
             "--resume --steps 4 --learning-rate 1e-3 --lr-schedule linear --warmup-steps 1 "
             "--weight-decay 0 --max-grad-norm 0 --logging-steps 1 --save-steps 1 --eval-steps 3 "
             "--keep-last-n 1 --threads 1 --pass-tokens 128 --max-memory 2GB --grad-checkpoint "
             "--val-data %s/val.jsonl",
             scratch_dir);
    assert_true(config_says("a/checkpoint-4/config.yaml", "\nlearning_rate: 0.001 "));
    must_run("b", "%s --batch-size 2 --gradient-accumulation-steps 2 --steps 2", needed);
    must_run("b", "--resume --steps 4 --batch-size 1 --gradient-accumulation-steps 4");
}

/* Trains anew with CHECKPOINT/config.yaml and flags that decide nothing of it, and compares. */
static void assert_made_by_its_config(const char *checkpoint, const char *step, const char *more)
{
    char again[64];
    must_run("again", "--config %s/%s/config.yaml %s", scratch_dir, checkpoint, more);
    snprintf(again, sizeof again, "again/%s", step);
    assert_true(toy_same_checkpoints(scratch(checkpoint), scratch(again)));
}

static void training_anew_from_a_checkpoints_config_gives_the_same_adapter(void **state)
{
    (void)state;
    must_run("a",
             "%s --steps 6 --save-steps 3 --lora-targets q,down --lora-num-layers 1 "
             "--use-rslora --lora-dropout 0.1 --no-shuffle",
             needed);
    ya_error err;
    assert_int_equal(ya_remove_dir(scratch("a/checkpoint-6"), &err), YA_OK);
    must_run("a", "--resume");
    assert_made_by_its_config("a/checkpoint-6", "checkpoint-6", "");
}

static void an_adapter_that_training_starts_from_is_in_the_config(void **state)
{
    (void)state;
    must_run("start", "%s --steps 2 --lora-targets q,up --lora-alpha 5", needed);
    must_run("a",
             "--model %s --adapter %s/start/checkpoint-2 --data %s/data.jsonl --steps 3 "
             "--threads 2 --dtype f32",
             fixture("fixtures/models/llama"), scratch_dir, scratch_dir);
    assert_true(config_says("a/checkpoint-3/config.yaml", "\nlora_rank: 4 "));
    assert_true(config_says("a/checkpoint-3/config.yaml", "\nlora_alpha: 5 "));
    assert_true(config_says("a/checkpoint-3/config.yaml", "\nlora_targets: q,up "));
    assert_made_by_its_config("a/checkpoint-3", "checkpoint-3", "");
    ya_error err;
    assert_int_equal(
        run(&err, "a", "--resume --steps 5 --model %s/start/checkpoint-2 --adapter x", scratch_dir),
        YA_ERR_USAGE);
    must_run("c", "--model %s/start/checkpoint-2 --data %s/data.jsonl --steps 2", scratch_dir,
             scratch_dir);
    assert_int_equal(
        run(&err, "c", "--resume --steps 4 --model %s", fixture("fixtures/models/llama")),
        YA_ERR_USAGE);
    assert_says(&err, "same adapter");
}

#ifndef __SANITIZE_ADDRESS__
static void a_pass_made_smaller_to_fit_is_in_the_config(void **state)
{
    (void)state;
    must_run("a", "%s --pass-tokens 4096 --batch-size 16 --steps 3 --max-memory 12MB", needed);
    assert_false(config_says("a/checkpoint-3/config.yaml", "\npass_tokens: 4096 "));
    assert_made_by_its_config("a/checkpoint-3", "checkpoint-3", "--max-memory none");
}
#endif

static void other_data_are_refused_with_both_paths(void **state)
{
    (void)state;
    char expected[8192];
    ya_error err;
    must_run("a", "%s --steps 2", needed);
    assert_int_equal(run(&err, "a", "--resume --steps 4 --data %s/val.jsonl", scratch_dir),
                     YA_ERR_USAGE);
    snprintf(expected, sizeof expected, "--data is %s/val.jsonl (9 records, sha256 ", scratch_dir);
    assert_says(&err, expected);
    snprintf(expected, sizeof expected, "is %s/data.jsonl (23 records, sha256 ", scratch_dir);
    assert_says(&err, expected);
    must_run("a", "--resume --force --steps 4 --data %s/val.jsonl", scratch_dir);
    rename(scratch("val.jsonl"), scratch("moved.jsonl")); /* the same records elsewhere */
    must_run("a", "--resume --steps 5 --data %s/moved.jsonl", scratch_dir);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_fixed_setting_given_otherwise_is_refused_with_both_values),
        TEST(what_is_not_given_is_as_the_checkpoint_has_it),
        TEST(force_takes_a_new_value_and_records_the_old_one),
        TEST(what_is_free_is_taken_without_force),
        TEST(training_anew_from_a_checkpoints_config_gives_the_same_adapter),
        TEST(an_adapter_that_training_starts_from_is_in_the_config),
#ifndef __SANITIZE_ADDRESS__ /* whose own memory is more than the limit of this one */
        TEST(a_pass_made_smaller_to_fit_is_in_the_config),
#endif
        TEST(other_data_are_refused_with_both_paths),
    };
    if (!fixture_is_there("fixtures/models/llama/golden.json"))
        return EXIT_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
