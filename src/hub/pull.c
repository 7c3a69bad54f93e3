#include "hub/pull.h"

#include "base/clock.h"
#include "base/log.h"
#include "hub/download.h"
#include "hub/select.h"
#include "io/outfile.h"
#include "model/preset.h"
#include "train/interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char ENDPOINT[] = "https://huggingface.co";
static const int64_t DRAW_NS = 200000000;

typedef struct {
    const ya_settings *s;
    char endpoint[1024];
    ya_hub_repo repo;
    ya_store store;
    ya_http *http;         /* NULL: offline */
    uint64_t all, fetched; /* bytes: of the wanted files, of those that came now */
    size_t n_all, n_fetched;
    bool terminal;
    int64_t begin_ns, drawn_ns;
    uint64_t file_begin; /* where the file at hand was resumed */
} pull;

static void describe_bytes(char out[32], uint64_t bytes)
{
    double b = (double)bytes;
    if (bytes < 1000000)
        snprintf(out, 32, "%.3g KB", b * 1e-3);
    else if (bytes < 1000000000)
        snprintf(out, 32, "%.1f MB", b * 1e-6);
    else
        snprintf(out, 32, "%.2f GB", b * 1e-9);
}

/* The environment: ----------------------------------------------------------------------------- */

static bool is_offline(void)
{
    static const char *const yes[] = {"1", "on", "yes", "true"};
    const char *value = getenv("HF_HUB_OFFLINE");
    for (size_t i = 0; value && i < sizeof yes / sizeof *yes; i++)
        if (strcasecmp(value, yes[i]) == 0)
            return true;
    return false;
}

static ya_status find_endpoint(pull *p, ya_error *err)
{
    const char *value = getenv("HF_ENDPOINT");
    if (!value || !*value)
        value = ENDPOINT;
    size_t n = strlen(value);
    while (n > 0 && value[n - 1] == '/')
        n--;
    if (n >= sizeof p->endpoint ||
        (strncasecmp(value, "https://", 8) != 0 && strncasecmp(value, "http://", 7) != 0))
        return ya_fail(err, YA_ERR_USAGE,
                       "HF_ENDPOINT is \"%.200s\": expected the address of a hub, as %s", value,
                       ENDPOINT);
    snprintf(p->endpoint, sizeof p->endpoint, "%.*s", (int)n, value);
    return YA_OK;
}

/* Progress: ------------------------------------------------------------------------------------ */

static void draw(void *context, const ya_hub_file *file, uint64_t bytes)
{
    pull *p = context;
    int64_t now = ya_now_ns();
    char have[32], all[32], rate[32];
    if (!p->terminal || now - p->drawn_ns < DRAW_NS)
        return;
    double seconds = (double)(now - p->begin_ns) * 1e-9;
    p->drawn_ns = now;
    describe_bytes(have, bytes);
    describe_bytes(all, file->size);
    describe_bytes(rate, seconds > 0.0 ? (uint64_t)((double)(bytes - p->file_begin) / seconds) : 0);
    fprintf(stderr, "\r\033[K%.40s  %s of %s, %s/s", file->path, have, all, rate);
    fflush(stderr);
}

static void clear_line(const pull *p)
{
    if (p->terminal && p->drawn_ns)
        fputs("\r\033[K", stderr);
}

/* Files: --------------------------------------------------------------------------------------- */

static ya_status fetch_file(pull *p, const ya_hub_file *file, ya_error *err)
{
    char url[YA_URL_MAX], size[32];
    ya_download_watch watch = {draw, p};
    ya_status status;
    p->begin_ns = ya_now_ns();
    p->drawn_ns = 0;
    p->file_begin = ya_hub_partial(&p->store, file);
    if (p->file_begin > 0)
        ya_info("%s goes on at %.1f %%", file->path,
                100.0 * (double)p->file_begin / (double)file->size);
    YA_TRY(ya_hub_url(url, &p->repo, p->endpoint, file, err));
    status = ya_hub_download(p->http, &p->store, file, url, &watch, err);
    clear_line(p);
    YA_TRY(status);
    p->fetched += file->size - p->file_begin;
    p->n_fetched++;
    describe_bytes(size, file->size);
    ya_info("%-40s %10s  checked", file->path, size);
done:
    return status;
}

/* Every wanted file that is not there; *missing gets their bytes. */
static ya_status look(pull *p, bool *present, uint64_t *missing, ya_error *err)
{
    *missing = 0;
    for (size_t i = 0; i < p->repo.n; i++) {
        const ya_hub_file *file = &p->repo.files[i];
        if (!file->wanted)
            continue;
        ya_status status = ya_hub_present(&p->store, file, &present[i], err);
        if (status)
            return status;
        p->all += file->size;
        p->n_all++;
        if (!present[i])
            *missing += file->size - ya_hub_partial(&p->store, file);
    }
    return YA_OK;
}

