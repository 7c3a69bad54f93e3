/* The vocabulary of a GGUF file: model "gpt2" (byte-level BPE, the pre-tokenizer by name) or
 * "llama" (SentencePiece: merges follow from the scores, as llama.cpp finds them). */
#include "token/internal.h"

#include "base/alloc.h"
#include "base/log.h"
#include "io/gguf.h"
#include "token/gguf_pre.h"
#include "token/pieces.h"
#include "token/unicode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    ya_pieces p;
    const ya_gguf *gguf;
} loading;

/* ---- Pre-tokenizers by name ---- */

/* A stage that isolates the matches of an expression. */
static ya_status add_expression(ya_tokenizer *t, const char *expression, ya_error *err)
{
    ya_stage stage = {.kind = YA_STAGE_SPLIT, .behavior = YA_SPLIT_ISOLATED};
    ya_status status = ya_regex_open(&stage.regex, expression, err);
    return status ? status : ya_pretokenizer_add(&t->pre, stage, err);
}

static ya_status load_pre(loading *l, bool *add_bos, ya_error *err)
{
    ya_tokenizer *t = l->p.t;
    ya_text name = {"", 0};
    ya_status status = YA_OK;
    (void)ya_gguf_get_text(l->gguf, "tokenizer.ggml.pre", &name);
    if (name.size == 0) {
        ya_warn("the GGUF file does not say how its vocabulary splits texts (tokenizer.ggml.pre); "
                "llama.cpp's default is taken, which may not be what the model was trained with");
        name = (ya_text){"default", 7};
    }
    const ya_gguf_pre *pre = ya_gguf_pre_find(name.data, name.size);
    if (!pre)
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "tokenizer.ggml.pre is \"%.*s\", which is not supported; docs/MODELS.md lists "
            "those that are",
            (int)(name.size < 60 ? name.size : 60), name.data);
    *add_bos = pre->add_bos;
    t->bpe.byte_level = true;
    t->bpe.ignore_merges = pre->ignore_merges;
    if (pre->nfc)
        YA_TRY(
            ya_normalizer_add(&t->normalizer, (ya_normalize_step){.kind = YA_NORMALIZE_NFC}, err));
    if (pre->digits)
        YA_TRY(ya_add_class(t, YA_UC_DIGIT, YA_SPLIT_ISOLATED, err));
    for (size_t i = 0; pre->expressions && pre->expressions[i]; i++)
        YA_TRY(add_expression(t, pre->expressions[i], err));
    if (pre->matcher)
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
    return ya_pieces_alloc(&l->p, (size_t)n, err);
}

static ya_status load_texts(loading *l, ya_error *err)
{
    ya_gguf_cursor cursor;
    ya_text text;
    ya_buffer repaired = {0};
    ya_status status = YA_OK;
    bool walking = ya_gguf_walk(l->gguf, "tokenizer.ggml.tokens", &cursor);
    for (size_t id = 0; id < l->p.n_tokens; id++) {
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
        YA_TRY(ya_strings_add(&l->p.t->tokens, text.data, text.size, (int32_t)id, false, err));
    }
done:
    ya_buffer_free(&repaired);
    return status;
}

static void load_types(loading *l)
{
    ya_gguf_cursor cursor;
    bool walking = ya_gguf_walk(l->gguf, "tokenizer.ggml.token_type", &cursor);
    for (size_t id = 0; id < l->p.n_tokens; id++) {
        int64_t type = YA_PIECE_NORMAL;
        if (walking && (!ya_gguf_next_i64(&cursor, &type) || type < YA_PIECE_UNDEFINED ||
                        type > YA_PIECE_BYTE))
            type = YA_PIECE_NORMAL;
        l->p.type[id] = (uint8_t)type;
        l->p.reachable[id] = ya_piece_reachable((int)type);
    }
}

/* ---- Merges of "gpt2" ---- */

static ya_status load_merge(loading *l, ya_text merge, uint32_t rank, ya_buffer *whole,
                            ya_error *err)
{
    ya_strings *tokens = &l->p.t->tokens;
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
    status = ya_bpe_add_merge(&l->p.t->bpe, left, right, rank, id, err);
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
    for (size_t id = 0; id < l->p.n_tokens; id++) {
        double score;
        if (!walking || !ya_gguf_next_f64(&cursor, &score) || isnan(score))
            return ya_fail(err, YA_ERR_FORMAT, "tokenizer.ggml.scores has no score for token %zu",
                           id);
        l->p.score[id] = (float)score;
    }
    return YA_OK;
}

static ya_status load_pieces(loading *l, ya_error *err)
{
    ya_tokenizer *t = l->p.t;
    ya_status status = YA_OK;
    bool prefix = true;
    int64_t unk = 0;
    (void)ya_gguf_get_bool(l->gguf, "tokenizer.ggml.add_space_prefix", &prefix);
    (void)ya_gguf_get_i64(l->gguf, "tokenizer.ggml.unknown_token_id", &unk);
    t->bpe.unk = unk >= 0 && unk < (int64_t)l->p.n_tokens ? (int32_t)unk : -1;
    YA_TRY(load_scores(l, err));
    t->partition = true;
    status = ya_pieces_finish(&l->p, prefix, err);
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
    if (id < 0 || id >= (int64_t)l->p.n_tokens)
        return ya_fail(err, YA_ERR_FORMAT, "%s is %lld, but there are %zu tokens", key,
                       (long long)id, l->p.n_tokens);
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
    ya_tokenizer *t = l->p.t;
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
    YA_TRY(ya_pieces_add_added(&l->p, &l->p.t->raw, err));
    YA_TRY(pieces ? load_pieces(l, err) : load_merges(l, err));
    YA_TRY(ya_tokenizer_fill_words(l->p.t, l->p.reachable, pieces, err));
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
    loading l = {.p = {.t = t}, .gguf = gguf};
    t->bos = t->eos = t->bpe.unk = -1;
    status = load(&l, err);
    if (status != YA_OK)
        status = ya_wrap(err, status, "%s", path);
    ya_pieces_free(&l.p);
    ya_gguf_close(gguf);
    return status;
}
