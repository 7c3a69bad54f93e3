/* The input files of a path. */
#include "io/record_file.h"

#include "base/alloc.h"
#include "io/outdir.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

bool ya_is_named(const char *path, const char *end)
{
    static const char *const packed[] = {".gz", ".zst", ""};
    size_t length = strlen(path), tail = strlen(end);
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(packed[i]);
        if (length < n || strcasecmp(path + length - n, packed[i]) != 0)
            continue;
        length -= n;
        break;
    }
    return length >= tail && strncasecmp(path + length - tail, end, tail) == 0;
}

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

/* Data of other formats: where there is nothing else, opening one says how it is converted. */
static bool is_foreign_name(const char *name)
{
    return *name != '.' && (ya_is_named(name, ".parquet") || ya_is_named(name, ".arrow") ||
                            ya_is_named(name, ".feather") || ya_is_named(name, ".xlsx"));
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

/* The regular files and pipes of a directory whose names are wanted. */
static ya_status add_directory(ya_paths *paths, DIR *dir, const char *path,
                               bool (*is_wanted)(const char *name), ya_error *err)
{
    char file[YA_PATH_MAX];
    const struct dirent *item;
    struct stat info;
    ya_status status = YA_OK;
    while (errno = 0, (item = readdir(dir)) != NULL) {
        if (!is_wanted(item->d_name))
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

static ya_status list_directory(ya_paths *paths, const char *path,
                                bool (*is_wanted)(const char *name), ya_error *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return ya_fail_errno(err, YA_ERR_IO, "cannot list the directory %s", path);
    ya_status status = add_directory(paths, dir, path, is_wanted, err);
    closedir(dir);
    if (!status && paths->n_paths > 0)
        qsort(paths->paths, paths->n_paths, sizeof *paths->paths, by_bytes);
    return status;
}

/* There is no file of records in the directory. */
static ya_status none(const char *path, ya_error *err)
{
    ya_paths foreign = {0};
    ya_record_file *file = NULL;
    ya_status status;
    YA_TRY(list_directory(&foreign, path, is_foreign_name, err));
    if (foreign.n_paths > 0)
        YA_TRY(ya_record_file_open(&file, foreign.paths[0], NULL, err));
    status = ya_fail(err, YA_ERR_DATA,
                     "%s holds no file of records (*.jsonl, *.ndjson, *.json, *.csv, *.tsv, each "
                     "also with .gz or .zst)",
                     path);
done:
    ya_record_file_close(file);
    ya_paths_free(&foreign);
    return status;
}

ya_status ya_record_files_list(ya_paths *paths, const char *path, ya_error *err)
{
    *paths = (ya_paths){0};
    struct stat info;
    ya_status status;
    if (stat(path, &info) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", path);
    if (S_ISDIR(info.st_mode))
        status = list_directory(paths, path, is_input_name, err);
    else
        status = add_path(paths, path, err);
    if (!status && paths->n_paths == 0)
        status = none(path, err);
    if (status)
        ya_paths_free(paths);
    return status;
}

void ya_paths_free(ya_paths *paths)
{
    for (size_t i = 0; i < paths->n_paths; i++)
        ya_free(paths->paths[i]);
    ya_free(paths->paths);
    *paths = (ya_paths){0};
}
