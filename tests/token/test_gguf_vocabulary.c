/* Small GGUF vocabularies: what they give, and what is refused. */
#include "support/cmocka_all.h"
#include "support/gguf_maker.h"
#include "support/temp.h"
#include "token/tokenizer.h"

#include <stdio.h>

typedef struct {
    const char *model, *pre; /* NULL: no such key */
    const char *const *tokens;
    const uint32_t *types;
    const float *scores;
    const char *const *merges;
    size_t n_tokens, n_types, n_scores, n_merges;
    uint32_t bos;
} vocabulary;

static void put_key_text(gguf_maker *g, const char *key, const char *text)
{
    put_text(g, key);
    put_u32(g, YA_GGUF_STRING);
    put_text(g, text);
}

static void put_texts(gguf_maker *g, const char *key, const char *const *texts, size_t n)
{
    put_array(g, key, YA_GGUF_STRING, n);
    for (size_t i = 0; i < n; i++)
        put_text(g, texts[i]);
}

static ya_status open_vocabulary(ya_tokenizer **t, const vocabulary *v, ya_error *err)
{
    static gguf_maker g;
    char dir[TEMP_PATH];
    uint64_t n_keys =
        1 + !!v->model + !!v->pre + !!v->tokens + !!v->types + !!v->scores + !!v->merges;
    put_header(&g, 3, 0, n_keys);
    put_key_u32(&g, "tokenizer.ggml.bos_token_id", v->bos);
    if (v->model)
        put_key_text(&g, "tokenizer.ggml.model", v->model);
    if (v->pre)
        put_key_text(&g, "tokenizer.ggml.pre", v->pre);
    if (v->tokens)
        put_texts(&g, "tokenizer.ggml.tokens", v->tokens, v->n_tokens);
    if (v->types) {
        put_array(&g, "tokenizer.ggml.token_type", YA_GGUF_I32, v->n_types);
        put(&g, v->types, v->n_types * sizeof *v->types);
    }
    if (v->scores) {
        put_array(&g, "tokenizer.ggml.scores", YA_GGUF_F32, v->n_scores);
        put(&g, v->scores, v->n_scores * sizeof *v->scores);
    }
    if (v->merges)
        put_texts(&g, "tokenizer.ggml.merges", v->merges, v->n_merges);
    temp_make(dir);
    FILE *file = fopen(temp_path(dir, "v.gguf"), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(g.bytes, 1, g.size, file), g.size);
    fclose(file);
    ya_status status = ya_tokenizer_open(t, temp_path(dir, "v.gguf"), err);
    temp_remove(dir);
    return status;
}

static const char *const pieces[] = {"<unk>",
                                     "<s>",
                                     "\xE2\x96\x81",
                                     "a",
                                     "b",
                                     "ab",
                                     ("\xE2\x96\x81"
                                      "a"),
                                     "<0x0A>",
                                     "<ab>",
                                     "ba"};
static const uint32_t piece_types[] = {2, 3, 1, 1, 1, 1, 1, 6, 4, 1};
static const float scores[] = {0, 0, -9, -9, -9, -2, -1, 0, 0, -2};
static const char *const byte_tokens[] = {"<s>", "a", "b", "ab", "\xC4\xA0"};
static const uint32_t byte_types[] = {3, 1, 1, 1, 1};
static const char *const merges[] = {"a b"};

static const vocabulary good_pieces = {"llama", NULL, pieces, piece_types, scores, NULL,
                                       10,      10,   10,     0,           1};
static const vocabulary good_bytes = {"gpt2", "smollm", byte_tokens, byte_types, NULL, merges,
                                      5,      5,        0,           1,          0};

static void assert_encodes(const vocabulary *v, const char *text, const int32_t *wanted, size_t n)
{
    ya_tokenizer *t;
    ya_error err = {0};
    ya_ids ids = {0};
    if (open_vocabulary(&t, v, &err) != YA_OK)
        fail_msg("%s", err.text);
    assert_int_equal(ya_tokenizer_encode(t, text, strlen(text), true, &ids, &err), YA_OK);
    assert_int_equal(ids.size, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ids.data[i], wanted[i]);
    ya_ids_free(&ids);
    ya_tokenizer_close(t);
}

#define ASSERT_ENCODES(v, text, ...)                                                               \
    do {                                                                                           \
        const int32_t wanted[] = {__VA_ARGS__};                                                    \
        assert_encodes(v, text, wanted, sizeof wanted / sizeof *wanted);                           \
    } while (0)

static void pieces_merge_by_score_and_leftmost_among_equals(void **state)
{
    (void)state;
    ASSERT_ENCODES(&good_pieces, "ab", 1, 6, 4);
    /* ab and ba have one score: the left one wins. */
    ASSERT_ENCODES(&good_pieces, "bab", 1, 2, 9, 4);
    ASSERT_ENCODES(&good_pieces, "b\n", 1, 2, 4, 7);
    ASSERT_ENCODES(&good_pieces, "bc", 1, 2, 4, 0);
}

static void added_tokens_of_pieces_put_a_space_before_what_follows(void **state)
{
    (void)state;
    ASSERT_ENCODES(&good_pieces, "a<ab>b<s>", 1, 6, 8, 2, 4, 1);
    ASSERT_ENCODES(&good_pieces, "", 1);
}

static void byte_level_vocabularies_merge_by_rank(void **state)
{
    (void)state;
    ASSERT_ENCODES(&good_bytes, "ab a<s>c", 3, 4, 1, 0);
}

static void assert_refused(vocabulary v, ya_status wanted, const char *named)
{
    ya_tokenizer *t;
    ya_error err = {0};
    assert_int_equal(open_vocabulary(&t, &v, &err), wanted);
    assert_null(t);
    if (!strstr(err.text, named))
        fail_msg("\"%s\" does not name \"%s\"", err.text, named);
}

static void what_is_not_known_or_inconsistent_is_refused(void **state)
{
    (void)state;
    vocabulary v = good_bytes;
    v.pre = "made-up";
    assert_refused(v, YA_ERR_UNSUPPORTED, "made-up");
    v = good_bytes;
    v.model = "bert";
    assert_refused(v, YA_ERR_UNSUPPORTED, "bert");
    v.model = NULL;
    assert_refused(v, YA_ERR_UNSUPPORTED, "tokenizer.ggml.model");
    v = good_bytes;
    v.tokens = NULL;
    assert_refused(v, YA_ERR_FORMAT, "tokenizer.ggml.tokens");
    v = good_bytes;
    v.n_types = 4;
    assert_refused(v, YA_ERR_FORMAT, "token_type");
    v = good_bytes;
    v.merges = NULL;
    assert_refused(v, YA_ERR_FORMAT, "merges");
    v = good_bytes;
    const char *const wrong[] = {"a x"};
    v.merges = wrong;
    assert_refused(v, YA_ERR_FORMAT, "merge 0");
    v = good_bytes;
    v.bos = 5;
    assert_refused(v, YA_ERR_FORMAT, "bos_token_id");
    v = good_pieces;
    v.scores = NULL;
    assert_refused(v, YA_ERR_FORMAT, "scores");
    v = good_pieces;
    v.n_scores = 3;
    assert_refused(v, YA_ERR_FORMAT, "token 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_merge_by_score_and_leftmost_among_equals),
        cmocka_unit_test(added_tokens_of_pieces_put_a_space_before_what_follows),
        cmocka_unit_test(byte_level_vocabularies_merge_by_rank),
        cmocka_unit_test(what_is_not_known_or_inconsistent_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
