/* tokenizer.model alone against the sentencepiece library: tests/golden/sentencepiece.py. */
#include "io/json.h"
#include "support/cmocka_all.h"
#include "support/scratch.h"
#include "token/tokenizer.h"

#include <stdio.h>
#include <string.h>

/* A directory with that model as tokenizer.model; returns its path. */
static const char *place(const char *name)
{
    char path[256];
    size_t size;
    snprintf(path, sizeof path, "tests/golden/sentencepiece/%s.model", name);
    char *model = scratch_read(path, &size);
    scratch_write("tokenizer.model", model, size);
    free(model);
    return scratch_dir;
}

static ya_tokenizer *open_model(const char *name)
{
    ya_tokenizer *t;
    ya_error err;
    if (ya_tokenizer_open(&t, place(name), &err))
        fail_msg("%s", err.text);
    return t;
}

/* The ids of the text as plain text, without BOS. */
static void check(const ya_tokenizer *t, const json_t *c)
{
    const json_t *text = json_object_get(c, "text"), *ids = json_object_get(c, "ids");
    ya_ids found = {0};
    ya_error err;
    if (ya_tokenizer_encode(t, json_string_value(text), json_string_length(text), false, &found,
                            &err))
        fail_msg("%s", err.text);
    bool same = found.size == json_array_size(ids);
    for (size_t i = 0; same && i < found.size; i++)
        same = found.data[i] == json_integer_value(json_array_get(ids, i));
    if (!same) {
        for (size_t i = 0; i < found.size; i++)
            fprintf(stderr, "%d ", (int)found.data[i]);
        fail_msg("other ids: %s", json_dumps(c, JSON_COMPACT));
    }
    ya_ids_free(&found);
}

static void bpe_models_give_the_ids_of_the_library(void **state)
{
    (void)state;
    char line[16384], last[64] = "";
    ya_tokenizer *t = NULL;
    int n = 0;
    FILE *file = fopen("tests/golden/sentencepiece/cases.jsonl", "r");
    assert_non_null(file);
    for (; fgets(line, sizeof line, file); n++) {
        json_t *c = json_loads(line, 0, NULL);
        const char *name = ya_json_get_text(c, "model");
        if (strcmp(last, name) != 0) {
            ya_tokenizer_close(t);
            t = open_model(name);
            snprintf(last, sizeof last, "%s", name);
        }
        check(t, c);
        json_decref(c);
    }
    assert_true(n > 100);
    ya_tokenizer_close(t);
    fclose(file);
}

static void refused(const char *dir, ya_status status, const char *says)
{
    ya_tokenizer *t;
    ya_error err = {0};
    ya_status found = ya_tokenizer_open(&t, dir, &err);
    if (found != status || !strstr(err.text, says))
        fail_msg("%d \"%s\" does not say %s", found, err.text, says);
}

/* The llama model and `more`: a later message adds to an earlier one. */
static void append(const char *more, size_t n)
{
    size_t size;
    char *model = scratch_read("tests/golden/sentencepiece/llama.model", &size);
    model = realloc(model, size + n);
    memcpy(model + size, more, n);
    scratch_write("tokenizer.model", model, size + n);
    free(model);
}

static void what_is_not_computed_is_refused_by_name(void **state)
{
    (void)state;
    refused(place("unigram"), YA_ERR_UNSUPPORTED, "unigram");
    append("\x1a\x0d\x0a\x08nmt_nfkc\x12\x01x", 15); /* NormalizerSpec: name, charsmap */
    refused(scratch_dir, YA_ERR_UNSUPPORTED, "nmt_nfkc");
    append("\x1a\x02\x20\x01", 4);
    refused(scratch_dir, YA_ERR_UNSUPPORTED, "remove_extra_whitespaces");
    append("\x1a\x02\x28\x00", 4);
    refused(scratch_dir, YA_ERR_UNSUPPORTED, "escape_whitespaces");
    append("\x12\x03\xc0\x01\x01", 5); /* TrainerSpec */
    refused(scratch_dir, YA_ERR_UNSUPPORTED, "treat_whitespace_as_suffix");
    place("llama");
    scratch_text("added_tokens.json", "{\"<more>\": 1000}");
    refused(scratch_dir, YA_ERR_UNSUPPORTED, "<more>");
    remove(scratch("added_tokens.json"));
    scratch_text("tokenizer_config.json",
                 "{\"added_tokens_decoder\": {\"1000\": {\"content\": \"<also>\"}}}");
    refused(scratch_dir, YA_ERR_UNSUPPORTED, "<also>");
    remove(scratch("tokenizer_config.json"));
}

static void truncated_models_are_refused(void **state)
{
    (void)state;
    size_t size;
    ya_tokenizer *t;
    ya_error err;
    char *model = scratch_read("tests/golden/sentencepiece/llama.model", &size);
    for (size_t n = 0; n < size; n += n < 64 ? 1 : 97) {
        scratch_write("tokenizer.model", model, n);
        if (ya_tokenizer_open(&t, scratch_dir, &err) == YA_OK)
            fail_msg("the first %zu bytes are taken for a model", n);
    }
    free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bpe_models_give_the_ids_of_the_library),
        cmocka_unit_test(what_is_not_computed_is_refused_by_name),
        cmocka_unit_test(truncated_models_are_refused),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
