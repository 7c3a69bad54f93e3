/* SHA-256 through libcrypto. */
#ifndef YA_IO_SHA256_H
#define YA_IO_SHA256_H

#include "base/error.h"

#include <stddef.h>

enum { YA_SHA256_HEX = 65 }; /* 64 digits and NUL */

/* How many lower-case hexadecimal digits `text` begins with. */
size_t ya_hex_digits(const char *text);

ya_status ya_sha256_bytes(const void *data, size_t size, char hex[YA_SHA256_HEX],
                          ya_error *err) YA_CHECK;
/* Streams the file in blocks from the stack; allocates nothing of ours. */
ya_status ya_sha256_file(const char *path, char hex[YA_SHA256_HEX], ya_error *err) YA_CHECK;

#endif
