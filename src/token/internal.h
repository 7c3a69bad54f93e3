/* The parts of a tokenizer, for the files of this module only. */
#ifndef YA_TOKEN_INTERNAL_H
#define YA_TOKEN_INTERNAL_H

#include "token/added.h"
#include "token/bpe.h"
#include "token/decode.h"
#include "token/normalize.h"
#include "token/pretokenize.h"
#include "token/tokenizer.h"

#include <jansson.h>

/* A text goes: raw added tokens | normalizer | normalized added tokens | pre-tokenizer | BPE, and
 * then the post-processor's ids are put around it. */
struct ya_tokenizer {
    ya_strings tokens; /* every token's text as its file has it */
    uint8_t *flags;    /* [tokens.n_ids] */
    ya_added_set raw;  /* found in the text as it is */
    ya_added_set normalized;
    bool partition; /* added tokens as llama.cpp finds them */
    ya_normalizer normalizer;
    ya_pretokenizer pre;
    ya_bpe bpe;
    ya_ids before, after; /* the post-processor */
    ya_decoder decoder;
    int32_t bos, eos; /* -1: none */
    char *chat_template, *tools_template;
};

/* Fills a zeroed tokenizer from a parsed tokenizer.json. On failure the caller closes it. */
ya_status ya_tokenizer_load_json(ya_tokenizer *t, const json_t *document, ya_error *err) YA_CHECK;

/* Parts of the document, NULL or JSON null for none: load_parts.c. */
ya_status ya_load_normalizer(ya_tokenizer *t, const json_t *part, ya_error *err) YA_CHECK;
ya_status ya_load_pre_tokenizer(ya_tokenizer *t, const json_t *part, ya_error *err) YA_CHECK;
ya_status ya_load_post_processor(ya_tokenizer *t, const json_t *part, ya_error *err) YA_CHECK;
ya_status ya_load_decoder(ya_tokenizer *t, const json_t *part, ya_error *err) YA_CHECK;

/* Appends steps that the GGUF loader needs too. Texts are copied. */
ya_status ya_add_replace_spaces(ya_tokenizer *t, ya_error *err) YA_CHECK; /* ' ' to U+2581 */
ya_status ya_add_prepend(ya_tokenizer *t, const char *text, ya_error *err) YA_CHECK;
ya_status ya_add_matcher(ya_tokenizer *t, ya_matcher *matcher, ya_error *err) YA_CHECK;
ya_status ya_add_class(ya_tokenizer *t, unsigned flag, ya_split_behavior behavior,
                       ya_error *err) YA_CHECK;

/* Fills a zeroed tokenizer from a GGUF file. */
ya_status ya_tokenizer_load_gguf(ya_tokenizer *t, const char *path, ya_error *err) YA_CHECK;

/* A SentencePiece model: load_sentencepiece.c. */
ya_status ya_tokenizer_load_sentencepiece(ya_tokenizer *t, const char *path,
                                          ya_error *err) YA_CHECK;
/* Tokens that added_tokens.json or tokenizer_config.json add to those of a tokenizer.model are
 * YA_ERR_UNSUPPORTED. */
ya_status ya_tokenizer_refuse_added(const ya_tokenizer *t, const char *dir, ya_error *err) YA_CHECK;
/* Reads what lies beside a tokenizer.json in a directory: load_config.c. */
ya_status ya_tokenizer_load_config(ya_tokenizer *t, const char *dir, ya_error *err) YA_CHECK;

/* Makes bpe.words of the tokens that text can become (those for which `reachable` is not 0), and
 * the symbols of single bytes. `byte_tokens`: <0x00>..<0xFF> stand in for what has no token. */
ya_status ya_tokenizer_fill_words(ya_tokenizer *t, const uint8_t *reachable, bool byte_tokens,
                                  ya_error *err) YA_CHECK;

/* Last step of every loader: stop tokens, bos and eos where a file did not name them, checks. */
ya_status ya_tokenizer_finish(ya_tokenizer *t, ya_error *err) YA_CHECK;

/* Allocates t->flags for the tokens there are. */
ya_status ya_tokenizer_alloc_flags(ya_tokenizer *t, ya_error *err) YA_CHECK;

/* Offsets of the tokens of one word, by walking along it: appends to `begins` the original byte at
 * which each of ids[0..n) begins. */
ya_status ya_token_begins(const ya_bpe *bpe, const char *word, size_t size, ya_trace trace,
                          const int32_t *ids, size_t n, ya_ids *begins, ya_error *err) YA_CHECK;

#endif
