#include "token/tokenizer.h"

#include "base/alloc.h"
#include "io/gguf.h"
#include "io/json.h"
#include "io/outdir.h"
#include "token/byte_level.h"
#include "token/internal.h"
#include "token/unicode.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- What the loaders share ---- */

ya_status ya_tokenizer_alloc_flags(ya_tokenizer *t, ya_error *err)
{
    t->flags = ya_alloc_zero(t->tokens.n_ids, 1);
    return t->flags ? YA_OK
                    : ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu tokens", t->tokens.n_ids);
}

/* Adds a token to the words in the form in which text meets it. */
static ya_status add_word(ya_tokenizer *t, int32_t id, ya_buffer *bytes, ya_error *err)
{
    size_t size;
    const char *text = ya_strings_text(&t->tokens, id, &size);
    if (!text)
        return YA_OK;
    if (t->bpe.byte_level) {
        bytes->size = 0;
        ya_status status = ya_buffer_add(bytes, text, size, err);
        if (status != YA_OK)
            return status;
        if (!ya_byte_level_bytes(text, size, bytes->data, &bytes->size))
            return YA_OK; /* no text ever becomes this token */
        text = bytes->data;
        size = bytes->size;
    }
    return ya_strings_add(&t->bpe.words, text, size, id, true, err);
}

static int32_t byte_token(const ya_tokenizer *t, unsigned byte)
{
    char name[8];
    int n = snprintf(name, sizeof name, "<0x%02X>", byte);
    return ya_strings_find(&t->tokens, name, (size_t)n);
}

/* The symbol of a byte: its token, or the byte tokens of the character that stands for it. */
static ya_symbol byte_symbol(const ya_tokenizer *t, uint8_t byte, bool byte_tokens)
{
    char text[4] = {(char)byte};
    size_t length = 1;
    ya_symbol symbol = {.fallback = true};
    if (t->bpe.byte_level) {
        int32_t id = ya_strings_find(&t->bpe.words, text, 1);
        if (id >= 0)
            return (ya_symbol){{id, -1}, 1, false};
        length = ya_utf8_put(ya_byte_symbol(byte), text);
    }
    for (size_t i = 0; byte_tokens && i < length; i++) {
        symbol.ids[i] = byte_token(t, (uint8_t)text[i]);
        if (symbol.ids[i] < 0)
            return (ya_symbol){0};
        symbol.n++;
    }
    return symbol;
}

ya_status ya_tokenizer_fill_words(ya_tokenizer *t, const uint8_t *reachable, bool byte_tokens,
                                  ya_error *err)
{
    ya_buffer bytes = {0};
    ya_status status = YA_OK;
    for (size_t id = 0; id < t->tokens.n_ids; id++)
        if (reachable[id])
            YA_TRY(add_word(t, (int32_t)id, &bytes, err));
    for (unsigned byte = 0; byte < 256; byte++)
        t->bpe.bytes[byte] = byte_symbol(t, (uint8_t)byte, byte_tokens);
    status = ya_bpe_finish(&t->bpe, err);
done:
    ya_buffer_free(&bytes);
    return status;
}

/* Tokens that end a turn or a text in the families we know, whatever a file calls its eos. */
static const char *const stop_texts[] = {"<|eot_id|>", "<|im_end|>", "<|end_of_text|>",
                                         "<|endoftext|>", "<|eom_id|>"};

static ya_status check_ids(const ya_tokenizer *t, const ya_ids *ids, ya_error *err)
{
    for (size_t i = 0; i < ids->size; i++)
        if (!ya_strings_text(&t->tokens, ids->data[i], NULL))
            return ya_fail(err, YA_ERR_FORMAT,
                           "the post-processor adds the id %d, which is no token", ids->data[i]);
    return YA_OK;
}

ya_status ya_tokenizer_finish(ya_tokenizer *t, ya_error *err)
{
    static const char *const eos_texts[] = {"<|eot_id|>", "<|im_end|>", "</s>", "<|end_of_text|>",
                                            "<|endoftext|>"};
    ya_status status = check_ids(t, &t->before, err);
    if (status == YA_OK)
        status = check_ids(t, &t->after, err);
    if (status != YA_OK)
        return status;
    if (t->bos < 0 && t->before.size == 1)
        t->bos = t->before.data[0];
    for (size_t i = 0; t->eos < 0 && i < sizeof eos_texts / sizeof *eos_texts; i++)
        t->eos = ya_strings_find(&t->tokens, eos_texts[i], strlen(eos_texts[i]));
    for (size_t i = 0; i < sizeof stop_texts / sizeof *stop_texts; i++) {
        int32_t id = ya_strings_find(&t->tokens, stop_texts[i], strlen(stop_texts[i]));
        if (id >= 0)
            t->flags[id] |= YA_TOKEN_STOP;
    }
    if (t->eos >= 0)
        t->flags[t->eos] |= YA_TOKEN_STOP;
    ya_decoder_finish(&t->decoder, &t->tokens);
    return YA_OK;
}

