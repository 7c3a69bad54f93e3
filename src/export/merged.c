/* The merged model as a Hugging Face directory. */
#include "base/alloc.h"
#include "base/log.h"
#include "export/job.h"
#include "io/map.h"
#include "io/outfile.h"
#include "io/safetensors.h"
#include "token/save.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SHARDS = 200 }; /* a directory of ours has at most 256 files */

/* What a directory holds besides weights and configuration. */
static const char *const COPIED[] = {"tokenizer.json",
                                     "tokenizer_config.json",
                                     "special_tokens_map.json",
                                     "added_tokens.json",
                                     "vocab.json",
                                     "merges.txt",
                                     "tokenizer.model",
                                     "chat_template.jinja",
                                     "generation_config.json"};

static ya_status copy_file(const char *from_dir, const char *to_dir, const char *name,
                           ya_error *err)
{
    char from[YA_PATH_MAX], to[YA_PATH_MAX];
    ya_map map = {0};
    ya_sink sink;
    ya_status status;
    YA_TRY(ya_path_join(from, from_dir, name, err));
    YA_TRY(ya_path_join(to, to_dir, name, err));
    if (access(from, F_OK) != 0)
        return YA_OK;
    YA_TRY(ya_map_open(&map, from, err));
    status = ya_sink_open(&sink, to, err);
    if (!status) {
        status = ya_sink_write(&sink, map.data, map.size, err);
        status = ya_sink_close(&sink, status, err);
    }
    ya_map_close(&map);
done:
    return status;
}

static ya_status write_text(const char *dir, const char *name, ya_buffer *text, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status = ya_path_join(path, dir, name, err);
    if (!status)
        status = ya_write_file(path, text->data, text->size, err);
    text->size = 0;
    return status;
}

/* tokenizer.json of the GGUF's vocabulary. */
static ya_status write_tokenizer(const ya_export_job *job, const char *dir, ya_error *err)
{
    ya_tokenizer *tokenizer = NULL;
    ya_buffer text = {0};
    ya_status status;
    if (!ya_tokenizer_is_there(job->base_path)) {
        ya_warn("%s has no vocabulary: the exported model has no tokenizer", job->base_path);
        return YA_OK;
    }
    if (ya_tokenizer_open(&tokenizer, job->base_path, err))
        return ya_wrap(err, err->status, "no tokenizer.json can be made");
    YA_TRY(ya_tokenizer_save_json(tokenizer, &text, err));
    YA_TRY(write_text(dir, "tokenizer.json", &text, err));
    YA_TRY(ya_tokenizer_save_config(tokenizer, &text, err));
    YA_TRY(write_text(dir, "tokenizer_config.json", &text, err));
done:
    ya_buffer_free(&text);
    ya_tokenizer_close(tokenizer);
    return status;
}

static ya_status write_small_files(const ya_export_job *job, const ya_out_list *list,
                                   const char *dir, ya_error *err)
{
    ya_buffer text = {0};
    ya_status status;
    YA_TRY(ya_export_config(job, list->tensors[0].type, &text, err));
    YA_TRY(write_text(dir, "config.json", &text, err));
    YA_TRY(ya_export_card(job, "transformers", &text, err));
    YA_TRY(write_text(dir, "README.md", &text, err));
    if (job->model->gguf) {
        YA_TRY(ya_export_generation_config(job, &text, err));
        YA_TRY(write_text(dir, "generation_config.json", &text, err));
        YA_TRY(write_tokenizer(job, dir, err));
    }
    for (size_t i = 0; !job->model->gguf && i < sizeof COPIED / sizeof *COPIED; i++)
        YA_TRY(copy_file(job->base_path, dir, COPIED[i], err));
done:
    ya_buffer_free(&text);
    return status;
}

/* A shard being written: tensors first ... of the list. */
typedef struct {
    ya_export_job *job;
    const ya_out_list *list;
    ya_out_workspace work;
    size_t first;
} shard;

static ya_status give_tensor(void *user, size_t index, ya_sink *sink, ya_error *err)
{
    shard *s = user;
    return ya_out_write(&s->list->tensors[s->first + index], &s->work, sink, ya_export_wrote,
                        s->job, err);
}

