/* Decoders of any composition, run over all tokens at once; and what they share with the two that
 * run token by token (decode.h). */
#ifndef YA_TOKEN_DECODE_CHAIN_H
#define YA_TOKEN_DECODE_CHAIN_H

#include "token/decode.h"

/* The byte that a token <0x00>..<0xFF> stands for, or -1. */
int ya_byte_token(const char *text, size_t size);

/* Appends the bytes a byte-level token stands for, or its own when it is none. */
ya_status ya_add_token_bytes(ya_buffer *out, const char *text, size_t size, ya_error *err) YA_CHECK;

/* Runs the whole chain over tokens given as one text and the length of each; appends the result. */
ya_status ya_decode_chain(const ya_decoder *decoder, const ya_buffer *texts, const ya_ids *lengths,
                          ya_buffer *out, ya_error *err) YA_CHECK;

#endif
