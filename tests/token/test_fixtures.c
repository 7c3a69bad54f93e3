/* Every case of the shared fixtures: ids and texts are those of the reference programs. */
#include "token/fixtures.h"
#include "token/tokenizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct {
    const ya_tokenizer *t;
    const char *name, *form;
    int wrong;
} run;

static void show(const run *r, const json_t *line, const char *what, const ya_ids *got,
                 const ya_ids *wanted)
{
    char *text = json_dumps(line, JSON_ENCODE_ANY);
    fprintf(stderr, "%s %s: %s differs: %.300s\n", r->name, r->form, what, text);
    free(text);
    size_t at = 0;
    while (at < got->size && at < wanted->size && got->data[at] == wanted->data[at])
        at++;
    fprintf(stderr, "   %zu and %zu ids, first difference at %zu:", got->size, wanted->size, at);
    for (size_t i = at; i < at + 5 && i < got->size; i++)
        fprintf(stderr, " %d", got->data[i]);
    fprintf(stderr, " instead of");
    for (size_t i = at; i < at + 5 && i < wanted->size; i++)
        fprintf(stderr, " %d", wanted->data[i]);
    fprintf(stderr, "\n");
}

static void check_decoded(run *r, const json_t *line, const ya_ids *ids)
{
    static const char *const keys[] = {"decoded", "decoded_skip_special"};
    ya_error err;
    for (int skip = 0; skip < 2; skip++) {
        const json_t *wanted = json_object_get(line, keys[skip]);
        ya_buffer out = {0};
        assert_int_equal(ya_tokenizer_decode(r->t, ids->data, ids->size, skip, &out, &err), YA_OK);
        if (out.size != json_string_length(wanted) ||
            (out.size && memcmp(out.data, json_string_value(wanted), out.size) != 0)) {
            fprintf(stderr, "%s %s: %s is \"%.200s\" instead of \"%.200s\"\n", r->name, r->form,
                    keys[skip], out.data ? out.data : "", json_string_value(wanted));
            r->wrong++;
        }
        ya_buffer_free(&out);
    }
}

/* The pieces that streaming gives are together the decoded text. */
static void check_streamed(run *r, const ya_ids *ids)
{
    ya_error err;
    ya_detokenizer *d;
    ya_buffer whole = {0}, streamed = {0};
    const char *text;
    size_t size;
    assert_int_equal(ya_tokenizer_decode(r->t, ids->data, ids->size, false, &whole, &err), YA_OK);
    assert_int_equal(ya_detokenizer_new(&d, r->t, false, &err), YA_OK);
    for (size_t i = 0; i <= ids->size; i++) {
        if (i < ids->size)
            assert_int_equal(ya_detokenizer_feed(d, ids->data[i], &text, &size, &err), YA_OK);
        else
            assert_int_equal(ya_detokenizer_finish(d, &text, &size, &err), YA_OK);
        assert_int_equal(ya_buffer_add(&streamed, text, size, &err), YA_OK);
    }
    assert_int_equal(whole.size, streamed.size);
    if (whole.size)
        assert_memory_equal(whole.data, streamed.data, whole.size);
    ya_detokenizer_free(d);
    ya_buffer_free(&whole);
    ya_buffer_free(&streamed);
}

static void check_begins(run *r, const char *text, size_t size, bool special, const ya_ids *wanted)
{
    ya_error err;
    ya_ids ids = {0}, begins = {0};
    assert_int_equal(
        ya_tokenizer_encode_spans(r->t, text, size, special, NULL, 0, &ids, &begins, &err), YA_OK);
    assert_int_equal(ids.size, begins.size);
    assert_int_equal(ids.size, wanted->size);
    for (size_t i = 0; i < ids.size; i++) {
        assert_int_equal(ids.data[i], wanted->data[i]);
        assert_true(begins.data[i] >= 0 && (size_t)begins.data[i] <= size);
        assert_true(i == 0 || begins.data[i] >= begins.data[i - 1]);
    }
    ya_ids_free(&ids);
    ya_ids_free(&begins);
}

