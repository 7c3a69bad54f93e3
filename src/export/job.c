#include "export/job.h"

#include "base/alloc.h"
#include "base/team.h"
#include "io/map.h"
#include "lora/locate.h"
#include "model/compute.h"
#include "train/interrupt.h"
#include "train/lineage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint64_t DROP_BYTES = (uint64_t)128 << 20;
enum { README_MAX = 4 << 20 };

/* The last part of a path. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Directories are of no concern to who gets the file: every "path" keeps its last part. */
static void forget_directories(json_t *value)
{
    const char *key;
    json_t *member;
    void *next;
    for (size_t i = 0; i < json_array_size(value); i++)
        forget_directories(json_array_get(value, i));
    json_object_foreach_safe(value, next, key, member)
    {
        bool is_path = strcmp(key, "path") == 0 || strcmp(key, "started_from") == 0;
        if (is_path && json_is_string(member))
            json_object_set_new(value, key, json_string(base_name(json_string_value(member))));
        else
            forget_directories(member);
    }
}

static ya_status read_document(const char *dir, const char *name, json_t **out, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status = ya_path_join(path, dir, name, err);
    if (status || access(path, F_OK) != 0)
        return status;
    status = ya_json_read_file(path, out, err);
    if (!status)
        forget_directories(*out);
    return status;
}

/* "models--ORG--NAME/snapshots/HASH" is how the hub's cache spells ORG/NAME; else the last part of
 * the path, without ".gguf". */
static ya_status name_base(ya_export_job *job, ya_error *err)
{
    static const char cached[] = "models--";
    char real[YA_PATH_MAX];
    const char *path = realpath(job->base_path, real) ? real : job->base_path;
    const char *in_cache = strstr(path, cached);
    char *name = job->name = ya_strdup(in_cache ? in_cache + strlen(cached) : base_name(path));
    if (!name)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a name");
    if (in_cache) {
        char *slash = strchr(name, '/'), *dashes = strstr(name, "--");
        if (slash)
            *slash = '\0';
        if (dashes && (!slash || dashes < slash)) {
            *dashes = '/';
            memmove(dashes + 1, dashes + 2, strlen(dashes + 2) + 1);
        }
    }
    size_t length = strlen(name);
    if (job->model->gguf && length > 5 && strcmp(name + length - 5, ".gguf") == 0)
        name[length - 5] = '\0';
    return YA_OK;
}

/* The line "license: NAME" of a model card's header. */
static ya_status license_of_card(ya_export_job *job, ya_error *err)
{
    char path[YA_PATH_MAX], *text = NULL;
    size_t size;
    ya_status status = ya_path_join(path, job->base_path, "README.md", err);
    if (status || access(path, R_OK) != 0 || ya_read_file(path, README_MAX, &text, &size, NULL))
        return status;
    char *end = strncmp(text, "---\n", 4) == 0 ? strstr(text + 3, "\n---") : NULL;
    char *line = end ? strstr(text + 3, "\nlicense:") : NULL;
    if (line && line < end) {
        line += strlen("\nlicense:");
        line += strspn(line, " \"'");
        size_t length = strcspn(line, " \"'\r\n");
        if (length > 0 && !(job->license = ya_strndup(line, length)))
            status = ya_fail(err, YA_ERR_MEMORY, "out of memory for a license");
    }
    ya_free(text);
    return status;
}

static ya_status find_license(ya_export_job *job, ya_error *err)
{
    ya_text text;
    if (!job->model->gguf)
        return license_of_card(job, err);
    if (!ya_gguf_get_text(job->model->gguf, "general.license", &text))
        return YA_OK;
    job->license = ya_strndup(text.data, text.size);
    return job->license ? YA_OK : ya_fail(err, YA_ERR_MEMORY, "out of memory for a license");
}

/* A GGUF adapter of ours carries its own record. */
static ya_status provenance_of_file(ya_export_job *job, ya_error *err)
{
    ya_text text;
    if (!job->adapter.gguf || !ya_gguf_get_text(job->adapter.gguf, "your_ai.provenance", &text))
        return YA_OK;
    return ya_json_parse(text.data, text.size, job->adapter_path, &job->provenance, err);
}

/* LoRA matrices into the arena; tensors of full fine-tuning stay in their file. */
static ya_status open_adapter(ya_export_job *job, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_adapter_read(&job->adapter, job->adapter_path, job->model, err));
    YA_TRY(read_document(job->adapter_path, "provenance.json", &job->provenance, err));
    YA_TRY(read_document(job->adapter_path, "trainer_state.json", &job->state, err));
    YA_TRY(provenance_of_file(job, err));
    if (job->adapter.names)
        return YA_OK;
    ya_arena_init_dry(&job->arena);
    YA_TRY(ya_adapter_layout(&job->adapter, &job->params, job->model, false, &job->arena, err));
    size_t planned = job->arena.used;
    YA_TRY(ya_arena_init(&job->arena, planned, err));
    YA_TRY(ya_adapter_layout(&job->adapter, &job->params, job->model, false, &job->arena, err));
    YA_TRY(ya_adapter_values(&job->adapter, job->model, &job->params, err));
done:
    return status;
}

ya_status ya_export_open(ya_export_job *job, const ya_settings *settings, ya_error *err)
{
    ya_status status;
    *job = (ya_export_job){.settings = settings};
    YA_TRY(ya_team_begin(ya_compute_threads(settings), err));
    YA_TRY(ya_locate_model(settings->model, settings->adapter, settings->base, &job->base_path,
                           &job->adapter_path, err));
    YA_TRY(ya_model_open(&job->model, job->base_path, err));
    YA_TRY(name_base(job, err));
    YA_TRY(find_license(job, err));
    YA_TRY(ya_fingerprint_model(job->model, job->fingerprint, err));
    if (job->adapter_path)
        YA_TRY(open_adapter(job, err));
done:
    if (status)
        ya_export_close(job);
    return status;
}

void ya_export_close(ya_export_job *job)
{
    json_decref(job->provenance);
    json_decref(job->state);
    ya_params_free(&job->params);
    ya_adapter_free(&job->adapter);
    ya_model_close(job->model);
    ya_arena_free(&job->arena);
    ya_free(job->base_path);
    ya_free(job->adapter_path);
    ya_free(job->name);
    ya_free(job->license);
    *job = (ya_export_job){0};
}

ya_status ya_export_wrote(void *user, uint64_t bytes, ya_error *err)
{
    ya_export_job *job = user;
    ya_export_progress_add(&job->progress, bytes);
    job->since_drop += bytes;
    if (job->since_drop >= DROP_BYTES) {
        ya_model_drop_pages(job->model);
        job->since_drop = 0;
    }
    if (ya_interrupt_signal())
        return ya_fail(err, YA_ERR_INTERRUPTED, "interrupted; nothing was written");
    return YA_OK;
}

const char *ya_export_gguf_architecture(const ya_export_job *job)
{
    ya_architecture architecture = job->model->config.architecture;
    if (architecture == YA_ARCH_MISTRAL && !job->model->gguf)
        architecture = YA_ARCH_LLAMA;
    return ya_architecture_name(architecture);
}

bool ya_export_interleaves(const ya_export_job *job)
{
    return strcmp(ya_export_gguf_architecture(job), "llama") == 0;
}
