/* The merges of a tokenizer in order, inside of token: for writing them. */
#ifndef YA_TOKEN_MERGES_H
#define YA_TOKEN_MERGES_H

#include "token/internal.h"

/* *out [*n] of ya_alloc: by rank; among equals the longer left part first, as Hugging Face orders
 * the merges that it derives from SentencePiece's scores. */
ya_status ya_merges_sorted(const ya_tokenizer *t, ya_merge **out, size_t *n,
                           ya_error *err) YA_CHECK;

/* The parts of a merge as the file has them. */
typedef struct {
    const char *left, *right;
    size_t left_size, right_size;
} ya_merge_texts;
ya_merge_texts ya_merge_parts(const ya_tokenizer *t, const ya_merge *merge);

#endif
