/* A large file written in order, once. What was written is handed to the disk behind the writer and
 * its pages dropped, so that writing a file larger than memory leaves the machine's memory to
 * others. */
#ifndef YA_IO_SINK_H
#define YA_IO_SINK_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int file;
    const char *path; /* the caller's, as long as the sink is open */
    uint64_t size;    /* bytes written so far */
    uint64_t started; /* up to here writing back has been started */
    uint64_t dropped; /* up to here the pages are on disk and dropped */
} ya_sink;

/* Makes or empties the file. YA_ERR_IO with path and reason. */
ya_status ya_sink_open(ya_sink *sink, const char *path, ya_error *err) YA_CHECK;

/* Appends all of it; YA_ERR_IO, also when the disk is full. */
ya_status ya_sink_write(ya_sink *sink, const void *data, size_t size, ya_error *err) YA_CHECK;

/* Appends zeros up to the next multiple of `alignment`, a power of two up to 4096. */
ya_status ya_sink_pad(ya_sink *sink, size_t alignment, ya_error *err) YA_CHECK;

/* fsync and close when `status`, which says how far the writing came, is YA_OK; else closes and
 * unlinks. Returns the first failure. */
ya_status ya_sink_close(ya_sink *sink, ya_status status, ya_error *err) YA_CHECK;

#endif
