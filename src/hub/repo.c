#include "hub/repo.h"

#include "base/alloc.h"
#include "io/json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DOCUMENT = 1 << 26, MAX_FILES = 100000, MAX_PAGES = 1000 };

/* Names: --------------------------------------------------------------------------------------- */

/* One part of ORG/NAME. */
static bool is_part(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
            return false;
    return n > 0 && text[0] != '.' && text[0] != '-';
}

static bool is_revision(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-/", *c))
            return false;
    return *text && *text != '/' && *text != '.' && !strstr(text, "..") && !strstr(text, "//") &&
           text[strlen(text) - 1] != '/';
}

ya_status ya_hub_name(ya_hub_repo *repo, const char *name, const char *revision, bool dataset,
                      ya_error *err)
{
    const char *slash = strchr(name, '/');
    *repo = (ya_hub_repo){.dataset = dataset};
    if (!slash || strlen(name) >= YA_HUB_NAME || !is_part(name, (size_t)(slash - name)) ||
        !is_part(slash + 1, strlen(slash + 1)))
        return ya_fail(err, YA_ERR_USAGE, "\"%.100s\" is no name on a hub: expected ORG/NAME%s",
                       name, dataset ? "" : " or a preset of configs/presets.yaml");
    if (strlen(revision) >= YA_HUB_REVISION || !is_revision(revision))
        return ya_fail(err, YA_ERR_USAGE, "\"%.100s\" is no branch, tag or commit", revision);
    snprintf(repo->name, sizeof repo->name, "%s", name);
    snprintf(repo->revision, sizeof repo->revision, "%s", revision);
    return YA_OK;
}

/* Paths that stay where they are put: "a/b.json", no "../", no "/", nothing invisible. */
static bool is_plain_path(const char *path)
{
    for (const char *c = path; *c; c++)
        if ((unsigned char)*c < ' ' || *c == '\\' || *c == 0x7F)
            return false;
    for (const char *part = path;;) {
        size_t n = strcspn(part, "/");
        if (n == 0 || strncmp(part, "..", 2) == 0 || (n == 1 && *part == '.'))
            return false;
        if (!part[n])
            return true;
        part += n + 1;
    }
}

/* Answers: ------------------------------------------------------------------------------------- */

static ya_status read_file_entry(ya_hub_file *file, const json_t *entry, const char *repo,
                                 ya_error *err)
{
    const json_t *lfs = json_object_get(entry, "lfs");
    const char *path = ya_json_get_text(entry, "path"),
               *digest = ya_json_get_text(lfs ? lfs : entry, "oid");
    int64_t size;
    *file = (ya_hub_file){0};
    if (!path || strlen(path) >= YA_HUB_PATH || !is_plain_path(path))
        return ya_fail(err, YA_ERR_FORMAT, "the hub's list of %s has a path that cannot be written",
                       repo);
    if (!digest || !ya_digest_is_name(digest) || !ya_json_get_i64(entry, "size", &size) || size < 0)
        return ya_fail(err, YA_ERR_FORMAT, "the hub's list of %s has no size or sum of %s", repo,
                       path);
    snprintf(file->path, sizeof file->path, "%s", path);
    snprintf(file->digest, sizeof file->digest, "%s", digest);
    file->size = (uint64_t)size;
    return YA_OK;
}

ya_status ya_hub_add_tree(ya_hub_repo *repo, const json_t *tree, ya_error *err)
{
    size_t n = json_array_size(tree), i;
    const json_t *entry;
    if (!json_is_array(tree) || n > MAX_FILES - repo->n)
        return ya_fail(err, YA_ERR_FORMAT, "the hub's answer about %s is no list of files",
                       repo->name);
    if (n == 0)
        return YA_OK;
    ya_hub_file *files = ya_realloc_array(repo->files, repo->n + n, sizeof *files);
    if (!files)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the list of files");
    repo->files = files;
    json_array_foreach(tree, i, entry)
    {
        const char *type = ya_json_get_text(entry, "type");
        if (!type || strcmp(type, "file") != 0)
            continue;
        ya_status status = read_file_entry(&files[repo->n], entry, repo->name, err);
        if (status)
            return status;
        repo->n++;
    }
    return YA_OK;
}

