/* tokenizer.json to the keys tokenizer.* of GGUF. */
#include "token/save.h"

#include "base/alloc.h"
#include "base/log.h"
#include "io/json.h"
#include "io/outdir.h"
#include "token/merges.h"
#include "token/unicode.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* tokenizer.ggml.token_type */
enum { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4, UNUSED = 5, BYTE = 6 };

typedef struct {
    const ya_tokenizer *t;
    const char *dir;
    int32_t n_tokens; /* rows of the embedding */
    ya_gguf_writer *w;
    ya_error *err;
} saving;

/* The name of the pre-tokenizer of a byte-level vocabulary; NULL: GGUF has none. */
static const char *pre_name(const ya_tokenizer *t)
{
    const ya_stage *s = t->pre.stages;
    size_t n = t->pre.n_stages;
    bool digits = n == 2 && s[0].kind == YA_STAGE_CLASS && s[0].flag == YA_UC_DIGIT &&
                  s[0].behavior == YA_SPLIT_ISOLATED;
    if (n < 1 || s[n - 1].kind != YA_STAGE_SPLIT || s[n - 1].behavior != YA_SPLIT_ISOLATED)
        return NULL;
    if (digits)
        return s[1].matcher == ya_split_gpt2 ? "smollm" : NULL;
    if (n != 1)
        return NULL;
    return s[0].matcher == ya_split_llama3  ? "llama-bpe"
           : s[0].matcher == ya_split_qwen2 ? "qwen2"
           : s[0].matcher == ya_split_gpt2  ? "gpt-2"
                                            : NULL;
}

static ya_status put_model(const saving *s)
{
    const char *pre = s->t->bpe.byte_level ? pre_name(s->t) : "default";
    ya_status status;
    if (!pre)
        return ya_fail(s->err, YA_ERR_UNSUPPORTED,
                       "%s/tokenizer.json: GGUF has no name for its pre-tokenizer; known are those "
                       "of Llama 3, Qwen2, SmolLM and GPT-2",
                       s->dir);
    YA_TRY(ya_gguf_put_text(s->w, "tokenizer.ggml.model", s->t->bpe.byte_level ? "gpt2" : "llama",
                            s->err));
    YA_TRY(ya_gguf_put_text(s->w, "tokenizer.ggml.pre", pre, s->err));
done:
    return status;
}

static ya_status put_tokens(const saving *s)
{
    ya_status status;
    YA_TRY(ya_gguf_begin_array(s->w, "tokenizer.ggml.tokens", YA_GGUF_STRING, (uint64_t)s->n_tokens,
                               s->err));
    for (int32_t id = 0; id < s->n_tokens; id++) {
        char padding[32];
        size_t size;
        const char *text = ya_strings_text(&s->t->tokens, id, &size);
        if (!text) {
            size = (size_t)snprintf(padding, sizeof padding, "[PAD%d]", id);
            text = padding;
        }
        YA_TRY(ya_gguf_add_text(s->w, text, size, s->err));
    }
done:
    return status;
}

static void mark(int32_t *types, int32_t n, const ya_added_set *set)
{
    for (size_t i = 0; i < set->n_tokens; i++)
        if (set->tokens[i].id < n)
            types[set->tokens[i].id] = USER_DEFINED;
}

static bool is_byte_token(const char *text, size_t size)
{
    unsigned byte;
    char end;
    return size == 6 && sscanf(text, "<0x%2X%c", &byte, &end) == 2 && end == '>';
}

static ya_status put_types(const saving *s)
{
    const ya_tokenizer *t = s->t;
    int32_t *types = ya_alloc_zero((size_t)s->n_tokens, sizeof *types);
    ya_status status;
    if (!types)
        return ya_fail(s->err, YA_ERR_MEMORY, "out of memory for %d types", s->n_tokens);
    mark(types, s->n_tokens, &t->raw);
    mark(types, s->n_tokens, &t->normalized);
    for (int32_t id = 0; id < s->n_tokens; id++) {
        size_t size;
        const char *text = ya_strings_text(&t->tokens, id, &size);
        if (!text)
            types[id] = UNUSED;
        else if (!t->bpe.byte_level && id == t->bpe.unk)
            types[id] = UNKNOWN;
        else if (types[id] == USER_DEFINED && (t->flags[id] & YA_TOKEN_SPECIAL))
            types[id] = CONTROL;
        else if (types[id] == 0)
            types[id] = !t->bpe.byte_level && is_byte_token(text, size) ? BYTE : NORMAL;
    }
    YA_TRY(ya_gguf_begin_array(s->w, "tokenizer.ggml.token_type", YA_GGUF_I32,
                               (uint64_t)s->n_tokens, s->err));
    YA_TRY(ya_gguf_add_bytes(s->w, types, (size_t)s->n_tokens * sizeof *types, s->err));
done:
    ya_free(types);
    return status;
}

