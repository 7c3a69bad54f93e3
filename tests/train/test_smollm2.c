/* Twenty steps on a real 4-bit model against PyTorch and PEFT on the same weights. Bounds are those
 * of shared/fixtures/smollm2/README.md. */
#include "support/cmocka_all.h"
#include "support/fixture.h"
#include "support/smollm2.h"
#include "support/temp.h"
#include "support/training.h"

#include <math.h>

static char gguf[4096];

/* The three texts as ids with their labels, in order. */
static void write_records(const json_t *json, const char *path)
{
    const json_t *texts = json_object_get(json, "texts");
    const json_t *labels = json_object_get(json_object_get(json, "train"), "labels");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(json_array_size(labels), 3);
    for (size_t i = 0; i < 3; i++) {
        char *ids = json_dumps(json_object_get(json_array_get(texts, i), "ids"), JSON_COMPACT);
        const json_t *label = json_array_get(labels, i);
        fprintf(file, "{\"input_ids\": %s, \"auth_weight\": %.17g, \"prov_entropy\": %.17g}\n", ids,
                json_number_value(json_array_get(label, 0)),
                json_number_value(json_array_get(label, 1)));
        free(ids);
    }
    assert_int_equal(fclose(file), 0);
}

static void check(const json_t *run, const json_t *lines, const char *key, double bound)
{
    const json_t *expected = json_object_get(run, key);
    assert_int_equal(json_array_size(lines), 20);
    assert_int_equal(json_array_size(expected), 20);
    for (size_t k = 0; k < 20; k++) {
        double want = json_number_value(json_array_get(expected, k));
        double found = json_number_value(json_object_get(json_array_get(lines, k), key));
        if (!(fabs(found - want) <= bound * fabs(want)))
            fail_msg("%s of step %zu is %.9g, expected %.9g within %g", key, k + 1, found, want,
                     bound);
    }
}

static void run_mode(const char *mode)
{
    char dir[TEMP_PATH], flags[16384];
    ya_error err;
    json_t *json = json_load_file(fixture("fixtures/smollm2/golden.json"), 0, NULL);
    assert_non_null(json);
    temp_make(dir);
    write_records(json, temp_path(dir, "data.jsonl"));
    snprintf(flags, sizeof flags,
             "--model %s --adapter %s --data %s/data.jsonl --output %s/out --steps 20 "
             "--batch-size 3 --learning-rate 1e-3 --lr-schedule constant --warmup-steps 0 "
             "--weight-decay 0.01 --max-grad-norm 1.0 --distrust-mode %s --shuffle false "
             "--logging-steps 1 --dtype f32 --threads 2 --max-seq-length 64 --pass-tokens 64",
             gguf, fixture("fixtures/smollm2/adapter-init"), dir, dir, mode);
    if (training_run(flags, &err) != YA_OK)
        fail_msg("%s", err.text);
    json_t *lines = training_metrics(temp_path(dir, "out"));
    const json_t *run = json_object_get(json_object_get(json, "train"), mode);
    check(run, lines, "loss", 1e-4);
    check(run, lines, "grad_norm", 2e-3);
    json_decref(lines);
    json_decref(json);
    temp_remove(dir);
}

static void plain_training_follows_pytorch(void **state)
{
    (void)state;
    run_mode("off");
}

static void weighted_training_follows_pytorch(void **state)
{
    (void)state;
    run_mode("weighted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_training_follows_pytorch),
        cmocka_unit_test(weighted_training_follows_pytorch),
    };
    if (!fixture_is_there("fixtures/smollm2/golden.json"))
        return EXIT_SKIPPED;
    need_smollm2(gguf);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
