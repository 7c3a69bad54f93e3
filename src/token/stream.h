/* What the command `tokenize` does: JSON lines in, JSON lines out, in order. */
#ifndef YA_TOKEN_STREAM_H
#define YA_TOKEN_STREAM_H

#include "token/chat.h"

#include <stdio.h>

/* Reads {"text": "..."} lines (other members are ignored, blank lines skipped) and writes {"ids":
 * [...]} lines. A line that is not that is YA_ERR_DATA with its number, one that cannot be read or
 * written YA_ERR_IO; the lines before it are written. Memory: one line. */
ya_status ya_tokenize_stream(const ya_tokenizer *tokenizer, bool special, FILE *in, FILE *out,
                             ya_error *err) YA_CHECK;

/* The other way: {"ids": [...]} lines to {"text": "..."} lines. */
ya_status ya_detokenize_stream(const ya_tokenizer *tokenizer, bool skip_special, FILE *in,
                               FILE *out, ya_error *err) YA_CHECK;

/* {"messages": [...], "tools": [...]} lines to {"text", "ids", "mask"} lines: what ya_chat_encode
 * makes of them, 1 in the mask for each token that is learned. */
ya_status ya_tokenize_messages_stream(const ya_tokenizer *tokenizer, const ya_chat *chat,
                                      bool add_generation_prompt, FILE *in, FILE *out,
                                      ya_error *err) YA_CHECK;

#endif
