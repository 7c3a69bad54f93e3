#include "data/names.h"

#include "base/alloc.h"

#include <string.h>

enum { PLACES = 2 * YA_NAMES_MAX };

static uint64_t hash_of(const char *text, size_t size)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001B3);
    return h;
}

static uint32_t *place_of(const ya_names *names, const char *text, size_t size, uint64_t hash)
{
    uint32_t at = (uint32_t)(hash >> 32) % PLACES;
    for (;; at = (at + 1) % PLACES) {
        uint32_t number = names->table[at];
        if (number == 0 ||
            (names->items[number - 1].hash == hash && names->items[number - 1].size == size &&
             memcmp(names->items[number - 1].text, text, size) == 0))
            return &names->table[at];
    }
}

static ya_status make_room(ya_names *names, ya_error *err)
{
    if (!names->table)
        names->table = ya_alloc_zero(PLACES, sizeof *names->table);
    if (names->table && names->n == names->room) {
        uint32_t room = 2 * names->room + 32;
        void *bigger = ya_realloc_array(names->items, room, sizeof *names->items);
        if (bigger) {
            names->items = bigger;
            names->room = room;
        }
    }
    if (!names->table || names->n == names->room)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %u names", names->n);
    return YA_OK;
}

ya_status ya_names_add(ya_names *names, const char *text, size_t size, uint32_t *number,
                       ya_error *err)
{
    ya_status status = make_room(names, err);
    if (status)
        return status;
    if (size > YA_NAME_KEPT) {
        size = YA_NAME_KEPT;
        while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
            size--;
    }
    uint64_t hash = hash_of(text, size);
    uint32_t *place = place_of(names, text, size, hash);
    if (*place == 0 && names->n >= YA_NAMES_MAX - 1) {
        text = "(others)";
        size = strlen(text);
        hash = hash_of(text, size);
        place = place_of(names, text, size, hash);
    }
    if (*place == 0) {
        char *copy = ya_strndup(text, size);
        if (!copy)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for a name");
        names->items[names->n].text = copy;
        names->items[names->n].size = (uint32_t)size;
        names->items[names->n].hash = hash;
        *place = ++names->n;
    }
    *number = *place - 1;
    return YA_OK;
}

void ya_names_close(ya_names *names)
{
    ya_free(names->table);
    names->table = NULL;
}

void ya_names_clear(ya_names *names)
{
    for (uint32_t i = 0; i < names->n; i++)
        ya_free(names->items[i].text);
    if (names->table && names->n > 0)
        memset(names->table, 0, PLACES * sizeof *names->table);
    names->n = 0;
}

void ya_names_free(ya_names *names)
{
    ya_names_clear(names);
    ya_free(names->items);
    ya_free(names->table);
    *names = (ya_names){0};
}
