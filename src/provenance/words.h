/* All words of a policy in one trie, walked from those places of a text where a word may begin.
 *
 *     word starts (64 at a time) --filter on the first four bytes--> trie --> matches of each list
 *
 * Nearly all places fall at the filter, 2 KiB of bits; the trie's nodes lie in breadth-first order,
 * so that the children of a node are neighbours:
 *
 *     bytes      | b of node 0 | b of node 1 | ...     folded to lower case; ' ': a run of space
 *     nodes      | first child, children, first output, outputs | ...           node 0: the root
 *
 * A list is what is scanned as one: institutions, consensus, primary, then a list for each type of
 * evidence. spec/scoring.md "Matching". */
#ifndef YA_PROVENANCE_WORDS_H
#define YA_PROVENANCE_WORDS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YA_LIST_INSTITUTION,
    YA_LIST_CONSENSUS,
    YA_LIST_PRIMARY,
    YA_LIST_TYPES,      /* the first type of evidence */
    YA_MAX_LISTS = 64,  /* a list is a bit of 64 */
    YA_WORD_MAX = 200,  /* bytes of a word */
    YA_FILTER_LOG2 = 14 /* bits of the filter */
};

/* What a word is, and what makes it match. */
typedef enum {
    YA_WORD_NAME,   /* as written: only in source, url, publisher */
    YA_WORD_PLAIN,  /* a whole word in any case */
    YA_WORD_PLURAL, /* of a plain one */
    YA_WORD_HOST,   /* the end of a host's name */
    YA_WORD_OFFICE, /* as written, with a patent number behind it */
    YA_WORD_CITE,   /* ibid, op, loc: the beginning of a citation */
    YA_WORD_DATE    /* copyright, published, written: the beginning of a year */
} ya_word_kind;

typedef struct {
    uint32_t entry;
    uint8_t list, kind;
} ya_word_output;

typedef struct {
    uint32_t child, output; /* the first of each */
    uint16_t n_children, n_outputs;
} ya_word_node;

typedef struct {
    uint8_t *bytes;
    ya_word_node *nodes;
    ya_word_output *outputs;
    uint32_t n_nodes, n_outputs;
    uint32_t root[256]; /* the root's child for a byte, 0: none */
    uint64_t filter[(1 << YA_FILTER_LOG2) / 64];
    bool starts[256];  /* bytes with which a word begins that is no word character */
    bool other_starts; /* there are such bytes beside '.' */
} ya_words;

/* The filter's bit for the first four bytes (little-endian, 0 behind the end of a run of word
 * characters) of a word in any case. */
static inline uint32_t ya_word_key(uint32_t first_bytes, unsigned run)
{
    uint32_t key = first_bytes | UINT32_C(0x20202020);
    if (run < 4)
        key &= (UINT32_C(1) << 8 * run) - 1;
    return key * UINT32_C(0x9E3779B1) >> (32 - YA_FILTER_LOG2);
}

/* Making one: words are added, then it is finished, then it is read-only. */
typedef struct ya_words_maker ya_words_maker;
ya_status ya_words_maker_new(ya_words_maker **out, ya_error *err) YA_CHECK;
void ya_words_maker_free(ya_words_maker *maker);

/* A word of 1 to YA_WORD_MAX bytes with its kind. PLAIN adds the plural too. Where a list has two
 * words for one text, a plain one is preferred to a plural, then the earlier one. */
ya_status ya_words_add(ya_words_maker *maker, const char *text, size_t size, unsigned list,
                       ya_word_kind kind, uint32_t entry, ya_error *err) YA_CHECK;
/* {0} becomes the words; free with ya_words_free. */
ya_status ya_words_finish(ya_words *words, const ya_words_maker *maker, ya_error *err) YA_CHECK;
void ya_words_free(ya_words *words);

/* The regular plural of text[0..size) into `out`: its bytes, 0 when it has none (it ends in s).
 * Adds es after x, z, ch, sh; turns y after anything but a vowel into ies; else adds s. */
size_t ya_plural(char out[YA_WORD_MAX + 3], const char *text, size_t size);

#endif
