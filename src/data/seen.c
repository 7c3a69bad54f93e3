#include "data/seen.h"

#include "base/alloc.h"

enum { FIRST_ROOM = 14 };

static bool is_empty(const ya_key *key)
{
    return key->low == 0 && key->high == 0;
}

/* The place of `key` in a table that has at least one empty place: its own, or an empty one. */
static uint32_t place(const ya_key *keys, uint32_t room, ya_key key)
{
    uint32_t at = (uint32_t)((key.low >> 32) * room >> 32);
    while (!is_empty(&keys[at]) && (keys[at].low != key.low || keys[at].high != key.high))
        if (++at == room)
            at = 0;
    return at;
}

static ya_status grow(ya_seen *seen, unsigned part, ya_error *err)
{
    uint32_t old_room = seen->parts[part].room, room = old_room + old_room / 8 + FIRST_ROOM;
    ya_key *old = seen->parts[part].keys, *keys = NULL;
    uint32_t *old_files = seen->parts[part].files, *files = NULL;
    if (room > old_room) {
        keys = ya_alloc_zero(room, sizeof *keys);
        files = ya_alloc_zero(room, sizeof *files);
    }
    if (!keys || !files) {
        ya_free(keys);
        ya_free(files);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %llu values",
                       (unsigned long long)room * YA_SEEN_PARTS);
    }
    for (uint32_t i = 0; i < old_room; i++) {
        if (is_empty(&old[i]))
            continue;
        uint32_t at = place(keys, room, old[i]);
        keys[at] = old[i];
        files[at] = old_files[i];
    }
    ya_free(old);
    ya_free(old_files);
    seen->parts[part].keys = keys;
    seen->parts[part].files = files;
    seen->parts[part].room = room;
    return YA_OK;
}

ya_status ya_seen_add(ya_seen *seen, ya_key key, uint32_t file, bool *new_here, bool *new_at_all,
                      ya_error *err)
{
    key.low += is_empty(&key);
    unsigned part = (unsigned)(key.high >> 56);
    uint64_t n = seen->parts[part].n, room = seen->parts[part].room;
    if ((n + 1) * 8 > room * 7) {
        ya_status status = grow(seen, part, err);
        if (status)
            return status;
    }
    uint32_t at = place(seen->parts[part].keys, seen->parts[part].room, key);
    *new_at_all = is_empty(&seen->parts[part].keys[at]);
    *new_here = *new_at_all || seen->parts[part].files[at] != file;
    seen->parts[part].n += *new_at_all;
    seen->parts[part].keys[at] = key;
    seen->parts[part].files[at] = file;
    return YA_OK;
}

void ya_seen_free(ya_seen *seen)
{
    for (unsigned part = 0; part < YA_SEEN_PARTS; part++) {
        ya_free(seen->parts[part].keys);
        ya_free(seen->parts[part].files);
    }
    *seen = (ya_seen){0};
}
