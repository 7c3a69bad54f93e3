#include "lora/locate.h"

#include "base/alloc.h"
#include "io/cache.h"
#include "io/json.h"
#include "io/outdir.h"
#include "io/shown.h"
#include "model/preset.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The file that tells what an adapter or a fully trained checkpoint was made from. */
static const char *const LINEAGE_FILES[] = {"adapter_config.json", "trained_config.json"};

static bool exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* DIR's lineage file in `path`; false: DIR is no adapter. */
static bool find_lineage(char path[YA_PATH_MAX], const char *dir)
{
    for (int i = 0; i < 2; i++) {
        int n = snprintf(path, YA_PATH_MAX, "%s/%s", dir, LINEAGE_FILES[i]);
        if (n > 0 && n < YA_PATH_MAX && exists(path))
            return true;
    }
    return false;
}

static bool joined_exists(char path[YA_PATH_MAX], const char *dir, const char *name)
{
    int n = snprintf(path, YA_PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < YA_PATH_MAX && exists(path);
}

static ya_status own(char **out, const char *text, ya_error *err)
{
    *out = ya_strdup(text);
    return *out ? YA_OK : ya_fail(err, YA_ERR_MEMORY, "out of memory for a path");
}

/* `name` as a path, relative to `dir` first when that is given, else in the cache. */
static ya_status resolve(char **out, const char *name, const char *dir, const char *what,
                         ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_preset preset;
    if (name[0] != '/' && dir && joined_exists(path, dir, name))
        return own(out, path, err);
    if (exists(name))
        return own(out, name, err);
    if (ya_cache_find(path, name) ||
        (ya_preset_find(&preset, name) && ya_cache_find(path, preset.hub)))
        return own(out, path, err);
    if (ya_preset_find(&preset, name))
        return ya_fail(err, YA_ERR_IO,
                       "%s \"%s\" is %s, which is not on this machine: your_ai pull %s fetches it",
                       what, name, preset.hub, name);
    return ya_fail(err, YA_ERR_IO, "%s \"%s\" is neither a file, a directory nor in the cache",
                   what, name);
}

static bool ends_in_gguf(const char *name)
{
    size_t size = strlen(name);
    return size > 5 && strcmp(name + size - 5, ".gguf") == 0;
}

/* Downloads leave GGUF files in a directory of their own: the only one there is what was meant. Of
 * several the user has to choose; a directory of another kind stays as it is. */
static ya_status enter_directory(char **path, ya_error *err)
{
    char list[512] = "", only[YA_PATH_MAX];
    int n = 0;
    size_t used = 0;
    DIR *dir = joined_exists(only, *path, "config.json") ? NULL : opendir(*path);
    if (!dir)
        return YA_OK;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (!ends_in_gguf(entry->d_name) || strncmp(entry->d_name, "mmproj", 6) == 0)
            continue;
        n++;
        int size = snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                            ya_show(entry->d_name, strlen(entry->d_name)).text);
        used = used + (size_t)size < sizeof list ? used + (size_t)size : sizeof list - 1;
        if (!joined_exists(only, *path, entry->d_name))
            n = 2; /* too long a path, or gone */
    }
    closedir(dir);
    if (n == 0)
        return YA_OK;
    if (n > 1)
        return ya_fail(err, YA_ERR_USAGE,
                       "%s holds %d GGUF files and no config.json; name one of them: %s", *path, n,
                       list);
    ya_free(*path);
    return own(path, only, err);
}

ya_status ya_locate_named(char **path, const char *name, ya_error *err)
{
    ya_status status = resolve(path, name, NULL, "the model", err);
    if (!status && (status = enter_directory(path, err)) != YA_OK) {
        ya_free(*path);
        *path = NULL;
    }
    return status;
}

/* The base that the lineage file `path` of `adapter` names, or the one that overrides it. */
static ya_status find_base(const char *adapter, const char *path, const char *base,
                           char **base_path, ya_error *err)
{
    json_t *json = NULL;
    ya_status status;
    if (base)
        return resolve(base_path, base, NULL, "the base model", err);
    YA_TRY(ya_json_read_file(path, &json, err));
    const char *name = ya_json_get_text(json, "base_model_name_or_path");
    if (!name || !*name)
        status =
            ya_fail(err, YA_ERR_FORMAT,
                    "%s names no base_model_name_or_path: pass the base model with --base", path);
    else if ((status = resolve(base_path, name, adapter, "its base model", err)) != YA_OK)
        status = ya_wrap(err, status, "%s (--base names another)", path);
done:
    json_decref(json);
    return status;
}

ya_status ya_locate_model(const char *model, const char *adapter, const char *base,
                          char **base_path, char **adapter_path, ya_error *err)
{
    char lineage[YA_PATH_MAX], *found = NULL;
    ya_status status;
    *base_path = *adapter_path = NULL;
    YA_TRY(resolve(&found, model, NULL, "the model", err));
    if (find_lineage(lineage, found)) {
        if (adapter)
            YA_TRY(ya_fail(err, YA_ERR_USAGE,
                           "%s is an adapter itself: pass its base as --model with --adapter %s",
                           model, adapter));
        YA_TRY(find_base(found, lineage, base, base_path, err));
        *adapter_path = found;
        found = NULL;
        goto done;
    }
    if (adapter) {
        YA_TRY(resolve(adapter_path, adapter, NULL, "the adapter", err));
        if (!is_file(*adapter_path) && !find_lineage(lineage, *adapter_path))
            YA_TRY(ya_fail(err, YA_ERR_IO,
                           "%s has no adapter_config.json: it is no adapter (a GGUF adapter is a "
                           "file)",
                           adapter));
    }
    *base_path = found;
    found = NULL;
done:
    ya_free(found);
    if (!status)
        status = enter_directory(base_path, err);
    if (status) {
        ya_free(*base_path);
        ya_free(*adapter_path);
        *base_path = *adapter_path = NULL;
    }
    return status;
}
