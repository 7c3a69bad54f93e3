/* Byte pair encoding: a word (a pre-token) becomes symbols, and the neighbours whose merge has the
 * lowest rank are merged until none is left, the leftmost first among equals (Sennrich et al.
 * 2016).
 *
 * Two kinds of symbols. Byte-level: a byte is a symbol, and the vocabulary is kept as the bytes its
 * tokens stand for. Text: a character is a symbol, with byte tokens <0x00>..<0xFF> for those
 * without a token. Filled by the loaders, then read by any thread. */
#ifndef YA_TOKEN_BPE_H
#define YA_TOKEN_BPE_H

#include "token/strings.h"

typedef struct {
    uint64_t pair; /* left id << 32 | right id; UINT64_MAX: empty */
    uint32_t rank;
    int32_t id; /* what the two become */
} ya_merge;

typedef struct {
    int32_t ids[2];
    uint8_t n;     /* 0: the symbol has no token */
    bool fallback; /* byte tokens stand in for the symbol's own */
} ya_symbol;

typedef struct {
    ya_strings words; /* tokens that text can become: bytes (byte-level) or text */
    ya_merge *merges; /* open addressing */
    size_t n_merge_slots, n_merges;
    uint8_t *whole;       /* [words.n_ids] 1: the token's own text encodes to the token alone */
    ya_symbol bytes[256]; /* byte-level: of each byte; text: its byte tokens, n = 0 if none */
    int32_t ascii[128];   /* text: token of an ASCII character or -1 */
    int32_t unk;          /* -1: a symbol without token disappears */
    bool byte_level;
    bool fuse_unk;      /* neighbouring unknowns become one */
    bool ignore_merges; /* a word that is a token is that token, reachable by merges or not */
    bool split_spaces;  /* text: no token spans a boundary before U+2581, so words end there */
} ya_bpe;

/* Scratch of one call of encode; {0} to begin. */
typedef struct {
    int32_t *id, *next, *previous, *merged;
    uint32_t *rank;
    uint64_t *heap; /* rank << 32 | position */
    size_t room, n_heap;
    int32_t *symbols;
    size_t room_symbols;
} ya_bpe_scratch;
void ya_bpe_scratch_free(ya_bpe_scratch *scratch);

/* Adds or replaces the merge of two ids. */
ya_status ya_bpe_add_merge(ya_bpe *bpe, int32_t left, int32_t right, uint32_t rank, int32_t id,
                           ya_error *err) YA_CHECK;

/* After words, merges and the flags are set: fills the tables that speed encoding up. */
ya_status ya_bpe_finish(ya_bpe *bpe, ya_error *err) YA_CHECK;
void ya_bpe_free(ya_bpe *bpe);

/* Appends the ids of one pre-token, well-formed UTF-8 unless byte-level (then any bytes). Time
 * O(n log n). */
ya_status ya_bpe_encode(const ya_bpe *bpe, ya_bpe_scratch *scratch, const char *word, size_t size,
                        ya_ids *ids, ya_error *err) YA_CHECK;

#endif
