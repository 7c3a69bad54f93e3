/* A set of 128-bit hashes of texts, at most 23 bytes each besides 64 KiB: what was seen before. */
#ifndef YA_DATA_KEYSET_H
#define YA_DATA_KEYSET_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t high, low;
} ya_key;

/* XXH3's 128 bits: two texts of a corpus of 10^9 share a key with a chance of 10^-21. */
ya_key ya_key_of(const void *text, size_t size);

enum { YA_KEYSET_PARTS = 256 };

/* Each part is a table of its own, with open addressing, which grows by an eighth at a time: the
 * set is never half empty, and never in memory twice. */
typedef struct {
    struct {
        ya_key *keys;
        uint32_t n, room;
    } parts[YA_KEYSET_PARTS];
} ya_keyset;

/* {0} is an empty set. */
bool ya_keyset_has(const ya_keyset *set, ya_key key);
/* *added is false when it was there. */
ya_status ya_keyset_add(ya_keyset *set, ya_key key, bool *added, ya_error *err) YA_CHECK;
void ya_keyset_free(ya_keyset *set);

#endif
