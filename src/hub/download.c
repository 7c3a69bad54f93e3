#include "hub/download.h"

#include "base/log.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const ya_hub_file *file;
    const ya_download_watch *watch;
    char path[YA_PATH_MAX]; /* DIGEST.incomplete */
    int fd;
    uint64_t size; /* written, and added to the digest */
    ya_digest digest;
} partial;

static ya_status partial_path(char path[YA_PATH_MAX], const ya_store *store,
                              const ya_hub_file *file, ya_error *err)
{
    char name[YA_DIGEST_HEX + 16];
    snprintf(name, sizeof name, "%s.incomplete", file->digest);
    return ya_path_join(path, store->blobs, name, err);
}

uint64_t ya_hub_partial(const ya_store *store, const ya_hub_file *file)
{
    char path[YA_PATH_MAX];
    struct stat info;
    if (partial_path(path, store, file, NULL) != YA_OK || stat(path, &info) != 0)
        return 0;
    return (uint64_t)info.st_size <= file->size ? (uint64_t)info.st_size : 0;
}

static ya_status start_again(partial *p, ya_error *err)
{
    ya_digest_drop(&p->digest);
    p->size = 0;
    if (ftruncate(p->fd, 0) != 0 || lseek(p->fd, 0, SEEK_SET) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot empty %s", p->path);
    return ya_digest_begin(&p->digest, p->file->digest, p->file->size, err);
}

/* Opens what is there, locks it against another program, and adds it to the digest. */
static ya_status open_partial(partial *p, ya_error *err)
{
    struct stat info;
    ya_status status;
    p->fd = open(p->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (p->fd < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot write %s", p->path);
    if (flock(p->fd, LOCK_EX | LOCK_NB) != 0)
        return ya_fail(err, YA_ERR_IO, "%s is being downloaded by another program already",
                       p->file->path);
    if (fstat(p->fd, &info) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", p->path);
    if ((uint64_t)info.st_size > p->file->size)
        return start_again(p, err);
    YA_TRY(ya_digest_begin(&p->digest, p->file->digest, p->file->size, err));
    YA_TRY(ya_digest_add_file(&p->digest, p->fd, p->path, (uint64_t)info.st_size, err));
    p->size = (uint64_t)info.st_size;
    if (lseek(p->fd, info.st_size, SEEK_SET) != info.st_size)
        YA_TRY(ya_fail_errno(err, YA_ERR_IO, "cannot read %s", p->path));
done:
    return status;
}

static ya_status on_begin(void *context, uint64_t offset, ya_error *err)
{
    partial *p = context;
    if (offset == p->size)
        return YA_OK;
    if (offset == 0)
        return start_again(p, err); /* the server sends no parts */
    return ya_fail(err, YA_ERR_IO, "%s: the server sent another part than it was asked for",
                   p->file->path);
}

static ya_status on_bytes(void *context, const void *bytes, size_t n, ya_error *err)
{
    partial *p = context;
    ya_status status;
    if (n > p->file->size - p->size)
        YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s: the server sends more than the %llu bytes it named",
                       p->file->path, (unsigned long long)p->file->size));
    YA_TRY(ya_file_write(p->fd, p->path, bytes, n, err));
    YA_TRY(ya_digest_add(&p->digest, bytes, n, err));
    p->size += n;
    if (p->watch)
        p->watch->show(p->watch->context, p->file, p->size);
done:
    return status;
}

/* What is missing, then its sum. */
static ya_status fetch(partial *p, ya_http *http, const char *url, bool *right, ya_error *err)
{
    ya_http_sink sink = {on_begin, on_bytes, p};
    char hex[YA_DIGEST_HEX];
    ya_status status;
    if (p->size < p->file->size || p->file->size == 0)
        YA_TRY(ya_http_stream(http, url, p->file->path, p->size, &sink, err));
    if (p->size != p->file->size)
        YA_TRY(ya_fail(err, YA_ERR_IO, "%s ended after %llu of %llu bytes", p->file->path,
                       (unsigned long long)p->size, (unsigned long long)p->file->size));
    YA_TRY(ya_digest_end(&p->digest, hex, err));
    *right = strcmp(hex, p->file->digest) == 0;
    if (!*right)
        (void)ya_fail(err, YA_ERR_FORMAT,
                      "what came as %s has the sum %s instead of %s and was deleted", p->file->path,
                      hex, p->file->digest);
done:
    return status;
}

/* Gives the checked contents their name. */
static ya_status accept(const partial *p, const ya_store *store, ya_error *err)
{
    char blob[YA_PATH_MAX];
    ya_status status;
    YA_TRY(ya_store_blob(blob, store, p->file, err));
    if (fsync(p->fd) != 0 || rename(p->path, blob) != 0)
        YA_TRY(ya_fail_errno(err, YA_ERR_IO, "cannot write %s", blob));
    YA_TRY(ya_file_sync(store->blobs, err));
done:
    return status;
}

ya_status ya_hub_download(ya_http *http, const ya_store *store, const ya_hub_file *file,
                          const char *url, const ya_download_watch *watch, ya_error *err)
{
    partial p = {.file = file, .watch = watch, .fd = -1};
    bool right = false;
    ya_status status;
    YA_TRY(partial_path(p.path, store, file, err));
    YA_TRY(open_partial(&p, err));
    bool resumed = p.size > 0;
    YA_TRY(fetch(&p, http, url, &right, err));
    if (!right && resumed) { /* what an earlier try left may have been at fault */
        YA_TRY(start_again(&p, err));
        YA_TRY(fetch(&p, http, url, &right, err));
    }
    if (!right) {
        unlink(p.path);
        status = YA_ERR_FORMAT;
        goto done;
    }
    YA_TRY(accept(&p, store, err));
done:
    ya_digest_drop(&p.digest);
    if (p.fd >= 0)
        close(p.fd);
    return status;
}

ya_status ya_hub_present(const ya_store *store, const ya_hub_file *file, bool *present,
                         ya_error *err)
{
    char path[YA_PATH_MAX];
    struct stat info;
    ya_status status = ya_store_blob(path, store, file, err);
    *present = false;
    if (status || stat(path, &info) != 0)
        return status;
    if ((uint64_t)info.st_size == file->size)
        status = ya_digest_check_file(path, file->digest, present, err);
    if (!status && !*present) {
        ya_warn("%s in the cache is not what its name says: it is fetched again", file->path);
        unlink(path);
    }
    return status;
}
