#include "data/spool.h"

#include "base/alloc.h"
#include "io/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

ya_status ya_spool_open(ya_spool *spool, const char *directory, ya_error *err)
{
    char path[YA_PATH_MAX];
    *spool = (ya_spool){.fd = -1, .directory = directory};
    ya_status status = ya_path_join(path, directory, ".tmp-spool-XXXXXX", err);
    if (status)
        return status;
    spool->buffer = ya_alloc(YA_SPOOL_BUFFER);
    if (!spool->buffer)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a buffer of %d bytes",
                       YA_SPOOL_BUFFER);
    spool->fd = mkostemp(path, O_CLOEXEC);
    if (spool->fd < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot make a temporary file in %s", directory);
    if (unlink(path) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot hide the temporary file %s", path);
    return YA_OK;
}

static ya_status flush(ya_spool *spool, ya_error *err)
{
    size_t done = 0;
    while (done < spool->buffered) {
        ssize_t n = write(spool->fd, spool->buffer + done, spool->buffered - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ya_fail_errno(err, YA_ERR_IO, "cannot write %zu bytes to a temporary file in %s",
                                 spool->size, spool->directory);
        done += (size_t)n;
    }
    spool->buffered = 0;
    return YA_OK;
}

ya_status ya_spool_write(ya_spool *spool, const void *data, size_t size, ya_error *err)
{
    const unsigned char *at = data;
    while (size > 0) {
        if (spool->buffered == YA_SPOOL_BUFFER) {
            ya_status status = flush(spool, err);
            if (status)
                return status;
        }
        size_t room = YA_SPOOL_BUFFER - spool->buffered;
        size_t n = size < room ? size : room;
        memcpy(spool->buffer + spool->buffered, at, n);
        spool->buffered += n;
        spool->size += n;
        at += n;
        size -= n;
    }
    return YA_OK;
}

ya_status ya_spool_map(ya_spool *spool, const void **data, size_t *size, ya_error *err)
{
    ya_status status = flush(spool, err);
    if (status)
        return status;
    *data = NULL;
    *size = spool->size;
    if (spool->size == 0)
        return YA_OK;
    void *block = mmap(NULL, spool->size, PROT_READ, MAP_SHARED, spool->fd, 0);
    if (block == MAP_FAILED)
        return ya_fail_errno(err, YA_ERR_IO, "cannot map %zu bytes of tokenised data in %s",
                             spool->size, spool->directory);
    *data = block;
    return YA_OK;
}

ya_status ya_spool_read(ya_spool *spool, uint64_t offset, void *to, size_t size, ya_error *err)
{
    char *at = to;
    ya_status status = flush(spool, err);
    while (!status && size > 0) {
        ssize_t n = pread(spool->fd, at, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ya_fail_errno(err, YA_ERR_IO, "cannot read a temporary file in %s",
                                 spool->directory);
        at += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return status;
}

void ya_spool_close(ya_spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    ya_free(spool->buffer);
    *spool = (ya_spool){.fd = -1};
}
