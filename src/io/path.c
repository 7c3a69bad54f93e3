#include "io/outdir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

ya_status ya_path_join(char out[YA_PATH_MAX], const char *dir, const char *name, ya_error *err)
{
    size_t length = strlen(dir);
    const char *between = length && dir[length - 1] != '/' ? "/" : "";
    int n = snprintf(out, YA_PATH_MAX, "%s%s%s", dir, between, name);
    if (n < 0 || n >= YA_PATH_MAX)
        return ya_fail(err, YA_ERR_IO, "the path %.200s.../%.200s is longer than %d bytes", dir,
                       name, YA_PATH_MAX - 1);
    return YA_OK;
}

static ya_status make_dir(const char *path, ya_error *err)
{
    struct stat info;
    if (mkdir(path, 0777) == 0)
        return YA_OK;
    if (errno == EEXIST && stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode))
            return YA_OK;
        errno = ENOTDIR;
    }
    return ya_fail_errno(err, YA_ERR_IO, "cannot make the directory %s", path);
}

ya_status ya_make_dirs(const char *path, ya_error *err)
{
    char part[YA_PATH_MAX];
    ya_status status;
    YA_TRY(ya_path_join(part, path, "", err));
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (slash[-1] == '/')
            continue;
        *slash = '\0';
        YA_TRY(make_dir(part, err));
        *slash = '/';
    }
done:
    return status;
}
