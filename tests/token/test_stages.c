/* Pre-tokenizers of tokenizer.json against Hugging Face's: tests/golden/stages.py. */
#include "io/json.h"
#include "support/cmocka_all.h"
#include "support/scratch.h"
#include "token/tokenizer.h"

#include <stdio.h>
#include <string.h>

static void must(ya_status status, const ya_error *err)
{
    if (status)
        fail_msg("%s", err->text);
}

/* The golden vocabulary behind a pre-tokenizer. */
static ya_tokenizer *open_stages(const json_t *golden, json_t *pre)
{
    const json_t *tokens = json_object_get(golden, "tokens");
    json_t *vocab = json_object();
    for (size_t i = 0; i < json_array_size(tokens); i++)
        json_object_set_new(vocab, json_string_value(json_array_get(tokens, i)),
                            json_integer((json_int_t)i));
    json_t *root =
        json_pack("{s:s, s:[], s:O, s:{s:s}, s:{s:s, s:o, s:O}}", "version", "1.0", "added_tokens",
                  "pre_tokenizer", pre, "decoder", "type", "ByteLevel", "model", "type", "BPE",
                  "vocab", vocab, "merges", json_object_get(golden, "merges"));
    ya_tokenizer *t;
    ya_error err;
    assert_int_equal(json_dump_file(root, scratch("tokenizer.json"), 0), 0);
    json_decref(root);
    must(ya_tokenizer_open(&t, scratch("tokenizer.json"), &err), &err);
    return t;
}

static void check(const ya_tokenizer *t, const json_t *c)
{
    const json_t *text = json_object_get(c, "text"), *ids = json_object_get(c, "ids");
    ya_ids found = {0};
    ya_error err;
    must(ya_tokenizer_encode(t, json_string_value(text), json_string_length(text), true, &found,
                             &err),
         &err);
    bool same = found.size == json_array_size(ids);
    for (size_t i = 0; same && i < found.size; i++)
        same = found.data[i] == json_integer_value(json_array_get(ids, i));
    if (!same)
        fail_msg("other ids: %s", json_dumps(c, JSON_COMPACT));
    ya_ids_free(&found);
}

static void texts_are_cut_as_hugging_face_cuts_them(void **state)
{
    (void)state;
    char line[16384];
    json_t *golden, *last = NULL;
    ya_tokenizer *t = NULL;
    ya_error err;
    int n = 0;
    must(ya_json_read_file("tests/golden/pre/vocabulary.json", &golden, &err), &err);
    FILE *file = fopen("tests/golden/stages.jsonl", "r");
    assert_non_null(file);
    for (; fgets(line, sizeof line, file); n++) {
        json_t *c = json_loads(line, 0, NULL), *pre = json_object_get(c, "pre_tokenizer");
        if (!t || !json_equal(last, pre)) {
            ya_tokenizer_close(t);
            json_decref(last);
            t = open_stages(golden, pre);
            last = json_incref(pre);
        }
        check(t, c);
        json_decref(c);
    }
    assert_int_equal(n, 280);
    ya_tokenizer_close(t);
    json_decref(last);
    json_decref(golden);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_are_cut_as_hugging_face_cuts_them)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
