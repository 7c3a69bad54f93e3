/* The adapter alone: PEFT's directory, and llama.cpp's LoRA file.
 *
 *     general.type = "adapter", general.architecture, adapter.type = "lora", adapter.lora.alpha
 *     NAME.lora_a [R, in], NAME.lora_b [out, R]      NAME: the adapted tensor's in GGUF
 *
 * llama.cpp scales B A by alpha / R with the R of each pair, and by 1 where alpha is 0. */
#include "base/alloc.h"
#include "export/job.h"
#include "export/store.h"
#include "io/outfile.h"
#include "lora/peft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ya_status need_lora(const ya_export_job *job, ya_error *err)
{
    if (!job->adapter_path)
        return ya_fail(err, YA_ERR_USAGE,
                       "%s is a base model: there is no adapter to export; pass --adapter",
                       job->base_path);
    if (job->adapter.names)
        return ya_fail(err, YA_ERR_USAGE,
                       "%s holds tensors of full fine-tuning, no adapter: export it with --to "
                       "merged or gguf",
                       job->adapter_path);
    return YA_OK;
}

/* ---- PEFT ---- */

static ya_status write_peft(const ya_export_job *job, const char *dir, ya_error *err)
{
    char path[YA_PATH_MAX], real[YA_PATH_MAX];
    ya_buffer card = {0};
    size_t bytes = ya_peft_write_scratch(&job->params);
    void *scratch = ya_alloc(bytes);
    ya_status status;
    if (!scratch || !bytes)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory writing an adapter"));
    YA_TRY(ya_peft_write(dir, &job->params, &job->adapter.lora, job->model->config.n_layers,
                         realpath(job->base_path, real) ? real : job->base_path, scratch, bytes,
                         err));
    YA_TRY(ya_export_card(job, "peft", &card, err));
    YA_TRY(ya_path_join(path, dir, "README.md", err));
    YA_TRY(ya_write_file(path, card.data, card.size, err));
done:
    ya_free(scratch);
    ya_buffer_free(&card);
    return status;
}

ya_status ya_export_adapter(ya_export_job *job, ya_error *err)
{
    char parent[YA_PATH_MAX], name[YA_PATH_MAX], dir[YA_PATH_MAX];
    ya_status status;
    YA_TRY(need_lora(job, err));
    YA_TRY(ya_export_begin_dir(job, parent, name, dir, err));
    status = write_peft(job, dir, err);
    if (!status)
        status = ya_outdir_commit(parent, name, err);
    if (status)
        ya_outdir_abandon(parent, name);
done:
    return status;
}

/* ---- GGUF ---- */

/* One matrix of a pair. */
typedef struct {
    char name[YA_OUT_NAME];
    const ya_lora_pair *pair;
    bool is_b;
    int rows, cols;
    int interleaved_head_dim; /* B of q and k: as the rows that it adds to */
} part;

typedef struct {
    part *parts;
    size_t n;
    double alpha; /* for all; what differs from alpha / R goes into B */
    ya_dtype type;
} part_list;

/* alpha of a pair: its scale times its rank. */
static double alpha_of(const ya_lora_pair *pair)
{
    return (double)pair->scale * pair->rank;
}

static void list_pair(part_list *list, const ya_export_job *job, int layer, ya_target target)
{
    const ya_model_config *c = &job->model->config;
    const ya_lora_pair *pair = &job->model->layers[layer].linear[target].lora;
    bool rotated = ya_export_interleaves(job) && (target == YA_Q || target == YA_K);
    if (pair->rank == 0)
        return;
    for (int b = 0; b < 2; b++) {
        part *p = &list->parts[list->n++];
        *p = (part){.pair = pair,
                    .is_b = b == 1,
                    .rows = b ? ya_target_out(c, target) : pair->rank,
                    .cols = b ? pair->rank : ya_target_in(c, target),
                    .interleaved_head_dim = b && rotated ? c->head_dim : 0};
        snprintf(p->name, sizeof p->name, "blk.%d.%s.weight.lora_%c", layer, ya_target_gguf(target),
                 b ? 'b' : 'a');
    }
}

