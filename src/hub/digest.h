/* The sums by which a hub names contents: SHA-256 of large files (64 digits), Git's SHA-1 of a blob
 * of small ones (40 digits; over "blob SIZE", NUL and the contents). */
#ifndef YA_HUB_DIGEST_H
#define YA_HUB_DIGEST_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YA_DIGEST_HEX = 65 }; /* 64 digits and NUL at most */

typedef struct {
    void *context; /* EVP_MD_CTX */
} ya_digest;

/* 40 or 64 lower-case hexadecimal digits. */
bool ya_digest_is_name(const char *hex);

/* A sum of the kind of `name`, over `size` bytes in all. End it with ya_digest_end or
 * ya_digest_drop. */
ya_status ya_digest_begin(ya_digest *digest, const char *name, uint64_t size,
                          ya_error *err) YA_CHECK;
ya_status ya_digest_add(ya_digest *digest, const void *bytes, size_t n, ya_error *err) YA_CHECK;
ya_status ya_digest_end(ya_digest *digest, char hex[YA_DIGEST_HEX], ya_error *err) YA_CHECK;
void ya_digest_drop(ya_digest *digest);

/* Adds the first `n` bytes of an open file, from its beginning; YA_ERR_INTERRUPTED after a signal.
 */
ya_status ya_digest_add_file(ya_digest *digest, int file, const char *path, uint64_t n,
                             ya_error *err) YA_CHECK;
/* Whether the file holds what `name` says, all of it. */
ya_status ya_digest_check_file(const char *path, const char *name, bool *matches,
                               ya_error *err) YA_CHECK;

#endif
