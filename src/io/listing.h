/* The names in a directory on the stack (64 KiB), inside io: for code that may not allocate. */
#ifndef YA_IO_LISTING_H
#define YA_IO_LISTING_H

#include "base/error.h"

#include <stdbool.h>

enum { YA_LISTING_MAX = 256, YA_NAME_MAX = 256 };

typedef struct {
    int n;
    bool more; /* there are names that found no room */
    char names[YA_LISTING_MAX][YA_NAME_MAX];
} ya_listing;

/* Names that begin with `prefix` (NULL: all), without `except` (may be NULL), "." and "..", in byte
 * order as far as they have room. YA_ERR_IO when the directory cannot be read. */
ya_status ya_list(ya_listing *listing, const char *path, const char *prefix, const char *except,
                  ya_error *err) YA_CHECK;

#endif
