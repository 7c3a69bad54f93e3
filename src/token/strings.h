/* A table of byte strings with ids: exact lookup by string, and by id. Filled once, then read by
 * any thread.
 *
 *     slots   [2^k] open addressing, linear probing: first 8 bytes, length, offset, id
 *     bytes   every string, NUL behind each
 *     by_id   [n_ids] offset and length, absent when no string has that id */
#ifndef YA_TOKEN_STRINGS_H
#define YA_TOKEN_STRINGS_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YA_STRINGS_MAX_ID = 1 << 24 };

typedef struct {
    uint64_t head; /* the first 8 bytes, zero-filled */
    uint32_t length, offset;
    int32_t id; /* -1: empty slot */
} ya_string_slot;

typedef struct {
    uint32_t offset, length; /* length UINT32_MAX: no such id */
} ya_string_ref;

typedef struct {
    ya_string_slot *slots;
    size_t n_slots; /* power of two */
    size_t n_strings;
    ya_buffer bytes;
    ya_string_ref *by_id;
    size_t n_ids, room_ids;
} ya_strings;

/* Adds `text` as `id` (0 <= id < YA_STRINGS_MAX_ID, else YA_ERR_FORMAT). A string that is already
 * there keeps its id when `keep`, else takes the new one. An id can have one string: a second one
 * is YA_ERR_FORMAT. */
ya_status ya_strings_add(ya_strings *strings, const char *text, size_t size, int32_t id, bool keep,
                         ya_error *err) YA_CHECK;
void ya_strings_free(ya_strings *strings);

/* The id of a string or -1. */
int32_t ya_strings_find(const ya_strings *strings, const char *text, size_t size);

/* The string of an id, NUL-terminated, or NULL. */
const char *ya_strings_text(const ya_strings *strings, int32_t id, size_t *size);

#endif
