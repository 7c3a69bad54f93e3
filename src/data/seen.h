/* Values that were seen before, exactly (up to 128-bit hashes), in the file at hand and in all
 * files before: at most 29 bytes each. */
#ifndef YA_DATA_SEEN_H
#define YA_DATA_SEEN_H

#include "data/keyset.h"

enum { YA_SEEN_PARTS = 256 };

/* Each part is a table with open addressing, filled to seven eighths at the most and grown by an
 * eighth:
 *
 *     keys  | high, low | high, low | ...     {0, 0}: empty
 *     files | file      | file      | ...     the last file in which the value was */
typedef struct {
    struct {
        ya_key *keys;
        uint32_t *files;
        uint32_t n, room;
    } parts[YA_SEEN_PARTS];
} ya_seen;

/* {0} is empty. Adds a value of a file; files come one after another. *new_here: not yet in this
 * file; *new_at_all: in none. */
ya_status ya_seen_add(ya_seen *seen, ya_key key, uint32_t file, bool *new_here, bool *new_at_all,
                      ya_error *err) YA_CHECK;
void ya_seen_free(ya_seen *seen);

#endif
