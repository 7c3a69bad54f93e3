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

/* Of a path without its ".gguf". */
static size_t bare_length(const char *path)
{
    size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".gguf") == 0 ? length - 5 : length;
}

/* The card of a file stands beside it: NAME.gguf has NAME.README.md. */
ya_status ya_export_write_card(const ya_export_job *job, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_buffer card = {0};
    const char *output = job->settings->output;
    int n = snprintf(path, sizeof path, "%.*s.README.md", (int)bare_length(output), output);
    if (n < 0 || n >= (int)sizeof path)
        return ya_fail(err, YA_ERR_IO, "the path %.60s... is too long", output);
    ya_status status = ya_export_card(job, "gguf", &card, err);
    if (!status)
        status = ya_write_file(path, card.data, card.size, err);
    ya_buffer_free(&card);
    return status;
}

/* A file being written: all tensors, or those of one part. */
typedef struct {
    ya_gguf_writer w;
    ya_outfile file;
    bool finished; /* and to be published */
    size_t first, n;
} part;

typedef struct {
    ya_export_job *job;
    ya_out_list list;
    float *factors;
    int n_factors, n_parts;
    part *parts;
    ya_out_workspace work;
} writing;

/* The tensors of each part: as many as fit, at least one. parts NULL: counts them only. */
static int divide(const ya_out_list *list, uint64_t most, part *parts)
{
    int n_parts = 0;
    for (size_t at = 0, first; at < list->n_tensors; n_parts++) {
        uint64_t bytes = 0;
        for (first = at; at < list->n_tensors; at++) {
            bytes += list->tensors[at].bytes;
            if (most > 0 && at > first && bytes > most)
                break;
        }
        if (parts) {
            parts[n_parts].first = first;
            parts[n_parts].n = at - first;
        }
    }
    return n_parts;
}

/* llama.cpp asks for these types. */
static ya_status put_split(const writing *x, int i, ya_gguf_writer *w, ya_error *err)
{
    uint16_t no = (uint16_t)i, count = (uint16_t)x->n_parts;
    int32_t tensors = (int32_t)(x->list.n_tensors + (x->n_factors > 0));
    ya_status status;
    YA_TRY(ya_gguf_put_raw(w, (ya_text){"split.no", 8}, YA_GGUF_U16, &no, sizeof no, err));
    YA_TRY(
        ya_gguf_put_raw(w, (ya_text){"split.count", 11}, YA_GGUF_U16, &count, sizeof count, err));
    YA_TRY(ya_gguf_put_raw(w, (ya_text){"split.tensors.count", 19}, YA_GGUF_I32, &tensors,
                           sizeof tensors, err));
done:
    return status;
}

static ya_status add_tensors(const writing *x, part *p, ya_error *err)
{
    ya_status status = YA_OK;
    if (x->n_factors > 0 && p->first == 0) {
        ya_tensor factors = {
            .name = "rope_freqs.weight", .type = YA_F32, .n_dims = 1, .shape = {x->n_factors}};
        YA_TRY(ya_gguf_add_tensor(&p->w, &factors, NULL, err));
    }
    for (size_t i = p->first; i < p->first + p->n; i++) {
        const ya_out_tensor *t = &x->list.tensors[i];
        ya_tensor tensor = {.name = t->name,
                            .type = t->type,
                            .n_dims = t->is_vector ? 1 : 2,
                            .shape = {t->is_vector ? t->cols : t->rows, t->cols}};
        YA_TRY(ya_gguf_add_tensor(&p->w, &tensor, NULL, err));
    }
done:
    return status;
}

