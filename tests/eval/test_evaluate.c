#include "eval/evaluate.h"

#include "base/log.h"

#include "support/cmocka_all.h"
#include "support/golden.h"
#include "support/scratch.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static void write_records(const ya_tensor_set *set)
{
    const ya_tensor *ids = golden(set, "rec.input_ids"), *labels = golden(set, "rec.labels");
    int64_t width = ids->shape[1];
    FILE *file = fopen(scratch("data.jsonl"), "w");
    assert_non_null(file);
    for (int64_t r = 0; r < ids->shape[0]; r++) {
        int32_t length = int_at(golden(set, "rec.length"), r);
        fprintf(file, "{\"input_ids\": [");
        for (int64_t t = 0; t < length; t++)
            fprintf(file, "%s%d", t ? "," : "", int_at(ids, r * width + t));
        fprintf(file, "], \"labels\": [");
        for (int64_t t = 0; t < length; t++)
            fprintf(file, "%s%d", t ? "," : "", int_at(labels, r * width + t));
        fprintf(file, "], \"auth_weight\": %.17g, \"prov_entropy\": %.17g}\n",
                double_at(golden(set, "dist.w"), r), double_at(golden(set, "dist.H"), r));
    }
    assert_int_equal(fclose(file), 0);
}

/* Evaluates the data into DIR/out.jsonl, stdout going to DIR/stdout. */
static ya_status evaluate(const char *more, ya_error *err)
{
    char text[16384], *argv[40], *save = NULL;
    int argc = 0;
    ya_settings s;
    snprintf(text, sizeof text,
             "--data %s/data.jsonl --per-record %s/out.jsonl --dtype f32 --threads 2 --json %s",
             scratch_dir, scratch_dir, more);
    for (char *word = strtok_r(text, " ", &save); word && argc < 40;
         word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    assert_int_equal(ya_settings_init(&s, err), YA_OK);
    ya_status status = ya_settings_parse_flags(&s, YA_FOR_EVALUATE, argc, argv, YA_N_SETTINGS, err);
    if (!status)
        status = ya_settings_finish(&s, YA_FOR_EVALUATE, err);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    FILE *file = freopen(scratch("stdout"), "w", stdout);
    assert_non_null(file);
    if (!status)
        status = ya_evaluate(&s, err);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ya_settings_free(&s);
    return status;
}

/* The per-record lines against rec.* (1e-5 of the largest sum: fixtures/README.md). */
static void check_records(const ya_tensor_set *set, const json_t *expected)
{
    char line[4096];
    const ya_tensor *sums = golden(set, "rec.sum_ce");
    double most = 0.0;
    int64_t n = 0;
    for (int64_t r = 0; r < sums->shape[0]; r++)
        most = fmax(most, double_at(sums, r));
    FILE *file = fopen(scratch("out.jsonl"), "r");
    assert_non_null(file);
    for (; fgets(line, sizeof line, file); n++) {
        json_t *o = json_loads(line, 0, NULL);
        double want =
            expected ? json_number_value(json_array_get(expected, (size_t)n)) : double_at(sums, n);
        double found = json_number_value(json_object_get(o, "sum_ce"));
        assert_int_equal(json_integer_value(json_object_get(o, "index")), n);
        assert_int_equal(json_integer_value(json_object_get(o, "n")),
                         int_at(golden(set, "rec.n"), n));
        if (!(fabs(found - want) <= 1e-5 * most))
            fail_msg("record %lld: %.9g, expected %.9g", (long long)n, found, want);
        assert_true(json_number_value(json_object_get(o, "auth_weight")) ==
                    double_at(golden(set, "dist.w"), n));
        json_decref(o);
    }
    fclose(file);
    assert_int_equal(n, sums->shape[0]);
}

static void check_document(const ya_tensor_set *set, double ce)
{
    json_t *o = json_load_file(scratch("stdout"), 0, NULL);
    double found = json_number_value(json_object_get(o, "ce"));
    json_int_t tokens = 0, banded = 0;
    assert_non_null(o);
    assert_true(fabs(found - ce) <= 1e-6 * ce);
    assert_true(fabs(json_number_value(json_object_get(o, "perplexity")) - exp(found)) <=
                1e-9 * exp(found));
    for (int64_t r = 0; r < golden(set, "rec.n")->shape[0]; r++)
        tokens += int_at(golden(set, "rec.n"), r);
    assert_int_equal(json_integer_value(json_object_get(o, "tokens")), tokens);
    static const char *const bands[] = {"low", "mid", "high"};
    for (int b = 0; b < 3; b++)
        banded += json_integer_value(
            json_object_get(json_object_get(json_object_get(o, "bands"), bands[b]), "tokens"));
    assert_int_equal(banded, tokens);
    json_decref(o);
}

/* What --compare adds: the base's CE, in all, for the only source and for the only file. */
static void check_base(double ce)
{
    json_t *o = json_load_file(scratch("stdout"), 0, NULL);
    const json_t *base = json_object_get(o, "base"), *part;
    static const char *const parts[] = {"sources", "files"};
    assert_true(fabs(json_number_value(json_object_get(base, "ce")) - ce) <= 1e-6 * ce);
    for (int i = 0; i < 2; i++) {
        json_t *list = json_object_get(base, parts[i]);
        assert_int_equal(json_object_size(list), 1);
        part = json_object_iter_value(json_object_iter(list));
        assert_true(fabs(json_number_value(json_object_get(part, "ce")) - ce) <= 1e-6 * ce);
    }
    json_decref(o);
}

static void sums_of_base_and_adapter_are_those_of_pytorch(void **state)
{
    (void)state;
    static const char *const models[] = {"llama", "llama3-tied", "mistral",      "mistral-swa",
                                         "qwen2", "qwen3",       "llama-sharded"};
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
        char flags[8192], path[128], model[FIXTURE_PATH];
        ya_tensor_set set = {0};
        ya_error err;
        snprintf(path, sizeof path, "fixtures/models/%s", models[m]);
        snprintf(model, sizeof model, "%s", fixture(path));
        snprintf(flags, sizeof flags, "%s/golden.json", model);
        json_t *json = json_load_file(flags, 0, NULL);
        snprintf(flags, sizeof flags, "%s/golden.safetensors", model);
        assert_int_equal(ya_safetensors_open(&set, flags, &err), YA_OK);
        write_records(&set);
        snprintf(flags, sizeof flags, "--model %s", model);
        assert_int_equal(evaluate(flags, &err), YA_OK);
        check_records(&set, NULL);
        check_document(
            &set, json_number_value(json_object_get(json_object_get(json, "loss"), "ce_mean")));
        /* an adapter directory names its base */
        snprintf(flags, sizeof flags, "--model %s/adapter --no-packing --batch-size 2", model);
        assert_int_equal(evaluate(flags, &err), YA_OK);
        const json_t *lora = json_object_get(json, "lora");
        check_records(&set, json_object_get(lora, "sum_ce"));
        check_document(&set, json_number_value(json_object_get(lora, "ce_mean")));
        snprintf(flags, sizeof flags, "--model %s/adapter --compare", model);
        assert_int_equal(evaluate(flags, &err), YA_OK);
        check_records(&set, json_object_get(lora, "sum_ce"));
        check_document(&set, json_number_value(json_object_get(lora, "ce_mean")));
        check_base(json_number_value(json_object_get(json_object_get(json, "loss"), "ce_mean")));
        ya_tensor_set_free(&set);
        json_decref(json);
    }
}

static void what_cannot_be_evaluated_is_said(void **state)
{
    (void)state;
    char flags[8192];
    ya_error err;
    FILE *file = fopen(scratch("data.jsonl"), "w");
    fprintf(file, "{\"input_ids\": [5, 6, 7]}\n");
    fclose(file);
    assert_int_equal(evaluate("--model /no/such/model", &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "/no/such/model"));
    snprintf(flags, sizeof flags, "--model %s --adapter /no/such/adapter",
             fixture("fixtures/models/llama"));
    assert_int_equal(evaluate(flags, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "/no/such/adapter"));
    snprintf(flags, sizeof flags, "--model %s --per-record /dev/full",
             fixture("fixtures/models/llama"));
    assert_int_equal(evaluate(flags, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "/dev/full"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(sums_of_base_and_adapter_are_those_of_pytorch),
        TEST(what_cannot_be_evaluated_is_said),
    };
    if (!fixture_is_there("fixtures/models/llama/golden.json"))
        return EXIT_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
