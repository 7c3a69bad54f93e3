/* Files being written, inside io: nothing is taken for written before fsync said so. Allocates
 * nothing. */
#ifndef YA_IO_FILE_H
#define YA_IO_FILE_H

#include "base/error.h"
#include "io/outdir.h"

#include <stdbool.h>
#include <stddef.h>

/* A new or emptied file for writing. */
ya_status ya_file_create(int *file, const char *path, ya_error *err) YA_CHECK;

/* Writes all of it, however many calls that takes. */
ya_status ya_file_write(int file, const char *path, const void *data, size_t size,
                        ya_error *err) YA_CHECK;

/* fsync and close, if `status` is YA_OK so far; else just closes, and unlinks the file. Returns the
 * first failure. */
ya_status ya_file_finish(int file, const char *path, ya_status status, ya_error *err) YA_CHECK;

/* Where a file for `path` is written before it is renamed: `written` is .tmp-NAME in its directory
 * `dir`, or, when that is a temporary one itself or `path` is a device or pipe, `path` (*direct).
 */
ya_status ya_file_beside(const char *path, char dir[YA_PATH_MAX], char written[YA_PATH_MAX],
                         bool *direct, ya_error *err) YA_CHECK;

/* fsync of an existing file or directory. */
ya_status ya_file_sync(const char *path, ya_error *err) YA_CHECK;

#endif