static ya_status list_parts(part_list *list, const ya_export_job *job, ya_error *err)
{
    int n_layers = job->model->config.n_layers;
    list->parts = ya_alloc_zero((size_t)n_layers * YA_N_TARGETS * 2, sizeof *list->parts);
    if (!list->parts)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a list of tensors");
    for (int layer = 0; layer < n_layers; layer++)
        for (int t = 0; t < YA_N_TARGETS; t++)
            list_pair(list, job, layer, (ya_target)t);
    list->alpha = list->n ? alpha_of(list->parts[0].pair) : 0;
    if (!(fabs(list->alpha) > 0))
        list->alpha = 1;
    return YA_OK;
}

static ya_status write_part(const part *p, const part_list *list, ya_sink *sink, ya_error *err)
{
    const float *values = p->is_b ? p->pair->b : p->pair->a;
    size_t cols = (size_t)p->cols;
    float own = (float)(alpha_of(p->pair) / list->alpha);
    float *row = ya_alloc_zero(cols, sizeof *row);
    void *stored = ya_alloc_zero(cols, sizeof *row);
    uint64_t bytes = 0;
    int hd = p->interleaved_head_dim;
    ya_status status = YA_OK;
    if (!row || !stored || !ya_dtype_bytes(list->type, cols, &bytes))
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for a row of %d", p->cols));
    for (int i = 0; i < p->rows; i++) {
        int from = hd ? i - i % hd + i % hd % 2 * (hd / 2) + i % hd / 2 : i;
        for (size_t j = 0; j < cols; j++)
            row[j] = values[(size_t)from * cols + j] * (p->is_b ? own : 1.0f);
        if (!ya_store_row(list->type, row, p->cols, stored))
            YA_TRY(ya_fail(err, YA_ERR_DATA, "%s has a value that is not finite in %s", p->name,
                           ya_dtype_get(list->type)->name));
        YA_TRY(ya_sink_write(sink, stored, (size_t)bytes, err));
    }
    YA_TRY(ya_sink_pad(sink, YA_GGUF_ALIGNMENT, err));
done:
    ya_free(row);
    ya_free(stored);
    return status;
}

static ya_status make_head(const ya_export_job *job, const part_list *list, ya_gguf_writer *w,
                           ya_error *err)
{
    ya_status status;
    YA_TRY(ya_gguf_put_text(w, "general.type", "adapter", err));
    YA_TRY(ya_gguf_put_text(w, "general.architecture", ya_export_gguf_architecture(job), err));
    YA_TRY(ya_gguf_put_text(w, "general.name", job->name, err));
    YA_TRY(ya_gguf_put_u32(w, "general.file_type", list->type == YA_F16 ? 1 : 0, err));
    YA_TRY(ya_gguf_put_text(w, "adapter.type", "lora", err));
    YA_TRY(ya_gguf_put_f32(w, "adapter.lora.alpha", (float)list->alpha, err));
    YA_TRY(ya_export_lineage_keys(job, w, err));
    for (size_t i = 0; i < list->n; i++) {
        const part *p = &list->parts[i];
        ya_tensor tensor = {
            .name = p->name, .type = list->type, .n_dims = 2, .shape = {p->rows, p->cols}};
        YA_TRY(ya_gguf_add_tensor(w, &tensor, NULL, err));
    }
done:
    return status;
}

ya_status ya_export_gguf_adapter(ya_export_job *job, ya_error *err)
{
    ya_outfile file;
    ya_gguf_writer w = {0};
    int type = ya_export_type(job->settings);
    part_list list = {.type = type < 0 ? YA_F32 : (ya_dtype)type};
    ya_status status;
    YA_TRY(need_lora(job, err));
    YA_TRY(ya_export_check_file(job, job->settings->output, err));
    YA_TRY(list_parts(&list, job, err));
    YA_TRY(make_head(job, &list, &w, err));
    YA_TRY(
        ya_outfile_begin(&file, job->settings->output, ya_gguf_head_bytes(&w) + w.data_bytes, err));
    status = ya_gguf_write_head(&w, &file.sink, err);
    for (size_t i = 0; i < list.n && !status; i++)
        status = write_part(&list.parts[i], &list, &file.sink, err);
    if (!status)
        status = ya_export_write_card(job, err);
    status = ya_outfile_end(&file, status, err);
done:
    ya_free(list.parts);
    ya_gguf_writer_free(&w);
    return status;
}
