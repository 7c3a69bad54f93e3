#include "hub/select.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static bool matches_any(const char *path, const char *const *patterns)
{
    for (; *patterns; patterns++)
        if (fnmatch(*patterns, path, 0) == 0)
            return true;
    return false;
}

static bool in_subdirectory(const ya_hub_file *file)
{
    return strchr(file->path, '/') != NULL;
}

static bool is_gguf(const ya_hub_file *file)
{
    return fnmatch("*.gguf", file->path, FNM_CASEFOLD) == 0;
}

/* The second or a later part of a GGUF file in parts, of which the first stands for all. */
static bool is_later_part(const ya_hub_file *file)
{
    return is_gguf(file) &&
           fnmatch("*-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9].gguf", file->path,
                   0) == 0 &&
           fnmatch("*-00001-of-?????.gguf", file->path, 0) != 0;
}

/* "config.json (1 KB), ..." as far as there is room. */
static void name_files(const ya_hub_repo *repo, bool ggufs, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < repo->n && used < room; i++) {
        if (ggufs && !is_gguf(&repo->files[i]))
            continue;
        used += (size_t)snprintf(out + used, room - used, "%s%s (%.3g MB)", used ? ", " : "",
                                 repo->files[i].path, (double)repo->files[i].size * 1e-6);
    }
    if (used >= room)
        memcpy(out + room - 4, "...", 4);
}

static size_t want_matching(ya_hub_repo *repo, char *const *patterns, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < repo->n; i++) {
        for (size_t j = 0; j < n && !repo->files[i].wanted; j++)
            repo->files[i].wanted = fnmatch(patterns[j], repo->files[i].path, 0) == 0;
        found += repo->files[i].wanted;
    }
    return found;
}

static ya_status want_model(ya_hub_repo *repo, ya_error *err)
{
    static const char *const weights[] = {"*.safetensors", NULL};
    static const char *const twice[] = {"consolidated*", NULL};
    static const char *const others[] = {"*.json",   "tokenizer.model", "*.jinja",
                                         "LICENSE*", "README.md",       NULL};
    char names[600];
    size_t n_weights = 0, n_gguf = 0;
    ya_hub_file *gguf = NULL;
    for (size_t i = 0; i < repo->n; i++) {
        ya_hub_file *file = &repo->files[i];
        bool weight = !in_subdirectory(file) && matches_any(file->path, weights) &&
                      !matches_any(file->path, twice);
        file->wanted = weight || (!in_subdirectory(file) && matches_any(file->path, others));
        n_weights += weight;
        if (is_gguf(file) && !is_later_part(file)) {
            gguf = file;
            n_gguf++;
        }
    }
    if (n_weights > 0)
        return YA_OK;
    if (n_gguf == 1) {
        for (size_t i = 0; i < repo->n; i++)
            repo->files[i].wanted |= &repo->files[i] == gguf || is_later_part(&repo->files[i]);
        return YA_OK;
    }
    name_files(repo, n_gguf > 0, names, sizeof names);
    if (n_gguf == 0)
        return ya_fail(err, YA_ERR_DATA, "%s has neither safetensors nor GGUF files; it holds: %s",
                       repo->name, names);
    return ya_fail(err, YA_ERR_DATA,
                   "%s has %zu GGUF files; choose with --include, say --include %s, from: %s",
                   repo->name, n_gguf, gguf->path, names);
}

static ya_status want_data(ya_hub_repo *repo, ya_error *err)
{
    static const char *const records[] = {"*.jsonl", "*.jsonl.gz", "*.jsonl.zst", NULL};
    char names[600];
    bool any = false;
    for (size_t i = 0; i < repo->n; i++) {
        repo->files[i].wanted = matches_any(repo->files[i].path, records);
        any = any || repo->files[i].wanted;
    }
    if (any)
        return YA_OK;
    name_files(repo, false, names, sizeof names);
    return ya_fail(err, YA_ERR_DATA,
                   "%s has no .jsonl, .jsonl.gz or .jsonl.zst; choose others with --include from: "
                   "%s",
                   repo->name, names);
}

ya_status ya_hub_select(ya_hub_repo *repo, char *const *patterns, size_t n, ya_error *err)
{
    char names[600];
    if (n == 0)
        return repo->dataset ? want_data(repo, err) : want_model(repo, err);
    if (want_matching(repo, patterns, n) > 0)
        return YA_OK;
    name_files(repo, false, names, sizeof names);
    return ya_fail(err, YA_ERR_DATA, "no file of %s matches --include %s%s; it holds: %s",
                   repo->name, patterns[0], n > 1 ? ", ..." : "", names);
}
