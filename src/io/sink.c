#include "io/sink.h"

#include "io/file.h"

#include <fcntl.h>

/* Bytes between two calls that write back; at most two such windows are dirty. */
static const uint64_t WINDOW = (uint64_t)32 << 20;

ya_status ya_sink_open(ya_sink *sink, const char *path, ya_error *err)
{
    *sink = (ya_sink){.path = path};
    return ya_file_create(&sink->file, path, err);
}

/* Starts writing the newest window back, waits for the one before, and drops it. Advice: what fails
 * here (a pipe, another file system) costs memory only, and errors of the disk come with fsync. */
static void write_behind(ya_sink *sink)
{
    if (sink->size - sink->started < WINDOW)
        return;
#ifdef __linux__
    sync_file_range(sink->file, (off_t)sink->started, (off_t)(sink->size - sink->started),
                    SYNC_FILE_RANGE_WRITE);
    uint64_t behind = sink->started - sink->dropped;
    if (behind > 0) {
        sync_file_range(sink->file, (off_t)sink->dropped, (off_t)behind,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                            SYNC_FILE_RANGE_WAIT_AFTER);
        (void)posix_fadvise(sink->file, (off_t)sink->dropped, (off_t)behind, POSIX_FADV_DONTNEED);
    }
#endif
    sink->dropped = sink->started;
    sink->started = sink->size;
}

ya_status ya_sink_write(ya_sink *sink, const void *data, size_t size, ya_error *err)
{
    const char *at = data;
    while (size > 0) {
        size_t n = size < WINDOW ? size : WINDOW;
        ya_status status = ya_file_write(sink->file, sink->path, at, n, err);
        if (status)
            return status;
        at += n;
        size -= n;
        sink->size += n;
        write_behind(sink);
    }
    return YA_OK;
}

ya_status ya_sink_pad(ya_sink *sink, size_t alignment, ya_error *err)
{
    static const char zeros[4096];
    size_t over = (size_t)(sink->size % alignment);
    return over ? ya_sink_write(sink, zeros, alignment - over, err) : YA_OK;
}

ya_status ya_sink_close(ya_sink *sink, ya_status status, ya_error *err)
{
    return ya_file_finish(sink->file, sink->path, status, err);
}
