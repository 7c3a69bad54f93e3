#include "io/cache.h"

#include "base/alloc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char HUB_PREFIX[] = "models--";

/* $VARIABLE/REST; false when the variable is not set. */
static bool below(char path[YA_PATH_MAX], const char *variable, const char *rest)
{
    const char *root = getenv(variable);
    int n = root && *root ? snprintf(path, YA_PATH_MAX, "%s%s", root, rest) : -1;
    return n > 0 && n < YA_PATH_MAX;
}

static bool our_cache(char path[YA_PATH_MAX])
{
    return below(path, "XDG_CACHE_HOME", "/your_ai") || below(path, "HOME", "/.cache/your_ai");
}

bool ya_cache_hub(char path[YA_PATH_MAX])
{
    return below(path, "HF_HUB_CACHE", "") || below(path, "HF_HOME", "/hub") ||
           below(path, "XDG_CACHE_HOME", "/huggingface/hub") ||
           below(path, "HOME", "/.cache/huggingface/hub");
}

static bool exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static bool joined(char path[YA_PATH_MAX], const char *dir, const char *name)
{
    return ya_path_join(path, dir, name, NULL) == YA_OK;
}

/* Relative, and no part of it leads up. */
static bool stays_inside(const char *name)
{
    if (!*name || *name == '/')
        return false;
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return false;
    }
    return true;
}

/* The snapshot that refs/main of a hub directory names. */
static bool hub_snapshot(char path[YA_PATH_MAX], const char *dir)
{
    char ref[YA_PATH_MAX], commit[128] = "", name[160];
    FILE *file = joined(ref, dir, "refs/main") ? fopen(ref, "r") : NULL;
    if (!file)
        return false;
    bool read = fgets(commit, sizeof commit, file) != NULL;
    fclose(file);
    commit[strcspn(commit, "\r\n")] = '\0';
    snprintf(name, sizeof name, "snapshots/%s", commit);
    return read && stays_inside(commit) && joined(path, dir, name) && exists(path);
}

/* "ORG/NAME" as the directory models--ORG--NAME, "ORG/NAME/FILE" as a file of its snapshot. */
static bool find_in_hub(char path[YA_PATH_MAX], const char *name)
{
    char hub[YA_PATH_MAX], dir[YA_PATH_MAX], folder[512], snapshot[YA_PATH_MAX];
    const char *slash = strchr(name, '/'), *file = slash ? strchr(slash + 1, '/') : NULL;
    if (!slash || !ya_cache_hub(hub))
        return false;
    size_t length = file ? (size_t)(file - slash - 1) : strlen(slash + 1);
    int n = snprintf(folder, sizeof folder, "%s%.*s--%.*s", HUB_PREFIX, (int)(slash - name), name,
                     (int)length, slash + 1);
    if (n <= 0 || n >= (int)sizeof folder || !joined(dir, hub, folder))
        return false;
    if (!file)
        return hub_snapshot(path, dir);
    return hub_snapshot(snapshot, dir) && joined(path, snapshot, file + 1) && exists(path);
}

bool ya_cache_find(char path[YA_PATH_MAX], const char *name)
{
    char dir[YA_PATH_MAX];
    if (!stays_inside(name))
        return false;
    if (our_cache(dir) && joined(path, dir, name) && exists(path))
        return true;
    return find_in_hub(path, name);
}

/* A list that grows. */
typedef struct {
    ya_cached_model *models;
    size_t n, room;
} list;

static ya_status add(list *found, const char *name, const char *path, ya_error *err)
{
    if (found->n == found->room) {
        size_t room = found->room ? 2 * found->room : 16;
        ya_cached_model *models = ya_realloc_array(found->models, room, sizeof *models);
        if (!models)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for the list of models");
        found->models = models;
        found->room = room;
    }
    ya_cached_model *model = &found->models[found->n];
    if (snprintf(model->name, sizeof model->name, "%s", name) >= (int)sizeof model->name)
        return YA_OK; /* a name that ya_cache_find could not take either */
    snprintf(model->path, sizeof model->path, "%s", path);
    found->n++;
    return YA_OK;
}

