#include "io/outfile.h"

#include "io/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool ya_disk_left(const char *path, uint64_t *bytes)
{
    char place[YA_PATH_MAX];
    struct statvfs info;
    if (ya_path_join(place, path, "", NULL))
        return false;
    for (size_t n = strlen(place); statvfs(place, &info) != 0; place[n] = '\0') {
        if (errno != ENOENT || n == 0 || strcmp(place, ".") == 0)
            return false;
        while (n > 0 && place[n - 1] == '/')
            n--;
        while (n > 0 && place[n - 1] != '/')
            n--;
        if (n == 0)
            place[n++] = '.'; /* a relative name: here */
    }
    *bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return true;
}

ya_size_text ya_size_as_text(uint64_t bytes)
{
    ya_size_text t;
    if (bytes >= 1000000000)
        snprintf(t.text, sizeof t.text, "%.2f GB", (double)bytes / 1e9);
    else if (bytes >= 10000000)
        snprintf(t.text, sizeof t.text, "%.0f MB", (double)bytes / 1e6);
    else
        snprintf(t.text, sizeof t.text, "%.0f kB", (double)bytes / 1e3);
    return t;
}

ya_status ya_check_room(const char *dir, uint64_t bytes, ya_error *err)
{
    uint64_t left;
    if (!ya_disk_left(dir, &left) || left >= bytes)
        return YA_OK; /* else writing will say what is wrong */
    return ya_fail(err, YA_ERR_IO, "the disk of %s has %s left, and %s are to be written", dir,
                   ya_size_as_text(left).text, ya_size_as_text(bytes).text);
}

ya_status ya_outfile_begin(ya_outfile *file, const char *path, uint64_t room, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_file_beside(path, file->directory, file->temporary, &file->direct, err));
    memcpy(file->path, path, strlen(path) + 1); /* fits: so does the longer `temporary` */
    YA_TRY(ya_make_dirs(file->directory, err));
    YA_TRY(ya_check_room(file->directory, file->direct ? 0 : room, err));
    YA_TRY(ya_sink_open(&file->sink, file->temporary, err));
done:
    return status;
}

ya_status ya_outfile_finish(ya_outfile *file, ya_status status, ya_error *err)
{
    return ya_sink_close(&file->sink, status, err);
}

ya_status ya_outfile_publish(ya_outfile *file, ya_error *err)
{
    if (file->direct)
        return YA_OK;
    if (rename(file->temporary, file->path) != 0) {
        ya_status status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", file->path);
        unlink(file->temporary);
        return status;
    }
    return ya_file_sync(file->directory, err);
}

void ya_outfile_abandon(ya_outfile *file)
{
    if (!file->direct)
        unlink(file->temporary);
}

ya_status ya_outfile_end(ya_outfile *file, ya_status status, ya_error *err)
{
    status = ya_outfile_finish(file, status, err);
    return status ? status : ya_outfile_publish(file, err);
}
