/* GGUF v2 and v3, little-endian, mapped, zero-copy.
 *
 *     | "GGUF" | version: u32 | n_tensors: u64 | n_kv: u64 | kv... | tensor info... | pad | tensor
 * data | kv:     key: string, type: u32, value        string: length: u64, bytes (no NUL) array:
 * element type: u32, count: u64, elements info:   name: string, n_dims: u32, dims: u64 x n_dims
 * (fastest first), ggml_type: u32, offset: u64
 *
 * Offsets count from the start of the data, which is aligned to general.alignment (default 32).
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
#ifndef YA_IO_GGUF_H
#define YA_IO_GGUF_H

#include "io/outdir.h"
#include "io/tensors.h"

#include <stdbool.h>

typedef enum {
    YA_GGUF_U8,
    YA_GGUF_I8,
    YA_GGUF_U16,
    YA_GGUF_I16,
    YA_GGUF_U32,
    YA_GGUF_I32,
    YA_GGUF_F32,
    YA_GGUF_BOOL,
    YA_GGUF_STRING,
    YA_GGUF_ARRAY,
    YA_GGUF_U64,
    YA_GGUF_I64,
    YA_GGUF_F64
} ya_gguf_type;

typedef struct ya_gguf ya_gguf;

/* A text in the mapped file: not NUL-terminated, not necessarily UTF-8. */
typedef struct {
    const char *data;
    size_t size;
} ya_text;

/* Reads header, key table and tensor table; of a file in parts (NAME-00001-of-0000N.gguf, any of
 * them named) those of all, and the first one's keys. Nothing is allocated by a number that the
 * file claims without checking that the file can hold that much. Wrong magic, version, truncation,
 * offsets outside: YA_ERR_FORMAT; a tensor of a type we do not know: YA_ERR_UNSUPPORTED naming
 * tensor and type. */
ya_status ya_gguf_open(ya_gguf **out, const char *path, ya_error *err) YA_CHECK;
void ya_gguf_close(ya_gguf *gguf);

/* The path of part `number`, from 0, of `count`: PREFIX[size]-00001-of-00003.gguf. */
ya_status ya_gguf_part_path(char out[YA_PATH_MAX], const char *prefix, size_t size, int number,
                            int count, ya_error *err) YA_CHECK;

/* Its tensors, shapes reversed to row-major; lives as long as the gguf. */
const ya_tensor_set *ya_gguf_tensors(const ya_gguf *gguf);
uint32_t ya_gguf_version(const ya_gguf *gguf);

/* Whether a key is there, and its type: tells an absent key from one of another type. */
bool ya_gguf_has(const ya_gguf *gguf, const char *key, ya_gguf_type *type);

/* Keys: true and *out filled when the key is there with a fitting type (integers of any width, in
 * range). */
bool ya_gguf_get_i64(const ya_gguf *gguf, const char *key, int64_t *out);
bool ya_gguf_get_f64(const ya_gguf *gguf, const char *key, double *out); /* F32, F64 or integer */
bool ya_gguf_get_bool(const ya_gguf *gguf, const char *key, bool *out);
bool ya_gguf_get_text(const ya_gguf *gguf, const char *key, ya_text *out);

/* Arrays: element type and count. String arrays are walked in order with a cursor (zero-copy,
 * linear). */
bool ya_gguf_get_array(const ya_gguf *gguf, const char *key, ya_gguf_type *type, uint64_t *count);
typedef struct {
    const uint8_t *at, *end;
    uint64_t left;
    ya_gguf_type type;
} ya_gguf_cursor;
bool ya_gguf_walk(const ya_gguf *gguf, const char *key, ya_gguf_cursor *cursor);
bool ya_gguf_next_text(ya_gguf_cursor *cursor, ya_text *out);
bool ya_gguf_next_i64(ya_gguf_cursor *cursor, int64_t *out);
bool ya_gguf_next_f64(ya_gguf_cursor *cursor, double *out);

/* The i-th key in file order with its type, for `inspect`; false past the end. */
bool ya_gguf_key(const ya_gguf *gguf, uint64_t i, ya_text *key, ya_gguf_type *type);
/* The bytes of its value as they stand in the file, to copy it. */
ya_text ya_gguf_value(const ya_gguf *gguf, uint64_t i);

#endif
