/* The merged model as a GGUF file. */
#include "base/alloc.h"
#include "base/log.h"
#include "export/job.h"
#include "io/outfile.h"

#include <stdio.h>
#include <string.h>

/* The type that most of the data has: general.file_type. */
static ya_dtype main_type(const ya_out_list *list)
{
    uint64_t bytes[YA_N_DTYPES] = {0};
    int best = YA_F32;
    for (size_t i = 0; i < list->n_tensors; i++)
        if (!list->tensors[i].is_vector)
            bytes[list->tensors[i].type] += list->tensors[i].bytes;
    for (int t = 0; t < YA_N_DTYPES; t++)
        if (bytes[t] > bytes[best])
            best = t;
    return (ya_dtype)best;
}

/* The divisors of the rotary frequencies (llama3 scaling) as llama.cpp expects them; n 0: none. */
static ya_status rope_factors(const ya_export_job *job, float **out, int *n, ya_error *err)
{
    const ya_model *m = job->model;
    int half = m->config.head_dim / 2;
    bool needed = m->gguf ? ya_tensor_find(ya_gguf_tensors(m->gguf), "rope_freqs.weight") != NULL
                          : m->config.rope.type == YA_ROPE_LLAMA3;
    *n = 0;
    if (!needed)
        return YA_OK;
    *out = ya_alloc_zero((size_t)half, sizeof **out);
    double *plain = ya_alloc_zero((size_t)half, sizeof *plain);
    if (!*out || !plain) {
        ya_free(plain);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %d factors", half);
    }
    ya_rope rope = m->config.rope;
    if (rope.type == YA_ROPE_LLAMA3)
        rope.type = YA_ROPE_DEFAULT;
    ya_rope_frequencies(&rope, m->config.head_dim, plain);
    for (int j = 0; j < half; j++)
        (*out)[j] = (float)(plain[j] / m->rope_inv_freq[j]);
    *n = half;
    ya_free(plain);
    return YA_OK;
}

static ya_status add_tensors(ya_gguf_writer *w, const ya_out_list *list, int n_factors,
                             ya_error *err)
{
    ya_status status = YA_OK;
    if (n_factors > 0) {
        ya_tensor factors = {
            .name = "rope_freqs.weight", .type = YA_F32, .n_dims = 1, .shape = {n_factors}};
        YA_TRY(ya_gguf_add_tensor(w, &factors, NULL, err));
    }
    for (size_t i = 0; i < list->n_tensors; i++) {
        const ya_out_tensor *t = &list->tensors[i];
        ya_tensor tensor = {.name = t->name,
                            .type = t->type,
                            .n_dims = t->is_vector ? 1 : 2,
                            .shape = {t->is_vector ? t->cols : t->rows, t->cols}};
        YA_TRY(ya_gguf_add_tensor(w, &tensor, NULL, err));
    }
done:
    return status;
}

/* Head and tensors, into an open sink. */
static ya_status write_all(ya_export_job *job, const ya_gguf_writer *w, const ya_out_list *list,
                           const float *factors, int n_factors, ya_sink *sink, ya_error *err)
{
    ya_out_workspace work = {0};
    ya_status status;
    YA_TRY(ya_gguf_write_head(w, sink, err));
    if (n_factors > 0)
        YA_TRY(ya_sink_write(sink, factors, (size_t)n_factors * sizeof *factors, err));
    YA_TRY(ya_sink_pad(sink, YA_GGUF_ALIGNMENT, err));
    YA_TRY(ya_out_workspace_make(&work, list, err));
    for (size_t i = 0; i < list->n_tensors; i++) {
        YA_TRY(ya_out_write(&list->tensors[i], &work, sink, ya_export_wrote, job, err));
        YA_TRY(ya_sink_pad(sink, YA_GGUF_ALIGNMENT, err));
    }
done:
    ya_out_workspace_free(&work);
    return status;
}

/* The card of a file stands beside it: NAME.gguf has NAME.README.md. */
ya_status ya_export_write_card(const ya_export_job *job, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_buffer card = {0};
    const char *output = job->settings->output;
    size_t length = strlen(output);
    if (length > 5 && strcmp(output + length - 5, ".gguf") == 0)
        length -= 5;
    int n = snprintf(path, sizeof path, "%.*s.README.md", (int)length, output);
    if (n < 0 || n >= (int)sizeof path)
        return ya_fail(err, YA_ERR_IO, "the path %.60s... is too long", output);
    ya_status status = ya_export_card(job, "gguf", &card, err);
    if (!status)
        status = ya_write_file(path, card.data, card.size, err);
    ya_buffer_free(&card);
    return status;
}

ya_status ya_export_gguf(ya_export_job *job, ya_error *err)
{
    ya_outfile file;
    ya_gguf_writer w = {0};
    ya_out_list list = {0};
    float *factors = NULL;
    int n_factors = 0;
    bool is_open = false;
    ya_status status;
    YA_TRY(ya_export_check_file(job, err));
    YA_TRY(ya_out_list_make(&list, job->model, &job->adapter, YA_NAMES_GGUF,
                            ya_export_type(job->settings), ya_export_interleaves(job), err));
    YA_TRY(rope_factors(job, &factors, &n_factors, err));
    YA_TRY(ya_export_model_keys(job, &w, main_type(&list), err));
    YA_TRY(ya_export_lineage_keys(job, &w, err));
    YA_TRY(add_tensors(&w, &list, n_factors, err));
    YA_TRY(
        ya_outfile_begin(&file, job->settings->output, ya_gguf_head_bytes(&w) + w.data_bytes, err));
    is_open = true;
    ya_export_progress_begin(&job->progress, list.bytes, job->settings->quiet);
    status = write_all(job, &w, &list, factors, n_factors, &file.sink, err);
    ya_export_progress_end(&job->progress);
    if (!status)
        status = ya_export_write_card(job, err);
done:
    if (is_open)
        status = ya_outfile_end(&file, status, err);
    ya_out_list_free(&list);
    ya_gguf_writer_free(&w);
    ya_free(factors);
    return status;
}
