/* The vocabulary of a GGUF file: model "gpt2" (byte-level BPE, the pre-tokenizer by name) or
 * "llama" (SentencePiece: merges follow from the scores, as llama.cpp finds them). */
#include "token/internal.h"

#include "base/alloc.h"
#include "io/gguf.h"
#include "token/unicode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* tokenizer.ggml.token_type */
enum { UNDEFINED, NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };

typedef struct {
    ya_tokenizer *t;
    const ya_gguf *gguf;
    size_t n_tokens;
    uint8_t *type;      /* [n_tokens] */
    uint8_t *reachable; /* [n_tokens] text can become the token */
    float *score;       /* [n_tokens], model "llama" only */
} loading;

/* ---- Pre-tokenizers by name ---- */

typedef struct {
    const char *name;
    ya_matcher *matcher;
    bool nfc, digits, ignore_merges, add_bos;
} pre_kind;

static const pre_kind pre_kinds[] = {
    {"llama-bpe", ya_split_llama3, false, false, true, true},
    {"llama3", ya_split_llama3, false, false, true, true},
    {"llama-v3", ya_split_llama3, false, false, true, true},
    {"qwen2", ya_split_qwen2, true, false, false, false},
    {"smollm", ya_split_gpt2, false, true, false, false},
    {"starcoder", ya_split_gpt2, false, true, false, false},
    {"gpt-2", ya_split_gpt2, false, false, false, false},
    {"gpt2", ya_split_gpt2, false, false, false, false},
};

static const pre_kind *pre_kind_of(ya_text name)
{
    for (size_t i = 0; i < sizeof pre_kinds / sizeof *pre_kinds; i++)
        if (strlen(pre_kinds[i].name) == name.size &&
            memcmp(pre_kinds[i].name, name.data, name.size) == 0)
            return &pre_kinds[i];
    return NULL;
}

static ya_status load_pre(loading *l, bool *add_bos, ya_error *err)
{
    ya_tokenizer *t = l->t;
    ya_text name = {"", 0};
    ya_status status = YA_OK;
    (void)ya_gguf_get_text(l->gguf, "tokenizer.ggml.pre", &name);
    const pre_kind *pre = pre_kind_of(name);
    if (!pre)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "tokenizer.ggml.pre is \"%.*s\"; llama-bpe, qwen2, smollm and gpt-2 are "
                       "supported",
                       (int)(name.size < 60 ? name.size : 60), name.data);
    *add_bos = pre->add_bos;
    t->bpe.byte_level = true;
    t->bpe.ignore_merges = pre->ignore_merges;
    if (pre->nfc)
        YA_TRY(
            ya_normalizer_add(&t->normalizer, (ya_normalize_step){.kind = YA_NORMALIZE_NFC}, err));
    if (pre->digits)
        YA_TRY(ya_add_digits(t, true, err));
    YA_TRY(ya_add_matcher(t, pre->matcher, err));
    status = ya_decoder_add(&t->decoder, (ya_decode_step){.kind = YA_DECODE_BYTE_LEVEL}, err);
done:
    return status;
}

/* ---- Tokens ---- */

static ya_status count_tokens(loading *l, ya_error *err)
{
    ya_gguf_type type;
    uint64_t n = 0, n_types = 0;
    if (!ya_gguf_get_array(l->gguf, "tokenizer.ggml.tokens", &type, &n) || type != YA_GGUF_STRING ||
        n == 0)
        return ya_fail(err, YA_ERR_FORMAT, "there is no list of texts tokenizer.ggml.tokens");
    if (n > YA_STRINGS_MAX_ID)
        return ya_fail(err, YA_ERR_FORMAT, "tokenizer.ggml.tokens has %llu tokens, at most %d",
                       (unsigned long long)n, YA_STRINGS_MAX_ID);
    if (ya_gguf_get_array(l->gguf, "tokenizer.ggml.token_type", &type, &n_types) && n_types != n)
        return ya_fail(err, YA_ERR_FORMAT,
                       "tokenizer.ggml.token_type has %llu entries for %llu tokens",
                       (unsigned long long)n_types, (unsigned long long)n);
    l->n_tokens = (size_t)n;
    l->type = ya_alloc_zero(l->n_tokens, 1);
    l->reachable = ya_alloc_zero(l->n_tokens, 1);
    l->score = ya_alloc_zero(l->n_tokens, sizeof *l->score);
    if (!l->type || !l->reachable || !l->score)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu tokens", l->n_tokens);
    return YA_OK;
}

