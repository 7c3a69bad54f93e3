#include "base/buffer.h"

#include "base/alloc.h"
#include "base/checked.h"

#include <stdio.h>
#include <string.h>

static ya_status reserve(void **data, size_t *room, size_t need, size_t size, ya_error *err)
{
    if (need <= *room)
        return YA_OK;
    size_t wanted = *room + *room / 2 > need ? *room + *room / 2 : need;
    void *bigger = ya_realloc_array(*data, wanted, size);
    if (!bigger)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu items of %zu bytes", wanted,
                       size);
    *data = bigger;
    *room = wanted;
    return YA_OK;
}

ya_status ya_buffer_add(ya_buffer *buffer, const void *bytes, size_t n, ya_error *err)
{
    size_t need;
    if (!ya_add_size(buffer->size, n, &need) || !ya_add_size(need, 1, &need))
        return ya_fail(err, YA_ERR_MEMORY, "a text of %zu bytes cannot grow by %zu", buffer->size,
                       n);
    void *data = buffer->data;
    ya_status status = reserve(&data, &buffer->room, need, 1, err);
    if (status)
        return status;
    buffer->data = data;
    if (n)
        memcpy(buffer->data + buffer->size, bytes, n);
    buffer->size += n;
    buffer->data[buffer->size] = '\0';
    return YA_OK;
}

ya_status ya_buffer_printf(ya_buffer *buffer, ya_error *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    ya_status status = YA_OK;
    void *data = buffer->data;
    if (n < 0)
        status = ya_fail(err, YA_ERR_DATA, "cannot format a text");
    else
        status = reserve(&data, &buffer->room, buffer->size + (size_t)n + 1, 1, err);
    if (!status) {
        buffer->data = data;
        vsnprintf(buffer->data + buffer->size, (size_t)n + 1, format, again);
        buffer->size += (size_t)n;
    }
    va_end(again);
    return status;
}

void ya_buffer_free(ya_buffer *buffer)
{
    ya_free(buffer->data);
    *buffer = (ya_buffer){0};
}

ya_status ya_ids_add(ya_ids *ids, int32_t id, ya_error *err)
{
    void *data = ids->data;
    ya_status status = reserve(&data, &ids->room, ids->size + 1, sizeof *ids->data, err);
    if (status)
        return status;
    ids->data = data;
    ids->data[ids->size++] = id;
    return YA_OK;
}

void ya_ids_free(ya_ids *ids)
{
    ya_free(ids->data);
    *ids = (ya_ids){0};
}
