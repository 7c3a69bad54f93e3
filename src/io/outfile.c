#include "io/outfile.h"

#include "io/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

ya_status ya_check_room(const char *dir, uint64_t bytes, ya_error *err)
{
    struct statvfs info;
    if (statvfs(dir, &info) != 0)
        return YA_OK; /* writing will say what is wrong */
    uint64_t left = (uint64_t)info.f_bavail * info.f_frsize;
    if (left >= bytes)
        return YA_OK;
    return ya_fail(err, YA_ERR_IO, "the disk of %s has %.2f GB left, and %.2f GB are to be written",
                   dir, (double)left / 1e9, (double)bytes / 1e9);
}

/* The directory of `path`: "." when it names none. */
static ya_status directory_of(char out[YA_PATH_MAX], const char *path, ya_error *err)
{
    ya_status status = ya_path_join(out, path, "", err);
    if (status)
        return status;
    const char *slash = strrchr(path, '/');
    size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    if (length)
        out[length] = '\0';
    else
        memcpy(out, ".", 2);
    return YA_OK;
}

ya_status ya_outfile_begin(ya_outfile *file, const char *path, uint64_t room, ya_error *err)
{
    char dir[YA_PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    ya_status status;
    if (!*name || strlen(path) >= YA_PATH_MAX)
        return ya_fail(err, YA_ERR_IO, "%.200s is not the path of a file", path);
    memcpy(file->path, path, strlen(path) + 1);
    YA_TRY(directory_of(dir, path, err));
    int n = snprintf(file->temporary, sizeof file->temporary, "%.*s.tmp-%s", (int)(name - path),
                     path, name);
    if (n < 0 || n >= (int)sizeof file->temporary)
        YA_TRY(ya_fail(err, YA_ERR_IO, "the path %.200s... is too long", path));
    YA_TRY(ya_make_dirs(dir, err));
    YA_TRY(ya_check_room(dir, room, err));
    YA_TRY(ya_sink_open(&file->sink, file->temporary, err));
done:
    return status;
}

ya_status ya_outfile_end(ya_outfile *file, ya_status status, ya_error *err)
{
    char dir[YA_PATH_MAX];
    status = ya_sink_close(&file->sink, status, err);
    if (status)
        return status;
    if (rename(file->temporary, file->path) != 0) {
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", file->path);
        unlink(file->temporary);
        return status;
    }
    YA_TRY(directory_of(dir, file->path, err));
    YA_TRY(ya_file_sync(dir, err));
done:
    return status;
}