static ya_status load_texts(loading *l, ya_error *err)
{
    ya_gguf_cursor cursor;
    ya_text text;
    ya_buffer repaired = {0};
    ya_status status = YA_OK;
    bool walking = ya_gguf_walk(l->gguf, "tokenizer.ggml.tokens", &cursor);
    for (size_t id = 0; id < l->n_tokens; id++) {
        if (!walking || !ya_gguf_next_text(&cursor, &text)) {
            status = ya_fail(err, YA_ERR_FORMAT, "tokenizer.ggml.tokens ends at token %zu", id);
            goto done;
        }
        if (ya_utf8_valid(text.data, text.size) != text.size) {
            repaired.size = 0;
            YA_TRY(ya_utf8_repair(&repaired, text.data, text.size, err));
            text = (ya_text){repaired.data, repaired.size};
        }
        /* Of two tokens with one text llama.cpp finds the later. */
        YA_TRY(ya_strings_add(&l->t->tokens, text.data, text.size, (int32_t)id, false, err));
    }
done:
    ya_buffer_free(&repaired);
    return status;
}

static void load_types(loading *l)
{
    ya_gguf_cursor cursor;
    bool walking = ya_gguf_walk(l->gguf, "tokenizer.ggml.token_type", &cursor);
    for (size_t id = 0; id < l->n_tokens; id++) {
        int64_t type = NORMAL;
        if (walking && (!ya_gguf_next_i64(&cursor, &type) || type < UNDEFINED || type > BYTE))
            type = NORMAL;
        l->type[id] = (uint8_t)type;
        l->reachable[id] = type == NORMAL || type == UNDEFINED || type == UNUSED;
    }
}

static ya_status load_added(loading *l, ya_error *err)
{
    ya_tokenizer *t = l->t;
    ya_status status = ya_tokenizer_alloc_flags(t, err);
    for (size_t id = 0; status == YA_OK && id < l->n_tokens; id++) {
        size_t size;
        const char *text = ya_strings_text(&t->tokens, (int32_t)id, &size);
        if (l->type[id] == CONTROL || l->type[id] == UNKNOWN)
            t->flags[id] |= YA_TOKEN_SPECIAL;
        else if (l->type[id] != USER_DEFINED)
            continue;
        if (size)
            status = ya_added_insert(&t->raw, text, size, (ya_added){.id = (int32_t)id}, err);
    }
    return status;
}

/* ---- Merges of "gpt2" ---- */

static ya_status load_merge(loading *l, ya_text merge, uint32_t rank, ya_buffer *whole,
                            ya_error *err)
{
    ya_strings *tokens = &l->t->tokens;
    ya_status status = YA_OK;
    const char *space = merge.size > 1 ? memchr(merge.data + 1, ' ', merge.size - 1) : NULL;
    if (!space)
        return ya_fail(err, YA_ERR_FORMAT, "merge %u is not two tokens", rank);
    size_t a = (size_t)(space - merge.data), b = merge.size - a - 1;
    whole->size = 0;
    YA_TRY(ya_buffer_add(whole, merge.data, a, err));
    YA_TRY(ya_buffer_add(whole, space + 1, b, err));
    int32_t left = ya_strings_find(tokens, merge.data, a);
    int32_t right = ya_strings_find(tokens, space + 1, b);
    int32_t id = ya_strings_find(tokens, whole->data, whole->size);
    if (left < 0 || right < 0 || id < 0)
        return ya_fail(err, YA_ERR_FORMAT, "merge %u, \"%.*s\", is not of tokens that make a token",
                       rank, (int)(merge.size < 60 ? merge.size : 60), merge.data);
    status = ya_bpe_add_merge(&l->t->bpe, left, right, rank, id, err);
done:
    return status;
}

static ya_status load_merges(loading *l, ya_error *err)
{
    ya_gguf_cursor cursor;
    ya_text merge;
    ya_buffer whole = {0};
    ya_status status = YA_OK;
    if (!ya_gguf_walk(l->gguf, "tokenizer.ggml.merges", &cursor))
        return ya_fail(err, YA_ERR_FORMAT, "there is no list of texts tokenizer.ggml.merges");
    if (cursor.left >= UINT32_MAX)
        return ya_fail(err, YA_ERR_FORMAT, "tokenizer.ggml.merges has %llu merges",
                       (unsigned long long)cursor.left);
    for (uint32_t rank = 0; ya_gguf_next_text(&cursor, &merge); rank++)
        YA_TRY(load_merge(l, merge, rank, &whole, err));
done:
    ya_buffer_free(&whole);
    return status;
}

