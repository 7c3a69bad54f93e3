/* The pre-tokenizers that tokenizer.ggml.pre names split as llama.cpp does: tests/golden/pre.py. */
#include "base/log.h"
#include "io/gguf_write.h"
#include "io/json.h"
#include "support/cmocka_all.h"
#include "support/scratch.h"
#include "token/gguf_pre.h"
#include "token/tokenizer.h"

#include <stdio.h>
#include <string.h>

static void must(ya_status status, const ya_error *err)
{
    if (status)
        fail_msg("%s", err->text);
}

static void put_texts(ya_gguf_writer *w, const char *key, const json_t *texts)
{
    ya_error err;
    must(ya_gguf_begin_array(w, key, YA_GGUF_STRING, json_array_size(texts), &err), &err);
    for (size_t i = 0; i < json_array_size(texts); i++) {
        const json_t *text = json_array_get(texts, i);
        must(ya_gguf_add_text(w, json_string_value(text), json_string_length(text), &err), &err);
    }
}

/* The golden vocabulary with that pre-tokenizer; NULL: none is named. */
static ya_tokenizer *open_vocabulary(const char *pre)
{
    ya_gguf_writer w = {0};
    ya_sink sink;
    ya_tokenizer *t;
    json_t *golden;
    ya_error err;
    must(ya_json_read_file("tests/golden/pre/vocabulary.json", &golden, &err), &err);
    must(ya_gguf_put_text(&w, "tokenizer.ggml.model", "gpt2", &err), &err);
    if (pre)
        must(ya_gguf_put_text(&w, "tokenizer.ggml.pre", pre, &err), &err);
    put_texts(&w, "tokenizer.ggml.tokens", json_object_get(golden, "tokens"));
    put_texts(&w, "tokenizer.ggml.merges", json_object_get(golden, "merges"));
    must(ya_sink_open(&sink, scratch("v.gguf"), &err), &err);
    ya_status status = ya_gguf_write_head(&w, &sink, &err);
    must(ya_sink_close(&sink, status, &err), &err);
    must(ya_tokenizer_open(&t, scratch("v.gguf"), &err), &err);
    ya_gguf_writer_free(&w);
    json_decref(golden);
    return t;
}

static void check(const ya_tokenizer *t, const json_t *c)
{
    const json_t *text = json_object_get(c, "text"), *ids = json_object_get(c, "ids");
    ya_ids found = {0};
    ya_error err;
    must(ya_tokenizer_encode_plain(t, json_string_value(text), json_string_length(text), &found,
                                   &err),
         &err);
    bool same = found.size == json_array_size(ids);
    for (size_t i = 0; same && i < found.size; i++)
        same = found.data[i] == json_integer_value(json_array_get(ids, i));
    if (!same) {
        char *line = json_dumps(c, JSON_COMPACT);
        for (size_t i = 0; i < found.size; i++)
            fprintf(stderr, "%d ", (int)found.data[i]);
        fail_msg("other ids: %s", line);
    }
    ya_ids_free(&found);
}

static void texts_are_split_as_llama_cpp_splits_them(void **state)
{
    (void)state;
    char line[16384];
    char last[64] = "none yet";
    ya_tokenizer *t = NULL;
    int n = 0;
    FILE *file = fopen("tests/golden/pre/cases.jsonl", "r");
    assert_non_null(file);
    ya_log_set_quiet(1); /* a vocabulary without a name is warned of */
    for (; fgets(line, sizeof line, file); n++) {
        json_t *c = json_loads(line, 0, NULL);
        const char *pre = ya_json_get_text(c, "pre");
        if (!t || strcmp(last, pre ? pre : "") != 0) {
            ya_tokenizer_close(t);
            t = open_vocabulary(pre);
            snprintf(last, sizeof last, "%s", pre ? pre : "");
        }
        check(t, c);
        json_decref(c);
    }
    assert_int_equal(n, 675);
    ya_tokenizer_close(t);
    fclose(file);
}

static void a_name_is_known_whole(void **state)
{
    (void)state;
    assert_non_null(ya_gguf_pre_find("deepseek-r1-qwen", 16));
    assert_null(ya_gguf_pre_find("deepseek-r1", 11));
    assert_null(ya_gguf_pre_find("qwen2 ", 6));
    assert_null(ya_gguf_pre_find("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_split_as_llama_cpp_splits_them),
        cmocka_unit_test(a_name_is_known_whole),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