static ya_status put_merges(const saving *s, const ya_merge *merges, size_t n)
{
    ya_buffer text = {0};
    ya_status status;
    YA_TRY(ya_gguf_begin_array(s->w, "tokenizer.ggml.merges", YA_GGUF_STRING, n, s->err));
    for (size_t i = 0; i < n; i++) {
        ya_merge_texts m = ya_merge_parts(s->t, &merges[i]);
        if (memchr(m.left, ' ', m.left_size) || memchr(m.right, ' ', m.right_size))
            YA_TRY(ya_fail(s->err, YA_ERR_UNSUPPORTED,
                           "%s/tokenizer.json: a merge of tokens with spaces, \"%.40s\" and "
                           "\"%.40s\", cannot stand in GGUF",
                           s->dir, m.left, m.right));
        text.size = 0;
        YA_TRY(ya_buffer_add(&text, m.left, m.left_size, s->err));
        YA_TRY(ya_buffer_add(&text, " ", 1, s->err));
        YA_TRY(ya_buffer_add(&text, m.right, m.right_size, s->err));
        YA_TRY(ya_gguf_add_text(s->w, text.data, text.size, s->err));
    }
done:
    ya_buffer_free(&text);
    return status;
}

/* Scores that give the merges' order: llama.cpp merges the pair whose token scores highest, so all
 * merges that make one token must follow each other. The k-th token that merges make scores -k, the
 * others (characters, bytes) less than all of these. */
static ya_status put_scores(const saving *s, const ya_merge *merges, size_t n)
{
    float *scores = ya_alloc_zero((size_t)s->n_tokens, sizeof *scores);
    int32_t last = -1, made = 0;
    ya_status status = YA_OK;
    if (!scores)
        return ya_fail(s->err, YA_ERR_MEMORY, "out of memory for %d scores", s->n_tokens);
    for (size_t i = 0; i < n; i++) {
        int32_t id = merges[i].id;
        if (id == last || id >= s->n_tokens)
            continue;
        if (scores[id] < 0.0f)
            YA_TRY(ya_fail(s->err, YA_ERR_UNSUPPORTED,
                           "%s/tokenizer.json: the merges that make \"%.40s\" have others between "
                           "them, which scores of tokens, as GGUF has them, cannot express",
                           s->dir, ya_strings_text(&s->t->tokens, id, NULL)));
        scores[id] = (float)-++made;
        last = id;
    }
    for (int32_t id = 0, rest = made; id < s->n_tokens; id++)
        if (scores[id] == 0.0f)
            scores[id] = (float)-++rest;
    YA_TRY(ya_gguf_begin_array(s->w, "tokenizer.ggml.scores", YA_GGUF_F32, (uint64_t)s->n_tokens,
                               s->err));
    YA_TRY(ya_gguf_add_bytes(s->w, scores, (size_t)s->n_tokens * sizeof *scores, s->err));
done:
    ya_free(scores);
    return status;
}

static ya_status put_order(const saving *s)
{
    ya_merge *merges = NULL;
    size_t n = 0;
    ya_status status = ya_merges_sorted(s->t, &merges, &n, s->err);
    if (!status)
        status = s->t->bpe.byte_level ? put_merges(s, merges, n) : put_scores(s, merges, n);
    ya_free(merges);
    return status;
}

/* Whether a space is put in front of a text. */
static bool adds_space(const ya_tokenizer *t)
{
    for (size_t i = 0; i < t->normalizer.n_steps; i++)
        if (t->normalizer.steps[i].kind == YA_NORMALIZE_PREPEND)
            return true;
    for (size_t i = 0; i < t->pre.n_stages; i++)
        if (t->pre.stages[i].kind == YA_STAGE_METASPACE)
            return t->pre.stages[i].scheme != YA_PREPEND_NEVER;
    return false;
}

