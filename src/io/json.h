/* JSON documents through jansson: whole small files (configurations, indices, tokenizers, reports).
 * Records of data sets are read line by line with io/jsonl.h. */
#ifndef YA_IO_JSON_H
#define YA_IO_JSON_H

#include "base/buffer.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Parses a document; YA_ERR_FORMAT says path (or `what`), line and column. Nesting is limited by
 * jansson (2048). Free with json_decref. NUL inside strings is kept (JSON_ALLOW_NUL). Integers
 * beyond an int64 become reals. */
ya_status ya_json_read_file(const char *path, json_t **out, ya_error *err) YA_CHECK;
ya_status ya_json_parse(const char *text, size_t size, const char *what, json_t **out,
                        ya_error *err) YA_CHECK;

/* json_loadb, except that an integer beyond an int64 becomes a real and is no error. */
json_t *ya_json_load(const char *text, size_t size, size_t flags, json_error_t *error);

/* Members of an object: true when there with the right type. */
bool ya_json_get_i64(const json_t *object, const char *key, int64_t *out);
bool ya_json_get_f64(const json_t *object, const char *key, double *out); /* integer or real */
bool ya_json_get_bool(const json_t *object, const char *key, bool *out);
const char *ya_json_get_text(const json_t *object,
                             const char *key); /* NULL when absent or no string */

/* Appends `size` bytes of UTF-8 as a quoted JSON string; ill-formed bytes become U+FFFD. */
ya_status ya_json_quote(ya_buffer *out, const char *text, size_t size, ya_error *err) YA_CHECK;

#endif
