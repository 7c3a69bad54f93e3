/* Tokenizers written in the other form and read back: the same ids on every case of the shared
 * fixtures. */
#include "io/gguf_write.h"
#include "io/json.h"
#include "token/save.h"

#include "support/cmocka_all.h"
#include "support/scratch.h"
#include "token/fixtures.h"

static const char *const NAMES[] = {"llama3", "qwen2", "smollm2", "mistral-sp-legacy",
                                    "mistral-sp-metaspace"};
enum { N_NAMES = sizeof NAMES / sizeof *NAMES };

/* Cases run through a tokenizer, whose ids are those wanted of a GGUF vocabulary. */
typedef struct {
    const char *name;
    const ya_tokenizer *tokenizer;
    bool gguf_file; /* or tokenizer.json */
    int n, wrong;
} checking;

static void check_case(json_t *line, void *context)
{
    checking *c = context;
    ya_ids want = {0}, found = {0};
    ya_error err;
    const json_t *text = json_object_get(line, "text"), *ids = json_object_get(line, "ids_gguf");
    if (!ids)
        ids = json_object_get(line, "ids");
    get_ids(ids, &want);
    if (ya_tokenizer_encode(c->tokenizer, json_string_value(text), json_string_length(text),
                            json_is_true(json_object_get(line, "add_special")), &found, &err))
        fail_msg("%s: %s", c->name, err.text);
    c->n++;
    /* Added tokens that overlap: llama.cpp takes the longest, tokenizer.json the leftmost. */
    if (!c->gguf_file && strstr(json_string_value(text), "[[a]]>>>>"))
        found.size = want.size = 0;
    bool same = want.size == found.size &&
                (!want.size || memcmp(want.data, found.data, want.size * sizeof *want.data) == 0);
    if (!same && c->wrong++ == 0)
        fprintf(stderr, "%s: other ids for \"%.80s\"\n", c->name, json_string_value(text));
    ya_ids_free(&want);
    ya_ids_free(&found);
}

static int wrong_cases(const char *name, const char *path, bool gguf_file)
{
    char cases[128];
    ya_tokenizer *tokenizer;
    ya_error err;
    if (ya_tokenizer_open(&tokenizer, path, &err))
        fail_msg("%s", err.text);
    checking c = {name, tokenizer, gguf_file, 0, 0};
    snprintf(cases, sizeof cases, "%s.cases.jsonl", name);
    assert_true(each_case(cases, check_case, &c) > 100);
    ya_tokenizer_close(tokenizer);
    return c.wrong;
}

/* DIR/NAME/tokenizer.json */
static const char *make_dir(const char *name)
{
    char file[256];
    size_t size;
    const char *dir = scratch(name);
    snprintf(file, sizeof file, "%s.json", name);
    char *text = scratch_read(fixture(file), &size);
    assert_true(mkdir(dir, 0777) == 0);
    snprintf(file, sizeof file, "%s/tokenizer.json", name);
    scratch_write(file, text, size);
    free(text);
    return dir;
}

static void a_tokenizer_json_becomes_a_gguf_vocabulary(void **state)
{
    (void)state;
    if (!have_fixtures())
        skip();
    for (int i = 0; i < N_NAMES; i++) {
        ya_gguf_writer w = {0};
        ya_sink sink;
        ya_error err;
        const char *dir = make_dir(NAMES[i]), *path = scratch("out.gguf");
        if (ya_tokenizer_put_gguf(dir, 2048, &w, &err) || ya_sink_open(&sink, path, &err) ||
            ya_sink_close(&sink, ya_gguf_write_head(&w, &sink, &err), &err))
            fail_msg("%s: %s", NAMES[i], err.text);
        ya_gguf_writer_free(&w);
        assert_int_equal(wrong_cases(NAMES[i], path, true), 0);
        ya_tokenizer *t;
        assert_int_equal(ya_tokenizer_open(&t, path, &err), YA_OK);
        assert_int_equal(ya_tokenizer_vocab_size(t), 2048); /* padded */
        ya_tokenizer_close(t);
    }
}

static void a_gguf_vocabulary_becomes_a_tokenizer_json(void **state)
{
    (void)state;
    if (!have_fixtures())
        skip();
    for (int i = 0; i < N_NAMES; i++) {
        char file[64];
        ya_tokenizer *t;
        ya_buffer text = {0};
        ya_error err;
        snprintf(file, sizeof file, "%s.gguf", NAMES[i]);
        if (ya_tokenizer_open(&t, fixture(file), &err) || ya_tokenizer_save_json(t, &text, &err))
            fail_msg("%s: %s", NAMES[i], err.text);
        ya_tokenizer_close(t);
        scratch_write("tokenizer.json", text.data, text.size);
        ya_buffer_free(&text);
        assert_int_equal(wrong_cases(NAMES[i], scratch("tokenizer.json"), false), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tokenizer_json_becomes_a_gguf_vocabulary),
        cmocka_unit_test(a_gguf_vocabulary_becomes_a_tokenizer_json),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
