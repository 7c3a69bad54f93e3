#include "io/file.h"

#include "io/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_temporary(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strncmp(slash ? slash + 1 : path, ".tmp-", 5) == 0;
}

ya_status ya_file_create(int *file, const char *path, ya_error *err)
{
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    /* A temporary name is known to others: what lies there, a link to another file maybe, is not
     * written through but removed. */
    if (is_temporary(path)) {
        flags |= O_EXCL | O_NOFOLLOW;
        unlink(path);
    }
    *file = open(path, flags, 0666);
    if (*file < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
    return YA_OK;
}

ya_status ya_file_write(int file, const char *path, const void *data, size_t size, ya_error *err)
{
    const char *at = data;
    while (size > 0) {
        ssize_t n = write(file, at, size); /* at most about 2 GB a call */
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
        at += n;
        size -= (size_t)n;
    }
    return YA_OK;
}

ya_status ya_file_finish(int file, const char *path, ya_status status, ya_error *err)
{
    /* A pipe or terminal cannot be synced, and needs not to be. */
    if (!status && fsync(file) != 0 && errno != EINVAL && errno != EROFS)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
    struct stat info;
    /* itself, not a link such as /dev/stdout */
    bool regular = lstat(path, &info) == 0 && S_ISREG(info.st_mode);
    if (close(file) != 0 && !status && errno != EINTR)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
    if (status && regular)
        unlink(path);
    return status;
}

ya_status ya_file_sync(const char *path, ya_error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot open %s", path);
    ya_status status = YA_OK;
    /* EINVAL: a file system whose directories cannot be synced (some network ones). */
    if (fsync(file) != 0 && errno != EINVAL)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot sync %s to the disk", path);
    close(file);
    return status;
}

static ya_status write_plainly(const char *path, const void *data, size_t size, ya_error *err)
{
    int file;
    ya_status status = ya_file_create(&file, path, err);
    if (status)
        return status;
    status = ya_file_write(file, path, data, size, err);
    return ya_file_finish(file, path, status, err);
}

/* Splits a path into its directory ("." when it has none) and the last name. */
static ya_status split(const char *path, char dir[YA_PATH_MAX], const char **name, ya_error *err)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (**name == '\0' || length >= YA_PATH_MAX)
        return ya_fail(err, YA_ERR_IO, "%s is not the path of a file", path);
    if (!slash || slash == path)
        return ya_path_join(dir, slash ? "/" : ".", "", err);
    memcpy(dir, path, length);
    dir[length] = '\0';
    return YA_OK;
}

/* /dev/stdout and its like: links to whatever is open there, a plain file too. */
static bool is_of_the_system(const char *path)
{
    struct stat info;
    return (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0) &&
           lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

ya_status ya_file_beside(const char *path, char dir[YA_PATH_MAX], char written[YA_PATH_MAX],
                         bool *direct, ya_error *err)
{
    char prefix[YA_PATH_MAX];
    const char *name;
    struct stat info;
    ya_status status;
    YA_TRY(split(path, dir, &name, err));
    /* Renaming over a device or pipe (/dev/stdout) would replace it. */
    *direct = is_temporary(dir) || is_of_the_system(path) ||
              (stat(path, &info) == 0 && !S_ISREG(info.st_mode));
    YA_TRY(ya_path_join(prefix, dir, *direct ? "" : ".tmp-", err));
    int n = snprintf(written, YA_PATH_MAX, "%s%s", prefix, name);
    if (n < 0 || n >= YA_PATH_MAX)
        return ya_fail(err, YA_ERR_IO, "the path %.200s... is too long", path);
done:
    return status;
}

ya_status ya_write_file(const char *path, const void *data, size_t size, ya_error *err)
{
    char dir[YA_PATH_MAX], written[YA_PATH_MAX];
    bool direct;
    ya_status status;
    YA_TRY(ya_file_beside(path, dir, written, &direct, err));
    YA_TRY(write_plainly(written, data, size, err));
    if (direct)
        return YA_OK;
    if (rename(written, path) != 0) {
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
        unlink(written);
        return status;
    }
    YA_TRY(ya_file_sync(dir, err));
done:
    return status;
}
