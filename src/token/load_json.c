/* tokenizer.json: the model BPE and the added tokens. */
#include "token/internal.h"

#include "base/alloc.h"
#include "io/json.h"

#include <string.h>

/* ---- Vocabulary and merges ---- */

static ya_status load_vocab(ya_tokenizer *t, const json_t *vocab, ya_error *err)
{
    ya_status status = YA_OK;
    const char *text;
    json_t *value;
    if (!json_is_object(vocab))
        return ya_fail(err, YA_ERR_FORMAT, "the model has no object \"vocab\"");
    json_object_foreach((json_t *)vocab, text, value)
    {
        json_int_t id = json_is_integer(value) ? json_integer_value(value) : -1;
        if (id < 0 || id >= YA_STRINGS_MAX_ID)
            return ya_fail(err, YA_ERR_FORMAT, "the token \"%.60s\" has no id between 0 and %d",
                           text, YA_STRINGS_MAX_ID - 1);
        YA_TRY(ya_strings_add(&t->tokens, text, strlen(text), (int32_t)id, true, err));
    }
done:
    return status;
}

/* The two texts of a merge: "a b" or ["a", "b"]. */
static bool merge_parts(const json_t *merge, const char **a, size_t *a_size, const char **b,
                        size_t *b_size)
{
    if (json_is_string(merge)) {
        const char *text = json_string_value(merge);
        const char *space = strchr(text, ' ');
        if (!space || strchr(space + 1, ' '))
            return false;
        *a = text;
        *a_size = (size_t)(space - text);
        *b = space + 1;
        *b_size = strlen(*b);
        return true;
    }
    const json_t *left = json_array_get(merge, 0), *right = json_array_get(merge, 1);
    if (json_array_size(merge) != 2 || !json_is_string(left) || !json_is_string(right))
        return false;
    *a = json_string_value(left);
    *a_size = json_string_length(left);
    *b = json_string_value(right);
    *b_size = json_string_length(right);
    return true;
}

static ya_status load_merge(ya_tokenizer *t, const json_t *merge, size_t index, uint32_t rank,
                            ya_buffer *whole, ya_error *err)
{
    const char *a, *b;
    size_t a_size, b_size;
    ya_status status = YA_OK;
    if (!merge_parts(merge, &a, &a_size, &b, &b_size))
        return ya_fail(err, YA_ERR_FORMAT, "merge %zu is not two tokens", index);
    whole->size = 0;
    YA_TRY(ya_buffer_add(whole, a, a_size, err));
    YA_TRY(ya_buffer_add(whole, b, b_size, err));
    int32_t left = ya_strings_find(&t->tokens, a, a_size);
    int32_t right = ya_strings_find(&t->tokens, b, b_size);
    int32_t id = ya_strings_find(&t->tokens, whole->data, whole->size);
    if (left < 0 || right < 0 || id < 0)
        return ya_fail(err, YA_ERR_FORMAT, "merge %zu, \"%.60s\" and \"%.60s\": %s is no token",
                       index, a, b,
                       left < 0    ? "the first"
                       : right < 0 ? "the second"
                                   : "what they make");
    status = ya_bpe_add_merge(&t->bpe, left, right, rank, id, err);
done:
    return status;
}

static ya_status load_merges(ya_tokenizer *t, const json_t *merges, ya_error *err)
{
    ya_buffer whole = {0};
    ya_status status = YA_OK;
    uint32_t rank = 0;
    if (!json_is_array(merges))
        return ya_fail(err, YA_ERR_FORMAT, "the model has no list \"merges\"");
    for (size_t i = 0; i < json_array_size(merges); i++) {
        const json_t *merge = json_array_get(merges, i);
        const char *text = json_string_value(merge);
        if (text && strncmp(text, "#version", 8) == 0)
            continue;
        YA_TRY(load_merge(t, merge, i, rank++, &whole, err));
    }
done:
    ya_buffer_free(&whole);
    return status;
}

/* ---- The model ---- */

static ya_status refuse_affixes(const json_t *model, ya_error *err)
{
    static const char *const names[] = {"continuing_subword_prefix", "end_of_word_suffix"};
    for (size_t i = 0; i < 2; i++) {
        const char *text = ya_json_get_text(model, names[i]);
        if (text && *text)
            return ya_fail(err, YA_ERR_UNSUPPORTED, "the model's %s \"%s\" is not supported",
                           names[i], text);
    }
    double dropout = 0;
    if (ya_json_get_f64(model, "dropout", &dropout) && dropout != 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "the model's dropout %g is not supported: ids would be random", dropout);
    return YA_OK;
}

static ya_status load_model(ya_tokenizer *t, const json_t *model, bool *byte_tokens, ya_error *err)
{
    ya_status status = YA_OK;
    const char *type = ya_json_get_text(model, "type");
    if (!json_is_object(model))
        return ya_fail(err, YA_ERR_FORMAT, "there is no \"model\"");
    if (type && strcmp(type, "BPE") != 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "the model %s is not supported; BPE is", type);
    YA_TRY(refuse_affixes(model, err));
    YA_TRY(load_vocab(t, json_object_get(model, "vocab"), err));
    YA_TRY(load_merges(t, json_object_get(model, "merges"), err));
    (void)ya_json_get_bool(model, "fuse_unk", &t->bpe.fuse_unk);
    (void)ya_json_get_bool(model, "byte_fallback", byte_tokens);
    (void)ya_json_get_bool(model, "ignore_merges", &t->bpe.ignore_merges);
    const char *unk = ya_json_get_text(model, "unk_token");
    if (unk) {
        t->bpe.unk = ya_strings_find(&t->tokens, unk, strlen(unk));
        if (t->bpe.unk < 0)
            return ya_fail(err, YA_ERR_FORMAT, "the unk_token \"%.60s\" is not in the vocabulary",
                           unk);
    }
done:
    return status;
}

