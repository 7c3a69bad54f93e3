#include "hub/store.h"

#include "base/alloc.h"
#include "io/cache.h"

#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ya_status ya_store_open(ya_store *store, const ya_hub_repo *repo, ya_error *err)
{
    char cache[YA_PATH_MAX], folder[YA_HUB_NAME + 32];
    const char *slash = strchr(repo->name, '/');
    ya_status status;
    *store = (ya_store){0};
    if (!ya_cache_hub(cache))
        return ya_fail(err, YA_ERR_USAGE,
                       "there is no place for downloads: set HOME, HF_HOME or HF_HUB_CACHE");
    snprintf(folder, sizeof folder, "%s--%.*s--%s", repo->dataset ? "datasets" : "models",
             (int)(slash - repo->name), repo->name, slash + 1);
    YA_TRY(ya_path_join(store->root, cache, folder, err));
    YA_TRY(ya_path_join(store->blobs, store->root, "blobs", err));
done:
    return status;
}

static ya_status set_snapshot(ya_store *store, const ya_hub_repo *repo, ya_error *err)
{
    char name[YA_DIGEST_HEX + 16];
    snprintf(name, sizeof name, "snapshots/%s", repo->commit);
    return ya_path_join(store->snapshot, store->root, name, err);
}

ya_status ya_store_use(ya_store *store, const ya_hub_repo *repo, ya_error *err)
{
    ya_status status;
    YA_TRY(set_snapshot(store, repo, err));
    YA_TRY(ya_make_dirs(store->blobs, err));
    YA_TRY(ya_make_dirs(store->snapshot, err));
done:
    return status;
}

/* root/refs/REVISION */
static ya_status ref_path(char path[YA_PATH_MAX], const ya_store *store, const ya_hub_repo *repo,
                          ya_error *err)
{
    char name[YA_HUB_REVISION + 16];
    snprintf(name, sizeof name, "refs/%s", repo->revision);
    return ya_path_join(path, store->root, name, err);
}

bool ya_store_find(ya_store *store, ya_hub_repo *repo)
{
    char path[YA_PATH_MAX], commit[YA_DIGEST_HEX + 2] = "";
    struct stat info;
    FILE *file = ref_path(path, store, repo, NULL) == YA_OK ? fopen(path, "r") : NULL;
    if (file && !fgets(commit, sizeof commit, file))
        commit[0] = '\0';
    if (file)
        fclose(file);
    else
        snprintf(commit, sizeof commit, "%.64s", repo->revision);
    commit[strcspn(commit, "\r\n")] = '\0';
    if (!ya_digest_is_name(commit))
        return false;
    snprintf(repo->commit, sizeof repo->commit, "%.64s", commit);
    return set_snapshot(store, repo, NULL) == YA_OK && stat(store->snapshot, &info) == 0;
}

ya_status ya_store_blob(char path[YA_PATH_MAX], const ya_store *store, const ya_hub_file *file,
                        ya_error *err)
{
    return ya_path_join(path, store->blobs, file->digest, err);
}

static ya_status make_parent(const char *path, ya_error *err)
{
    char copy[YA_PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    return ya_make_dirs(dirname(copy), err);
}

ya_status ya_store_link(const ya_store *store, const ya_hub_file *file, ya_error *err)
{
    char path[YA_PATH_MAX], temporary[YA_PATH_MAX], found[YA_PATH_MAX];
    ya_buffer target = {0};
    ya_status status;
    YA_TRY(ya_path_join(path, store->snapshot, file->path, err));
    YA_TRY(ya_buffer_printf(&target, err, "../../"));
    for (const char *c = file->path; *c; c++)
        if (*c == '/')
            YA_TRY(ya_buffer_printf(&target, err, "../"));
    YA_TRY(ya_buffer_printf(&target, err, "blobs/%s", file->digest));
    ssize_t n = readlink(path, found, sizeof found);
    if (n == (ssize_t)target.size && memcmp(found, target.data, (size_t)n) == 0)
        goto done;
    YA_TRY(make_parent(path, err));
    if (snprintf(temporary, sizeof temporary, "%s.link", path) >= (int)sizeof temporary)
        YA_TRY(ya_fail(err, YA_ERR_IO, "the path %.200s... is too long", path));
    unlink(temporary);
    if (symlink(target.data, temporary) != 0 || rename(temporary, path) != 0)
        YA_TRY(ya_fail_errno(err, YA_ERR_IO, "cannot make the link %s", path));
done:
    ya_buffer_free(&target);
    return status;
}

ya_status ya_store_refer(const ya_store *store, const ya_hub_repo *repo, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status = YA_OK;
    if (strcmp(repo->revision, repo->commit) == 0)
        return YA_OK;
    YA_TRY(ref_path(path, store, repo, err));
    YA_TRY(make_parent(path, err));
    YA_TRY(ya_write_file(path, repo->commit, strlen(repo->commit), err));
done:
    return status;
}

/* Listing: nftw has no context of the caller's. */
static _Thread_local struct {
    ya_hub_repo *repo;
    size_t prefix;
    bool full;
} listing;

static int list_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    char target[YA_PATH_MAX];
    ya_hub_repo *repo = listing.repo;
    (void)at;
    ssize_t n = kind == FTW_SL ? readlink(path, target, sizeof target - 1) : -1;
    if (n <= 0)
        return 0;
    target[n] = '\0';
    const char *digest = strrchr(target, '/');
    if (!digest || !ya_digest_is_name(digest + 1) || strlen(path + listing.prefix) >= YA_HUB_PATH)
        return 0;
    ya_hub_file *files = ya_realloc_array(repo->files, repo->n + 1, sizeof *files);
    listing.full = !files;
    if (!files)
        return 1;
    repo->files = files;
    ya_hub_file *file = &files[repo->n++];
    *file = (ya_hub_file){.wanted = true};
    snprintf(file->path, sizeof file->path, "%s", path + listing.prefix);
    snprintf(file->digest, sizeof file->digest, "%.64s", digest + 1);
    struct stat contents;
    file->size = stat(path, &contents) == 0 ? (uint64_t)contents.st_size : (uint64_t)info->st_size;
    return 0;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const ya_hub_file *)a)->path, ((const ya_hub_file *)b)->path);
}

ya_status ya_store_list(const ya_store *store, ya_hub_repo *repo, ya_error *err)
{
    listing.repo = repo;
    listing.prefix = strlen(store->snapshot) + 1;
    listing.full = false;
    nftw(store->snapshot, list_one, 16, FTW_PHYS);
    if (listing.full)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the list of files");
    if (repo->n)
        qsort(repo->files, repo->n, sizeof *repo->files, by_path);
    return YA_OK;
}
