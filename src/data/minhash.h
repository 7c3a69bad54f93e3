/* How alike two texts are, from 768 bytes of each: MinHash (Broder 1997) over the 5-grams of words,
 * and a set of signatures in which the like of a new one is found without comparing it with all
 * (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4: bands and rows).
 *
 * Of two texts whose sets of 5-grams have Jaccard similarity J, each of the 384 minima is equal
 * with chance J. So the share of equal ones estimates J with a standard deviation of sqrt(J (1 - J)
 * / 384): 0.020 at 0.8, 0.015 at 0.9, 0.025 at 0.6. With the threshold at 0.8 a pair of J = 0.9 is
 * missed, and one of 0.6 taken, at 6.5 and 8 standard deviations: below 10^-10. Pairs are compared
 * when all 4 rows of one of 24 bands are equal, which misses one with chance (1 - J^4)^24: 10^-11
 * at 0.9, 3 x 10^-6 at 0.8. */
#ifndef YA_DATA_MINHASH_H
#define YA_DATA_MINHASH_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YA_MINHASH_SIZE = 384, YA_MINHASH_BANDS = 24, YA_MINHASH_ROWS = 4 };

typedef struct {
    uint16_t minima[YA_MINHASH_SIZE];
} ya_signature;

/* Of a normalised text (data/text.h). Words are runs of word characters (base/chars.h); of fewer
 * than five all are one 5-gram, and a text without a word is one word. Any thread. */
void ya_minhash(ya_signature *out, const char *text, size_t size);

/* The share of equal minima. */
double ya_minhash_similarity(const ya_signature *a, const ya_signature *b);

/* Signatures of which no two have a similarity of 0.8 or more: at most 1 KiB each. */
typedef struct ya_nearset ya_nearset;

ya_status ya_nearset_new(ya_nearset **out, ya_error *err) YA_CHECK;
/* Adds it unless one in the set is like it; *added says which. */
ya_status ya_nearset_add(ya_nearset *set, const ya_signature *signature, bool *added,
                         ya_error *err) YA_CHECK;
void ya_nearset_free(ya_nearset *set);

#endif
