/* Bytes of a file as they were before compression: plain, gzip or zstd. Inside io. */
#ifndef YA_IO_DECODER_H
#define YA_IO_DECODER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ya_decoder ya_decoder;

/* Opens `path`, whose first bytes tell the format, whatever its name is; of a file that is too
 * short to tell its name does. Nothing is read twice: a pipe is as good. `path` must outlive the
 * decoder.
 */
ya_status ya_decoder_open(ya_decoder **out, const char *path, ya_error *err) YA_CHECK;
void ya_decoder_close(ya_decoder *decoder);

/* Up to `room` (> 0) next bytes to `to`; *n = 0 at the end of the file. A stream that ends early or
 * is corrupt is YA_ERR_FORMAT, a failing read YA_ERR_IO. */
ya_status ya_decoder_read(ya_decoder *decoder, char *to, size_t room, size_t *n,
                          ya_error *err) YA_CHECK;

/* Whether the file is gzip or zstd. */
bool ya_decoder_unpacks(const ya_decoder *decoder);

/* Bytes of the file that have been read so far. */
uint64_t ya_decoder_position(const ya_decoder *decoder);

#endif
