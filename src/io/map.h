/* A file mapped read-only: file-backed pages that the kernel may drop and read again. */
#ifndef YA_IO_MAP_H
#define YA_IO_MAP_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *data; /* NULL for an empty file */
    size_t size;
    char *path; /* owned */
} ya_map;

/* Maps a regular file whole, read-only, shared. YA_ERR_IO with the path and the reason. */
ya_status ya_map_open(ya_map *map, const char *path, ya_error *err) YA_CHECK;
void ya_map_close(ya_map *map);

/* Tells the kernel that the pages are not needed now (MADV_DONTNEED); they come back from the file.
 */
void ya_map_drop(const ya_map *map);

/* Any mapped file shrinking under us raises SIGBUS; this installs a handler that names the file in
 * one sentence and ends with exit code 1. Call once, at start. */
void ya_map_guard_sigbus(void);

/* Reads a whole small file (limit in bytes; larger: YA_ERR_FORMAT) into a NUL-terminated ya_alloc
 * block. */
ya_status ya_read_file(const char *path, size_t limit, char **text, size_t *size,
                       ya_error *err) YA_CHECK;

#endif
