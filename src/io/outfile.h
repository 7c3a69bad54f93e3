/* A large file that appears whole or not at all: written as .tmp-NAME beside its place (a leftover
 * of a killed program is overwritten by the next), synced, renamed. A device or pipe (/dev/stdout)
 * is written as it is. Small ones: ya_write_file. */
#ifndef YA_IO_OUTFILE_H
#define YA_IO_OUTFILE_H

#include "io/outdir.h"
#include "io/sink.h"

typedef struct {
    char path[YA_PATH_MAX], temporary[YA_PATH_MAX]; /* the same when written as it is */
    char directory[YA_PATH_MAX];
    bool direct;
    ya_sink sink; /* write here */
} ya_outfile;

/* Starts `path`, whose directory is made if it is not there. With `room` bytes to be written
 * YA_ERR_IO when the disk has less. `file` may not move while it is open. */
ya_status ya_outfile_begin(ya_outfile *file, const char *path, uint64_t room,
                           ya_error *err) YA_CHECK;
/* The two halves of ya_outfile_end, for files that appear together: finish all, then publish all.
 * When `status` is not YA_OK, or finishing fails, the file is removed; a finished one that is not
 * to be published is removed by ya_outfile_abandon. */
ya_status ya_outfile_finish(ya_outfile *file, ya_status status, ya_error *err) YA_CHECK;
ya_status ya_outfile_publish(ya_outfile *file, ya_error *err) YA_CHECK;
void ya_outfile_abandon(ya_outfile *file);
/* Syncs and puts the file in its place when `status` is YA_OK, else removes it. Returns the first
 * failure. */
ya_status ya_outfile_end(ya_outfile *file, ya_status status, ya_error *err) YA_CHECK;

/* Bytes that the file system of `path`, or of its nearest directory that is there, has left for
 * this user; false where it does not say. */
bool ya_disk_left(const char *path, uint64_t *bytes);

/* "1.25 GB", "310 MB", "12 kB" (powers of 1000). */
typedef struct {
    char text[24];
} ya_size_text;
ya_size_text ya_size_as_text(uint64_t bytes);

/* YA_ERR_IO naming both numbers when the file system of the directory `dir` has less than `bytes`
 * left for this user. */
ya_status ya_check_room(const char *dir, uint64_t bytes, ya_error *err) YA_CHECK;

#endif
