/* What a run leaves when it is disturbed: metrics, checkpoints, files beside them. */
#include "support/fixture.h"
#include "support/process.h"
#include "support/toy.h"

#include <jansson.h>
#include <math.h>
#include <sys/stat.h>

static char common[16384];

static int set_up(void **state)
{
    scratch_setup(state);
    toy_records(scratch("data.jsonl"), 20, 40, 7);
    toy_records(scratch("val.jsonl"), 2500, 60, 8);
    snprintf(common, sizeof common,
             "train --model %s --data %s/data.jsonl --batch-size 3 --threads 2 --max-seq-length 64 "
             "--pass-tokens 64 --lora-rank 4 --dtype f32 --logging-steps 1 --learning-rate 1e-2 "
             "--warmup-steps 0",
             fixture("fixtures/models/llama"), scratch_dir);
    return 0;
}

static bool is_there(const char *name)
{
    struct stat info;
    return stat(scratch(name), &info) == 0;
}

static void append(const char *name, const char *text)
{
    FILE *file = fopen(scratch(name), "a");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Counts of the lines of metrics.jsonl that are of `step` and have the key. */
static int lines_of(const char *output, int step, const char *key)
{
    char line[8192], name[64];
    int n = 0;
    snprintf(name, sizeof name, "%s/metrics.jsonl", output);
    FILE *file = fopen(scratch(name), "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object);
        n += json_integer_value(json_object_get(object, "step")) == step &&
             json_object_get(object, key) != NULL;
        json_decref(object);
    }
    fclose(file);
    return n;
}

static void one_unreadable_line_costs_no_other(void **state)
{
    (void)state;
    assert_int_equal(process_run(NULL, "%s --steps 4 --output %s", common, scratch("out")), 0);
    append("out/metrics.jsonl", "\x01 nobody can read this\n");
    assert_int_equal(process_run(NULL, "%s --steps 8 --output %s --resume", common, scratch("out")),
                     0);
    assert_true(process_said("1 lines of metrics.jsonl cannot be read"));
    append("out/metrics.jsonl", "{\"step\": 9, \"lo"); /* torn */
    assert_int_equal(
        process_run(NULL, "%s --steps 12 --output %s --resume", common, scratch("out")), 0);
    for (int step = 1; step <= 12; step++)
        assert_int_equal(lines_of("out", step, "loss"), 1);
    size_t size;
    char *aside = scratch_read(scratch("out/metrics.unreadable.jsonl"), &size);
    assert_string_equal(aside, "\x01 nobody can read this\n");
    free(aside);
}

static void values_that_are_not_finite_never_become_a_checkpoint(void **state)
{
    (void)state;
    assert_int_equal(process_run(NULL, "%s --steps 4 --save-steps 1 --adam-eps 0 --output %s",
                                 common, scratch("out")),
                     5);
    assert_true(process_said("trained values are not finite after step 1"));
    assert_false(is_there("out/checkpoint-1"));
    assert_false(is_there("out/.tmp-checkpoint-1"));
}

/* Puts a NaN in place of the last f32 of a file. */
static void spoil(const char *path)
{
    const float bad = NAN;
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -(long)sizeof bad, SEEK_END), 0);
    assert_int_equal(fwrite(&bad, sizeof bad, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static void an_adapter_with_a_nan_is_refused_by_every_command(void **state)
{
    (void)state;
    const char *model = fixture("fixtures/models/llama");
    assert_int_equal(process_run(NULL, "%s --steps 1 --output %s", common, scratch("out")), 0);
    spoil(scratch("out/checkpoint-1/adapter_model.safetensors"));
    scratch_text("ids.json", "[[5, 6, 7]]");
    char adapter[8192];
    snprintf(adapter, sizeof adapter, "--model %s --adapter %s/out/checkpoint-1", model,
             scratch_dir);
    assert_int_equal(process_run(NULL, "generate %s --ids %s", adapter, scratch("ids.json")), 1);
    assert_true(process_said("no finite number"));
    assert_int_equal(process_run(NULL, "evaluate %s --data %s", adapter, scratch("data.jsonl")), 1);
    assert_true(process_said("no finite number"));
    assert_int_equal(process_run(NULL, "export %s --to merged --output %s", adapter, scratch("m")),
                     1);
    assert_true(process_said("no finite number"));
    assert_false(is_there("m"));
    assert_int_equal(process_run(NULL, "train %s --data %s --steps 1 --output %s", adapter,
                                 scratch("data.jsonl"), scratch("next")),
                     1);
    assert_true(process_said("no finite number"));
}

static void a_base_with_a_nan_is_told_of(void **state)
{
    (void)state;
    char command[16384];
    mkdir(scratch("model"), 0777);
    snprintf(command, sizeof command, "cp %s/config.json %s/model.safetensors %s/model",
             fixture("fixtures/models/llama"), fixture("fixtures/models/llama"), scratch_dir);
    assert_int_equal(system(command), 0);
    spoil(scratch("model/model.safetensors"));
    scratch_text("ids.json", "[[5, 6, 7]]");
    int code = process_run(NULL, "generate --model %s --ids %s --dtype f32", scratch("model"),
                           scratch("ids.json"));
    assert_int_equal(code, 1);
    assert_true(process_said("not finite"));
    code = process_run(NULL, "evaluate --model %s --data %s --dtype f32", scratch("model"),
                       scratch("data.jsonl"));
    assert_int_equal(code, 1);
    assert_true(process_said("not finite"));
}

static void a_link_under_a_temporary_name_is_not_written_through(void **state)
{
    (void)state;
    char victim[4096];
    assert_int_equal(process_run(NULL, "%s --steps 1 --output %s", common, scratch("out")), 0);
    snprintf(victim, sizeof victim, "%s", scratch_text("victim", "precious"));
    assert_int_equal(symlink(victim, scratch("out/.tmp-report.html")), 0);
    assert_int_equal(symlink(victim, scratch(".tmp-m.gguf")), 0);
    assert_int_equal(process_run(NULL, "report %s", scratch("out")), 0);
    assert_int_equal(process_run(NULL, "export --model %s --to gguf --output %s",
                                 scratch("out/checkpoint-1"), scratch("m.gguf")),
                     0);
    assert_true(is_there("out/report.html") && is_there("m.gguf"));
    size_t size;
    char *text = scratch_read(victim, &size);
    assert_string_equal(text, "precious");
    free(text);
}

static void a_device_in_a_checkpoint_does_not_hang_its_check(void **state)
{
    (void)state;
    assert_int_equal(
        process_run(NULL, "%s --steps 2 --save-steps 1 --output %s", common, scratch("out")), 0);
    unlink(scratch("out/checkpoint-2/adapter_config.json"));
    assert_int_equal(symlink("/dev/zero", scratch("out/checkpoint-2/adapter_config.json")), 0);
    pid_t pid = process_start(NULL, "%s --steps 2 --output %s --resume", common, scratch("out"));
    int status = 0;
    for (int i = 0; i < 2000 && waitpid(pid, &status, WNOHANG) == 0; i++)
        process_sleep_ms(10);
    kill(pid, SIGKILL);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(process_said("is no plain file"));
}

/* Sends the signal when the metrics have the loss of `step`. */
static int stop_at(const char *output, int step, int number, const char *more)
{
    char name[64], wanted[64];
    snprintf(name, sizeof name, "%s/metrics.jsonl", output);
    snprintf(wanted, sizeof wanted, "{\"step\": %d,", step);
    pid_t pid = process_start(NULL, "%s %s --output %s", common, more, scratch(output));
    bool there = false;
    for (int i = 0; i < 20000 && !there; i++) {
        size_t size = 0;
        process_sleep_ms(1);
        char *text = toy_read(scratch(name), &size);
        there = text && strstr(text, wanted);
        free(text);
    }
    kill(pid, number);
    return process_finish(pid);
}

static void hangup_and_a_closed_pipe_save_as_sigterm_does(void **state)
{
    (void)state;
    const char *flags = "--steps 100000 --save-steps 100000";
    assert_int_equal(stop_at("a", 3, SIGHUP, flags), 128 + SIGHUP);
    assert_true(process_said("--resume goes on from there"));
    assert_int_equal(stop_at("b", 3, SIGPIPE, flags), 128 + SIGPIPE);
    assert_true(process_said("--resume goes on from there"));
}

static void assert_same(const char *a, const char *b, const char *file)
{
    char x[256], y[256];
    snprintf(x, sizeof x, "%s/%s", a, file);
    snprintf(y, sizeof y, "%s/%s", b, file);
    if (!toy_same_files(scratch(x), scratch(y)))
        fail_msg("%s and %s differ", x, y);
}

static void a_stop_during_validation_loses_neither_it_nor_the_best_checkpoint(void **state)
{
    (void)state;
    static const char *const files[] = {
        "checkpoint-best/adapter_model.safetensors", "checkpoint-best/optimizer.safetensors",
        "checkpoint-best/trainer_state.json",        "checkpoint-6/adapter_model.safetensors",
        "checkpoint-6/optimizer.safetensors",        "checkpoint-6/trainer_state.json",
    };
    char flags[8192], resumed[8224];
    snprintf(flags, sizeof flags, "--steps 6 --eval-steps 2 --keep-last-n 9 --val-data %s",
             scratch("val.jsonl"));
    snprintf(resumed, sizeof resumed, "%s --resume", flags);
    assert_int_equal(process_run(NULL, "%s %s --output %s", common, flags, scratch("whole")), 0);
    for (int step = 2; step <= 6; step += 2) {
        int code = stop_at("torn", step, SIGTERM, step == 2 ? flags : resumed);
        assert_int_equal(code, 128 + SIGTERM);
        assert_int_equal(lines_of("torn", step, "eval_ce"), 0); /* else it came too late */
    }
    assert_int_equal(process_run(NULL, "%s %s --output %s", common, resumed, scratch("torn")), 0);
    for (int step = 1; step <= 6; step++) {
        assert_int_equal(lines_of("torn", step, "loss"), 1);
        assert_int_equal(lines_of("torn", step, "eval_ce"), step % 2 == 0);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_same("whole", "torn", files[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_unreadable_line_costs_no_other),
        TEST(values_that_are_not_finite_never_become_a_checkpoint),
        TEST(an_adapter_with_a_nan_is_refused_by_every_command),
        TEST(a_base_with_a_nan_is_told_of),
        TEST(a_link_under_a_temporary_name_is_not_written_through),
        TEST(a_device_in_a_checkpoint_does_not_hang_its_check),
        TEST(hangup_and_a_closed_pipe_save_as_sigterm_does),
        TEST(a_stop_during_validation_loses_neither_it_nor_the_best_checkpoint),
    };
    if (!fixture_is_there("fixtures/models/llama/golden.json"))
        return EXIT_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
