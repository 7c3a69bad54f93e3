/* A large file that appears whole or not at all: written as .tmp-NAME beside its place (a leftover
 * of a killed program is overwritten by the next), synced, renamed. Small ones: ya_write_file. */
#ifndef YA_IO_OUTFILE_H
#define YA_IO_OUTFILE_H

#include "io/outdir.h"
#include "io/sink.h"

typedef struct {
    char path[YA_PATH_MAX], temporary[YA_PATH_MAX];
    ya_sink sink; /* write here */
} ya_outfile;

/* Starts `path`, whose directory is made if it is not there. With `room` bytes to be written
 * YA_ERR_IO when the disk has less. `file` may not move while it is open. */
ya_status ya_outfile_begin(ya_outfile *file, const char *path, uint64_t room,
                           ya_error *err) YA_CHECK;
/* Syncs and puts the file in its place when `status` is YA_OK, else removes it. Returns the first
 * failure. */
ya_status ya_outfile_end(ya_outfile *file, ya_status status, ya_error *err) YA_CHECK;

/* YA_ERR_IO naming both numbers when the file system of the directory `dir` has less than `bytes`
 * left for this user. */
ya_status ya_check_room(const char *dir, uint64_t bytes, ya_error *err) YA_CHECK;

#endif
