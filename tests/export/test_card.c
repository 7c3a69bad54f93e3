/* What an export says of itself: trained here, exported in every form, the model card and the keys
 * your_ai.* of a GGUF file name base, data, weights, objective and evaluation. */
#include "support/exporting.h"
#include "support/fixture.h"
#include "support/toy.h"
#include "support/training.h"

#include "io/gguf.h"
#include "io/sha256.h"

static char data_hash[YA_SHA256_HEX];

/* Four steps on the llama fixture with a validation; the data's hash. */
static void train_once(const char *objective)
{
    char flags[20000], base[4096];
    ya_error err;
    toy_records(scratch("data.jsonl"), 24, 20, 5);
    toy_records(scratch("val.jsonl"), 6, 20, 6);
    assert_int_equal(ya_sha256_file(scratch("data.jsonl"), data_hash, &err), YA_OK);
    shared_path(base, "fixtures/models/llama");
    snprintf(
        flags, sizeof flags,
        "--model %s --data %s/data.jsonl --val-data %s/val.jsonl --output %s/run --steps 4 "
        "--batch-size 4 --lora-rank 4 --lora-alpha 6 --save-steps 4 --eval-steps 2 --dtype f32 "
        "--threads 2 --quiet --force %s",
        base, scratch_dir, scratch_dir, scratch_dir, objective);
    if (training_run(flags, &err) != YA_OK)
        fail_msg("%s", err.text);
}

static void check_card(const char *path, const char *const *wanted)
{
    size_t size = 0;
    char *card = toy_read(path, &size);
    if (!card)
        fail_msg("%s is not there", path);
    assert_true(strncmp(card, "---\nbase_model: \"", 17) == 0);
    assert_non_null(strstr(card + 4, "\n---\n")); /* the header ends */
    assert_non_null(strstr(card, data_hash));
    for (; *wanted; wanted++)
        if (!strstr(card, *wanted))
            fail_msg("%s does not say \"%s\":\n%s", path, *wanted, card);
    free(card);
}

static void a_card_says_what_a_model_learned_from(void **state)
{
    (void)state;
    static const char *const wanted[] = {"base_model: \"llama\"",
                                         "tags:\n- your_ai\n",
                                         "LoRA of rank 4, alpha 6\n",
                                         "4 optimizer steps of 4 records",
                                         "mode weighted, alpha 2.7, ",
                                         "data.jsonl",
                                         "24 records, ",
                                         " By authority weight: ",
                                         "## Evaluation",
                                         " nats a token, at step ",
                                         NULL};
    train_once("--distrust-mode weighted");
    must_run(YA_FOR_EXPORT, "--model %s --to merged --output %s --force",
             scratch("run/checkpoint-4"), scratch("merged"));
    check_card(scratch("merged/README.md"), wanted);
    must_run(YA_FOR_EXPORT, "--model %s --to adapter --output %s --force",
             scratch("run/checkpoint-4"), scratch("adapter"));
    check_card(scratch("adapter/README.md"), wanted);
    must_run(YA_FOR_EXPORT, "--model %s --to gguf --output %s --force", scratch("run/checkpoint-4"),
             scratch("model.gguf"));
    check_card(scratch("model.README.md"), wanted);
    must_run(YA_FOR_EXPORT, "--model %s --to gguf-adapter --output %s --force",
             scratch("run/checkpoint-4"), scratch("lora.gguf"));
    check_card(scratch("lora.README.md"), wanted);
}

static void a_card_of_plain_training_says_so(void **state)
{
    (void)state;
    static const char *const wanted[] = {"- objective: plain cross-entropy\n", NULL};
    train_once("--distrust-mode off");
    must_run(YA_FOR_EXPORT, "--model %s --to merged --output %s --force",
             scratch("run/checkpoint-4"), scratch("merged"));
    check_card(scratch("merged/README.md"), wanted);
}

static bool holds(ya_text text, const char *part)
{
    char *copy = malloc(text.size + 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    bool found = strstr(copy, part);
    free(copy);
    return found;
}

static void keys_of_gguf_files_say_it_too(void **state)
{
    (void)state;
    static const char *const forms[][2] = {{"gguf", "model.gguf"}, {"gguf-adapter", "lora.gguf"}};
    train_once("--distrust-mode weighted");
    for (size_t i = 0; i < 2; i++) {
        ya_gguf *gguf = NULL;
        ya_error err;
        ya_text text;
        int64_t number;
        double real;
        bool yes;
        must_run(YA_FOR_EXPORT, "--model %s --to %s --output %s --force",
                 scratch("run/checkpoint-4"), forms[i][0], scratch(forms[i][1]));
        assert_int_equal(ya_gguf_open(&gguf, scratch(forms[i][1]), &err), YA_OK);
        assert_true(ya_gguf_get_text(gguf, "your_ai.version", &text) && text.size > 0);
        assert_true(ya_gguf_get_text(gguf, "your_ai.base.name", &text) && holds(text, "llama"));
        assert_true(ya_gguf_get_text(gguf, "your_ai.base.fingerprint", &text) && text.size > 0);
        assert_true(ya_gguf_get_i64(gguf, "your_ai.lora.rank", &number) && number == 4);
        assert_true(ya_gguf_get_f64(gguf, "your_ai.lora.alpha", &real) && real == 6);
        assert_true(ya_gguf_get_bool(gguf, "your_ai.lora.use_rslora", &yes) && !yes);
        assert_true(ya_gguf_get_i64(gguf, "your_ai.steps", &number) && number == 4);
        assert_true(ya_gguf_get_f64(gguf, "your_ai.validation_ce", &real) && real > 0);
        assert_true(ya_gguf_get_text(gguf, "your_ai.provenance", &text) && holds(text, data_hash));
        assert_true(holds(text, "\"mode\"") && holds(text, "weighted"));
        ya_gguf_close(gguf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_says_what_a_model_learned_from),
        cmocka_unit_test(a_card_of_plain_training_says_so),
        cmocka_unit_test(keys_of_gguf_files_say_it_too),
    };
    need_shared();
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