static ya_status write_shard(shard *s, size_t n, const char *dir, const char *name, ya_error *err)
{
    static const char *const metadata[][2] = {{"format", "pt"}};
    char path[YA_PATH_MAX];
    ya_tensor *tensors = ya_alloc_zero(n, sizeof *tensors);
    ya_status status;
    if (!tensors)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a list of %zu tensors", n);
    for (size_t i = 0; i < n; i++) {
        const ya_out_tensor *t = &s->list->tensors[s->first + i];
        tensors[i] = (ya_tensor){.name = t->name,
                                 .type = t->type,
                                 .n_dims = t->is_vector ? 1 : 2,
                                 .shape = {t->is_vector ? t->cols : t->rows, t->cols},
                                 .bytes = t->bytes};
        if (t->is_vector)
            tensors[i].shape[1] = 0;
    }
    YA_TRY(ya_path_join(path, dir, name, err));
    YA_TRY(ya_safetensors_stream(path, tensors, n, metadata, 1, give_tensor, s, err));
done:
    ya_free(tensors);
    return status;
}

/* The tensors of the next shard: as many as fit, at least one. */
static size_t shard_length(const ya_out_list *list, size_t first, uint64_t most)
{
    uint64_t bytes = 0;
    size_t n = 0;
    while (first + n < list->n_tensors &&
           (n == 0 || bytes + list->tensors[first + n].bytes <= most))
        bytes += list->tensors[first + n++].bytes;
    return n;
}

static int count_shards(const ya_out_list *list, uint64_t most)
{
    int n = 0;
    for (size_t first = 0; first < list->n_tensors; n++)
        first += shard_length(list, first, most);
    return n;
}

static void shard_name(char out[64], int i, int n)
{
    if (n == 1)
        snprintf(out, 64, "model.safetensors");
    else
        snprintf(out, 64, "model-%05d-of-%05d.safetensors", i + 1, n);
}

/* Writes the weights and, with several shards, collects the index. */
static ya_status write_weights(shard *s, int n_shards, const char *dir, ya_buffer *index,
                               ya_error *err)
{
    const ya_out_list *list = s->list;
    ya_status status;
    YA_TRY(ya_buffer_printf(index, err,
                            "{\n  \"metadata\": {\"total_size\": %llu},\n  \"weight_map\": {",
                            (unsigned long long)list->bytes));
    for (int i = 0; i < n_shards; i++) {
        char name[64];
        size_t n = shard_length(list, s->first, s->job->settings->shard_size);
        shard_name(name, i, n_shards);
        YA_TRY(write_shard(s, n, dir, name, err));
        for (size_t k = s->first; k < s->first + n; k++)
            YA_TRY(ya_buffer_printf(index, err, "%s\n    \"%s\": \"%s\"", k ? "," : "",
                                    list->tensors[k].name, name));
        s->first += n;
    }
    YA_TRY(ya_buffer_printf(index, err, "\n  }\n}\n"));
done:
    return status;
}

static ya_status write_all(ya_export_job *job, const ya_out_list *list, const char *dir,
                           ya_error *err)
{
    shard s = {.job = job, .list = list};
    ya_buffer index = {0};
    int n_shards = count_shards(list, job->settings->shard_size);
    ya_status status;
    if (n_shards > MOST_SHARDS)
        return ya_fail(err, YA_ERR_USAGE, "%d files are too many, at most %d: raise --shard-size",
                       n_shards, MOST_SHARDS);
    YA_TRY(ya_check_room(dir, list->bytes, err));
    YA_TRY(write_small_files(job, list, dir, err));
    YA_TRY(ya_out_workspace_make(&s.work, list, err));
    ya_export_progress_begin(&job->progress, list->bytes, job->settings->quiet);
    status = write_weights(&s, n_shards, dir, &index, err);
    ya_export_progress_end(&job->progress);
    if (!status && n_shards > 1)
        status = write_text(dir, "model.safetensors.index.json", &index, err);
done:
    ya_out_workspace_free(&s.work);
    ya_buffer_free(&index);
    return status;
}

ya_status ya_export_merged(ya_export_job *job, ya_error *err)
{
    char parent[YA_PATH_MAX], name[YA_PATH_MAX], dir[YA_PATH_MAX];
    ya_out_list list = {0};
    ya_status status;
    YA_TRY(ya_out_list_make(&list, job->model, &job->adapter, YA_NAMES_HF,
                            ya_export_type(job->settings), false, err));
    YA_TRY(ya_export_begin_dir(job, parent, name, dir, err));
    status = write_all(job, &list, dir, err);
    if (!status)
        status = ya_outdir_commit(parent, name, err);
    if (status)
        ya_outdir_abandon(parent, name);
done:
    ya_out_list_free(&list);
    return status;
}
