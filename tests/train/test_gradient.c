/* The gradient of a step, read off AdamW's first moment after one step without clipping: m1 = 0.1
 * g.
 */

#include "support/cmocka_all.h"
#include "support/golden.h"
#include "support/scratch.h"
#include "support/toy.h"
#include "support/training.h"

#include <math.h>

/* Of spec/distrust-loss.md, and of shared/fixtures/README.md for the goldens: a part of each
 * tensor's largest entry. */
static const double BOUND = 3e-5;

static void one_step(const char *name, const char *flags)
{
    char all[16384];
    ya_error err;
    snprintf(all, sizeof all,
             "--steps 1 --max-grad-norm 0 --warmup-steps 0 --shuffle false --dtype f32 --threads 2 "
             "--output %s/%s %s",
             scratch_dir, name, flags);
    if (training_run(all, &err) != YA_OK)
        fail_msg("%s", err.text);
}

static void open_moments(ya_tensor_set *set, const char *name)
{
    char path[8192];
    ya_error err;
    snprintf(path, sizeof path, "%s/%s/checkpoint-1/optimizer.safetensors", scratch_dir, name);
    if (ya_safetensors_open(set, path, &err) != YA_OK)
        fail_msg("%s", err.text);
}

/* factor_f * found against factor_e * expected. */
static void assert_same(const ya_tensor *found, double factor_f, const ya_tensor *expected,
                        double factor_e)
{
    const float *f = found->data, *e = expected->data;
    double worst = 0.0, most = 0.0;
    assert_int_equal(ya_tensor_elements(found), ya_tensor_elements(expected));
    for (int64_t i = 0; i < ya_tensor_elements(found); i++) {
        double want = factor_e * (double)e[i];
        worst = fmax(worst, fabs(factor_f * (double)f[i] - want));
        most = fmax(most, fabs(want));
    }
    if (!(worst <= BOUND * most))
        fail_msg("%s is off by %g of its largest entry %g", found->name, worst / most, most);
}

static void splits_packing_and_padding_give_the_same_gradient(void **state)
{
    (void)state;
    static const char *const splits[] = {
        "--batch-size 8 --gradient-accumulation-steps 1",
        "--batch-size 4 --gradient-accumulation-steps 2",
        "--batch-size 1 --gradient-accumulation-steps 8",
        "--batch-size 2 --gradient-accumulation-steps 4 --no-packing",
        "--batch-size 8 --gradient-accumulation-steps 1 --no-packing",
        "--batch-size 8 --pass-tokens 128",
        "--batch-size 8 --pass-tokens 2048",
        "--batch-size 8 --grad-checkpoint",
    };
    toy_records(scratch("data.jsonl"), 8, 60, 3);
    char first[32] = "";
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        char flags[16384], name[32];
        snprintf(name, sizeof name, "run%zu", i);
        snprintf(flags, sizeof flags,
                 "--model %s --adapter %s --data %s/data.jsonl "
                 "--max-seq-length 64 --pass-tokens 64 %s",
                 fixture("fixtures/models/qwen3"), fixture("fixtures/models/qwen3/adapter"),
                 scratch_dir, splits[i]);
        one_step(name, flags);
        if (i == 0) {
            snprintf(first, sizeof first, "%s", name);
            continue;
        }
        ya_tensor_set a = {0}, b = {0};
        open_moments(&a, first);
        open_moments(&b, name);
        assert_int_equal(a.n_tensors, b.n_tensors);
        for (size_t t = 0; t < a.n_tensors; t++)
            if (strncmp(a.tensors[t].name, "moment1.", 8) == 0)
                assert_same(&b.tensors[t], 10.0, &a.tensors[t], 10.0);
        ya_tensor_set_free(&a);
        ya_tensor_set_free(&b);
    }
}

/* The rec.* records of a model; returns their number. */
static int write_records(const ya_tensor_set *set)
{
    const ya_tensor *ids = golden(set, "rec.input_ids"), *labels = golden(set, "rec.labels");
    const ya_tensor *length = golden(set, "rec.length");
    int64_t width = ids->shape[1];
    FILE *file = fopen(scratch("data.jsonl"), "w");
    assert_non_null(file);
    for (int64_t r = 0; r < ids->shape[0]; r++) {
        fprintf(file, "{\"input_ids\": [");
        for (int64_t t = 0; t < int_at(length, r); t++)
            fprintf(file, "%s%d", t ? "," : "", int_at(ids, r * width + t));
        fprintf(file, "], \"labels\": [");
        for (int64_t t = 0; t < int_at(length, r); t++)
            fprintf(file, "%s%d", t ? "," : "", int_at(labels, r * width + t));
        fprintf(file, "], \"auth_weight\": %.17g, \"prov_entropy\": %.17g}\n",
                double_at(golden(set, "dist.w"), r), double_at(golden(set, "dist.H"), r));
    }
    assert_int_equal(fclose(file), 0);
    return (int)ids->shape[0];
}