/* Head and tensors, into an open sink. */
static ya_status write_data(writing *x, part *p, ya_sink *sink, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_gguf_write_head(&p->w, sink, err));
    if (x->n_factors > 0 && p->first == 0)
        YA_TRY(ya_sink_write(sink, x->factors, (size_t)x->n_factors * sizeof *x->factors, err));
    YA_TRY(ya_sink_pad(sink, YA_GGUF_ALIGNMENT, err));
    for (size_t i = p->first; i < p->first + p->n; i++) {
        YA_TRY(ya_out_write(&x->list.tensors[i], &x->work, sink, ya_export_wrote, x->job, err));
        YA_TRY(ya_sink_pad(sink, YA_GGUF_ALIGNMENT, err));
    }
done:
    return status;
}

static ya_status part_path(const writing *x, int i, char path[YA_PATH_MAX], ya_error *err)
{
    const char *output = x->job->settings->output;
    if (x->n_parts > 1)
        return ya_gguf_part_path(path, output, bare_length(output), i, x->n_parts, err);
    return ya_path_join(path, "", output, err);
}

/* The keys are the first part's. */
static ya_status write_part(writing *x, int i, ya_error *err)
{
    part *p = &x->parts[i];
    char path[YA_PATH_MAX];
    ya_status status;
    if (i == 0) {
        YA_TRY(ya_export_model_keys(x->job, &p->w, main_type(&x->list), err));
        YA_TRY(ya_export_lineage_keys(x->job, &p->w, err));
    }
    if (x->n_parts > 1)
        YA_TRY(put_split(x, i, &p->w, err));
    YA_TRY(add_tensors(x, p, err));
    YA_TRY(part_path(x, i, path, err));
    YA_TRY(ya_outfile_begin(&p->file, path, ya_gguf_head_bytes(&p->w) + p->w.data_bytes, err));
    status = ya_outfile_finish(&p->file, write_data(x, p, &p->file.sink, err), err);
    p->finished = !status;
done:
    return status;
}

static ya_status write_all(writing *x, ya_error *err)
{
    enum { MOST_PARTS = 999 };
    uint64_t most = (uint64_t)x->job->settings->split_size;
    ya_status status;
    x->n_parts = divide(&x->list, most, NULL);
    if (x->n_parts > MOST_PARTS)
        return ya_fail(err, YA_ERR_USAGE, "%d files are too many, at most %d: raise --split-size",
                       x->n_parts, (int)MOST_PARTS);
    if (!(x->parts = ya_alloc_zero((size_t)x->n_parts, sizeof *x->parts)))
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %d files", x->n_parts);
    divide(&x->list, most, x->parts);
    for (int i = 0; i < x->n_parts; i++) {
        char path[YA_PATH_MAX];
        YA_TRY(part_path(x, i, path, err));
        YA_TRY(ya_export_check_file(x->job, path, err));
    }
    YA_TRY(ya_out_workspace_make(&x->work, &x->list, err));
    for (int i = 0; i < x->n_parts; i++)
        YA_TRY(write_part(x, i, err));
    YA_TRY(ya_export_write_card(x->job, err));
    for (int i = 0; i < x->n_parts; i++) {
        x->parts[i].finished = false;
        YA_TRY(ya_outfile_publish(&x->parts[i].file, err));
    }
done:
    return status;
}

ya_status ya_export_gguf(ya_export_job *job, ya_error *err)
{
    writing x = {.job = job};
    ya_status status;
    YA_TRY(ya_out_list_make(&x.list, job->model, &job->adapter, YA_NAMES_GGUF,
                            ya_export_type(job->settings), ya_export_interleaves(job), err));
    YA_TRY(rope_factors(job, &x.factors, &x.n_factors, err));
    ya_export_progress_begin(&job->progress, x.list.bytes, job->settings->quiet);
    status = write_all(&x, err);
    ya_export_progress_end(&job->progress);
done:
    for (int i = 0; x.parts && i < x.n_parts; i++) {
        if (x.parts[i].finished)
            ya_outfile_abandon(&x.parts[i].file);
        ya_gguf_writer_free(&x.parts[i].w);
    }
    ya_free(x.parts);
    ya_out_workspace_free(&x.work);
    ya_out_list_free(&x.list);
    ya_free(x.factors);
    return status;
}
