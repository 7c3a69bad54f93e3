/* The head of a GGUF file (io/gguf.h has the layout), collected in memory; the tensors' data is
 * then streamed behind it in the order in which they were added, each padded to
 * YA_GGUF_ALIGNMENT. */
#ifndef YA_IO_GGUF_WRITE_H
#define YA_IO_GGUF_WRITE_H

#include "base/buffer.h"
#include "io/gguf.h"
#include "io/sink.h"

#include <stdbool.h>

enum { YA_GGUF_ALIGNMENT = 32 };

/* {0} is empty; free with ya_gguf_writer_free. */
typedef struct {
    ya_buffer keys, infos;
    uint64_t n_keys, n_tensors;
    uint64_t data_bytes; /* of the tensors added so far, padding included */
} ya_gguf_writer;

/* One key each; a key may be added once. YA_ERR_MEMORY. */
ya_status ya_gguf_put_u32(ya_gguf_writer *w, const char *key, uint32_t value,
                          ya_error *err) YA_CHECK;
ya_status ya_gguf_put_f32(ya_gguf_writer *w, const char *key, float value, ya_error *err) YA_CHECK;
ya_status ya_gguf_put_bool(ya_gguf_writer *w, const char *key, bool value, ya_error *err) YA_CHECK;
ya_status ya_gguf_put_text(ya_gguf_writer *w, const char *key, const char *value,
                           ya_error *err) YA_CHECK;
/* A value as it stands in another file: ya_gguf_value. */
ya_status ya_gguf_put_raw(ya_gguf_writer *w, ya_text key, ya_gguf_type type, const void *value,
                          size_t bytes, ya_error *err) YA_CHECK;

/* An array: its head, then exactly `count` elements, of which the caller says the bytes or texts.
 */
ya_status ya_gguf_begin_array(ya_gguf_writer *w, const char *key, ya_gguf_type type, uint64_t count,
                              ya_error *err) YA_CHECK;
ya_status ya_gguf_add_bytes(ya_gguf_writer *w, const void *bytes, size_t size,
                            ya_error *err) YA_CHECK;
ya_status ya_gguf_add_text(ya_gguf_writer *w, const char *text, size_t size,
                           ya_error *err) YA_CHECK;

/* A tensor: its shape row-major as in ya_tensor (the file's is reversed), its data comes later.
 * *bytes (may be NULL) are those of its data without padding. YA_ERR_UNSUPPORTED for a type that
 * GGUF has not, YA_ERR_FORMAT for a shape that overflows or does not divide into blocks. */
ya_status ya_gguf_add_tensor(ya_gguf_writer *w, const ya_tensor *tensor, uint64_t *bytes,
                             ya_error *err) YA_CHECK;

/* Bytes of the head, padding included. */
uint64_t ya_gguf_head_bytes(const ya_gguf_writer *w);
/* Writes the head: the first thing in the sink. */
ya_status ya_gguf_write_head(const ya_gguf_writer *w, ya_sink *sink, ya_error *err) YA_CHECK;

void ya_gguf_writer_free(ya_gguf_writer *w);

#endif