/* ---- Merges of "llama" ---- */

static ya_status load_scores(loading *l, ya_error *err)
{
    ya_gguf_cursor cursor;
    bool walking = ya_gguf_walk(l->gguf, "tokenizer.ggml.scores", &cursor);
    for (size_t id = 0; id < l->n_tokens; id++) {
        double score;
        if (!walking || !ya_gguf_next_f64(&cursor, &score) || isnan(score))
            return ya_fail(err, YA_ERR_FORMAT, "tokenizer.ggml.scores has no score for token %zu",
                           id);
        l->score[id] = (float)score;
    }
    return YA_OK;
}

static int descending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x > y ? -1 : x < y;
}

/* How many scores are higher: the rank, the same for equal scores. */
static uint32_t rank_of(const float *sorted, size_t n, float score)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sorted[middle] > score)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static int32_t reachable_id(const loading *l, const char *text, size_t size)
{
    int32_t id = ya_strings_find(&l->t->tokens, text, size);
    return id >= 0 && l->reachable[id] ? id : -1;
}

/* Every way in which two tokens make this one. */
static ya_status add_splits(loading *l, const char *text, size_t size, int32_t id, uint32_t rank,
                            ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t at = ya_utf8_length(text[0]); at < size; at += ya_utf8_length(text[at])) {
        int32_t left = reachable_id(l, text, at), right = reachable_id(l, text + at, size - at);
        if (left >= 0 && right >= 0)
            YA_TRY(ya_bpe_add_merge(&l->t->bpe, left, right, rank, id, err));
    }
done:
    return status;
}

static ya_status merges_from_scores(loading *l, ya_error *err)
{
    ya_status status = YA_OK;
    float *sorted = ya_alloc_zero(l->n_tokens, sizeof *sorted);
    if (!sorted)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu scores", l->n_tokens);
    memcpy(sorted, l->score, l->n_tokens * sizeof *sorted);
    qsort(sorted, l->n_tokens, sizeof *sorted, descending);
    for (size_t i = 0; i < l->n_tokens; i++) {
        size_t size;
        const char *text = ya_strings_text(&l->t->tokens, (int32_t)i, &size);
        if (!l->reachable[i] || size < 2 || size > YA_ADDED_MAX_BYTES ||
            reachable_id(l, text, size) != (int32_t)i)
            continue;
        YA_TRY(
            add_splits(l, text, size, (int32_t)i, rank_of(sorted, l->n_tokens, l->score[i]), err));
    }
done:
    ya_free(sorted);
    return status;
}

static ya_status add_piece_decoder(ya_tokenizer *t, ya_error *err)
{
    ya_decode_step steps[] = {{.kind = YA_DECODE_REPLACE},
                              {.kind = YA_DECODE_BYTE_FALLBACK},
                              {.kind = YA_DECODE_FUSE},
                              {.kind = YA_DECODE_STRIP, .start = 1}};
    ya_status status = YA_OK;
    for (size_t i = 0; i < 4; i++) {
        bool replace = steps[i].kind == YA_DECODE_REPLACE;
        if (replace)
            steps[i].pattern = ya_strdup("\xE2\x96\x81");
        if (replace || steps[i].kind == YA_DECODE_STRIP)
            steps[i].content = ya_strdup(" ");
        YA_TRY(ya_decoder_add(&t->decoder, steps[i], err));
        const ya_decode_step *added = &t->decoder.steps[i];
        if ((replace && !added->pattern) || (steps[i].kind == YA_DECODE_STRIP && !added->content) ||
            (replace && !added->content))
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for a decoder");
    }
done:
    return status;
}

static ya_status load_pieces(loading *l, ya_error *err)
{
    ya_tokenizer *t = l->t;
    ya_status status = YA_OK;
    bool prefix = true;
    int64_t unk = 0;
    (void)ya_gguf_get_bool(l->gguf, "tokenizer.ggml.add_space_prefix", &prefix);
    (void)ya_gguf_get_i64(l->gguf, "tokenizer.ggml.unknown_token_id", &unk);
    t->bpe.unk = unk >= 0 && unk < (int64_t)l->n_tokens ? (int32_t)unk : -1;
    t->partition = true;
    YA_TRY(load_scores(l, err));
    YA_TRY(merges_from_scores(l, err));
    /* Between added tokens there is always one stretch of text, and each gets the space. */
    if (prefix)
        YA_TRY(ya_add_prepend(t, "\xE2\x96\x81", err));
    YA_TRY(ya_add_replace_spaces(t, err));
    status = add_piece_decoder(t, err);
done:
    return status;
}

