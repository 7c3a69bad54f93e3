/* The input files of a path. */
#include "io/record_file.h"

#include "base/alloc.h"
#include "io/foreign.h"
#include "io/outdir.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_input_name(const char *name)
{
    static const char *const ends[] = {".jsonl", ".ndjson", ".json", ".csv", ".tsv"};
    /* of this program's prepare, and of Hugging Face's datasets */
    static const char *const others[] = {"summary.json", "dataset_info.json", "dataset_infos.json",
                                         "dataset_dict.json", "state.json"};
    if (*name == '.' || strncmp(name, "rejected.", strlen("rejected.")) == 0)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ya_is_named(name, ends[i]))
            return true;
    return false;
}

static ya_status add_path(ya_paths *paths, const char *path, ya_error *err)
{
    char **bigger = ya_realloc_array(paths->paths, paths->n_paths + 1, sizeof *bigger);
    if (!bigger)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory listing %s", path);
    paths->paths = bigger;
    bigger[paths->n_paths] = ya_strdup(path);
    if (!bigger[paths->n_paths])
        return ya_fail(err, YA_ERR_MEMORY, "out of memory listing %s", path);
    paths->n_paths++;
    return YA_OK;
}

static ya_status add_directory(ya_paths *paths, DIR *dir, const char *path, ya_error *err)
{
    char file[YA_PATH_MAX];
    const struct dirent *item;
    struct stat info;
    ya_status status = YA_OK;
    while (errno = 0, (item = readdir(dir)) != NULL) {
        if (!is_input_name(item->d_name))
            continue;
        YA_TRY(ya_path_join(file, path, item->d_name, err));
        if (stat(file, &info) != 0)
            return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", file);
        if (!S_ISDIR(info.st_mode))
            YA_TRY(add_path(paths, file, err));
    }
    if (errno)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot list the directory %s", path);
done:
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

ya_status ya_record_files_list(ya_paths *paths, const char *path, ya_error *err)
{
    *paths = (ya_paths){0};
    struct stat info;
    ya_status status;
    if (stat(path, &info) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", path);
    if (!S_ISDIR(info.st_mode)) {
        status = add_path(paths, path, err);
    } else {
        DIR *dir = opendir(path);
        if (!dir)
            return ya_fail_errno(err, YA_ERR_IO, "cannot list the directory %s", path);
        status = add_directory(paths, dir, path, err);
        closedir(dir);
    }
    if (!status && paths->n_paths == 0)
        status =
            ya_fail(err, YA_ERR_DATA,
                    "%s holds no file of records (*.jsonl, *.ndjson, *.json, *.csv, *.tsv, each "
                    "also with .gz or .zst)",
                    path);
    if (status)
        ya_paths_free(paths);
    else
        qsort(paths->paths, paths->n_paths, sizeof *paths->paths, by_bytes);
    return status;
}

void ya_paths_free(ya_paths *paths)
{
    for (size_t i = 0; i < paths->n_paths; i++)
        ya_free(paths->paths[i]);
    ya_free(paths->paths);
    *paths = (ya_paths){0};
}