/* ---- Added tokens ---- */

/* The id that the reference gives a token that is new to the vocabulary: the next free one. */
static int32_t next_id(int32_t highest_added, int32_t n_vocab)
{
    return highest_added >= n_vocab ? highest_added + 1 : n_vocab;
}

static ya_status load_added_id(ya_tokenizer *t, const json_t *entry, int32_t n_vocab,
                               int32_t *highest, ya_error *err)
{
    const json_t *content = json_object_get(entry, "content");
    int64_t id = -1;
    ya_status status = YA_OK;
    if (!json_is_string(content) || !ya_json_get_i64(entry, "id", &id))
        return ya_fail(err, YA_ERR_FORMAT, "an added token has no content or no id");
    const char *text = json_string_value(content);
    size_t size = json_string_length(content);
    if (size == 0)
        return YA_OK;
    int32_t given = ya_strings_find(&t->tokens, text, size);
    if (given < 0) {
        given = next_id(*highest, n_vocab);
        YA_TRY(ya_strings_add(&t->tokens, text, size, given, true, err));
    }
    if (given != id)
        return ya_fail(err, YA_ERR_FORMAT,
                       "the added token \"%.60s\" says id %lld, but its place is %d", text,
                       (long long)id, given);
    *highest = given > *highest ? given : *highest;
done:
    return status;
}

static ya_status insert_added(ya_tokenizer *t, const json_t *entry, ya_error *err)
{
    const json_t *content = json_object_get(entry, "content");
    const char *text = json_string_value(content);
    size_t size = json_string_length(content);
    if (size == 0)
        return YA_OK;
    ya_added added = {.id = ya_strings_find(&t->tokens, text, size)};
    bool special = false, normalized = false;
    (void)ya_json_get_bool(entry, "single_word", &added.single_word);
    (void)ya_json_get_bool(entry, "lstrip", &added.lstrip);
    (void)ya_json_get_bool(entry, "rstrip", &added.rstrip);
    (void)ya_json_get_bool(entry, "special", &special);
    normalized = !special;
    (void)ya_json_get_bool(entry, "normalized", &normalized);
    if (special)
        t->flags[added.id] |= YA_TOKEN_SPECIAL;
    if (!normalized)
        return ya_added_insert(&t->raw, text, size, added, err);
    /* Its text is normalized too, as the text that it is looked for in. */
    ya_normalized n = {0};
    ya_status status = YA_OK;
    YA_TRY(ya_normalize(&t->normalizer, text, size, (ya_trace){NULL, 0}, false, &n, err));
    if (n.size)
        status = ya_added_insert(&t->normalized, n.text, n.size, added, err);
done:
    ya_normalized_free(&n);
    return status;
}

static ya_status load_added(ya_tokenizer *t, const json_t *list, ya_error *err)
{
    ya_status status = YA_OK;
    int32_t n_vocab = (int32_t)t->tokens.n_strings, highest = -1;
    for (size_t i = 0; i < json_array_size(list); i++)
        YA_TRY(load_added_id(t, json_array_get(list, i), n_vocab, &highest, err));
    YA_TRY(ya_tokenizer_alloc_flags(t, err));
    for (size_t i = 0; i < json_array_size(list); i++)
        YA_TRY(insert_added(t, json_array_get(list, i), err));
done:
    return status;
}

/* Special tokens are only ever found whole; no merge may make one from text that is plain. */
static ya_status fill_words(ya_tokenizer *t, size_t n_model_ids, bool byte_tokens, ya_error *err)
{
    uint8_t *reachable = ya_alloc_zero(t->tokens.n_ids, 1);
    if (!reachable)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu tokens", t->tokens.n_ids);
    for (size_t id = 0; id < n_model_ids; id++)
        reachable[id] = !(t->flags[id] & YA_TOKEN_SPECIAL);
    ya_status status = ya_tokenizer_fill_words(t, reachable, byte_tokens, err);
    ya_free(reachable);
    return status;
}

ya_status ya_tokenizer_load_json(ya_tokenizer *t, const json_t *document, ya_error *err)
{
    ya_status status = YA_OK;
    bool byte_tokens = false;
    t->bos = t->eos = t->bpe.unk = -1;
    YA_TRY(load_model(t, json_object_get(document, "model"), &byte_tokens, err));
    size_t n_model_ids = t->tokens.n_ids;
    YA_TRY(ya_load_normalizer(t, json_object_get(document, "normalizer"), err));
    YA_TRY(ya_load_pre_tokenizer(t, json_object_get(document, "pre_tokenizer"), err));
    YA_TRY(ya_load_post_processor(t, json_object_get(document, "post_processor"), err));
    YA_TRY(ya_load_decoder(t, json_object_get(document, "decoder"), err));
    YA_TRY(load_added(t, json_object_get(document, "added_tokens"), err));
    YA_TRY(fill_words(t, n_model_ids, byte_tokens, err));
done:
    return status;
}
