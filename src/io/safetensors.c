/* Reading. Invariants of a set that ya_safetensors_open returns:
 *   1. `bytes` of a tensor is what its type and shape ask for, and [data, data + bytes) lies in the
 * map.
 *   2. The tensors cover the data part without gap or overlap, as the format demands.
 *   3. Names are unique. */
#include "io/safetensors.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "io/json.h"
#include "io/shown.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MAX = 100 * 1000 * 1000, LENGTH_BYTES = 8 };

/* What the parsing of one file passes around. */
typedef struct {
    const ya_map *map;
    uint64_t header; /* bytes of JSON */
    uint64_t size;   /* bytes of data after it */
    ya_tensor_set *set;
    ya_error *err;
} reader;

static uint64_t little_u64(const uint8_t *at)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static ya_status bad(const reader *r, const char *name, const char *found)
{
    ya_shown shown = ya_show(name, strlen(name));
    return ya_fail(r->err, YA_ERR_FORMAT, "%s: tensor %s %s", r->map->path, shown.text, found);
}

static ya_status read_type(const reader *r, const char *name, const json_t *entry, ya_dtype *type)
{
    const char *dtype = ya_json_get_text(entry, "dtype");
    if (!dtype)
        return bad(r, name, "has no \"dtype\" text");
    if (ya_dtype_from_safetensors(dtype, strlen(dtype), type))
        return YA_OK;
    ya_shown shown_name = ya_show(name, strlen(name));
    ya_shown shown_type = ya_show(dtype, strlen(dtype));
    return ya_fail(
        r->err, YA_ERR_UNSUPPORTED,
        "%s: tensor %s has the type %s, which is not supported (F32, F16 and BF16 weights are)",
        r->map->path, shown_name.text, shown_type.text);
}

static ya_status read_shape(const reader *r, const char *name, const json_t *entry,
                            ya_tensor *tensor)
{
    const json_t *shape = json_object_get(entry, "shape");
    if (!json_is_array(shape))
        return bad(r, name, "has no \"shape\" array");
    if (json_array_size(shape) > YA_MAX_DIMS) {
        ya_shown shown = ya_show(name, strlen(name));
        return ya_fail(r->err, YA_ERR_UNSUPPORTED,
                       "%s: tensor %s has %zu dimensions, at most %d are supported", r->map->path,
                       shown.text, json_array_size(shape), (int)YA_MAX_DIMS);
    }
    tensor->n_dims = (int)json_array_size(shape);
    for (int i = 0; i < tensor->n_dims; i++) {
        const json_t *dim = json_array_get(shape, (size_t)i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 0)
            return bad(r, name, "has a dimension that is no count");
        tensor->shape[i] = json_integer_value(dim);
    }
    if (!ya_tensor_measure(tensor))
        return bad(r, name, "has a shape whose size overflows");
    return YA_OK;
}

static ya_status read_offsets(const reader *r, const char *name, const json_t *entry,
                              ya_tensor *tensor)
{
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *first = json_array_get(offsets, 0), *second = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(second))
        return bad(r, name, "has no \"data_offsets\" of two integers");
    int64_t begin = json_integer_value(first), end = json_integer_value(second);
    if (begin < 0 || end < begin)
        return bad(r, name, "has data_offsets that are no range");
    ya_shown shown = ya_show(name, strlen(name));
    if ((uint64_t)(end - begin) != tensor->bytes)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s: tensor %s has %" PRId64 " bytes, its type and shape ask for %" PRIu64,
                       r->map->path, shown.text, end - begin, tensor->bytes);
    if ((uint64_t)end > r->size)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s: tensor %s ends at byte %" PRId64
                       " of the data, but the file has only %" PRIu64
                       ": it is truncated or corrupt",
                       r->map->path, shown.text, end, r->size);
    tensor->data = r->map->data + LENGTH_BYTES + r->header + (uint64_t)begin;
    return YA_OK;
}

