/* A run that is hit by SIGKILL or SIGTERM at any moment - training, validating, saving, resuming -
 * and resumed until it is done ends as the unbroken run: adapter, moments, state, metrics and
 * checkpoint-best. YA_SWEEP sets how many runs are hit (default 6; 1000 for the whole sweep). */
#include "support/fixture.h"
#include "support/process.h"
#include "support/toy.h"

#include "base/random.h"

#include <jansson.h>
#include <math.h>

enum { STEPS = 240, MAX_HITS = 3 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static pid_t start(const char *output)
{
    const process_place here = {0};
    return process_start(
        &here,
        "train --model %s --data %s/train.jsonl --val-data %s/val.jsonl --output "
        "%s/%s --learning-rate 1e-2 --batch-size 3 --threads 2 --max-seq-length 64 "
        "--pass-tokens 64 --dtype f32 --lora-rank 4 --logging-steps 5 "
        "--save-steps 7 --eval-steps 6 --warmup-steps 0 --steps %d --resume",
        fixture("fixtures/models/llama"), scratch_dir, scratch_dir, scratch_dir, output, STEPS);
}

static const char *file_of(const char *output, const char *name)
{
    static char paths[4][TEMP_PATH + 128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s/%s", scratch_dir, output, name);
    return path;
}

/* Steps, losses and validations of the metrics, without what a clock or the machine says. */
static json_t *course(const char *output)
{
    static const char *const keys[] = {"step", "epoch",     "loss",    "ce",
                                       "lr",   "grad_norm", "eval_ce", "eval_tokens"};
    char line[8192];
    FILE *file = fopen(file_of(output, "metrics.jsonl"), "r");
    json_t *all = json_array();
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        json_t *object = json_loads(line, 0, NULL), *kept = json_object();
        assert_non_null(object);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (json_object_get(object, keys[i]))
                json_object_set(kept, keys[i], json_object_get(object, keys[i]));
        if (json_object_get(kept, "loss") || json_object_get(kept, "eval_ce"))
            json_array_append(all, kept);
        json_decref(kept);
        json_decref(object);
    }
    fclose(file);
    return all;
}

static bool same_file(const char *a, const char *b, const char *name)
{
    bool same = toy_same_files(file_of(a, name), file_of(b, name));
    if (!same)
        fprintf(stderr, "%s of %s is not that of the unbroken run\n", name, b);
    return same;
}

static bool same_runs(const char *a, const char *b)
{
    static const char *const files[] = {
        "checkpoint-240/adapter_model.safetensors", "checkpoint-240/optimizer.safetensors",
        "checkpoint-240/trainer_state.json",        "checkpoint-best/adapter_model.safetensors",
        "checkpoint-best/optimizer.safetensors",    "checkpoint-best/trainer_state.json",
    };
    bool same = true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        same &= same_file(a, b, files[i]);
    json_t *x = course(a), *y = course(b);
    if (!json_equal(x, y)) {
        char *p = json_dumps(x, JSON_COMPACT), *q = json_dumps(y, JSON_COMPACT);
        fprintf(stderr, "metrics differ:\n%s\n%s\n", p, q);
        free(p);
        free(q);
        same = false;
    }
    assert_true(json_array_size(x) > STEPS / 5);
    json_decref(x);
    json_decref(y);
    return same;
}

static void hit(const char *output, uint64_t draw, double whole_s)
{
    long ms = (long)(1000.0 * whole_s * ya_unit_double(ya_splitmix64(17, draw)));
    int number = ya_splitmix64(18, draw) % 2 ? SIGKILL : SIGTERM;
    pid_t pid = start(output);
    process_sleep_ms(ms);
    kill(pid, number);
    int code = process_finish(pid);
    if (code != 0 && code != PROCESS_SIGNALLED + SIGKILL && code != PROCESS_SIGNALLED + SIGTERM &&
        code != 128 + SIGTERM)
        fail_msg("%s: exit %d after signal %d at %ld ms", output, code, number, ms);
}

static void runs_hit_at_any_moment_end_as_the_unbroken_one(void **state)
{
    (void)state;
    const char *wanted = getenv("YA_SWEEP");
    int n = wanted ? atoi(wanted) : 6, wrong = 0;
    uint64_t draw = 0;
    double began = seconds();
    assert_int_equal(process_finish(start("whole")), 0);
    double whole_s = seconds() - began;
    for (int i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "hit%d", i);
        for (uint64_t hits = 1 + ya_splitmix64(19, (uint64_t)i) % MAX_HITS; hits > 0; hits--)
            hit(name, draw++, whole_s);
        assert_int_equal(process_finish(start(name)), 0);
        if (!same_runs("whole", name)) {
            fprintf(stderr, "run %d differs\n", i);
            wrong++;
        } else {
            temp_remove(file_of(name, ""));
        }
    }
    fprintf(stderr, "%d runs, %llu signals: %d differ\n", n, (unsigned long long)draw, wrong);
    assert_int_equal(wrong, 0);
}

static int set_up(void **state)
{
    scratch_setup(state);
    toy_records(scratch("train.jsonl"), 50, 40, 7);
    toy_records(scratch("val.jsonl"), 20, 40, 8);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(runs_hit_at_any_moment_end_as_the_unbroken_one, set_up,
                                        scratch_teardown),
    };
    if (!fixture_is_there("fixtures/models/llama/golden.json"))
        return EXIT_SKIPPED;
    if (!getenv("YA_BINARY") || access(getenv("YA_BINARY"), X_OK) != 0) {
        fprintf(stderr, "YA_BINARY must name the program\n");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