/* ---- Opening ---- */

static ya_status open_json(ya_tokenizer *t, const char *path, ya_error *err)
{
    json_t *document = NULL;
    ya_status status = YA_OK;
    YA_TRY(ya_json_read_file(path, &document, err));
    status = ya_tokenizer_load_json(t, document, err);
    if (status != YA_OK)
        status = ya_wrap(err, status, "%s", path);
done:
    json_decref(document);
#ifdef __GLIBC__
    /* The document was many times the size of what was made of it; training wants that memory. */
    malloc_trim(0);
#endif
    return status;
}

static ya_status open_dir(ya_tokenizer *t, const char *dir, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status = YA_OK;
    YA_TRY(ya_path_join(path, dir, "tokenizer.model", err));
    bool pieces = access(path, F_OK) == 0;
    YA_TRY(ya_path_join(path, dir, "tokenizer.json", err));
    if (pieces && access(path, F_OK) != 0) {
        YA_TRY(ya_path_join(path, dir, "tokenizer.model", err));
        YA_TRY(ya_tokenizer_load_sentencepiece(t, path, err));
        YA_TRY(ya_tokenizer_refuse_added(t, dir, err));
    } else
        YA_TRY(open_json(t, path, err));
    status = ya_tokenizer_load_config(t, dir, err);
done:
    return status;
}

static ya_status is_gguf(const char *path, bool *out, ya_error *err)
{
    char magic[4];
    FILE *file = fopen(path, "rb");
    if (!file)
        return ya_fail_errno(err, YA_ERR_IO, "cannot open %s", path);
    *out = fread(magic, 1, 4, file) == 4 && memcmp(magic, "GGUF", 4) == 0;
    fclose(file);
    return YA_OK;
}

