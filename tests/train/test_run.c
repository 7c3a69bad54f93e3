/* What a run leaves, and how it goes on. */
#include "train/run.h"

#include "base/alloc.h"
#include "io/outdir.h"

#include "support/cmocka_all.h"
#include "support/fixture.h"
#include "support/scratch.h"
#include "support/toy.h"
#include "support/training.h"

#include <math.h>
#include <sys/stat.h>

static char common[12288];

static int set_up(void **state)
{
    scratch_setup(state);
    toy_records(scratch("data.jsonl"), 23, 40, 7);
    toy_records(scratch("val.jsonl"), 9, 40, 8);
    snprintf(
        common, sizeof common,
        "--model %s --data %s/data.jsonl --learning-rate 1e-2 --batch-size 3 --logging-steps 1 "
        "--threads 2 --max-seq-length 64 --pass-tokens 64 --dtype f32 --lora-rank 4",
        fixture("fixtures/models/llama"), scratch_dir);
    return 0;
}

static ya_status run(const char *output, const char *more, ya_error *err)
{
    char flags[24576];
    snprintf(flags, sizeof flags, "%s --output %s/%s %s", common, scratch_dir, output, more);
    return training_run(flags, err);
}

static void must_run(const char *output, const char *more)
{
    ya_error err;
    if (run(output, more, &err) != YA_OK)
        fail_msg("%s", err.text);
}

static bool is_there(const char *name)
{
    struct stat info;
    return stat(scratch(name), &info) == 0;
}

static void remove_one(const char *name)
{
    ya_error err;
    assert_int_equal(ya_remove_dir(scratch(name), &err), YA_OK);
}

/* The metrics of two runs agree in everything but time and memory. */
static void assert_same_curves(const char *a, const char *b)
{
    static const char *const keys[] = {"step",     "epoch", "loss", "ce",
                                       "distrust", "ess",   "lr",   "grad_norm"};
    json_t *x = training_metrics(scratch(a)), *y = training_metrics(scratch(b));
    assert_true(json_array_size(x) > 0);
    assert_int_equal(json_array_size(x), json_array_size(y));
    for (size_t i = 0; i < json_array_size(x); i++)
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            assert_true(json_equal(json_object_get(json_array_get(x, i), keys[k]),
                                   json_object_get(json_array_get(y, i), keys[k])));
    json_decref(x);
    json_decref(y);
}

static void the_same_run_twice_is_the_same_bit_by_bit(void **state)
{
    (void)state;
    must_run("a", "--steps 6");
    must_run("b", "--steps 6");
    assert_same_curves("a", "b");
    assert_true(toy_same_checkpoints(scratch("a/checkpoint-6"), scratch("b/checkpoint-6")));
    must_run("c", "--steps 6 --seed 43");
    assert_false(toy_same_checkpoints(scratch("a/checkpoint-6"), scratch("c/checkpoint-6")));
}

static void a_resumed_run_equals_an_unbroken_one_bit_by_bit(void **state)
{
    (void)state;
    const char *const flags = "--steps 20 --save-steps 4 --keep-last-n 9 --lora-dropout 0.1";
    must_run("a", flags);
    must_run("b", flags);
    remove_one("b/checkpoint-8"); /* as if it had been killed before */
    remove_one("b/checkpoint-12");
    remove_one("b/checkpoint-16");
    remove_one("b/checkpoint-20");
    char more[256];
    snprintf(more, sizeof more, "%s --resume", flags);
    must_run("b", more);
    assert_same_curves("a", "b");
    assert_true(toy_same_checkpoints(scratch("a/checkpoint-20"), scratch("b/checkpoint-20")));
}

static void a_checkpoint_that_does_not_match_its_sums_is_passed_over(void **state)
{
    (void)state;
    must_run("a", "--steps 9 --save-steps 3");
    must_run("b", "--steps 9 --save-steps 3");
    FILE *file = fopen(scratch("b/checkpoint-9/optimizer.safetensors"), "r+");
    assert_non_null(file);
    fseek(file, -1, SEEK_END);
    fputc(0x55, file);
    fclose(file);
    remove(scratch("b/checkpoint-6/trainer_state.json"));
    must_run("b", "--steps 9 --save-steps 3 --resume"); /* from checkpoint-3 */
    assert_same_curves("a", "b");
    assert_true(toy_same_checkpoints(scratch("a/checkpoint-9"), scratch("b/checkpoint-9")));
}

static void resuming_a_finished_run_changes_nothing(void **state)
{
    (void)state;
    must_run("a", "--steps 4");
    must_run("b", "--steps 4");
    must_run("b", "--steps 4 --resume");
    assert_same_curves("a", "b");
    must_run("c", "--steps 3 --resume"); /* nothing there: from the beginning */
    assert_true(is_there("c/checkpoint-3"));
}

