#include "token/strings.h"

#include "base/alloc.h"

#include <string.h>

static uint64_t head_of(const char *text, size_t size)
{
    uint64_t head = 0;
    memcpy(&head, text, size < sizeof head ? size : sizeof head);
    return head;
}

/* Multiply-and-fold over 8 bytes at a time; enough for a table whose strings a file chose. */
static size_t hash(uint64_t head, const char *text, size_t size)
{
    const uint64_t k = 0x9E3779B97F4A7C15u;
    uint64_t h = (head ^ size) * k;
    h ^= h >> 29;
    for (size_t at = 8; at < size; at += 8) {
        h = (h ^ head_of(text + at, size - at)) * k;
        h ^= h >> 32;
    }
    h *= 0xD6E8FEB86659FD93u;
    return (size_t)(h ^ h >> 32);
}

static bool same(const ya_strings *s, const ya_string_slot *slot, uint64_t head, const char *text,
                 size_t size)
{
    return slot->head == head && slot->length == size &&
           (size <= sizeof head || memcmp(s->bytes.data + slot->offset, text, size) == 0);
}

/* The slot that holds the string, or the empty one where it belongs. */
static size_t slot_of(const ya_strings *s, uint64_t head, const char *text, size_t size)
{
    size_t mask = s->n_slots - 1, i = hash(head, text, size) & mask;
    while (s->slots[i].id >= 0 && !same(s, &s->slots[i], head, text, size))
        i = (i + 1) & mask;
    return i;
}

int32_t ya_strings_find(const ya_strings *s, const char *text, size_t size)
{
    if (s->n_slots == 0)
        return -1;
    return s->slots[slot_of(s, head_of(text, size), text, size)].id;
}

static ya_status grow_slots(ya_strings *s, ya_error *err)
{
    ya_strings bigger = *s;
    bigger.n_slots = s->n_slots ? 2 * s->n_slots : 256;
    bigger.slots = ya_alloc_zero(bigger.n_slots, sizeof *bigger.slots);
    if (!bigger.slots)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a table of %zu strings",
                       bigger.n_slots);
    for (size_t i = 0; i < bigger.n_slots; i++)
        bigger.slots[i].id = -1;
    for (size_t i = 0; i < s->n_slots; i++) {
        const ya_string_slot *slot = &s->slots[i];
        if (slot->id >= 0)
            bigger.slots[slot_of(&bigger, slot->head, s->bytes.data + slot->offset, slot->length)] =
                *slot;
    }
    ya_free(s->slots);
    *s = bigger;
    return YA_OK;
}

static ya_status reserve_id(ya_strings *s, int32_t id, ya_error *err)
{
    if (id < 0 || id >= YA_STRINGS_MAX_ID)
        return ya_fail(err, YA_ERR_FORMAT, "token id %d is not between 0 and %d", id,
                       YA_STRINGS_MAX_ID - 1);
    size_t need = (size_t)id + 1;
    if (need > s->room_ids) {
        size_t room = need + need / 2 + 16;
        ya_string_ref *by_id = ya_realloc_array(s->by_id, room, sizeof *by_id);
        if (!by_id)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu token ids", room);
        s->by_id = by_id;
        s->room_ids = room;
    }
    for (; s->n_ids < need; s->n_ids++)
        s->by_id[s->n_ids] = (ya_string_ref){0, UINT32_MAX};
    return YA_OK;
}

ya_status ya_strings_add(ya_strings *s, const char *text, size_t size, int32_t id, bool keep,
                         ya_error *err)
{
    ya_status status = YA_OK;
    if (2 * (s->n_strings + 1) > s->n_slots)
        YA_TRY(grow_slots(s, err));
    YA_TRY(reserve_id(s, id, err));
    if (s->by_id[id].length != UINT32_MAX)
        return ya_fail(err, YA_ERR_FORMAT,
                       "token id %d is given to two tokens, \"%.60s\" and \"%.60s\"", id,
                       s->bytes.data + s->by_id[id].offset, text);
    if (size >= UINT32_MAX - s->bytes.size - 1)
        return ya_fail(err, YA_ERR_FORMAT, "the vocabulary holds more than 4 GB of text");
    uint64_t head = head_of(text, size);
    ya_string_slot *slot = &s->slots[slot_of(s, head, text, size)];
    bool there = slot->id >= 0;
    uint32_t offset = there ? slot->offset : (uint32_t)s->bytes.size;
    if (!there) {
        YA_TRY(ya_buffer_add(&s->bytes, text, size, err));
        YA_TRY(ya_buffer_add(&s->bytes, "", 1, err));
        s->n_strings++;
    }
    if (!there || !keep)
        *slot = (ya_string_slot){head, (uint32_t)size, offset, id};
    s->by_id[id] = (ya_string_ref){offset, (uint32_t)size};
done:
    return status;
}

void ya_strings_free(ya_strings *s)
{
    ya_free(s->slots);
    ya_free(s->by_id);
    ya_buffer_free(&s->bytes);
    *s = (ya_strings){0};
}

const char *ya_strings_text(const ya_strings *s, int32_t id, size_t *size)
{
    if (id < 0 || (size_t)id >= s->n_ids || s->by_id[id].length == UINT32_MAX)
        return NULL;
    if (size)
        *size = s->by_id[id].length;
    return s->bytes.data + s->by_id[id].offset;
}