static ya_status open_any(ya_tokenizer *t, const char *path, ya_error *err)
{
    ya_status status = YA_OK;
    struct stat info;
    bool gguf = false;
    if (stat(path, &info) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot open the tokenizer %s", path);
    if (S_ISDIR(info.st_mode)) {
        YA_TRY(open_dir(t, path, err));
    } else {
        YA_TRY(is_gguf(path, &gguf, err));
        YA_TRY(gguf ? ya_tokenizer_load_gguf(t, path, err) : open_json(t, path, err));
    }
    status = ya_tokenizer_finish(t, err);
    if (status != YA_OK)
        status = ya_wrap(err, status, "%s", path);
done:
    return status;
}

ya_status ya_tokenizer_open(ya_tokenizer **out, const char *path, ya_error *err)
{
    *out = NULL;
    ya_unicode_init();
    ya_tokenizer *t = ya_alloc_zero(1, sizeof *t);
    if (!t)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the tokenizer %s", path);
    ya_status status = open_any(t, path, err);
    if (status != YA_OK) {
        ya_tokenizer_close(t);
        return status;
    }
    *out = t;
    return YA_OK;
}

bool ya_tokenizer_is_there(const char *path)
{
    char file[YA_PATH_MAX];
    struct stat info;
    bool gguf = false, absent = false;
    ya_gguf *opened;
    ya_text model;
    if (stat(path, &info) != 0)
        return false;
    if (S_ISDIR(info.st_mode))
        return (ya_path_join(file, path, "tokenizer.json", NULL) == YA_OK &&
                access(file, R_OK) == 0) ||
               (ya_path_join(file, path, "tokenizer.model", NULL) == YA_OK &&
                access(file, R_OK) == 0);
    if (is_gguf(path, &gguf, NULL) || !gguf || ya_gguf_open(&opened, path, NULL))
        return true; /* what is wrong with it is said when it is opened */
    if (ya_gguf_get_text(opened, "tokenizer.ggml.model", &model))
        absent = model.size == 4 && memcmp(model.data, "none", 4) == 0;
    else
        absent = true;
    ya_gguf_close(opened);
    return !absent;
}

void ya_tokenizer_close(ya_tokenizer *t)
{
    if (!t)
        return;
    ya_strings_free(&t->tokens);
    ya_free(t->flags);
    ya_added_free(&t->raw);
    ya_added_free(&t->normalized);
    ya_normalizer_free(&t->normalizer);
    ya_pretokenizer_free(&t->pre);
    ya_bpe_free(&t->bpe);
    ya_ids_free(&t->before);
    ya_ids_free(&t->after);
    ya_decoder_free(&t->decoder);
    ya_free(t->chat_template);
    ya_free(t->tools_template);
    ya_free(t);
}

/* ---- Questions ---- */

int32_t ya_tokenizer_vocab_size(const ya_tokenizer *t)
{
    return (int32_t)t->tokens.n_ids;
}

int32_t ya_tokenizer_bos(const ya_tokenizer *t)
{
    return t->bos;
}

int32_t ya_tokenizer_eos(const ya_tokenizer *t)
{
    return t->eos;
}

bool ya_tokenizer_is_stop(const ya_tokenizer *t, int32_t id)
{
    return id >= 0 && (size_t)id < t->tokens.n_ids && (t->flags[id] & YA_TOKEN_STOP);
}

int32_t ya_tokenizer_find(const ya_tokenizer *t, const char *text, size_t size)
{
    return ya_strings_find(&t->tokens, text, size);
}

const char *ya_tokenizer_token(const ya_tokenizer *t, int32_t id)
{
    return ya_strings_text(&t->tokens, id, NULL);
}

const char *ya_tokenizer_chat_template(const ya_tokenizer *t)
{
    return t->chat_template;
}

const char *ya_tokenizer_tools_template(const ya_tokenizer *t)
{
    return t->tools_template;
}

bool ya_tokenizer_added_at(const ya_tokenizer *t, const char *text, size_t size, size_t at,
                           int32_t *id, size_t *length)
{
    const ya_added *token = ya_added_at(&t->raw, text, size, at);
    if (!token)
        token = ya_added_at(&t->normalized, text, size, at);
    if (!token)
        return false;
    *id = token->id;
    *length = token->size;
    return true;
}

/* ---- Decoding ---- */

static ya_status feed(const ya_tokenizer *t, ya_decoding *d, int32_t id, bool skip_special,
                      ya_buffer *out, ya_error *err)
{
    size_t size;
    const char *text = ya_strings_text(&t->tokens, id, &size);
    if (!text)
        return ya_fail(err, YA_ERR_DATA, "the id %d is not in the vocabulary of %zu tokens", id,
                       t->tokens.n_ids);
    if (skip_special && (t->flags[id] & YA_TOKEN_SPECIAL))
        return YA_OK;
    return ya_decoding_feed(&t->decoder, d, text, size, out, err);
}

ya_status ya_tokenizer_decode(const ya_tokenizer *t, const int32_t *ids, size_t n,
                              bool skip_special, ya_buffer *out, ya_error *err)
{
    ya_decoding d = {0};
    ya_status status = YA_OK;
    size_t before = out->size;
    for (size_t i = 0; i < n; i++)
        YA_TRY(feed(t, &d, ids[i], skip_special, out, err));
    status = ya_decoding_finish(&t->decoder, &d, out, err);
done:
    ya_decoding_free(&d);
    if (status != YA_OK)
        out->size = before;
    return status;
}

struct ya_detokenizer {
    const ya_tokenizer *tokenizer;
    bool skip_special;
    ya_decoding decoding;
    ya_buffer out;
};

ya_status ya_detokenizer_new(ya_detokenizer **out, const ya_tokenizer *tokenizer, bool skip_special,
                             ya_error *err)
{
    ya_detokenizer *d = *out = ya_alloc_zero(1, sizeof *d);
    if (!d)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a detokenizer");
    d->tokenizer = tokenizer;
    d->skip_special = skip_special;
    return YA_OK;
}

static void give(const ya_detokenizer *d, const char **text, size_t *size)
{
    *text = d->out.data ? d->out.data : "";
    *size = d->out.size;
}

ya_status ya_detokenizer_feed(ya_detokenizer *d, int32_t id, const char **text, size_t *size,
                              ya_error *err)
{
    d->out.size = 0;
    ya_status status = feed(d->tokenizer, &d->decoding, id, d->skip_special, &d->out, err);
    give(d, text, size);
    return status;
}

ya_status ya_detokenizer_finish(ya_detokenizer *d, const char **text, size_t *size, ya_error *err)
{
    d->out.size = 0;
    ya_status status = ya_decoding_finish(&d->tokenizer->decoder, &d->decoding, &d->out, err);
    give(d, text, size);
    return status;
}

void ya_detokenizer_free(ya_detokenizer *d)
{
    if (!d)
        return;
    ya_decoding_free(&d->decoding);
    ya_buffer_free(&d->out);
    ya_free(d);
}
