/* Added tokens: texts that become one token wherever they stand, special ones (<s>, <|im_start|>)
 * among them. */
#ifndef YA_TOKEN_ADDED_H
#define YA_TOKEN_ADDED_H

#include "token/tokenizer.h"

#include <stdbool.h>

enum { YA_ADDED_MAX_BYTES = 1024 };

/* Flags of a token id. */
enum { YA_TOKEN_SPECIAL = 1, YA_TOKEN_STOP = 2 };

typedef struct {
    int32_t id;
    uint32_t size;    /* bytes of the text */
    bool single_word; /* only where no word character touches it */
    bool lstrip;      /* takes the white space before it along */
    bool rstrip;      /* and behind it */
} ya_added;

/* One byte of a trie; children are a list of siblings. 0 is none, node 0 the root. */
typedef struct {
    uint32_t child, sibling;
    int32_t token; /* index of the token that ends here or -1 */
    uint8_t byte;
} ya_added_node;

/* {0} is empty. */
typedef struct {
    ya_added *tokens;
    size_t n_tokens, room_tokens;
    ya_added_node *nodes;
    size_t n_nodes, room_nodes;
    uint32_t first[256]; /* the root's child for a byte */
} ya_added_set;

/* Parts of a text in which no added token may lie, ascending, disjoint and not empty; with `flags`
 * (by id) only those with YA_TOKEN_SPECIAL may not. */
typedef struct {
    const ya_span *ranges;
    size_t n_ranges;
    const uint8_t *flags;
} ya_plain;

/* Adds a token of `text` (1..YA_ADDED_MAX_BYTES bytes, else YA_ERR_UNSUPPORTED); the same text
 * again is ignored. `added.size` is set here. */
ya_status ya_added_insert(ya_added_set *set, const char *text, size_t size, ya_added added,
                          ya_error *err) YA_CHECK;
void ya_added_free(ya_added_set *set);

/* The longest token that begins at `at`, or NULL. */
const ya_added *ya_added_at(const ya_added_set *set, const char *text, size_t size, size_t at);

/* Receives the parts of the text in order: `token` NULL for text between added tokens, which is
 * never empty. */
typedef ya_status ya_part_sink(void *context, const ya_added *token, size_t begin, size_t end,
                               ya_error *err);

/* Cuts a text as Hugging Face tokenizers does: the leftmost match counts, the longest of those that
 * begin there; strip flags take white space that no other token took. */
ya_status ya_added_split(const ya_added_set *set, const char *text, size_t size, ya_plain plain,
                         ya_part_sink *sink, void *context, ya_error *err) YA_CHECK;

/* Cuts a text as llama.cpp does: the longest token first wherever it stands, then the next; among
 * tokens of one length the lower id. */
ya_status ya_added_partition(const ya_added_set *set, const char *text, size_t size, ya_plain plain,
                             ya_part_sink *sink, void *context, ya_error *err) YA_CHECK;

#endif
