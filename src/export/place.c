/* Where an export goes: checks that nothing is overwritten that the user did not mean. */
#include "export/job.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* `path` without slashes at its end, split at the last one. */
static ya_status split(const char *path, char parent[YA_PATH_MAX], char name[YA_PATH_MAX],
                       ya_error *err)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length >= YA_PATH_MAX)
        return ya_fail(err, YA_ERR_IO, "the path %.60s... is too long", path);
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    snprintf(name, YA_PATH_MAX, "%.*s", (int)(length - start), path + start);
    if (start == 0)
        snprintf(parent, YA_PATH_MAX, ".");
    else
        snprintf(parent, YA_PATH_MAX, "%.*s", (int)(start > 1 ? start - 1 : 1), path);
    if (!*name || *name == '.')
        return ya_fail(err, YA_ERR_USAGE,
                       "--output %s names no new directory: give it a name that does not begin "
                       "with a dot",
                       path);
    return YA_OK;
}

/* A directory that an export or a run made lists its files in SHA256SUMS. */
static bool is_ours(const char *dir)
{
    char path[YA_PATH_MAX];
    return ya_path_join(path, dir, "SHA256SUMS", NULL) == YA_OK && access(path, F_OK) == 0;
}

ya_status ya_export_begin_dir(const ya_export_job *job, char parent[YA_PATH_MAX],
                              char name[YA_PATH_MAX], char temporary[YA_PATH_MAX], ya_error *err)
{
    const char *path = job->settings->output;
    struct stat info;
    ya_status status = split(path, parent, name, err);
    if (status)
        return status;
    if (lstat(path, &info) == 0) {
        if (!job->settings->force)
            return ya_fail(err, YA_ERR_USAGE, "%s exists: pass --force to replace it", path);
        if (!S_ISDIR(info.st_mode) || !is_ours(path))
            return ya_fail(err, YA_ERR_USAGE,
                           "%s is no directory that an export made (it has no SHA256SUMS): it is "
                           "not replaced",
                           path);
    }
    return ya_outdir_begin(parent, name, temporary, err);
}

ya_status ya_export_check_file(const ya_export_job *job, const char *path, ya_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return YA_OK;
    if (S_ISDIR(info.st_mode))
        return ya_fail(err, YA_ERR_USAGE,
                       "%s is a directory: --output of a GGUF export is the file to write", path);
    if (!job->settings->force && S_ISREG(info.st_mode))
        return ya_fail(err, YA_ERR_USAGE, "%s exists: pass --force to replace it", path);
    return YA_OK;
}
