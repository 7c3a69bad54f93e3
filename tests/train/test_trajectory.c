/* Whole runs on the tiny models against PyTorch, PEFT and torch.optim.AdamW. Tolerances are those
 * of shared/fixtures/README.md. */
#include "io/outdir.h"

#include "support/golden.h"
#include "support/temp.h"
#include "support/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const MODELS[] = {"llama", "llama3-tied", "mistral",      "mistral-swa",
                                     "qwen2", "qwen3",       "llama-sharded"};
static const char *const RUNS[] = {"const_off", "const_weighted", "cosine_off", "cosine_weighted"};

static double real(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        fail_msg("no number %s", key);
    return json_number_value(value);
}

/* The records in the order in which the run takes them, tokenised. */
static void write_records(const ya_tensor_set *set, const char *path)
{
    const ya_tensor *ids = golden(set, "traj.input_ids"), *labels = golden(set, "traj.labels");
    const ya_tensor *length = golden(set, "traj.length"), *batch = golden(set, "traj.batch");
    int64_t width = ids->shape[1], n = ya_tensor_elements(batch);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int64_t i = 0; i < n; i++) {
        int64_t record = int_at(batch, i), tokens = int_at(length, record);
        fprintf(file, "{\"input_ids\": [");
        for (int64_t t = 0; t < tokens; t++)
            fprintf(file, "%s%d", t ? "," : "", int_at(ids, record * width + t));
        fprintf(file, "], \"labels\": [");
        for (int64_t t = 0; t < tokens; t++)
            fprintf(file, "%s%d", t ? "," : "", int_at(labels, record * width + t));
        fprintf(file, "], \"auth_weight\": %.17g, \"prov_entropy\": %.17g}\n",
                double_at(golden(set, "traj.w"), record), double_at(golden(set, "traj.H"), record));
    }
    assert_int_equal(fclose(file), 0);
}

static void assert_relative(const char *what, size_t step, double found, double expected,
                            double bound)
{
    if (!(fabs(found - expected) <= bound * fabs(expected)))
        fail_msg("%s of step %zu is %.12g, expected %.12g within %g", what, step + 1, found,
                 expected, bound);
}

/* Whether a record of step k has no target: the reference then averages L over it too, we do not
 * (spec/distrust-loss.md: "over its records with n_i > 0"). */
static bool has_empty_record(const ya_tensor_set *set, size_t k)
{
    const ya_tensor *batch = golden(set, "traj.batch"), *labels = golden(set, "traj.labels");
    int64_t per_step = batch->shape[1] * batch->shape[2], width = labels->shape[1];
    for (int64_t i = 0; i < per_step; i++) {
        int64_t record = int_at(batch, (int64_t)k * per_step + i), counted = 0;
        for (int64_t t = 1; t < width; t++)
            counted += int_at(labels, record * width + t) != -100;
        if (counted == 0)
            return true;
    }
    return false;
}

static void check_metrics(const char *dir, const json_t *traj, const char *name,
                          const ya_tensor_set *set)
{
    static const struct {
        const char *key;
        double bound;
        bool of_labels;
    } checks[] = {{"loss", 2e-6, false}, {"ce", 2e-6, false},       {"grad_norm", 1e-5, false},
                  {"lr", 1e-12, false},  {"distrust", 1e-12, true}, {"ess", 1e-12, true}};
    const json_t *run = json_object_get(json_object_get(traj, "runs"), name);
    json_t *lines = training_metrics(dir);
    size_t n = json_array_size(lines), n_checked = 0;
    assert_int_equal(n, (size_t)real(traj, "steps"));
    for (size_t c = 0; c < sizeof checks / sizeof checks[0]; c++) {
        const json_t *expected = json_object_get(run, checks[c].key);
        if (!expected)
            continue; /* distrust and ess stand in the weighted runs only */
        assert_int_equal(json_array_size(expected), n);
        for (size_t k = 0; k < n; k++) {
            if (checks[c].of_labels && has_empty_record(set, k))
                continue;
            assert_relative(checks[c].key, k, real(json_array_get(lines, k), checks[c].key),
                            json_number_value(json_array_get(expected, k)), checks[c].bound);
            n_checked++;
        }
    }
    assert_true(n_checked >= 4 * n);
    json_decref(lines);
}

/* Values within 1e-4, and the way from the start within 5e-4 of its length. */
static void check_tensor(const ya_tensor *found, const ya_tensor *expected, const ya_tensor *start)
{
    const float *f = found->data, *e = expected->data, *s = start->data;
    double error2 = 0.0, way2 = 0.0;
    assert_int_equal(ya_tensor_elements(found), ya_tensor_elements(expected));
    for (int64_t i = 0; i < ya_tensor_elements(expected); i++) {
        double error = (double)f[i] - (double)e[i], way = (double)e[i] - (double)s[i];
        if (!(fabs(error) <= 1e-4))
            fail_msg("%s[%lld] is %g, expected %g", found->name, (long long)i, (double)f[i],
                     (double)e[i]);
        error2 += error * error;
        way2 += way * way;
    }
    assert_true(way2 > 0.0);
    if (!(sqrt(error2) <= 5e-4 * sqrt(way2)))
        fail_msg("%s is off by %g of its way", found->name, sqrt(error2 / way2));
}

