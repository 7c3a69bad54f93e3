/* Opening a GGUF file. Every number is read through `reader`, whose functions fail at the end of
 * the file. Invariants of a ya_gguf:
 *   1. The value of each key lies in the map: its elements were walked once, so that the accessors
 *      (gguf_keys.c) need no further checks than those of a cursor.
 *   2. Keys and tensor names are unique; tensors lie in the file, aligned, without overlap.
 *   3. Tables grow with what was read, never by a count that the file claims. */
#include "io/gguf_file.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "io/shown.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_MIN_BYTES = 8 + 4 + 1,     /* an empty key with a one-byte value */
    INFO_MIN_BYTES = 8 + 4 + 4 + 8 /* an empty name, no dimensions */
};

static ya_status short_file(const reader *r, const char *what)
{
    return ya_fail(r->err, YA_ERR_FORMAT,
                   "%s is truncated or corrupt: it ends within %s (%zu bytes)", r->path, what,
                   r->size);
}

static bool take(reader *r, void *out, size_t size)
{
    if (size > (size_t)(r->end - r->at))
        return false;
    memcpy(out, r->at, size); /* the format and the machine are both little-endian */
    r->at += size;
    return true;
}

static bool take_text(reader *r, ya_text *out)
{
    uint64_t size;
    if (!take(r, &size, sizeof size) || size > (uint64_t)(r->end - r->at))
        return false;
    *out = (ya_text){(const char *)r->at, (size_t)size};
    r->at += size;
    return true;
}

size_t ya_gguf_type_size(ya_gguf_type type)
{
    static const unsigned char sizes[] = {
        [YA_GGUF_U8] = 1,     [YA_GGUF_I8] = 1,    [YA_GGUF_U16] = 2, [YA_GGUF_I16] = 2,
        [YA_GGUF_U32] = 4,    [YA_GGUF_I32] = 4,   [YA_GGUF_F32] = 4, [YA_GGUF_BOOL] = 1,
        [YA_GGUF_STRING] = 0, [YA_GGUF_ARRAY] = 0, [YA_GGUF_U64] = 8, [YA_GGUF_I64] = 8,
        [YA_GGUF_F64] = 8};
    return sizes[type];
}

static bool skip_texts(reader *r, uint64_t count)
{
    ya_text text;
    while (count-- > 0)
        if (!take_text(r, &text))
            return false;
    return true;
}

/* Steps over a value of `type` (arrays: of arrays up to `depth` deep). */
static bool skip_value(reader *r, uint32_t type, int depth)
{
    uint32_t element;
    uint64_t count, bytes;
    ya_text text;
    if (type > YA_GGUF_F64)
        return false;
    if (type == YA_GGUF_STRING)
        return take_text(r, &text);
    if (type != YA_GGUF_ARRAY) {
        bytes = ya_gguf_type_size((ya_gguf_type)type);
    } else {
        if (depth == 0 || !take(r, &element, sizeof element) || !take(r, &count, sizeof count) ||
            element > YA_GGUF_F64)
            return false;
        if (element == YA_GGUF_STRING)
            return skip_texts(r, count);
        if (element == YA_GGUF_ARRAY) {
            while (count-- > 0)
                if (!skip_value(r, element, depth - 1))
                    return false;
            return true;
        }
        if (!ya_mul_u64(count, ya_gguf_type_size((ya_gguf_type)element), &bytes))
            return false;
    }
    if (bytes > (uint64_t)(r->end - r->at))
        return false;
    r->at += bytes;
    return true;
}

/* Makes room for one more item of a table. */
static ya_status grow(const reader *r, void **table, size_t used, size_t *room, size_t size)
{
    if (used < *room)
        return YA_OK;
    size_t wanted = *room ? *room * 2 : 64;
    void *bigger = ya_realloc_array(*table, wanted, size);
    if (!bigger)
        return ya_fail(r->err, YA_ERR_MEMORY, "out of memory reading the tables of %s", r->path);
    *table = bigger;
    *room = wanted;
    return YA_OK;
}

