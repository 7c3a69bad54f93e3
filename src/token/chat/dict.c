#include "token/chat/run.h"

#include <string.h>

static uint32_t hash_of(ya_value key)
{
    uint64_t hash = 0xCBF29CE484222325u;
    if (key.kind == YA_V_STR) {
        for (size_t i = 0; i < key.str->size; i++)
            hash = (hash ^ (unsigned char)key.str->data[i]) * 0x100000001B3u;
    } else if (ya_is_number(key)) {
        double number = ya_number(key) + 0.0;
        memcpy(&hash, &number, sizeof hash);
        hash *= 0x9E3779B97F4A7C15u;
    }
    return (uint32_t)(hash >> 32) ^ (uint32_t)hash;
}

bool ya_hashable(ya_value v)
{
    if (v.kind == YA_V_LIST && v.list->form == YA_TUPLE) {
        for (uint32_t i = 0; i < v.list->n; i++)
            if (!ya_hashable(v.list->items[i]))
                return false;
        return true;
    }
    return (v.kind != YA_V_LIST || v.list->form == YA_RANGE) && v.kind != YA_V_DICT;
}

static bool is_key(const ya_entry *entry, ya_value key, uint32_t hash)
{
    if (entry->hash != hash)
        return false;
    if (entry->key.kind == YA_V_STR && key.kind == YA_V_STR)
        return entry->key.str->size == key.str->size &&
               memcmp(entry->key.str->data, key.str->data, key.str->size) == 0;
    return ya_same_key(entry->key, key);
}

static ya_entry *find(const ya_dict *dict, ya_value key, uint32_t hash)
{
    if (!dict->slots) {
        for (uint32_t i = 0; i < dict->n; i++)
            if (is_key(&dict->entries[i], key, hash))
                return &dict->entries[i];
        return NULL;
    }
    uint32_t mask = dict->n_slots - 1;
    for (uint32_t s = hash & mask; dict->slots[s]; s = (s + 1) & mask)
        if (is_key(&dict->entries[dict->slots[s] - 1], key, hash))
            return &dict->entries[dict->slots[s] - 1];
    return NULL;
}

static void put_slot(ya_dict *dict, uint32_t index)
{
    uint32_t mask = dict->n_slots - 1, s = dict->entries[index].hash & mask;
    while (dict->slots[s])
        s = (s + 1) & mask;
    dict->slots[s] = index + 1;
}

static bool grow(ya_memory *memory, ya_dict *dict)
{
    uint32_t room = 2 * dict->room + 4;
    ya_entry *entries =
        ya_memory_grow(memory, dict->entries, dict->n * sizeof *entries, room * sizeof *entries);
    if (!entries)
        return false;
    dict->entries = entries;
    dict->room = room;
    return true;
}

static bool index_entries(ya_memory *memory, ya_dict *dict)
{
    uint32_t n_slots = dict->n_slots ? 2 * dict->n_slots : 4 * YA_DICT_LINEAR;
    while (n_slots & (n_slots - 1))
        n_slots &= n_slots - 1;
    dict->slots = ya_memory_zero(memory, n_slots, sizeof *dict->slots);
    dict->n_slots = n_slots;
    for (uint32_t i = 0; dict->slots && i < dict->n; i++)
        put_slot(dict, i);
    return dict->slots != NULL;
}

ya_dict *ya_dict_new(ya_memory *memory, size_t room)
{
    ya_dict *dict = ya_memory_zero(memory, 1, sizeof *dict);
    ya_entry *entries = dict && room ? ya_memory_get(memory, room * sizeof *entries) : NULL;
    if (dict && entries) {
        dict->entries = entries;
        dict->room = (uint32_t)room;
    }
    return memory->failed ? NULL : dict;
}

bool ya_dict_set(ya_memory *memory, ya_dict *dict, ya_value key, ya_value value)
{
    uint32_t hash = hash_of(key);
    ya_entry *entry = find(dict, key, hash);
    if (entry) {
        entry->value = value;
        return true;
    }
    if (dict->n == dict->room && !grow(memory, dict))
        return false;
    dict->entries[dict->n++] = (ya_entry){key, value, hash};
    if (dict->n > dict->n_slots / 2 && dict->n > YA_DICT_LINEAR)
        return index_entries(memory, dict);
    if (dict->slots)
        put_slot(dict, dict->n - 1);
    return true;
}

const ya_value *ya_dict_get(const ya_dict *dict, ya_value key)
{
    ya_entry *entry = find(dict, key, hash_of(key));
    return entry ? &entry->value : NULL;
}

const ya_value *ya_dict_text(const ya_dict *dict, const char *key)
{
    ya_str str = {.data = key, .size = (uint32_t)strlen(key), .n_runs = 1};
    return ya_dict_get(dict, ya_of_str(&str));
}

ya_list *ya_list_new(ya_memory *memory, size_t n, ya_form form)
{
    ya_list *list = ya_memory_zero(memory, 1, sizeof *list);
    if (n > UINT32_MAX / sizeof *list->items)
        memory->failed = true;
    ya_value *items = list ? ya_memory_zero(memory, n, sizeof *items) : NULL;
    if (!items)
        return NULL;
    *list = (ya_list){items, (uint32_t)n, form, YA_SOURCE_TEMPLATE};
    return list;
}
