/* Text to token ids and back: tokenizer.json (Hugging Face) and GGUF vocabularies, identical to the
 * programs that made them (tests: shared/fixtures/tokenizers). Time is near linear in the text. */
#ifndef YA_TOKEN_TOKENIZER_H
#define YA_TOKEN_TOKENIZER_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ya_tokenizer ya_tokenizer;

/* Opens a directory that holds tokenizer.json (and perhaps tokenizer_config.json,
 * special_tokens_map.json, generation_config.json, chat_template.jinja), a tokenizer.json, or a
 * GGUF file. Refuses what it does not know, by name. */
ya_status ya_tokenizer_open(ya_tokenizer **out, const char *path, ya_error *err) YA_CHECK;
/* Whether `path` has a tokenizer at all: a directory with a tokenizer.json, a GGUF file with a
 * vocabulary (tokenizer.ggml.model not "none"), a tokenizer.json. */
bool ya_tokenizer_is_there(const char *path);
void ya_tokenizer_close(ya_tokenizer *tokenizer);

/* Appends the ids of `text` (any bytes; ill-formed UTF-8 is read as U+FFFD) to `ids`. With
 * `special` the post-processor's tokens (BOS...) are added, as encode(text,
 * add_special_tokens=True). Added tokens in the text are recognised in both cases. Any thread (the
 * tokenizer is read-only after opening). */
ya_status ya_tokenizer_encode(const ya_tokenizer *tokenizer, const char *text, size_t size,
                              bool special, ya_ids *ids, ya_error *err) YA_CHECK;

/* As encode without special tokens, but the text is plain: nothing in it is taken for an
 * added/special token. For message contents. */
ya_status ya_tokenizer_encode_plain(const ya_tokenizer *tokenizer, const char *text, size_t size,
                                    ya_ids *ids, ya_error *err) YA_CHECK;

/* A part of a text: bytes [begin, end). */
typedef struct {
    size_t begin, end;
} ya_span;

/* As encode, for text with both plain parts (`plain`, ascending, disjoint, not empty), in which
 * nothing is taken for an added token, and parts where it is. If `begins` is not NULL, the byte of
 * `text` at which each token begins is appended to it, one for each id. The text must be
 * well-formed UTF-8 (else YA_ERR_DATA). */
ya_status ya_tokenizer_encode_spans(const ya_tokenizer *tokenizer, const char *text, size_t size,
                                    bool special, const ya_span *plain, size_t n_plain, ya_ids *ids,
                                    ya_ids *begins, ya_error *err) YA_CHECK;

/* As encode_spans without special tokens, but only special tokens are not recognised in the plain
 * parts: added tokens that are not special are, as everywhere. */
ya_status ya_tokenizer_encode_messages(const ya_tokenizer *tokenizer, const char *text, size_t size,
                                       const ya_span *plain, size_t n_plain, ya_ids *ids,
                                       ya_ids *begins, ya_error *err) YA_CHECK;

/* Appends the text of the ids to `out`; ids outside the vocabulary are YA_ERR_DATA. */
ya_status ya_tokenizer_decode(const ya_tokenizer *tokenizer, const int32_t *ids, size_t n,
                              bool skip_special, ya_buffer *out, ya_error *err) YA_CHECK;

/* Streaming: feeds one id and returns the bytes that are now certain (whole characters only), valid
 * until the next call. `finish` gives the rest. */
typedef struct ya_detokenizer ya_detokenizer;
ya_status ya_detokenizer_new(ya_detokenizer **out, const ya_tokenizer *tokenizer, bool skip_special,
                             ya_error *err) YA_CHECK;
ya_status ya_detokenizer_feed(ya_detokenizer *d, int32_t id, const char **text, size_t *size,
                              ya_error *err) YA_CHECK;
ya_status ya_detokenizer_finish(ya_detokenizer *d, const char **text, size_t *size,
                                ya_error *err) YA_CHECK;
void ya_detokenizer_free(ya_detokenizer *d);

int32_t ya_tokenizer_vocab_size(const ya_tokenizer *tokenizer);
/* -1 when there is none. */
int32_t ya_tokenizer_bos(const ya_tokenizer *tokenizer);
int32_t ya_tokenizer_eos(const ya_tokenizer *tokenizer);
/* True for eos and every end-of-turn or end-of-text token at which generation stops
 * (generation_config's eos list, <|eot_id|>, <|im_end|>...). */
bool ya_tokenizer_is_stop(const ya_tokenizer *tokenizer, int32_t id);
/* The id of an exact token text or -1; the raw token text of an id or NULL. */
int32_t ya_tokenizer_find(const ya_tokenizer *tokenizer, const char *text, size_t size);
const char *ya_tokenizer_token(const ya_tokenizer *tokenizer, int32_t id);
/* The longest added token that begins at text[at]; false when there is none. */
bool ya_tokenizer_added_at(const ya_tokenizer *tokenizer, const char *text, size_t size, size_t at,
                           int32_t *id, size_t *length);
/* The chat template's Jinja text or NULL; that for conversations with tools or NULL, where it is
 * another. */
const char *ya_tokenizer_chat_template(const ya_tokenizer *tokenizer);
const char *ya_tokenizer_tools_template(const ya_tokenizer *tokenizer);

#endif