static void check_case(json_t *line, void *context)
{
    run *r = context;
    ya_error err;
    ya_ids got = {0}, wanted = {0}, json_ids = {0};
    const json_t *text = json_object_get(line, "text");
    bool special = json_is_true(json_object_get(line, "add_special"));
    const json_t *gguf_ids = json_object_get(line, "ids_gguf");
    get_ids(json_object_get(line, "ids"), &json_ids);
    get_ids(strcmp(r->form, "gguf") == 0 && gguf_ids ? gguf_ids : json_object_get(line, "ids"),
            &wanted);
    assert_int_equal(ya_tokenizer_encode(r->t, json_string_value(text), json_string_length(text),
                                         special, &got, &err),
                     YA_OK);
    if (got.size != wanted.size ||
        (got.size && memcmp(got.data, wanted.data, got.size * sizeof *got.data) != 0)) {
        show(r, text, special ? "ids with special" : "ids", &got, &wanted);
        r->wrong++;
    }
    check_begins(r, json_string_value(text), json_string_length(text), special, &got);
    check_decoded(r, line, &json_ids);
    check_streamed(r, &json_ids);
    ya_ids_free(&got);
    ya_ids_free(&wanted);
    ya_ids_free(&json_ids);
}

static void check_decode_case(json_t *line, void *context)
{
    run *r = context;
    ya_ids ids = {0};
    if (strcmp(json_string_value(json_object_get(line, "tokenizer")), r->name) != 0)
        return;
    get_ids(json_object_get(line, "ids"), &ids);
    check_decoded(r, line, &ids);
    check_streamed(r, &ids);
    ya_ids_free(&ids);
}

static void check_tokenizer(const char *name, const char *form)
{
    char file[128];
    ya_error err = {0};
    ya_tokenizer *t;
    if (!have_fixtures())
        skip();
    snprintf(file, sizeof file, "%s.%s", name, form);
    if (ya_tokenizer_open(&t, fixture(file), &err) != YA_OK)
        fail_msg("%s", err.text);
    run r = {t, name, form, 0};
    snprintf(file, sizeof file, "%s.cases.jsonl", name);
    assert_true(each_case(file, check_case, &r) > 100);
    assert_true(each_case("decode.cases.jsonl", check_decode_case, &r) > 100);
    assert_int_equal(r.wrong, 0);
    ya_tokenizer_close(t);
}

#define BOTH_FORMS(id, name)                                                                       \
    static void id##_json_gives_the_ids_and_texts_of_tokenizers(void **state)                      \
    {                                                                                              \
        (void)state;                                                                               \
        check_tokenizer(name, "json");                                                             \
    }                                                                                              \
    static void id##_gguf_gives_the_ids_wanted_of_a_gguf(void **state)                             \
    {                                                                                              \
        (void)state;                                                                               \
        check_tokenizer(name, "gguf");                                                             \
    }

BOTH_FORMS(llama3, "llama3")
BOTH_FORMS(qwen2, "qwen2")
BOTH_FORMS(smollm2, "smollm2")
BOTH_FORMS(mistral_legacy, "mistral-sp-legacy")
BOTH_FORMS(mistral_metaspace, "mistral-sp-metaspace")

#define BOTH_TESTS(id)                                                                             \
    cmocka_unit_test(id##_json_gives_the_ids_and_texts_of_tokenizers),                             \
        cmocka_unit_test(id##_gguf_gives_the_ids_wanted_of_a_gguf)

int main(void)
{
    const struct CMUnitTest tests[] = {BOTH_TESTS(llama3), BOTH_TESTS(qwen2), BOTH_TESTS(smollm2),
                                       BOTH_TESTS(mistral_legacy), BOTH_TESTS(mistral_metaspace)};
    if (!have_fixtures())
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
