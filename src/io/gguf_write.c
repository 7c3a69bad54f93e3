#include "io/gguf_write.h"

#include "base/checked.h"

#include <string.h>

enum { VERSION = 3, HEADER_BYTES = 4 + 4 + 8 + 8 };

static ya_status put_u32(ya_buffer *out, uint32_t value, ya_error *err)
{
    return ya_buffer_add(out, &value, sizeof value, err); /* the machine is little-endian too */
}

static ya_status put_u64(ya_buffer *out, uint64_t value, ya_error *err)
{
    return ya_buffer_add(out, &value, sizeof value, err);
}

static ya_status put_text(ya_buffer *out, const char *text, size_t size, ya_error *err)
{
    ya_status status = put_u64(out, size, err);
    return status ? status : ya_buffer_add(out, text, size, err);
}

ya_status ya_gguf_put_raw(ya_gguf_writer *w, ya_text key, ya_gguf_type type, const void *value,
                          size_t bytes, ya_error *err)
{
    ya_status status;
    YA_TRY(put_text(&w->keys, key.data, key.size, err));
    YA_TRY(put_u32(&w->keys, (uint32_t)type, err));
    YA_TRY(ya_buffer_add(&w->keys, value, bytes, err));
    w->n_keys++;
done:
    return status;
}

static ya_text text_of(const char *key)
{
    return (ya_text){key, strlen(key)};
}

ya_status ya_gguf_put_u32(ya_gguf_writer *w, const char *key, uint32_t value, ya_error *err)
{
    return ya_gguf_put_raw(w, text_of(key), YA_GGUF_U32, &value, sizeof value, err);
}

ya_status ya_gguf_put_f32(ya_gguf_writer *w, const char *key, float value, ya_error *err)
{
    return ya_gguf_put_raw(w, text_of(key), YA_GGUF_F32, &value, sizeof value, err);
}

ya_status ya_gguf_put_bool(ya_gguf_writer *w, const char *key, bool value, ya_error *err)
{
    uint8_t byte = value;
    return ya_gguf_put_raw(w, text_of(key), YA_GGUF_BOOL, &byte, sizeof byte, err);
}

ya_status ya_gguf_put_text(ya_gguf_writer *w, const char *key, const char *value, ya_error *err)
{
    uint64_t size = strlen(value);
    ya_status status = ya_gguf_put_raw(w, text_of(key), YA_GGUF_STRING, &size, sizeof size, err);
    return status ? status : ya_buffer_add(&w->keys, value, (size_t)size, err);
}

ya_status ya_gguf_begin_array(ya_gguf_writer *w, const char *key, ya_gguf_type type, uint64_t count,
                              ya_error *err)
{
    uint32_t element = (uint32_t)type;
    ya_status status =
        ya_gguf_put_raw(w, text_of(key), YA_GGUF_ARRAY, &element, sizeof element, err);
    return status ? status : put_u64(&w->keys, count, err);
}

ya_status ya_gguf_add_bytes(ya_gguf_writer *w, const void *bytes, size_t size, ya_error *err)
{
    return ya_buffer_add(&w->keys, bytes, size, err);
}

ya_status ya_gguf_add_text(ya_gguf_writer *w, const char *text, size_t size, ya_error *err)
{
    return put_text(&w->keys, text, size, err);
}

ya_status ya_gguf_add_tensor(ya_gguf_writer *w, const ya_tensor *tensor, uint64_t *bytes,
                             ya_error *err)
{
    const ya_dtype_info *info = ya_dtype_get(tensor->type);
    ya_tensor measured = *tensor;
    ya_status status;
    if (info->gguf_type < 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "GGUF has no type for %s of tensor %s", info->name,
                       tensor->name);
    if (!ya_tensor_measure(&measured))
        return ya_fail(err, YA_ERR_FORMAT,
                       "the shape of tensor %s overflows or does not divide into blocks of %s",
                       tensor->name, info->name);
    YA_TRY(put_text(&w->infos, tensor->name, strlen(tensor->name), err));
    YA_TRY(put_u32(&w->infos, (uint32_t)tensor->n_dims, err));
    for (int i = tensor->n_dims; i-- > 0;)
        YA_TRY(put_u64(&w->infos, (uint64_t)tensor->shape[i], err));
    YA_TRY(put_u32(&w->infos, (uint32_t)info->gguf_type, err));
    YA_TRY(put_u64(&w->infos, w->data_bytes, err));
    w->data_bytes += ya_round_up(measured.bytes, YA_GGUF_ALIGNMENT);
    w->n_tensors++;
    if (bytes)
        *bytes = measured.bytes;
done:
    return status;
}

uint64_t ya_gguf_head_bytes(const ya_gguf_writer *w)
{
    return ya_round_up(HEADER_BYTES + w->keys.size + w->infos.size, YA_GGUF_ALIGNMENT);
}

ya_status ya_gguf_write_head(const ya_gguf_writer *w, ya_sink *sink, ya_error *err)
{
    uint32_t version = VERSION;
    ya_status status;
    YA_TRY(ya_sink_write(sink, "GGUF", 4, err));
    YA_TRY(ya_sink_write(sink, &version, sizeof version, err));
    YA_TRY(ya_sink_write(sink, &w->n_tensors, sizeof w->n_tensors, err));
    YA_TRY(ya_sink_write(sink, &w->n_keys, sizeof w->n_keys, err));
    YA_TRY(ya_sink_write(sink, w->keys.data, w->keys.size, err));
    YA_TRY(ya_sink_write(sink, w->infos.data, w->infos.size, err));
    YA_TRY(ya_sink_pad(sink, YA_GGUF_ALIGNMENT, err));
done:
    return status;
}

void ya_gguf_writer_free(ya_gguf_writer *w)
{
    ya_buffer_free(&w->keys);
    ya_buffer_free(&w->infos);
    *w = (ya_gguf_writer){0};
}
