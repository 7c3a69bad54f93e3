/* Names in the order in which they came first, each with a number; at most a given count of them,
 * so that memory is bounded: what comes later is one more, "(others)". */
#ifndef YA_DATA_NAMES_H
#define YA_DATA_NAMES_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { YA_NAMES_MAX = 4096, YA_NAME_KEPT = 200 /* bytes of a name */ };

typedef struct {
    struct {
        char *text; /* owned, NUL-terminated */
        uint32_t size;
        uint64_t hash;
    } * items;
    uint32_t n, room;
    uint32_t *table; /* number + 1 by hash, 0: empty; twice YA_NAMES_MAX places */
} ya_names;

/* The number of a name, which is added if it is new; {0} is empty. Names are cut to YA_NAME_KEPT
 * bytes (at a character's end). */
ya_status ya_names_add(ya_names *names, const char *text, size_t size, uint32_t *number,
                       ya_error *err) YA_CHECK;
/* Gives back what only adding needs. */
void ya_names_close(ya_names *names);
/* Forgets all names. */
void ya_names_clear(ya_names *names);
void ya_names_free(ya_names *names);

#endif
