/* Writing. The layout of the scratch that the caller may lend:
 *
 *     | order: size_t x n_tensors | header: length, JSON, padding |
 *
 * The header's part is an upper bound of its size, so the buffer over it never grows. */
#include "io/safetensors.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/checked.h"
#include "io/file.h"
#include "io/json.h"

#include <inttypes.h>
#include <string.h>

enum {
    LENGTH_BYTES = 8,
    DATA_ALIGN = 64,
    QUOTED_MAX = 6, /* bytes that one byte of a text takes in JSON: \u001f */
    ENTRY_BYTES =
        256 /* all but the name: type, four dimensions and two offsets of 20 digits each */
};

typedef const char *const (*pairs)[2];

static size_t header_bound(const ya_tensor *tensors, size_t n_tensors, pairs metadata,
                           size_t n_metadata)
{
    size_t bytes = LENGTH_BYTES + 64 + DATA_ALIGN;
    for (size_t i = 0; i < n_tensors; i++)
        bytes += strlen(tensors[i].name) * QUOTED_MAX + ENTRY_BYTES;
    for (size_t i = 0; i < n_metadata; i++)
        bytes += (strlen(metadata[i][0]) + strlen(metadata[i][1])) * QUOTED_MAX + 8;
    return bytes;
}

size_t ya_safetensors_write_scratch(const ya_tensor *tensors, size_t n_tensors, pairs metadata,
                                    size_t n_metadata)
{
    return n_tensors * sizeof(size_t) + header_bound(tensors, n_tensors, metadata, n_metadata);
}

/* Larger elements first, so that each tensor is aligned to its element (PyTorch's reader wants
 * that), then by name: the order of the reference implementation. */
static bool comes_before(const ya_tensor *a, const ya_tensor *b)
{
    int size_a = ya_dtype_get(a->type)->block_bytes, size_b = ya_dtype_get(b->type)->block_bytes;
    return size_a != size_b ? size_a > size_b : strcmp(a->name, b->name) < 0;
}

/* Shell sort: qsort may allocate. */
static void sort_order(size_t *order, const ya_tensor *tensors, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t gap = n / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
        for (size_t i = gap; i < n; i++) {
            size_t moved = order[i], at = i;
            for (; at >= gap && comes_before(&tensors[moved], &tensors[order[at - gap]]); at -= gap)
                order[at] = order[at - gap];
            order[at] = moved;
        }
    }
}

static ya_status add_metadata(ya_buffer *out, pairs metadata, size_t n, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "\"__metadata__\":{"));
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            YA_TRY(ya_buffer_add(out, ",", 1, err));
        YA_TRY(ya_json_quote(out, metadata[i][0], strlen(metadata[i][0]), err));
        YA_TRY(ya_buffer_add(out, ":", 1, err));
        YA_TRY(ya_json_quote(out, metadata[i][1], strlen(metadata[i][1]), err));
    }
    YA_TRY(ya_buffer_add(out, "}", 1, err));
done:
    return status;
}

static ya_status add_entry(ya_buffer *out, const ya_tensor *tensor, uint64_t begin, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_json_quote(out, tensor->name, strlen(tensor->name), err));
    YA_TRY(ya_buffer_printf(out, err, ":{\"dtype\":\"%s\",\"shape\":[",
                            ya_dtype_get(tensor->type)->safetensors));
    for (int i = 0; i < tensor->n_dims; i++)
        YA_TRY(ya_buffer_printf(out, err, "%s%" PRId64, i ? "," : "", tensor->shape[i]));
    YA_TRY(ya_buffer_printf(out, err, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", begin,
                            begin + tensor->bytes));
done:
    return status;
}

static ya_status make_header(ya_buffer *out, const ya_tensor *tensors, const size_t *order,
                             size_t n_tensors, pairs metadata, size_t n_metadata, ya_error *err)
{
    static const char spaces[DATA_ALIGN + 1] =
        "                                                                ";
    ya_status status;
    uint64_t begin = 0;
    YA_TRY(ya_buffer_add(out, spaces, LENGTH_BYTES, err)); /* the length comes when it is known */
    YA_TRY(ya_buffer_add(out, "{", 1, err));
    if (n_metadata)
        YA_TRY(add_metadata(out, metadata, n_metadata, err));
    for (size_t i = 0; i < n_tensors; i++) {
        if (i > 0 || n_metadata)
            YA_TRY(ya_buffer_add(out, ",", 1, err));
        YA_TRY(add_entry(out, &tensors[order[i]], begin, err));
        begin += tensors[order[i]].bytes;
    }
    YA_TRY(ya_buffer_add(out, "}", 1, err));
    YA_TRY(ya_buffer_add(out, spaces, ya_round_up(out->size, DATA_ALIGN) - out->size, err));
    uint64_t length = out->size - LENGTH_BYTES;
    for (int i = 0; i < LENGTH_BYTES; i++)
        out->data[i] = (char)(length >> (8 * i));
done:
    return status;
}

