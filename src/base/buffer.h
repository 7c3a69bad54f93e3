/* A growable run of bytes and of token ids, for parsing and preparation; never in the training
 * loop. */
#ifndef YA_BASE_BUFFER_H
#define YA_BASE_BUFFER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* {0} is an empty buffer. data[size] is always '\0' once anything was added. */
typedef struct {
    char *data;
    size_t size, room;
} ya_buffer;

/* Appends; YA_ERR_MEMORY leaves the buffer as it was. */
ya_status ya_buffer_add(ya_buffer *buffer, const void *bytes, size_t n, ya_error *err) YA_CHECK;
ya_status ya_buffer_printf(ya_buffer *buffer, ya_error *err, const char *format, ...)
    YA_PRINTF(3, 4) YA_CHECK;
void ya_buffer_free(ya_buffer *buffer);

/* A growable array of token ids; {0} is empty. */
typedef struct {
    int32_t *data;
    size_t size, room;
} ya_ids;

ya_status ya_ids_add(ya_ids *ids, int32_t id, ya_error *err) YA_CHECK;
void ya_ids_free(ya_ids *ids);

#endif