static void resume_refuses_another_base_data_or_batch_unless_forced(void **state)
{
    (void)state;
    char more[8192];
    ya_error err;
    must_run("a", "--steps 2");
    assert_int_equal(run("a", "--steps 4 --resume --batch-size 2", &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "effective batch"));
    snprintf(more, sizeof more, "--steps 4 --resume --model %s",
             fixture("fixtures/models/llama-sharded"));
    assert_int_equal(run("a", more, &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "base model"));
    toy_records(scratch("data.jsonl"), 23, 40, 9);
    assert_int_equal(run("a", "--steps 4 --resume", &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "training data"));
    must_run("a", "--steps 4 --resume --force");
    assert_true(is_there("a/checkpoint-4"));
}

static void only_the_last_checkpoints_and_the_best_are_kept(void **state)
{
    (void)state;
    char more[8192];
    snprintf(more, sizeof more,
             "--steps 10 --save-steps 2 --keep-last-n 2 --eval-steps 5 --val-data %s/val.jsonl",
             scratch_dir);
    must_run("a", more);
    assert_false(is_there("a/checkpoint-2"));
    assert_false(is_there("a/checkpoint-6"));
    assert_true(is_there("a/checkpoint-8"));
    assert_true(is_there("a/checkpoint-10"));
    assert_true(is_there("a/checkpoint-best"));
    ya_error err;
    assert_int_equal(ya_outdir_verify(scratch("a/checkpoint-best"), &err), YA_OK);
}

static void a_new_run_sets_an_earlier_one_aside(void **state)
{
    (void)state;
    char more[8192];
    ya_error err;
    must_run("a", "--steps 3");
    must_run("a", "--steps 2");
    assert_true(is_there("a/earlier-1/checkpoint-3"));
    assert_true(is_there("a/earlier-1/metrics.jsonl"));
    assert_false(is_there("a/checkpoint-3"));
    assert_true(is_there("a/checkpoint-2"));
    snprintf(more, sizeof more, "--steps 2 --adapter %s/a/checkpoint-2", scratch_dir);
    assert_int_equal(run("a", more, &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "--resume"));
    assert_true(is_there("a/checkpoint-2"));
}

static void training_starts_from_a_checkpoint_with_its_own_rank(void **state)
{
    (void)state;
    char more[8192];
    must_run("a", "--steps 2 --lora-rank 3 --lora-targets q,up --lora-num-layers 1");
    snprintf(more, sizeof more, "--steps 1 --model %s/a/checkpoint-2", scratch_dir);
    must_run("b", more);
    json_t *config = json_load_file(scratch("b/checkpoint-1/adapter_config.json"), 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(config, "r")), 3);
    assert_int_equal(json_array_size(json_object_get(config, "target_modules")), 2);
    assert_int_equal(json_array_size(json_object_get(config, "layers_to_transform")), 1);
    json_decref(config);
}

/* A copy of the fixture whose last value is not a number. */
static void make_nan_model(void)
{
    static const char *const files[] = {"config.json", "model.safetensors"};
    mkdir(scratch("nan"), 0777);
    for (int i = 0; i < 2; i++) {
        char from[8192], to[8192];
        size_t size = 0;
        snprintf(from, sizeof from, "%s/%s", fixture("fixtures/models/llama"), files[i]);
        snprintf(to, sizeof to, "%s/nan/%s", scratch_dir, files[i]);
        char *text = toy_read(from, &size);
        assert_non_null(text);
        if (i == 1)
            memset(text + size - 4, 0xFF, 4);
        FILE *file = fopen(to, "wb");
        assert_int_equal(fwrite(text, 1, size, file), size);
        fclose(file);
        free(text);
    }
}

static void three_steps_in_a_row_that_are_not_finite_end_the_run(void **state)
{
    (void)state;
    char more[16384];
    ya_error err;
    make_nan_model();
    snprintf(more, sizeof more, "--steps 9 --model %s/nan", scratch_dir);
    assert_int_equal(run("a", more, &err), YA_ERR_DIVERGED);
    assert_int_equal(ya_exit_code(YA_ERR_DIVERGED), 5);
    assert_false(is_there("a/checkpoint-3"));
}

static void more_steps_make_no_more_allocations(void **state)
{
    (void)state;
    uint64_t start = ya_alloc_count();
    must_run("a", "--steps 2 --save-steps 1000");
    uint64_t few = ya_alloc_count() - start;
    start = ya_alloc_count();
    must_run("b", "--steps 60 --save-steps 1000");
    uint64_t many = ya_alloc_count() - start;
    assert_int_equal(many, few);
    start = ya_alloc_count();
    must_run("c", "--steps 60 --save-steps 5"); /* checkpoints allocate nothing either */
    assert_int_equal(ya_alloc_count() - start, few);
}