static ya_status read_key(reader *r, ya_gguf *gguf, size_t *room)
{
    entry e;
    uint32_t type;
    void *table = gguf->keys;
    ya_status status = grow(r, &table, gguf->n_keys, room, sizeof *gguf->keys);
    gguf->keys = table;
    if (status)
        return status;
    if (!take_text(r, &e.key) || !take(r, &type, sizeof type))
        return short_file(r, "the key table");
    ya_shown shown = ya_show(e.key.data, e.key.size);
    e.value = r->at;
    e.type = (ya_gguf_type)type;
    if (type > YA_GGUF_F64)
        return ya_fail(r->err, YA_ERR_FORMAT, "%s: key %s has the unknown type %" PRIu32, r->path,
                       shown.text, type);
    if (!skip_value(r, type, MAX_NESTING))
        return ya_fail(
            r->err, YA_ERR_FORMAT,
            "%s: the value of key %s does not fit in the file: it is truncated or corrupt", r->path,
            shown.text);
    e.value_bytes = (size_t)(r->at - e.value);
    gguf->keys[gguf->n_keys++] = e;
    return YA_OK;
}

static ya_status read_keys(reader *r, ya_gguf *gguf, uint64_t count)
{
    size_t room = 0;
    if (count > (uint64_t)(r->end - r->at) / KEY_MIN_BYTES)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s claims %" PRIu64 " keys, which cannot fit in %zu bytes", r->path, count,
                       r->size);
    for (uint64_t i = 0; i < count; i++) {
        ya_status status = read_key(r, gguf, &room);
        if (status)
            return status;
    }
    return ya_gguf_sort_keys(gguf, r->path, r->err);
}

static const char *type_name(uint32_t number)
{
    static const char *const names[] = {
        [4] = "Q4_2",    [5] = "Q4_3",     [9] = "Q8_1",   [15] = "Q8_K",  [16] = "IQ2_XXS",
        [17] = "IQ2_XS", [18] = "IQ3_XXS", [19] = "IQ1_S", [21] = "IQ3_S", [22] = "IQ2_S",
        [29] = "IQ1_M",  [34] = "TQ1_0",   [35] = "TQ2_0", [39] = "MXFP4"};
    return number < sizeof names / sizeof *names && names[number] ? names[number] : "unknown";
}

/* Dimensions and type of one tensor, from where its name ends. */
static ya_status read_layout(reader *r, const char *name, ya_tensor *tensor)
{
    uint32_t n_dims, number;
    if (!take(r, &n_dims, sizeof n_dims))
        return short_file(r, "the tensor table");
    if (n_dims > YA_MAX_DIMS)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s: tensor %s claims %" PRIu32 " dimensions, at most %d are allowed",
                       r->path, name, n_dims, (int)YA_MAX_DIMS);
    tensor->n_dims = (int)n_dims;
    for (uint32_t i = 0; i < n_dims; i++) {
        uint64_t dim;
        if (!take(r, &dim, sizeof dim))
            return short_file(r, "the tensor table");
        if (dim == 0 || dim > INT64_MAX)
            return ya_fail(r->err, YA_ERR_FORMAT, "%s: tensor %s has a dimension of %" PRIu64,
                           r->path, name, dim);
        tensor->shape[n_dims - 1 - i] = (int64_t)dim;
    }
    if (!take(r, &number, sizeof number))
        return short_file(r, "the tensor table");
    if (!ya_dtype_from_gguf(number, &tensor->type))
        return ya_fail(r->err, YA_ERR_UNSUPPORTED,
                       "%s: tensor %s has the type %s (%" PRIu32 "), which is not supported",
                       r->path, name, type_name(number), number);
    const ya_dtype_info *info = ya_dtype_get(tensor->type);
    int64_t row = n_dims > 0 ? tensor->shape[n_dims - 1] : 1;
    if (row % info->block_size != 0)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s: tensor %s has rows of %" PRId64
                       " elements, which do not divide into the blocks of %d of %s",
                       r->path, name, row, info->block_size, info->name);
    if (!ya_tensor_measure(tensor))
        return ya_fail(r->err, YA_ERR_FORMAT, "%s: the shape of tensor %s overflows", r->path,
                       name);
    return YA_OK;
}

