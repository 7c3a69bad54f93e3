/* Access to the keys of an open GGUF file. */
#include "io/gguf_file.h"

#include "base/alloc.h"
#include "io/shown.h"

#include <stdlib.h>
#include <string.h>

static int compare(ya_text a, ya_text b)
{
    size_t n = a.size < b.size ? a.size : b.size;
    int order = n ? memcmp(a.data, b.data, n) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_key(const void *a, const void *b, void *keys)
{
    const entry *table = keys;
    return compare(table[*(const size_t *)a].key, table[*(const size_t *)b].key);
}

ya_status ya_gguf_sort_keys(ya_gguf *gguf, const char *path, ya_error *err)
{
    gguf->order = ya_alloc_zero(gguf->n_keys, sizeof *gguf->order);
    if (!gguf->order)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory reading %s", path);
    for (size_t i = 0; i < gguf->n_keys; i++)
        gguf->order[i] = i;
    if (gguf->n_keys > 1)
        qsort_r(gguf->order, gguf->n_keys, sizeof *gguf->order, by_key, gguf->keys);
    for (size_t i = 1; i < gguf->n_keys; i++) {
        ya_text key = gguf->keys[gguf->order[i]].key;
        if (compare(gguf->keys[gguf->order[i - 1]].key, key) == 0)
            return ya_fail(err, YA_ERR_FORMAT, "%s: key %s is there twice", path,
                           ya_show(key.data, key.size).text);
    }
    return YA_OK;
}

const entry *ya_gguf_find(const ya_gguf *gguf, ya_text key)
{
    size_t low = 0, high = gguf->n_keys;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const entry *e = &gguf->keys[gguf->order[middle]];
        int order = compare(key, e->key);
        if (order == 0)
            return e;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static const entry *find(const ya_gguf *gguf, const char *name)
{
    return ya_gguf_find(gguf, (ya_text){name, strlen(name)});
}

/* An integer of any width at `at`; false for other types and for U64 beyond int64. */
static bool integer_at(const uint8_t *at, ya_gguf_type type, int64_t *out)
{
    uint64_t bits = 0;
    size_t size = ya_gguf_type_size(type);
    if (type == YA_GGUF_F32 || type == YA_GGUF_F64 || type == YA_GGUF_BOOL || size == 0)
        return false;
    memcpy(&bits, at, size);
    switch (type) {
    case YA_GGUF_I8:
        *out = (int8_t)bits;
        return true;
    case YA_GGUF_I16:
        *out = (int16_t)bits;
        return true;
    case YA_GGUF_I32:
        *out = (int32_t)bits;
        return true;
    default:
        *out = (int64_t)bits;
        return type != YA_GGUF_U64 || bits <= INT64_MAX;
    }
}

static bool number_at(const uint8_t *at, ya_gguf_type type, double *out)
{
    int64_t integer;
    float single;
    if (type == YA_GGUF_F64) {
        memcpy(out, at, sizeof *out);
        return true;
    }
    if (type == YA_GGUF_F32) {
        memcpy(&single, at, sizeof single);
        *out = (double)single;
        return true;
    }
    if (!integer_at(at, type, &integer))
        return false;
    *out = (double)integer;
    return true;
}

bool ya_gguf_get_i64(const ya_gguf *gguf, const char *key, int64_t *out)
{
    const entry *e = find(gguf, key);
    int64_t value;
    if (!e || !integer_at(e->value, e->type, &value))
        return false;
    *out = value;
    return true;
}

bool ya_gguf_get_f64(const ya_gguf *gguf, const char *key, double *out)
{
    const entry *e = find(gguf, key);
    return e && number_at(e->value, e->type, out);
}

bool ya_gguf_get_bool(const ya_gguf *gguf, const char *key, bool *out)
{
    const entry *e = find(gguf, key);
    if (!e || e->type != YA_GGUF_BOOL || *e->value > 1)
        return false;
    *out = *e->value == 1;
    return true;
}

static ya_text text_at(const uint8_t *at)
{
    uint64_t size;
    memcpy(&size, at, sizeof size);
    return (ya_text){(const char *)at + sizeof size, (size_t)size};
}

bool ya_gguf_get_text(const ya_gguf *gguf, const char *key, ya_text *out)
{
    const entry *e = find(gguf, key);
    if (!e || e->type != YA_GGUF_STRING)
        return false;
    *out = text_at(e->value);
    return true;
}

bool ya_gguf_walk(const ya_gguf *gguf, const char *key, ya_gguf_cursor *cursor)
{
    const entry *e = find(gguf, key);
    uint32_t type;
    if (!e || e->type != YA_GGUF_ARRAY)
        return false;
    memcpy(&type, e->value, sizeof type);
    memcpy(&cursor->left, e->value + sizeof type, sizeof cursor->left);
    cursor->at = e->value + sizeof type + sizeof cursor->left;
    cursor->end = gguf->set.maps[0].data + gguf->set.maps[0].size;
    cursor->type = (ya_gguf_type)type;
    return true;
}

bool ya_gguf_get_array(const ya_gguf *gguf, const char *key, ya_gguf_type *type, uint64_t *count)
{
    ya_gguf_cursor cursor;
    if (!ya_gguf_walk(gguf, key, &cursor))
        return false;
    *type = cursor.type;
    *count = cursor.left;
    return true;
}

bool ya_gguf_next_text(ya_gguf_cursor *cursor, ya_text *out)
{
    if (cursor->left == 0 || cursor->type != YA_GGUF_STRING)
        return false;
    *out = text_at(cursor->at);
    cursor->at = (const uint8_t *)out->data + out->size;
    cursor->left--;
    return true;
}

bool ya_gguf_next_i64(ya_gguf_cursor *cursor, int64_t *out)
{
    int64_t value;
    if (cursor->left == 0 || !integer_at(cursor->at, cursor->type, &value))
        return false;
    *out = value;
    cursor->at += ya_gguf_type_size(cursor->type);
    cursor->left--;
    return true;
}

bool ya_gguf_next_f64(ya_gguf_cursor *cursor, double *out)
{
    if (cursor->left == 0 || !number_at(cursor->at, cursor->type, out))
        return false;
    cursor->at += ya_gguf_type_size(cursor->type);
    cursor->left--;
    return true;
}

bool ya_gguf_key(const ya_gguf *gguf, uint64_t i, ya_text *key, ya_gguf_type *type)
{
    if (i >= gguf->n_keys)
        return false;
    *key = gguf->keys[i].key;
    *type = gguf->keys[i].type;
    return true;
}

ya_text ya_gguf_value(const ya_gguf *gguf, uint64_t i)
{
    return (ya_text){(const char *)gguf->keys[i].value, gguf->keys[i].value_bytes};
}

bool ya_gguf_has(const ya_gguf *gguf, const char *key, ya_gguf_type *type)
{
    const entry *e = find(gguf, key);
    if (e)
        *type = e->type;
    return e != NULL;
}

const ya_tensor_set *ya_gguf_tensors(const ya_gguf *gguf)
{
    return &gguf->set;
}

uint32_t ya_gguf_version(const ya_gguf *gguf)
{
    return gguf->version;
}
