/* The text of a file as UTF-8: unpacked (io/decoder.h), without a byte order mark at its start;
 * UTF-16 with such a mark is transcoded. Bytes of other files come as they are. Inside io. */
#ifndef YA_IO_TEXT_STREAM_H
#define YA_IO_TEXT_STREAM_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ya_text_stream ya_text_stream;

/* `path` must outlive the stream. UTF-32 is YA_ERR_UNSUPPORTED, else as ya_decoder_open. */
ya_status ya_text_stream_open(ya_text_stream **out, const char *path, ya_error *err) YA_CHECK;
void ya_text_stream_close(ya_text_stream *stream);

/* Up to `room` (> 0) next bytes to `to`; *n = 0 at the end. Broken UTF-16 is YA_ERR_FORMAT with its
 * line, else as ya_decoder_read. */
ya_status ya_text_stream_read(ya_text_stream *stream, char *to, size_t room, size_t *n,
                              ya_error *err) YA_CHECK;

/* Bytes of the file, as it is on the disk, that have been read so far. */
uint64_t ya_text_stream_position(const ya_text_stream *stream);

#endif