/* One tensor; `data` then holds its offset until place_tensors knows where the data starts. */
static ya_status read_info(reader *r, ya_gguf *gguf, size_t *room)
{
    ya_text name;
    uint64_t offset;
    ya_tensor tensor = {0};
    ya_tensor_set *set = &gguf->set;
    void *table = set->tensors;
    ya_status status = grow(r, &table, set->n_tensors, room, sizeof *set->tensors);
    set->tensors = table;
    if (status)
        return status;
    if (!take_text(r, &name))
        return short_file(r, "the tensor table");
    ya_shown shown = ya_show(name.data, name.size);
    if (name.size == 0 || memchr(name.data, '\0', name.size))
        return ya_fail(r->err, YA_ERR_FORMAT, "%s: tensor %zu has an empty name or one with a NUL",
                       r->path, set->n_tensors);
    status = read_layout(r, shown.text, &tensor);
    if (status)
        return status;
    if (!take(r, &offset, sizeof offset))
        return short_file(r, "the tensor table");
    if (offset > r->size)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s: tensor %s starts at %" PRIu64
                       " of the data, beyond the file's %zu bytes: it is truncated or corrupt",
                       r->path, shown.text, offset, r->size);
    tensor.data = (const void *)(uintptr_t)offset;
    tensor.name = ya_strndup(name.data, name.size);
    if (!tensor.name)
        return ya_fail(r->err, YA_ERR_MEMORY, "out of memory reading %s", r->path);
    set->tensors[set->n_tensors++] = tensor;
    return YA_OK;
}

static ya_status read_infos(reader *r, ya_gguf *gguf, uint64_t count)
{
    size_t room = 0;
    if (count > (uint64_t)(r->end - r->at) / INFO_MIN_BYTES)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s claims %" PRIu64 " tensors, which cannot fit in %zu bytes", r->path,
                       count, r->size);
    for (uint64_t i = 0; i < count; i++) {
        ya_status status = read_info(r, gguf, &room);
        if (status)
            return status;
    }
    return YA_OK;
}

static int by_data(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const ya_tensor *)a)->data,
              y = (uintptr_t)((const ya_tensor *)b)->data;
    return x < y ? -1 : x > y;
}

/* Turns offsets into addresses; tensors are still in the order of the file. */
static ya_status place_tensors(const reader *r, ya_tensor_set *set, uint64_t alignment)
{
    const uint8_t *start = r->end - r->size;
    uint64_t used = (uint64_t)(r->at - start);
    uint64_t pad = (alignment - used % alignment) % alignment;
    uint64_t room = pad > r->size - used ? 0 : r->size - used - pad; /* for data */
    uint64_t covered = 0;
    if (set->n_tensors)
        qsort(set->tensors, set->n_tensors, sizeof *set->tensors, by_data);
    for (size_t i = 0; i < set->n_tensors; i++) {
        ya_tensor *tensor = &set->tensors[i];
        uint64_t offset = (uintptr_t)tensor->data;
        ya_shown shown = ya_show(tensor->name, strlen(tensor->name));
        if (offset % alignment != 0)
            return ya_fail(r->err, YA_ERR_FORMAT,
                           "%s: tensor %s starts at %" PRIu64
                           ", not at a multiple of general.alignment = %" PRIu64,
                           r->path, shown.text, offset, alignment);
        if (offset > room || tensor->bytes > room - offset)
            return ya_fail(r->err, YA_ERR_FORMAT,
                           "%s: tensor %s [%" PRIu64 " + %" PRIu64
                           " bytes] leaves the file's %" PRIu64
                           " bytes of data: it is truncated or corrupt",
                           r->path, shown.text, offset, tensor->bytes, room);
        if (offset < covered)
            return ya_fail(r->err, YA_ERR_FORMAT, "%s: tensor %s overlaps %s", r->path, shown.text,
                           ya_show(tensor[-1].name, strlen(tensor[-1].name)).text);
        covered = offset + tensor->bytes;
        tensor->data = r->at + pad + offset;
    }
    return YA_OK;
}