static ya_status read_tensor(const reader *r, const char *name, const json_t *entry)
{
    ya_tensor tensor = {0};
    ya_status status;
    if (!json_is_object(entry))
        return bad(r, name, "is not described by an object");
    YA_TRY(read_type(r, name, entry, &tensor.type));
    YA_TRY(read_shape(r, name, entry, &tensor));
    YA_TRY(read_offsets(r, name, entry, &tensor));
    tensor.name = ya_strdup(name);
    if (!tensor.name)
        return ya_fail(r->err, YA_ERR_MEMORY, "out of memory reading %s", r->map->path);
    r->set->tensors[r->set->n_tensors++] = tensor;
done:
    return status;
}

static int by_place(const void *a, const void *b)
{
    const ya_tensor *x = a, *y = b;
    uintptr_t at_x = (uintptr_t)x->data, at_y = (uintptr_t)y->data;
    if (at_x != at_y)
        return at_x < at_y ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static ya_status check_cover(const reader *r)
{
    const ya_tensor_set *set = r->set;
    const uint8_t *data = r->map->data + LENGTH_BYTES + r->header;
    uint64_t covered = 0;
    if (set->n_tensors)
        qsort(set->tensors, set->n_tensors, sizeof *set->tensors, by_place);
    for (size_t i = 0; i < set->n_tensors; i++) {
        const ya_tensor *tensor = &set->tensors[i];
        uint64_t begin = (uint64_t)((const uint8_t *)tensor->data - data);
        if (begin < covered)
            return bad(r, tensor->name, "overlaps another one");
        if (begin > covered)
            return bad(r, tensor->name, "leaves a gap of unnamed bytes before it");
        covered += tensor->bytes;
    }
    if (covered != r->size)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s has %" PRIu64 " bytes of data, but its tensors account for %" PRIu64,
                       r->map->path, r->size, covered);
    return YA_OK;
}

static ya_status read_header(const reader *r, json_t *header)
{
    const char *name;
    json_t *entry;
    ya_status status;
    r->set->tensors = ya_alloc_zero(json_object_size(header), sizeof *r->set->tensors);
    if (!r->set->tensors)
        return ya_fail(r->err, YA_ERR_MEMORY, "out of memory reading %s", r->map->path);
    json_object_foreach(header, name, entry)
    {
        if (strcmp(name, "__metadata__") != 0)
            YA_TRY(read_tensor(r, name, entry));
    }
    YA_TRY(check_cover(r));
    ya_tensor_set_sort(r->set); /* no name twice: the parser rejects it */
done:
    return status;
}

static ya_status read_mapped(reader *r)
{
    const ya_map *map = r->map;
    if (map->size < LENGTH_BYTES)
        return ya_fail(r->err, YA_ERR_FORMAT, "%s has %zu bytes and is no safetensors file",
                       map->path, map->size);
    r->header = little_u64(map->data);
    if (r->header > HEADER_MAX)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s claims a header of %" PRIu64
                       " bytes (at most %d): it is no safetensors file",
                       map->path, r->header, (int)HEADER_MAX);
    if (r->header > map->size - LENGTH_BYTES)
        return ya_fail(r->err, YA_ERR_FORMAT,
                       "%s is truncated: its header has %" PRIu64 " bytes, the file %zu", map->path,
                       r->header, map->size);
    r->size = map->size - LENGTH_BYTES - r->header;
    json_error_t error;
    json_t *header = json_loadb((const char *)map->data + LENGTH_BYTES, (size_t)r->header,
                                JSON_REJECT_DUPLICATES, &error);
    ya_status status;
    if (!header)
        status = ya_fail(r->err, YA_ERR_FORMAT, "%s: the header is not valid: %s (byte %d of it)",
                         map->path, error.text, error.position);
    else if (!json_is_object(header))
        status = ya_fail(r->err, YA_ERR_FORMAT, "%s: the header is no JSON object", map->path);
    else
        status = read_header(r, header);
    json_decref(header);
    return status;
}

ya_status ya_safetensors_open(ya_tensor_set *set, const char *path, ya_error *err)
{
    *set = (ya_tensor_set){0};
    set->maps = ya_alloc_zero(1, sizeof *set->maps);
    if (!set->maps)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path);
    ya_status status = ya_map_open(&set->maps[0], path, err);
    if (!status) {
        set->n_maps = 1;
        reader r = {.map = &set->maps[0], .set = set, .err = err};
        status = read_mapped(&r);
    }
    if (status)
        ya_tensor_set_free(set);
    return status;
}
