/* A temporary file without a name: written once from front to back, then mapped
 * read-only or read. */
#ifndef YA_DATA_SPOOL_H
#define YA_DATA_SPOOL_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { YA_SPOOL_BUFFER = 1 << 18 };

typedef struct {
    int fd;
    size_t size;     /* bytes written, the buffered ones included */
    size_t buffered; /* bytes in `buffer` */
    unsigned char *buffer;
    const char *directory; /* for messages */
} ya_spool;

/* Makes the file in `directory` and unlinks it at once: it is gone whatever happens to us. */
ya_status ya_spool_open(ya_spool *spool, const char *directory, ya_error *err) YA_CHECK;
ya_status ya_spool_write(ya_spool *spool, const void *data, size_t size, ya_error *err) YA_CHECK;
/* Ends the writing: *data is the mapped content of *size bytes (NULL for 0), to be given back with
 * munmap. */
ya_status ya_spool_map(ya_spool *spool, const void **data, size_t *size, ya_error *err) YA_CHECK;
/* Reads what was written (size bytes from `offset` must have been). */
ya_status ya_spool_read(ya_spool *spool, uint64_t offset, void *to, size_t size,
                        ya_error *err) YA_CHECK;
/* Frees what is left, mapped or not (the mapping stays). */
void ya_spool_close(ya_spool *spool);

#endif