static ya_status read_version(reader *r, ya_gguf *gguf)
{
    char magic[4];
    if (!take(r, magic, sizeof magic) || memcmp(magic, "GGUF", sizeof magic) != 0)
        return ya_fail(r->err, YA_ERR_FORMAT, "%s is no GGUF file: it does not begin with \"GGUF\"",
                       r->path);
    if (!take(r, &gguf->version, sizeof gguf->version))
        return short_file(r, "the header");
    if (gguf->version && (gguf->version & 0xFFFF) == 0)
        return ya_fail(r->err, YA_ERR_UNSUPPORTED,
                       "%s is a big-endian GGUF file, only little-endian ones are read", r->path);
    if (gguf->version == 1)
        return ya_fail(r->err, YA_ERR_UNSUPPORTED,
                       "%s is GGUF version 1, versions 2 and 3 are read: convert it anew", r->path);
    if (gguf->version < 2 || gguf->version > 3)
        return ya_fail(r->err, YA_ERR_UNSUPPORTED,
                       "%s is GGUF version %" PRIu32 ", versions 2 and 3 are read", r->path,
                       gguf->version);
    return YA_OK;
}

static ya_status check_settings(const reader *r, const ya_gguf *gguf, uint64_t *alignment)
{
    ya_gguf_type type;
    int64_t value = 32;
    bool known = ya_gguf_get_i64(gguf, "general.alignment", &value);
    if (!known && ya_gguf_has(gguf, "general.alignment", &type))
        value = 0;
    if (value <= 0 || value > 1 << 30 || (value & (value - 1)) != 0)
        return ya_fail(r->err, YA_ERR_FORMAT, "%s: general.alignment is no power of two", r->path);
    *alignment = (uint64_t)value;
    return YA_OK;
}

static ya_status read_file(reader *r, ya_gguf *gguf)
{
    uint64_t n_tensors, n_keys, alignment = 0;
    ya_status status;
    YA_TRY(read_version(r, gguf));
    if (!take(r, &n_tensors, sizeof n_tensors) || !take(r, &n_keys, sizeof n_keys))
        return short_file(r, "the header");
    YA_TRY(read_keys(r, gguf, n_keys));
    YA_TRY(check_settings(r, gguf, &alignment));
    YA_TRY(read_infos(r, gguf, n_tensors));
    YA_TRY(place_tensors(r, &gguf->set, alignment));
    const char *twice = ya_tensor_set_sort(&gguf->set);
    if (twice) {
        ya_shown shown = ya_show(twice, strlen(twice));
        return ya_fail(r->err, YA_ERR_FORMAT, "%s: tensor %s is there twice", r->path, shown.text);
    }
done:
    return status;
}

ya_status ya_gguf_open_file(ya_gguf **out, const char *path, ya_error *err)
{
    ya_status status;
    *out = NULL;
    ya_gguf *gguf = ya_alloc_zero(1, sizeof *gguf);
    ya_map *map = ya_alloc_zero(1, sizeof *map);
    if (!gguf || !map) {
        ya_free(gguf);
        ya_free(map);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path);
    }
    gguf->set.maps = map;
    YA_TRY(ya_map_open(map, path, err));
    gguf->set.n_maps = 1;
    if (map->size == 0)
        YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s is empty, not a GGUF file", path));
    reader r = {map->data, map->data + map->size, map->size, path, err};
    YA_TRY(read_file(&r, gguf));
    *out = gguf;
done:
    if (status)
        ya_gguf_close(gguf);
    return status;
}

void ya_gguf_close(ya_gguf *gguf)
{
    if (!gguf)
        return;
    ya_tensor_set_free(&gguf->set);
    ya_free(gguf->keys);
    ya_free(gguf->order);
    ya_free(gguf);
}