static bool is_model(const char *path)
{
    static const char ending[] = ".gguf";
    char config[YA_PATH_MAX];
    size_t length = strlen(path), tail = sizeof ending - 1;
    if (length > tail && strcmp(path + length - tail, ending) == 0)
        return true;
    return joined(config, path, "config.json") && exists(config);
}

/* "models--ORG--NAME" gives "ORG/NAME". */
static bool hub_name(char *name, size_t room, const char *folder)
{
    const char *org = folder + sizeof HUB_PREFIX - 1, *dashes;
    if (strncmp(folder, HUB_PREFIX, sizeof HUB_PREFIX - 1) != 0 || !(dashes = strstr(org, "--")))
        return false;
    int n = snprintf(name, room, "%.*s/%s", (int)(dashes - org), org, dashes + 2);
    return n > 0 && n < (int)room;
}

/* Ours: files and directories; of organisations' directories those in them. */
static ya_status scan_ours(list *found, const char *dir, const char *prefix, ya_error *err)
{
    DIR *stream = opendir(dir);
    ya_status status = YA_OK;
    struct dirent *entry;
    while (stream && !status && (entry = readdir(stream)) != NULL) {
        char path[YA_PATH_MAX], name[512];
        struct stat info;
        if (entry->d_name[0] == '.' || !joined(path, dir, entry->d_name) || stat(path, &info) != 0)
            continue;
        snprintf(name, sizeof name, "%s%s", prefix, entry->d_name);
        if (is_model(path)) {
            status = add(found, name, path, err);
        } else if (!*prefix && S_ISDIR(info.st_mode)) {
            snprintf(name, sizeof name, "%s/", entry->d_name);
            status = scan_ours(found, path, name, err);
        }
    }
    if (stream)
        closedir(stream);
    return status;
}

/* The GGUF files of a snapshot, as ORG/NAME/FILE. */
static ya_status scan_snapshot(list *found, const char *dir, const char *prefix, ya_error *err)
{
    DIR *stream = opendir(dir);
    ya_status status = YA_OK;
    struct dirent *entry;
    while (stream && !status && (entry = readdir(stream)) != NULL) {
        char path[YA_PATH_MAX], name[512];
        struct stat info;
        int n = snprintf(name, sizeof name, "%s/%s", prefix, entry->d_name);
        if (n < (int)sizeof name && joined(path, dir, entry->d_name) && stat(path, &info) == 0 &&
            S_ISREG(info.st_mode) && is_model(path))
            status = add(found, name, path, err);
    }
    if (stream)
        closedir(stream);
    return status;
}

static ya_status scan_hub(list *found, const char *dir, ya_error *err)
{
    DIR *stream = opendir(dir);
    ya_status status = YA_OK;
    struct dirent *entry;
    while (stream && !status && (entry = readdir(stream)) != NULL) {
        char folder[YA_PATH_MAX], path[YA_PATH_MAX], name[256];
        if (!hub_name(name, sizeof name, entry->d_name) || !joined(folder, dir, entry->d_name) ||
            !hub_snapshot(path, folder))
            continue;
        status =
            is_model(path) ? add(found, name, path, err) : scan_snapshot(found, path, name, err);
    }
    if (stream)
        closedir(stream);
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const ya_cached_model *)a)->name, ((const ya_cached_model *)b)->name);
}

ya_status ya_cache_list(ya_cached_model **models, size_t *n, ya_error *err)
{
    char dir[YA_PATH_MAX];
    list found = {0};
    size_t ours;
    ya_status status = YA_OK;
    if (our_cache(dir))
        YA_TRY(scan_ours(&found, dir, "", err));
    ours = found.n;
    if (ya_cache_hub(dir))
        YA_TRY(scan_hub(&found, dir, err));
    if (ours)
        qsort(found.models, ours, sizeof *found.models, by_name);
    if (found.n > ours)
        qsort(found.models + ours, found.n - ours, sizeof *found.models, by_name);
done:
    if (status) {
        ya_free(found.models);
        found = (list){0};
    }
    *models = found.models;
    *n = found.n;
    return status;
}
