/* Making the rows of an exported tensor: expanded, merged, ordered, stored, written. */
#include "export/tensors.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "export/store.h"
#include "tensor/expand.h"
#include "tensor/kernels.h"

#include <omp.h>
#include <string.h>

enum { BLOCK_FLOATS = 2 << 20 };

ya_status ya_out_workspace_make(ya_out_workspace *work, const ya_out_list *list, ya_error *err)
{
    size_t threads = (size_t)omp_get_max_threads();
    *work = (ya_out_workspace){.widest = 1};
    for (size_t i = 0; i < list->n_tensors; i++)
        if (list->tensors[i].cols > work->widest)
            work->widest = list->tensors[i].cols;
    work->block = (size_t)work->widest > BLOCK_FLOATS ? (size_t)work->widest : BLOCK_FLOATS;
    work->rows = ya_alloc_zero(work->block, sizeof *work->rows);
    work->stored = ya_alloc_zero(work->block, sizeof *work->rows);
    work->delta = ya_alloc_zero(threads * (size_t)work->widest, sizeof *work->delta);
    if (work->rows && work->stored && work->delta)
        return YA_OK;
    ya_out_workspace_free(work);
    return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu MB of rows", work->block >> 17);
}

void ya_out_workspace_free(ya_out_workspace *work)
{
    ya_free(work->rows);
    ya_free(work->stored);
    ya_free(work->delta);
    *work = (ya_out_workspace){0};
}

/* The row in Hugging Face's order that is written as row `row`: the inverse of tensor/matrix.h. */
static int hf_row(const ya_out_tensor *t, int row)
{
    int hd = t->interleaved_head_dim;
    if (hd == 0)
        return row;
    int in_head = row % hd;
    return row - in_head + in_head % 2 * (hd / 2) + in_head / 2;
}

/* dst [cols] = W[row] + scale B[row] A; delta [cols] is scratch. */
static void merge_row(const ya_out_tensor *t, int row, float *dst, float *delta)
{
    const ya_kernels *k = ya_kernels_get();
    const ya_lora_pair *lora = &t->lora;
    ya_expand_row(&t->source, row, dst);
    if (lora->rank == 0)
        return;
    memset(delta, 0, (size_t)t->cols * sizeof *delta);
    const float *b = lora->b + (size_t)row * (size_t)lora->rank;
    for (int r = 0; r < lora->rank; r++)
        k->axpy(b[r], lora->a + (size_t)r * (size_t)t->cols, delta, t->cols);
    k->axpy(lora->scale, delta, dst, t->cols);
}

/* A bias of q or k: its elements are in the order of the rows. */
static void order_vector(const ya_out_tensor *t, float *values, float *copy)
{
    if (t->interleaved_head_dim == 0)
        return;
    memcpy(copy, values, (size_t)t->cols * sizeof *copy);
    for (int i = 0; i < t->cols; i++)
        values[i] = copy[hf_row(t, i)];
}

/* Rows row0 ... row0 + n - 1 as they are written, in work->stored. */
static bool make_rows(const ya_out_tensor *t, ya_out_workspace *work, int row0, int n)
{
    size_t cols = (size_t)t->cols, row_bytes = (size_t)(t->bytes / (uint64_t)t->rows);
    bool fits = true;
#pragma omp parallel for schedule(static) reduction(&& : fits)
    for (int i = 0; i < n; i++) {
        float *row = work->rows + (size_t)i * cols;
        float *delta = work->delta + (size_t)omp_get_thread_num() * (size_t)work->widest;
        merge_row(t, t->is_vector ? 0 : hf_row(t, row0 + i), row, delta);
        if (t->is_vector)
            order_vector(t, row, delta);
        fits = ya_store_row(t->type, row, t->cols, work->stored + (size_t)i * row_bytes) && fits;
    }
    return fits;
}

/* The stored bytes are what is asked for. */
static bool is_copy(const ya_out_tensor *t)
{
    return t->lora.rank == 0 && t->source.type == t->type &&
           t->source.interleaved_head_dim == t->interleaved_head_dim &&
           !(t->is_vector && t->interleaved_head_dim);
}

static ya_status copy_bytes(const ya_out_tensor *t, size_t block, ya_sink *sink,
                            ya_out_progress *progress, void *user, ya_error *err)
{
    const uint8_t *at = t->source.data;
    ya_status status = YA_OK;
    for (uint64_t left = t->bytes; left > 0;) {
        size_t n = left < block ? (size_t)left : block;
        YA_TRY(ya_sink_write(sink, at, n, err));
        YA_TRY(progress(user, n, err));
        at += n;
        left -= n;
    }
done:
    return status;
}

ya_status ya_out_write(const ya_out_tensor *t, ya_out_workspace *work, ya_sink *sink,
                       ya_out_progress *progress, void *user, ya_error *err)
{
    int block = (int)(work->block / (size_t)t->cols);
    size_t row_bytes = (size_t)(t->bytes / (uint64_t)t->rows);
    ya_status status = YA_OK;
    if (is_copy(t))
        return copy_bytes(t, work->block, sink, progress, user, err);
    for (int row = 0; row < t->rows; row += block) {
        int n = t->rows - row < block ? t->rows - row : block;
        if (!make_rows(t, work, row, n))
            return ya_fail(err, YA_ERR_DATA,
                           "the tensor %s has a value that is not finite in %s: export as bf16 or "
                           "f32, or look at the adapter",
                           t->name, ya_dtype_get(t->type)->name);
        YA_TRY(ya_sink_write(sink, work->stored, (size_t)n * row_bytes, err));
        YA_TRY(progress(user, (uint64_t)n * row_bytes, err));
    }
done:
    return status;
}