/* Every golden "PREFIXname" against "moment1.name" of the run. */
static void check_golden(const ya_tensor_set *set, const char *prefix, const char *run)
{
    ya_tensor_set moments = {0};
    size_t n = 0, size = strlen(prefix);
    open_moments(&moments, run);
    for (size_t i = 0; i < set->n_tensors; i++) {
        char name[512];
        if (strncmp(set->tensors[i].name, prefix, size) != 0)
            continue;
        snprintf(name, sizeof name, "moment1.%s", set->tensors[i].name + size);
        assert_same(golden(&moments, name), 10.0, &set->tensors[i], 1.0);
        n++;
    }
    assert_int_equal(2 * n, moments.n_tensors); /* none is left out */
    ya_tensor_set_free(&moments);
}

static void open_golden(ya_tensor_set *set, const char *model)
{
    char path[512];
    ya_error err;
    snprintf(path, sizeof path, "fixtures/models/%s/golden.safetensors", model);
    assert_int_equal(ya_safetensors_open(set, fixture(path), &err), YA_OK);
}

static void adapter_gradients_are_those_of_pytorch(void **state)
{
    (void)state;
    static const char *const models[] = {"llama", "llama3-tied", "mistral",      "mistral-swa",
                                         "qwen2", "qwen3",       "llama-sharded"};
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
        ya_tensor_set set = {0};
        open_golden(&set, models[m]);
        int n = write_records(&set);
        for (int weighted = 0; weighted < 2; weighted++) {
            char flags[16384], path[512], adapter[512], name[64];
            snprintf(path, sizeof path, "fixtures/models/%s", models[m]);
            snprintf(adapter, sizeof adapter, "fixtures/models/%s/adapter", models[m]);
            snprintf(name, sizeof name, "%s%d", models[m], weighted);
            snprintf(flags, sizeof flags,
                     "--model %s --adapter %s --data %s/data.jsonl --batch-size %d "
                     "--distrust-mode %s",
                     fixture(path), fixture(adapter), scratch_dir, n,
                     weighted ? "weighted" : "off");
            one_step(name, flags);
            check_golden(&set, weighted ? "lora.grad_weighted." : "lora.grad_ce.", name);
        }
        ya_tensor_set_free(&set);
    }
}

static void full_fine_tuning_gradients_are_those_of_pytorch(void **state)
{
    (void)state;
    ya_tensor_set set = {0};
    char flags[16384];
    open_golden(&set, "llama");
    int n = write_records(&set);
    snprintf(flags, sizeof flags,
             "--model %s --data %s/data.jsonl --batch-size %d --distrust-mode off --lora-rank 0 "
             "--trainable *",
             fixture("fixtures/models/llama"), scratch_dir, n);
    one_step("full", flags);
    check_golden(&set, "full.grad.", "full");
    ya_tensor_set_free(&set);
}

static void rows_of_a_split_record_learn_from_every_target(void **state)
{
    (void)state;
    /* a record in rows of 16 sees less context than in one row, but the same targets */
    char flags[16384];
    toy_records(scratch("data.jsonl"), 4, 60, 5);
    for (int length = 16; length <= 64; length *= 4) {
        char name[32];
        snprintf(name, sizeof name, "rows%d", length);
        snprintf(flags, sizeof flags,
                 "--model %s --data %s/data.jsonl --batch-size 4 --logging-steps 1 "
                 "--max-seq-length %d --pass-tokens 64",
                 fixture("fixtures/models/llama"), scratch_dir, length);
        one_step(name, flags);
    }
    json_t *a = training_metrics(scratch("rows16"));
    json_t *b = training_metrics(scratch("rows64"));
    double x = json_number_value(json_object_get(json_array_get(a, 0), "ce"));
    double y = json_number_value(json_object_get(json_array_get(b, 0), "ce"));
    assert_true(x > 0.0 && fabs(x - y) < 0.1 * y && x != y);
    json_decref(a);
    json_decref(b);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(splits_packing_and_padding_give_the_same_gradient),
        TEST(adapter_gradients_are_those_of_pytorch),
        TEST(full_fine_tuning_gradients_are_those_of_pytorch),
        TEST(rows_of_a_split_record_learn_from_every_target),
    };
    if (!fixture_is_there("fixtures/models/llama/golden.json"))
        return EXIT_SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
