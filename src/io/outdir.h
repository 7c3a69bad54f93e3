/* Directories that appear whole or not at all.
 *
 *     OUT/.tmp-checkpoint-40/...  every file fsynced, SHA256SUMS last, directory fsynced
 *     rename -> OUT/checkpoint-40, OUT fsynced
 *
 * A directory whose SHA256SUMS is missing or does not match is no checkpoint. Paths are at most
 * YA_PATH_MAX bytes; nothing here allocates (it is called from the training loop). */
#ifndef YA_IO_OUTDIR_H
#define YA_IO_OUTDIR_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { YA_PATH_MAX = 4096 };

/* Joins with one '/'; YA_ERR_IO when longer than YA_PATH_MAX - 1. */
ya_status ya_path_join(char out[YA_PATH_MAX], const char *dir, const char *name,
                       ya_error *err) YA_CHECK;

/* mkdir -p. */
ya_status ya_make_dirs(const char *path, ya_error *err) YA_CHECK;

/* Starts `parent`/.tmp-NAME (emptied if it is there; `parent` is made if it is not) and returns its
 * path in `temporary`. NAME is a plain file name that does not begin with a dot. */
ya_status ya_outdir_begin(const char *parent, const char *name, char temporary[YA_PATH_MAX],
                          ya_error *err) YA_CHECK;
/* Writes SHA256SUMS over the files in it (at most 256, no subdirectories), fsyncs all, renames to
 * `parent`/NAME, fsyncs parent. An old NAME is renamed to `parent`/.old-NAME first and removed at
 * the end. On failure nothing of the old NAME is lost and the temporary is removed. */
ya_status ya_outdir_commit(const char *parent, const char *name, ya_error *err) YA_CHECK;

/* To be called once when a run starts on `parent` (which need not exist): puts back an .old-NAME
 * whose NAME is missing, removes every other .old-* and every .tmp-*, which a killed run left
 * there. */
ya_status ya_outdir_recover(const char *parent, ya_error *err) YA_CHECK;

/* Removes the temporary. */
void ya_outdir_abandon(const char *parent, const char *name);

/* Writes a small file whole: temporary name (.tmp-NAME beside it), fsync, rename. Inside a
 * temporary directory, and to a device or pipe, a plain fsynced write. */
ya_status ya_write_file(const char *path, const void *data, size_t size, ya_error *err) YA_CHECK;

/* YA_OK when every file named in SHA256SUMS is there with that sum and nothing else is in the
 * directory. */
ya_status ya_outdir_verify(const char *path, ya_error *err) YA_CHECK;

/* Removes a directory with its (flat) files, its SHA256SUMS first, so that a torn removal is never
 * taken for a checkpoint. */
ya_status ya_remove_dir(const char *path, ya_error *err) YA_CHECK;

#endif
