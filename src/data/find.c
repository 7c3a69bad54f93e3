#include "base/alloc.h"
#include "data/dataset.h"
#include "io/record_file.h"
#include "io/outdir.h"

#include <stdio.h>
#include <sys/stat.h>

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static void list_free(char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ya_free(paths[i]);
    ya_free(paths);
}

/* Appends one path, copied. */
static ya_status add_one(char ***paths, size_t *n, const char *path, ya_error *err)
{
    char **bigger = ya_realloc_array(*paths, *n + 1, sizeof *bigger);
    if (bigger) {
        *paths = bigger;
        bigger[*n] = ya_strdup(path);
    }
    if (!bigger || !bigger[*n])
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a path");
    ++*n;
    return YA_OK;
}

/* Appends the record files of a path. */
static ya_status add_all(char ***paths, size_t *n, const char *path, ya_error *err)
{
    ya_paths listed = {0};
    ya_status status;
    YA_TRY(ya_record_files_list(&listed, path, err));
    for (size_t i = 0; i < listed.n_paths; i++)
        YA_TRY(add_one(paths, n, listed.paths[i], err));
done:
    ya_paths_free(&listed);
    return status;
}

/* prepare leaves an empty val.jsonl when there were too few records to validate with. */
static bool is_empty_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && info.st_size == 0;
}

/* DIR/NAME with one of the endings that a stream of lines may have. */
static bool find_prepared(char out[YA_PATH_MAX], const char *directory, const char *name)
{
    static const char *const endings[] = {".jsonl", ".jsonl.gz", ".jsonl.zst"};
    for (int i = 0; i < 3; i++) {
        struct stat info;
        int n = snprintf(out, YA_PATH_MAX, "%s/%s%s", directory, name, endings[i]);
        if (n > 0 && n < YA_PATH_MAX && stat(out, &info) == 0 && S_ISREG(info.st_mode))
            return true;
    }
    return false;
}

ya_status ya_data_find(ya_data_paths *out, char *const *data, size_t n_data, char *const *val,
                       size_t n_val, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status = YA_OK;
    *out = (ya_data_paths){0};
    for (size_t i = 0; i < n_data; i++) {
        if (!is_directory(data[i]) || !find_prepared(path, data[i], "train")) {
            YA_TRY(add_all(&out->train, &out->n_train, data[i], err));
            continue;
        }
        YA_TRY(add_one(&out->train, &out->n_train, path, err));
        if (n_val == 0 && find_prepared(path, data[i], "val") && !is_empty_file(path))
            YA_TRY(add_one(&out->val, &out->n_val, path, err));
    }
    for (size_t i = 0; i < n_val; i++)
        YA_TRY(add_all(&out->val, &out->n_val, val[i], err));
done:
    if (status)
        ya_data_paths_free(out);
    return status;
}

void ya_data_paths_free(ya_data_paths *paths)
{
    list_free(paths->train, paths->n_train);
    list_free(paths->val, paths->n_val);
    *paths = (ya_data_paths){0};
}