/* What cannot be written, said before a file is made. */
static ya_status check(const char *path, const ya_tensor *tensors, const size_t *order, size_t n,
                       ya_error *err)
{
    uint64_t total = 0;
    for (size_t i = 0; i < n; i++) {
        ya_tensor tensor = tensors[order[i]];
        uint64_t bytes = tensor.bytes;
        if (!ya_dtype_get(tensor.type)->safetensors)
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "%s: safetensors has no type for %s of tensor %s", path,
                           ya_dtype_get(tensor.type)->name, tensor.name);
        if (!ya_tensor_measure(&tensor) || tensor.bytes != bytes ||
            !ya_add_u64(total, bytes, &total))
            return ya_fail(err, YA_ERR_FORMAT,
                           "%s: tensor %s has %" PRIu64
                           " bytes, which is not what its type and shape ask for",
                           path, tensor.name, bytes);
        if (i > 0 && strcmp(tensor.name, tensors[order[i - 1]].name) == 0)
            return ya_fail(err, YA_ERR_FORMAT, "%s: two tensors are named %s", path, tensor.name);
    }
    return YA_OK;
}

static ya_status write_out(const char *path, const ya_tensor *tensors, const size_t *order,
                           size_t n, const ya_buffer *header, ya_error *err)
{
    int file;
    ya_status status = ya_file_create(&file, path, err);
    if (status)
        return status;
    YA_TRY(ya_file_write(file, path, header->data, header->size, err));
    for (size_t i = 0; i < n; i++)
        YA_TRY(ya_file_write(file, path, tensors[order[i]].data, tensors[order[i]].bytes, err));
done:
    return ya_file_finish(file, path, status, err);
}

static ya_status stream_out(const char *path, const ya_tensor *tensors, const size_t *order,
                            size_t n, const ya_buffer *header, ya_tensor_source *source, void *user,
                            ya_error *err)
{
    ya_sink sink;
    ya_status status = ya_sink_open(&sink, path, err);
    if (status)
        return status;
    YA_TRY(ya_sink_write(&sink, header->data, header->size, err));
    for (size_t i = 0; i < n; i++) {
        uint64_t before = sink.size;
        YA_TRY(source(user, order[i], &sink, err));
        if (sink.size - before != tensors[order[i]].bytes)
            YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s: tensor %s came with %" PRIu64 " bytes", path,
                           tensors[order[i]].name, sink.size - before));
    }
done:
    return ya_sink_close(&sink, status, err);
}

/* Both ways of writing; `source` NULL: from `data`. */
typedef struct {
    ya_tensor_source *source;
    void *user;
} supply;

static ya_status write_tensors(const char *path, const ya_tensor *tensors, size_t n_tensors,
                               pairs metadata, size_t n_metadata, const ya_scratch *scratch,
                               supply from, ya_error *err)
{
    size_t needed = ya_safetensors_write_scratch(tensors, n_tensors, metadata, n_metadata);
    if (scratch && scratch->bytes < needed)
        return ya_fail(err, YA_ERR_MEMORY, "writing %s needs %zu bytes of scratch, not %zu", path,
                       needed, scratch->bytes);
    void *block = scratch ? scratch->data : ya_alloc(needed);
    if (!block)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory writing %s", path);
    size_t *order = block;
    size_t table = n_tensors * sizeof *order;
    ya_buffer header = {(char *)block + table, 0, needed - table};
    ya_status status;
    sort_order(order, tensors, n_tensors);
    YA_TRY(check(path, tensors, order, n_tensors, err));
    YA_TRY(make_header(&header, tensors, order, n_tensors, metadata, n_metadata, err));
    if (from.source)
        YA_TRY(stream_out(path, tensors, order, n_tensors, &header, from.source, from.user, err));
    else
        YA_TRY(write_out(path, tensors, order, n_tensors, &header, err));
done:
    if (!scratch)
        ya_free(block);
    return status;
}

ya_status ya_safetensors_write(const char *path, const ya_tensor *tensors, size_t n_tensors,
                               pairs metadata, size_t n_metadata, const ya_scratch *scratch,
                               ya_error *err)
{
    return write_tensors(path, tensors, n_tensors, metadata, n_metadata, scratch, (supply){0}, err);
}

ya_status ya_safetensors_stream(const char *path, const ya_tensor *tensors, size_t n_tensors,
                                pairs metadata, size_t n_metadata, ya_tensor_source *source,
                                void *user, ya_error *err)
{
    return write_tensors(path, tensors, n_tensors, metadata, n_metadata, NULL,
                         (supply){source, user}, err);
}