static ya_status put_id(const saving *s, const char *key, int32_t id)
{
    return id >= 0 && id < s->n_tokens ? ya_gguf_put_u32(s->w, key, (uint32_t)id, s->err) : YA_OK;
}

/* The padding token: by name in tokenizer_config.json, by id in config.json; -1: none. */
static int32_t padding_token(const saving *s)
{
    char path[YA_PATH_MAX];
    json_t *config = NULL;
    int64_t id = -1;
    if (ya_path_join(path, s->dir, "tokenizer_config.json", NULL) == YA_OK &&
        ya_json_read_file(path, &config, NULL) == YA_OK) {
        const json_t *value = json_object_get(config, "pad_token");
        const char *text =
            json_is_object(value) ? ya_json_get_text(value, "content") : json_string_value(value);
        id = text ? ya_strings_find(&s->t->tokens, text, strlen(text)) : -1;
        json_decref(config);
    }
    if (id < 0 && ya_path_join(path, s->dir, "config.json", NULL) == YA_OK &&
        ya_json_read_file(path, &config, NULL) == YA_OK) {
        (void)ya_json_get_i64(config, "pad_token_id", &id);
        json_decref(config);
    }
    return id >= 0 && id < s->n_tokens ? (int32_t)id : -1;
}

/* A second token that ends a turn, where there is just one. */
static int32_t other_stop(const ya_tokenizer *t)
{
    int32_t found = -1;
    for (int32_t id = 0; id < (int32_t)t->tokens.n_ids; id++)
        if (id != t->eos && (t->flags[id] & YA_TOKEN_STOP)) {
            if (found >= 0)
                return -1;
            found = id;
        }
    return found;
}

static bool only(const ya_ids *ids, int32_t id)
{
    return ids->size == 1 && ids->data[0] == id;
}

static ya_status put_specials(const saving *s)
{
    const ya_tokenizer *t = s->t;
    ya_status status;
    if ((t->before.size && !only(&t->before, t->bos)) ||
        (t->after.size && !only(&t->after, t->eos)))
        return ya_fail(
            s->err, YA_ERR_UNSUPPORTED,
            "%s/tokenizer.json puts other tokens around a text than one BOS and one EOS, "
            "which GGUF cannot express",
            s->dir);
    YA_TRY(put_id(s, "tokenizer.ggml.bos_token_id", t->bos));
    YA_TRY(put_id(s, "tokenizer.ggml.eos_token_id", t->eos));
    YA_TRY(put_id(s, "tokenizer.ggml.eot_token_id", other_stop(t)));
    YA_TRY(put_id(s, "tokenizer.ggml.padding_token_id", padding_token(s)));
    YA_TRY(put_id(s, "tokenizer.ggml.unknown_token_id", t->bpe.unk));
    YA_TRY(ya_gguf_put_bool(s->w, "tokenizer.ggml.add_bos_token", t->before.size > 0, s->err));
    YA_TRY(ya_gguf_put_bool(s->w, "tokenizer.ggml.add_eos_token", t->after.size > 0, s->err));
    if (!t->bpe.byte_level)
        YA_TRY(ya_gguf_put_bool(s->w, "tokenizer.ggml.add_space_prefix", adds_space(t), s->err));
    if (t->chat_template)
        YA_TRY(ya_gguf_put_text(s->w, "tokenizer.chat_template", t->chat_template, s->err));
done:
    return status;
}

ya_status ya_tokenizer_put_gguf(const char *dir, int vocab_size, ya_gguf_writer *w, ya_error *err)
{
    ya_tokenizer *t = NULL;
    ya_status status;
    if (!ya_tokenizer_is_there(dir)) {
        ya_warn("%s has no tokenizer.json: the GGUF file gets no vocabulary, and takes token ids "
                "only",
                dir);
        return ya_gguf_put_text(w, "tokenizer.ggml.model", "none", err);
    }
    YA_TRY(ya_tokenizer_open(&t, dir, err));
    saving s = {t, dir, vocab_size, w, err};
    if (ya_tokenizer_vocab_size(t) > vocab_size)
        ya_warn("%s: the tokenizer has %d tokens, the model only %d: those above are left out", dir,
                ya_tokenizer_vocab_size(t), vocab_size);
    YA_TRY(put_model(&s));
    YA_TRY(put_tokens(&s));
    YA_TRY(put_types(&s));
    YA_TRY(put_order(&s));
    YA_TRY(put_specials(&s));
done:
    ya_tokenizer_close(t);
    return status;
}
