#include "data/keyset.h"

#include "base/alloc.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIRST_ROOM = 14 };

ya_key ya_key_of(const void *text, size_t size)
{
    XXH128_hash_t hash = XXH3_128bits(text, size);
    return (ya_key){hash.high64, hash.low64};
}

/* An empty place is {0, 0}, which is no key. */
static ya_key proper(ya_key key)
{
    key.low += key.low == 0 && key.high == 0;
    return key;
}

static bool is_empty(const ya_key *key)
{
    return key->low == 0 && key->high == 0;
}

/* The place of `key` in a table that has at least one empty place: its own, or an empty one. */
static ya_key *place(ya_key *keys, uint32_t room, ya_key key)
{
    uint32_t at = (uint32_t)((key.low >> 32) * room >> 32);
    while (!is_empty(&keys[at]) && (keys[at].low != key.low || keys[at].high != key.high))
        if (++at == room)
            at = 0;
    return &keys[at];
}

static unsigned part_of(ya_key key)
{
    return (unsigned)(key.high >> 56);
}

bool ya_keyset_has(const ya_keyset *set, ya_key key)
{
    key = proper(key);
    unsigned part = part_of(key);
    return set->parts[part].room > 0 &&
           !is_empty(place(set->parts[part].keys, set->parts[part].room, key));
}

static ya_status grow(ya_keyset *set, unsigned part, ya_error *err)
{
    uint32_t old_room = set->parts[part].room, room = old_room + old_room / 8 + FIRST_ROOM;
    ya_key *old = set->parts[part].keys, *keys = NULL;
    if (room > old_room)
        keys = ya_alloc_zero(room, sizeof *keys);
    if (!keys)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the keys of %llu records",
                       (unsigned long long)room * YA_KEYSET_PARTS);
    for (uint32_t i = 0; i < old_room; i++)
        if (!is_empty(&old[i]))
            *place(keys, room, old[i]) = old[i];
    ya_free(old);
    set->parts[part].keys = keys;
    set->parts[part].room = room;
    return YA_OK;
}

ya_status ya_keyset_add(ya_keyset *set, ya_key key, bool *added, ya_error *err)
{
    key = proper(key);
    unsigned part = part_of(key);
    uint64_t n = set->parts[part].n, room = set->parts[part].room;
    if ((n + 1) * 8 > room * 7) { /* at most seven eighths full */
        ya_status status = grow(set, part, err);
        if (status)
            return status;
    }
    ya_key *at = place(set->parts[part].keys, set->parts[part].room, key);
    *added = is_empty(at);
    set->parts[part].n += *added;
    *at = key;
    return YA_OK;
}

void ya_keyset_free(ya_keyset *set)
{
    for (unsigned part = 0; part < YA_KEYSET_PARTS; part++)
        ya_free(set->parts[part].keys);
    *set = (ya_keyset){0};
}