/* ---- All ---- */

/* The token id under a key, -1 when the key is absent. */
static ya_status token_id(const loading *l, const char *key, int32_t *out, ya_error *err)
{
    int64_t id;
    *out = -1;
    if (!ya_gguf_get_i64(l->gguf, key, &id))
        return YA_OK;
    if (id < 0 || id >= (int64_t)l->n_tokens)
        return ya_fail(err, YA_ERR_FORMAT, "%s is %lld, but there are %zu tokens", key,
                       (long long)id, l->n_tokens);
    *out = (int32_t)id;
    return YA_OK;
}

static ya_status take_template(loading *l, const char *key, char **out, ya_error *err)
{
    ya_text text;
    if (!ya_gguf_get_text(l->gguf, key, &text))
        return YA_OK;
    *out = ya_strndup(text.data, text.size);
    return *out ? YA_OK : ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat template");
}

static ya_status load_specials(loading *l, bool add_bos, ya_error *err)
{
    static const char *const stops[] = {"tokenizer.ggml.eot_token_id",
                                        "tokenizer.ggml.eom_token_id"};
    ya_tokenizer *t = l->t;
    ya_status status = YA_OK;
    bool add_eos = false;
    YA_TRY(token_id(l, "tokenizer.ggml.bos_token_id", &t->bos, err));
    YA_TRY(token_id(l, "tokenizer.ggml.eos_token_id", &t->eos, err));
    for (size_t i = 0; i < 2; i++) {
        int32_t stop;
        YA_TRY(token_id(l, stops[i], &stop, err));
        if (stop >= 0)
            t->flags[stop] |= YA_TOKEN_STOP;
    }
    (void)ya_gguf_get_bool(l->gguf, "tokenizer.ggml.add_bos_token", &add_bos);
    (void)ya_gguf_get_bool(l->gguf, "tokenizer.ggml.add_eos_token", &add_eos);
    if (add_bos && t->bos >= 0)
        YA_TRY(ya_ids_add(&t->before, t->bos, err));
    if (add_eos && t->eos >= 0)
        YA_TRY(ya_ids_add(&t->after, t->eos, err));
    YA_TRY(take_template(l, "tokenizer.chat_template", &t->chat_template, err));
    status = take_template(l, "tokenizer.chat_template.tool_use", &t->tools_template, err);
done:
    return status;
}

static ya_status load(loading *l, ya_error *err)
{
    ya_status status = YA_OK;
    ya_text model = {"", 0};
    (void)ya_gguf_get_text(l->gguf, "tokenizer.ggml.model", &model);
    bool pieces = model.size == 5 && memcmp(model.data, "llama", 5) == 0;
    bool bytes = model.size == 4 && memcmp(model.data, "gpt2", 4) == 0;
    bool add_bos = pieces;
    if (!pieces && !bytes)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "tokenizer.ggml.model is \"%.*s\"; gpt2 and llama are supported",
                       (int)(model.size < 60 ? model.size : 60), model.data);
    if (bytes)
        YA_TRY(load_pre(l, &add_bos, err));
    YA_TRY(count_tokens(l, err));
    YA_TRY(load_texts(l, err));
    load_types(l);
    YA_TRY(load_added(l, err));
    YA_TRY(pieces ? load_pieces(l, err) : load_merges(l, err));
    YA_TRY(ya_tokenizer_fill_words(l->t, l->reachable, pieces, err));
    status = load_specials(l, add_bos, err);
done:
    return status;
}

ya_status ya_tokenizer_load_gguf(ya_tokenizer *t, const char *path, ya_error *err)
{
    ya_gguf *gguf = NULL;
    ya_status status = ya_gguf_open(&gguf, path, err);
    if (status != YA_OK)
        return status;
    loading l = {.t = t, .gguf = gguf};
    t->bos = t->eos = t->bpe.unk = -1;
    status = load(&l, err);
    if (status != YA_OK)
        status = ya_wrap(err, status, "%s", path);
    ya_free(l.type);
    ya_free(l.reachable);
    ya_free(l.score);
    ya_gguf_close(gguf);
    return status;
}
