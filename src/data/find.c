#include "base/alloc.h"
#include "base/log.h"
#include "data/dataset.h"
#include "io/record_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a file of a directory is for, by its name: WORD.* or WORD-00000-of-00002.*, a shard. */
typedef enum { PART_TRAIN, PART_VAL, PART_TEST, PART_OTHER } part;

typedef struct {
    part part;
    const char *path;
    size_t word_size; /* of the WORD in its name */
    long n_shards;    /* 0: no shard */
} file_role;

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

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Directories: --------------------------------------------------------------------------------- */

/* "-00000-of-00002." gives 2; "." gives 0; anything else -1. */
static long shards_of(const char *behind_word)
{
    if (*behind_word == '.')
        return 0;
    int used = 0;
    unsigned n, total;
    if (sscanf(behind_word, "-%9u-of-%9u%n", &n, &total, &used) != 2 || behind_word[used] != '.')
        return -1;
    return total > 0 ? (long)total : -1;
}

static file_role role_of(const char *path)
{
    static const struct {
        const char *word;
        part part;
    } words[] = {{"train", PART_TRAIN},    {"val", PART_VAL}, {"valid", PART_VAL},
                 {"validation", PART_VAL}, {"dev", PART_VAL}, {"test", PART_TEST}};
    const char *name = name_of(path);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i].word);
        long n_shards = strncmp(name, words[i].word, size) == 0 ? shards_of(name + size) : -1;
        if (n_shards >= 0)
            return (file_role){words[i].part, path, size, n_shards};
    }
    return (file_role){PART_OTHER, path, 0, 0};
}

/* Appends the files of one part: one file, or the shards of one. */
static ya_status add_part(char ***paths, size_t *n, const file_role *roles, size_t n_roles,
                          part wanted, ya_error *err)
{
    const file_role *first = NULL;
    long n_found = 0;
    ya_status status = YA_OK;
    for (size_t i = 0; i < n_roles; i++) {
        const file_role *role = &roles[i];
        if (role->part != wanted || (wanted == PART_VAL && is_empty_file(role->path)))
            continue;
        if (first && (first->n_shards == 0 || first->n_shards != role->n_shards ||
                      first->word_size != role->word_size))
            YA_TRY(ya_fail(err, YA_ERR_DATA,
                           "%s and %s both could be the %s set of their directory: move one away, "
                           "or name the file itself with %s",
                           first->path, name_of(role->path),
                           wanted == PART_TRAIN ? "training" : "validation",
                           wanted == PART_TRAIN ? "--data" : "--val-data"));
        if (!first)
            first = role;
        n_found++;
        YA_TRY(add_one(paths, n, role->path, err));
    }
    if (first && first->n_shards > n_found)
        ya_warn("%s: of the %ld files that its name speaks of %ld are there", first->path,
                first->n_shards, n_found);
done:
    return status;
}

/* Names what is not read: the files of one part. */
static void show_left_out(const file_role *roles, size_t n_roles, part left_out, const char *why)
{
    const file_role *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < n_roles; i++) {
        if (roles[i].part != left_out)
            continue;
        first = first ? first : &roles[i];
        n++;
    }
    if (n == 1)
        ya_info("%s is left out: %s", first->path, why);
    else if (n > 1)
        ya_info("%s and %zu more are left out: %s", first->path, n - 1, why);
}

static bool has_part(const file_role *roles, size_t n_roles, part wanted)
{
    for (size_t i = 0; i < n_roles; i++)
        if (roles[i].part == wanted)
            return true;
    return false;
}

/* Files of a directory without train.* are raw: all are learned, but for test.*. */
static ya_status add_raw(ya_data_paths *out, const file_role *roles, size_t n_roles, ya_error *err)
{
    size_t before = out->n_train;
    ya_status status = YA_OK;
    for (size_t i = 0; i < n_roles; i++)
        if (roles[i].part != PART_TEST)
            YA_TRY(add_one(&out->train, &out->n_train, roles[i].path, err));
    if (out->n_train == before)
        status = ya_fail(err, YA_ERR_DATA,
                         "%s: test files are never trained on, and nothing else is there; to take "
                         "it all the same, name the file itself",
                         roles[0].path);
done:
    return status;
}

static ya_status add_directory(ya_data_paths *out, const char *path, bool with_val, ya_error *err)
{
    ya_paths listed = {0};
    file_role *roles = NULL;
    ya_status status;
    YA_TRY(ya_record_files_list(&listed, path, err));
    size_t n = listed.n_paths;
    roles = ya_alloc_zero(n, sizeof *roles);
    if (!roles)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu paths", n));
    for (size_t i = 0; i < n; i++)
        roles[i] = role_of(listed.paths[i]);
    show_left_out(roles, n, PART_TEST, "test files are never trained on");
    if (!has_part(roles, n, PART_TRAIN)) {
        status = add_raw(out, roles, n, err);
        goto done;
    }
    show_left_out(roles, n, PART_OTHER, "of a directory with train.* only that is read");
    YA_TRY(add_part(&out->train, &out->n_train, roles, n, PART_TRAIN, err));
    if (with_val)
        YA_TRY(add_part(&out->val, &out->n_val, roles, n, PART_VAL, err));
done:
    ya_free(roles);
    ya_paths_free(&listed);
    return status;
}

ya_status ya_data_find(ya_data_paths *out, char *const *data, size_t n_data, char *const *val,
                       size_t n_val, ya_error *err)
{
    ya_status status = YA_OK;
    *out = (ya_data_paths){0};
    for (size_t i = 0; i < n_data; i++)
        if (is_directory(data[i]))
            YA_TRY(add_directory(out, data[i], n_val == 0, err));
        else
            YA_TRY(add_all(&out->train, &out->n_train, data[i], err));
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