static void running_out_of_heap_anywhere_is_an_error_and_no_crash(void **state)
{
    (void)state;
    ya_error err;
    ya_status status = YA_ERR_MEMORY;
    uint64_t n = 1, failures = 0;
    for (; status != YA_OK; n += 1 + n / 8, failures++) {
        err.text[0] = '\0';
        ya_alloc_fail_at(n);
        status = run("a", "--steps 2 --save-steps 1", &err);
        ya_alloc_fail_at(0);
        if (status != YA_OK && (status != YA_ERR_MEMORY || !err.text[0]))
            fail_msg("allocation %llu: status %d, \"%s\"", (unsigned long long)n, (int)status,
                     err.text);
    }
    assert_true(failures > 20);
    assert_true(is_there("a/checkpoint-2"));
}

static void a_budget_below_the_plan_is_refused_with_the_shortfall(void **state)
{
    (void)state;
    ya_error err;
    assert_int_equal(run("a", "--steps 2 --max-memory 2MB", &err), YA_ERR_MEMORY);
    assert_int_equal(ya_exit_code(YA_ERR_MEMORY), 3);
    assert_non_null(strstr(err.text, "GB more than"));
    assert_non_null(strstr(err.text, "max_memory"));
    assert_false(is_there("a/checkpoint-2"));
}

static void warm_up_as_long_as_the_run_is_refused(void **state)
{
    (void)state;
    ya_error err;
    assert_int_equal(run("a", "--steps 5 --warmup-steps 5", &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "warmup_steps"));
    /* also when epochs decide how many steps there are: 23 records, 3 a step */
    assert_int_equal(run("a", "--epochs 1 --warmup-steps 8", &err), YA_ERR_USAGE);
    must_run("a", "--epochs 1 --warmup-steps 7");
    assert_true(is_there("a/checkpoint-8"));
}

static void labels_are_needed_unless_the_mode_is_off(void **state)
{
    (void)state;
    ya_error err;
    FILE *file = fopen(scratch("data.jsonl"), "w");
    fprintf(file, "{\"input_ids\": [5, 6, 7], \"auth_weight\": 0.5, \"prov_entropy\": 1}\n"
                  "{\"input_ids\": [5, 6, 7], \"auth_weight\": 0.5}\n");
    fclose(file);
    assert_int_equal(run("a", "--steps 2", &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "data.jsonl:2"));
    assert_non_null(strstr(err.text, "prov_entropy"));
    assert_int_equal(run("a", "--steps 2 --distrust-mode additive", &err), YA_ERR_DATA);
    must_run("a", "--steps 2 --distrust-mode off");
    json_t *lines = training_metrics(scratch("a"));
    assert_true(json_is_null(json_object_get(json_array_get(lines, 0), "distrust")));
    assert_true(json_is_null(json_object_get(json_array_get(lines, 0), "ess")));
    json_decref(lines);
}

static void additive_adds_the_term_to_the_loss_alone(void **state)
{
    (void)state;
    must_run("a", "--steps 5 --distrust-mode off");
    must_run("b", "--steps 5 --distrust-mode additive --distrust-lambda 0.5");
    assert_true(toy_same_checkpoints(scratch("a/checkpoint-5"), scratch("b/checkpoint-5")));
    json_t *lines = training_metrics(scratch("b"));
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        double loss = json_number_value(json_object_get(line, "loss"));
        double ce = json_number_value(json_object_get(line, "ce"));
        double distrust = json_number_value(json_object_get(line, "distrust"));
        assert_true(distrust > 0.0);
        assert_true(fabs(loss - (ce + 0.5 * distrust)) <= 1e-12 * loss);
    }
    json_decref(lines);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_same_run_twice_is_the_same_bit_by_bit),
        TEST(a_resumed_run_equals_an_unbroken_one_bit_by_bit),
        TEST(a_checkpoint_that_does_not_match_its_sums_is_passed_over),
        TEST(resuming_a_finished_run_changes_nothing),
        TEST(resume_refuses_another_base_data_or_batch_unless_forced),
        TEST(only_the_last_checkpoints_and_the_best_are_kept),
        TEST(a_new_run_sets_an_earlier_one_aside),
        TEST(training_starts_from_a_checkpoint_with_its_own_rank),
        TEST(three_steps_in_a_row_that_are_not_finite_end_the_run),
        TEST(more_steps_make_no_more_allocations),
        TEST(running_out_of_heap_anywhere_is_an_error_and_no_crash),
        TEST(a_budget_below_the_plan_is_refused_with_the_shortfall),
        TEST(warm_up_as_long_as_the_run_is_refused),
        TEST(labels_are_needed_unless_the_mode_is_off),
        TEST(additive_adds_the_term_to_the_loss_alone),
    };
    if (!fixture_is_there("fixtures/models/llama/golden.json"))
        return EXIT_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