static ya_status fetch_all(pull *p, ya_error *err)
{
    bool *present = calloc(p->repo.n + 1, sizeof *present);
    char all[32], left[32];
    uint64_t missing;
    ya_status status = YA_OK;
    if (!present)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the list of files");
    YA_TRY(look(p, present, &missing, err));
    YA_TRY(ya_check_room(p->store.blobs, missing, err));
    describe_bytes(all, p->all);
    describe_bytes(left, missing);
    ya_info("%s at %.12s: %zu files of %s, %s to fetch", p->repo.name, p->repo.commit, p->n_all,
            all, missing ? left : "nothing");
    for (size_t i = 0; i < p->repo.n; i++) {
        const ya_hub_file *file = &p->repo.files[i];
        if (!file->wanted)
            continue;
        if (!present[i])
            YA_TRY(fetch_file(p, file, err));
        YA_TRY(ya_store_link(&p->store, file, err));
    }
    YA_TRY(ya_store_refer(&p->store, &p->repo, err));
done:
    free(present);
    return status;
}

static ya_status online(pull *p, ya_error *err)
{
    const char *token = getenv("HF_TOKEN");
    ya_status status;
    YA_TRY(find_endpoint(p, err));
    YA_TRY(ya_http_open(&p->http, token && *token ? token : NULL, err));
    YA_TRY(ya_hub_list(&p->repo, p->http, p->endpoint, err));
    YA_TRY(ya_hub_select(&p->repo, p->s->include.items, p->s->include.n, err));
    YA_TRY(ya_store_use(&p->store, &p->repo, err));
    YA_TRY(fetch_all(p, err));
done:
    return status;
}

/* HF_HUB_OFFLINE: what is there, checked. */
static ya_status offline(pull *p, ya_error *err)
{
    ya_status status;
    if (!ya_store_find(&p->store, &p->repo))
        return ya_fail(err, YA_ERR_IO,
                       "%s at %s is not on this machine, and HF_HUB_OFFLINE forbids to fetch it",
                       p->repo.name, p->repo.revision);
    YA_TRY(ya_store_list(&p->store, &p->repo, err));
    for (size_t i = 0; i < p->repo.n; i++) {
        bool present;
        YA_TRY(ya_hub_present(&p->store, &p->repo.files[i], &present, err));
        if (!present)
            YA_TRY(ya_fail(err, YA_ERR_IO,
                           "%s of %s is not whole, and HF_HUB_OFFLINE forbids to fetch it",
                           p->repo.files[i].path, p->repo.name));
        p->all += p->repo.files[i].size;
        p->n_all++;
    }
done:
    return status;
}

/* Results: ------------------------------------------------------------------------------------- */

static ya_status show_json(const pull *p, ya_error *err)
{
    json_t *files = json_array();
    for (size_t i = 0; i < p->repo.n; i++)
        if (p->repo.files[i].wanted)
            json_array_append_new(files,
                                  json_pack("{s: s, s: I, s: s}", "path", p->repo.files[i].path,
                                            "bytes", (json_int_t)p->repo.files[i].size, "digest",
                                            p->repo.files[i].digest));
    json_t *document =
        json_pack("{s: s, s: s, s: s, s: s, s: I, s: I, s: o}", "name", p->repo.name, "revision",
                  p->repo.revision, "commit", p->repo.commit, "path", p->store.snapshot, "bytes",
                  (json_int_t)p->all, "fetched_bytes", (json_int_t)p->fetched, "files", files);
    bool printed = document && json_dumpf(document, stdout, JSON_INDENT(1)) == 0;
    printf("\n");
    json_decref(document);
    return printed ? YA_OK : ya_fail(err, YA_ERR_IO, "cannot print the result");
}

/* How --model names it: the repository, its GGUF file (of one in parts the first), or the path of
 * another revision. */
static void show(const pull *p)
{
    const char *gguf = NULL;
    bool config = false;
    for (size_t i = 0; i < p->repo.n; i++) {
        const char *path = p->repo.files[i].path;
        size_t n = strlen(path);
        if (!p->repo.files[i].wanted)
            continue;
        config = config || strcmp(path, "config.json") == 0;
        if (n > 5 && strcasecmp(path + n - 5, ".gguf") == 0 && (!gguf || strcmp(path, gguf) < 0))
            gguf = path;
    }
    printf("%s\n", p->store.snapshot);
    if (p->repo.dataset) {
        printf("\nNext:\n  your_ai analyze --input %s\n", p->store.snapshot);
        return;
    }
    bool by_name = strcmp(p->repo.revision, "main") == 0;
    if (!config && !gguf)
        return;
    printf("\nNext:\n  your_ai plan --model %s%s%s\n", by_name ? p->repo.name : p->store.snapshot,
           gguf ? "/" : "", gguf ? gguf : "");
}

static ya_status run(pull *p, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_store_open(&p->store, &p->repo, err));
    YA_TRY(is_offline() ? offline(p, err) : online(p, err));
    if (p->s->json)
        YA_TRY(show_json(p, err));
    else
        show(p);
done:
    return status;
}

ya_status ya_pull(const ya_settings *s, ya_error *err)
{
    pull p = {.s = s, .terminal = isatty(STDERR_FILENO) == 1 && !s->quiet};
    ya_preset preset;
    const char *name = s->repository;
    if (!name)
        return ya_fail(err, YA_ERR_USAGE, "pull needs a name: ORG/NAME%s",
                       s->dataset ? "" : " or a preset");
    if (!s->dataset && ya_preset_find(&preset, name))
        name = preset.hub;
    ya_status status =
        ya_hub_name(&p.repo, name, s->revision ? s->revision : "main", s->dataset, err);
    ya_interrupt_begin();
    if (!status)
        status = run(&p, err);
    ya_http_close(p.http);
    ya_hub_free(&p.repo);
    ya_interrupt_end();
    return status;
}
