/* Tokens with types and scores, as SentencePiece's models and GGUF files hold them: merges follow
 * from the scores, as llama.cpp finds them. */
#ifndef YA_TOKEN_PIECES_H
#define YA_TOKEN_PIECES_H

#include "token/internal.h"

/* SentencePiece's numbers, and tokenizer.ggml.token_type's */
enum {
    YA_PIECE_UNDEFINED,
    YA_PIECE_NORMAL,
    YA_PIECE_UNKNOWN,
    YA_PIECE_CONTROL,
    YA_PIECE_USER_DEFINED,
    YA_PIECE_UNUSED,
    YA_PIECE_BYTE
};

typedef struct {
    ya_tokenizer *t; /* its `tokens` hold the texts */
    size_t n_tokens;
    uint8_t *type;      /* [n_tokens] */
    uint8_t *reachable; /* [n_tokens] text can become the token */
    float *score;       /* [n_tokens]; not of byte-level vocabularies */
} ya_pieces;

/* Whether text becomes tokens of that type by merging. */
bool ya_piece_reachable(int type);

ya_status ya_pieces_alloc(ya_pieces *p, size_t n, ya_error *err) YA_CHECK;
/* Flags of the tokenizer, and its added tokens, from types; those that a user defined into
 * `symbols`, the raw or the normalized set. */
ya_status ya_pieces_add_added(ya_pieces *p, ya_added_set *symbols, ya_error *err) YA_CHECK;
/* Merges, normalizer and decoder of a SentencePiece vocabulary; `prefix`: a space in front. */
ya_status ya_pieces_finish(ya_pieces *p, bool prefix, ya_error *err) YA_CHECK;
void ya_pieces_free(ya_pieces *p);

#endif
