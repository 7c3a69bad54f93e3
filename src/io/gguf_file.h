/* Inside of the GGUF reader: shared by gguf.c (one file), gguf_split.c (files in parts) and
 * gguf_keys.c (access to keys). */
#ifndef YA_IO_GGUF_FILE_H
#define YA_IO_GGUF_FILE_H

#include "io/gguf.h"

enum { MAX_NESTING = 4 }; /* arrays in arrays */

typedef struct {
    ya_text key;
    ya_gguf_type type;
    const uint8_t *value; /* where the value starts in the map */
    size_t value_bytes;
} entry;

struct ya_gguf {
    ya_tensor_set set;
    uint32_t version;
    entry *keys; /* in file order */
    size_t n_keys;
    size_t *order; /* indices of keys, sorted by their names */
};

/* The part of the file that is not read yet. */
typedef struct {
    const uint8_t *at, *end;
    size_t size; /* of the whole file */
    const char *path;
    ya_error *err;
} reader;

/* Bytes of one value; 0 for texts and arrays. */
size_t ya_gguf_type_size(ya_gguf_type type);

/* Fills `order`. YA_ERR_MEMORY, or YA_ERR_FORMAT for a key that is there twice. */
ya_status ya_gguf_sort_keys(ya_gguf *gguf, const char *path, ya_error *err) YA_CHECK;

/* The key of that name or NULL. */
const entry *ya_gguf_find(const ya_gguf *gguf, ya_text key);

/* One file as it is, be it a part of several. */
ya_status ya_gguf_open_file(ya_gguf **out, const char *path, ya_error *err) YA_CHECK;

#endif
