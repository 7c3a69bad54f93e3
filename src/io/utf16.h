/* UTF-16 to UTF-8. Inside io. */
#ifndef YA_IO_UTF16_H
#define YA_IO_UTF16_H

#include <stdbool.h>
#include <stddef.h>

/* Transcodes the whole characters at the start of in[0..size) to `out`, which has room for
 * size / 2 * 3 bytes. Returns how many bytes of `in` that were: up to three at the end may be left,
 * of a character that is not whole. *n_out: bytes written. At a surrogate without its other half it
 * stops there and sets *unpaired. */
size_t ya_utf16_to_utf8(const unsigned char *in, size_t size, bool big_endian, char *out,
                        size_t *n_out, bool *unpaired);

#endif