static void check_adapter(const char *dir, const char *initial, int steps, const ya_tensor_set *set,
                          const char *name)
{
    char path[8192], key[512];
    ya_tensor_set found = {0}, start = {0};
    ya_error err;
    snprintf(path, sizeof path, "%s/checkpoint-%d", dir, steps);
    assert_int_equal(ya_outdir_verify(path, &err), YA_OK);
    snprintf(path, sizeof path, "%s/checkpoint-%d/adapter_model.safetensors", dir, steps);
    assert_int_equal(ya_safetensors_open(&found, path, &err), YA_OK);
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", initial);
    assert_int_equal(ya_safetensors_open(&start, path, &err), YA_OK);
    assert_true(found.n_tensors > 0);
    assert_int_equal(found.n_tensors, start.n_tensors);
    for (size_t i = 0; i < found.n_tensors; i++) {
        snprintf(key, sizeof key, "traj.%s.final.%s", name, found.tensors[i].name);
        check_tensor(&found.tensors[i], golden(set, key), golden(&start, found.tensors[i].name));
    }
    ya_tensor_set_free(&found);
    ya_tensor_set_free(&start);
}

static void run_one(const char *model, const char *name, const json_t *json,
                    const ya_tensor_set *set, const char *extra)
{
    const json_t *traj = json_object_get(json, "traj");
    const json_t *distrust = json_object_get(json, "distrust");
    bool cosine = strncmp(name, "cosine", 6) == 0, weighted = strstr(name, "weighted") != NULL;
    char dir[TEMP_PATH], flags[16384];
    ya_error err;
    temp_make(dir);
    write_records(set, temp_path(dir, "data.jsonl"));
    int steps = (int)real(traj, "steps");
    snprintf(flags, sizeof flags,
             "--model %s --adapter %s/adapter-init --data %s/data.jsonl --output %s/out --steps %d "
             "--batch-size %d --gradient-accumulation-steps %d --learning-rate %.17g "
             "--lr-schedule %s --warmup-steps %d --weight-decay %.17g --max-grad-norm %.17g "
             "--distrust-mode %s --distrust-alpha %.17g --distrust-strength %.17g "
             "--distrust-max-ratio %.17g --shuffle false --logging-steps 1 --dtype f32 "
             "--threads 2 --quiet %s",
             model, model, dir, dir, steps, (int)real(traj, "micro_batch"),
             (int)real(traj, "accumulation"), real(traj, "lr_peak"), cosine ? "cosine" : "constant",
             cosine ? (int)real(traj, "warmup") : 0, real(traj, "weight_decay"),
             real(traj, "max_grad_norm"), weighted ? "weighted" : "off", real(distrust, "alpha"),
             real(distrust, "strength"), real(distrust, "max_ratio"), extra);
    if (training_run(flags, &err) != YA_OK)
        fail_msg("%s", err.text);
    check_metrics(temp_path(dir, "out"), traj, name, set);
    check_adapter(temp_path(dir, "out"), temp_path(model, "adapter-init"), steps, set, name);
    temp_remove(dir);
}

static void check_model(const char *name, size_t n_runs, const char *extra)
{
    char model[FIXTURE_PATH], path[FIXTURE_PATH + 64];
    ya_tensor_set set = {0};
    ya_error err;
    snprintf(path, sizeof path, "fixtures/models/%s", name);
    snprintf(model, sizeof model, "%s", fixture(path));
    snprintf(path, sizeof path, "%s/golden.json", model);
    json_t *json = json_load_file(path, 0, NULL);
    assert_non_null(json);
    snprintf(path, sizeof path, "%s/golden.safetensors", model);
    assert_int_equal(ya_safetensors_open(&set, path, &err), YA_OK);
    for (size_t r = 0; r < n_runs; r++)
        run_one(model, RUNS[r], json, &set, extra);
    ya_tensor_set_free(&set);
    json_decref(json);
}

static void every_run_of_every_model_follows_pytorch(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof MODELS / sizeof MODELS[0]; m++)
        check_model(MODELS[m], 4, "");
}

static void padded_rows_and_small_passes_give_the_same_runs(void **state)
{
    (void)state;
    check_model("llama", 2, "--no-packing");
    check_model("mistral-swa", 2, "--no-packing --pass-tokens 48 --max-seq-length 48");
    check_model("qwen3", 2, "--pass-tokens 48 --max-seq-length 48");
}

static void gradient_checkpointing_gives_the_same_runs(void **state)
{
    (void)state;
    check_model("qwen2", 2, "--grad-checkpoint");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_run_of_every_model_follows_pytorch),
        cmocka_unit_test(padded_rows_and_small_passes_give_the_same_runs),
        cmocka_unit_test(gradient_checkpointing_gives_the_same_runs),
    };
    if (!fixture_is_there("fixtures/models/llama/golden.json"))
        return EXIT_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