/* Requests: ------------------------------------------------------------------------------------ */

static const char *kind(const ya_hub_repo *repo)
{
    return repo->dataset ? "datasets" : "models";
}

/* Appends text with everything but letters, digits and ._-~ (and '/' unless `whole`) as %XX. */
static ya_status escape(ya_buffer *url, const char *text, bool whole, ya_error *err)
{
    ya_status status = YA_OK;
    for (const char *c = text; *c && !status; c++) {
        bool plain = isalnum((unsigned char)*c) || strchr("._-~", *c) || (*c == '/' && !whole);
        status = ya_buffer_printf(url, err, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
    return status;
}

static ya_status get_json(ya_http *http, const char *url, const char *what, json_t **out,
                          char next[YA_URL_MAX], ya_error *err)
{
    ya_buffer body = {0};
    ya_status status;
    YA_TRY(ya_http_get(http, url, what, MAX_DOCUMENT, &body, next, err));
    YA_TRY(ya_json_parse(body.data ? body.data : "", body.size, url, out, err));
done:
    ya_buffer_free(&body);
    return status;
}

static ya_status find_commit(ya_hub_repo *repo, ya_http *http, const char *endpoint, ya_error *err)
{
    char next[YA_URL_MAX], what[YA_HUB_NAME + YA_HUB_REVISION + 16];
    ya_buffer url = {0};
    json_t *answer = NULL;
    ya_status status;
    YA_TRY(ya_buffer_printf(&url, err, "%s/api/%s/%s/revision/", endpoint, kind(repo), repo->name));
    YA_TRY(escape(&url, repo->revision, true, err));
    snprintf(what, sizeof what, "%s at %s", repo->name, repo->revision);
    YA_TRY(get_json(http, url.data, what, &answer, next, err));
    const char *sha = ya_json_get_text(answer, "sha");
    if (!sha || !ya_digest_is_name(sha))
        YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s names no commit", url.data));
    snprintf(repo->commit, sizeof repo->commit, "%s", sha);
done:
    json_decref(answer);
    ya_buffer_free(&url);
    return status;
}

ya_status ya_hub_list(ya_hub_repo *repo, ya_http *http, const char *endpoint, ya_error *err)
{
    char url[YA_URL_MAX], next[YA_URL_MAX];
    json_t *tree = NULL;
    ya_status status;
    YA_TRY(find_commit(repo, http, endpoint, err));
    snprintf(url, sizeof url, "%.3000s/api/%s/%s/tree/%s?recursive=true", endpoint, kind(repo),
             repo->name, repo->commit);
    for (int page = 0; url[0]; page++) {
        /* The token goes to the endpoint only. */
        if (page == MAX_PAGES || strncmp(url, endpoint, strlen(endpoint)) != 0)
            YA_TRY(ya_fail(err, YA_ERR_FORMAT, "the hub's list of %s goes on at %.200s", repo->name,
                           url));
        YA_TRY(get_json(http, url, repo->name, &tree, next, err));
        YA_TRY(ya_hub_add_tree(repo, tree, err));
        json_decref(tree);
        tree = NULL;
        memcpy(url, next, sizeof url);
    }
done:
    json_decref(tree);
    if (status)
        ya_hub_free(repo);
    return status;
}

void ya_hub_free(ya_hub_repo *repo)
{
    ya_free(repo->files);
    repo->files = NULL;
    repo->n = 0;
}

ya_status ya_hub_url(char out[YA_URL_MAX], const ya_hub_repo *repo, const char *endpoint,
                     const ya_hub_file *file, ya_error *err)
{
    ya_buffer url = {0};
    ya_status status;
    YA_TRY(ya_buffer_printf(&url, err, "%s/%s%s/resolve/%s/", endpoint,
                            repo->dataset ? "datasets/" : "", repo->name, repo->commit));
    YA_TRY(escape(&url, file->path, false, err));
    if (url.size >= YA_URL_MAX)
        YA_TRY(ya_fail(err, YA_ERR_FORMAT, "the address of %.200s is too long", file->path));
    memcpy(out, url.data, url.size + 1);
done:
    ya_buffer_free(&url);
    return status;
}
