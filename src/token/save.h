/* Tokenizers in the other form: tokenizer.json of a GGUF vocabulary, and the other way. */
#ifndef YA_TOKEN_SAVE_H
#define YA_TOKEN_SAVE_H

#include "io/gguf_write.h"
#include "token/tokenizer.h"

/* Adds the keys tokenizer.* of the tokenizer.json in a model's directory `dir`: tokens (padded to
 * `vocab_size` with unused ones), types, merges or scores, special ids, chat template. Without a
 * tokenizer.json tokenizer.ggml.model becomes "none", with a warning. A pre-tokenizer that GGUF has
 * no name for, and merges that no scores can express, are YA_ERR_UNSUPPORTED. What GGUF cannot say
 * of added tokens (lstrip, rstrip, single_word, normalized) is lost. */
ya_status ya_tokenizer_put_gguf(const char *dir, int vocab_size, ya_gguf_writer *w,
                                ya_error *err) YA_CHECK;

/* Appends tokenizer.json of a tokenizer that was opened from a GGUF file: same ids. */
ya_status ya_tokenizer_save_json(const ya_tokenizer *tokenizer, ya_buffer *out,
                                 ya_error *err) YA_CHECK;
/* Appends the tokenizer_config.json that goes with it. */
ya_status ya_tokenizer_save_config(const ya_tokenizer *tokenizer, ya_buffer *out,
                                   ya_error *err) YA_CHECK;

#endif
