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
