/* The output head and the loss, over the rows that are targets and no others: logits of at most
 * `chunk` rows at a time, forward and backward in one pass over them. */
#include "model/engine_internal.h"

#include <string.h>

enum { LEAST_ROWS = 16, RUN = 2048 };

/* Rows of the next chunk: the smallest of chunk, chunk/2, chunk/4 ... that holds `left`, so that
 * the matmul kernels of few shapes serve every number of targets. */
static int chunk_rows(const ya_engine *e, int left)
{
    int rows = e->chunk;
    while (rows / 2 >= left && rows / 2 >= LEAST_ROWS)
        rows /= 2;
    return rows;
}

/* The last hidden states of targets first ... first + n, normed; rows up to m are zero. */
static void gather_targets(ya_engine *e, const ya_pass *pass, int first, int n, int m)
{
    size_t d = (size_t)e->model->config.hidden_size;
    for (int i = 0; i < m; i++) {
        float *to = e->x_target + (size_t)i * d;
        if (i < n)
            memcpy(to, e->x_last + (size_t)pass->target_at[first + i] * d, d * sizeof *to);
        else
            memset(to, 0, d * sizeof *to);
    }
    ya_rows_norm(e, m, (int)d, e->x_target, e->model->final_norm.weight, e->xn_target,
                 e->rstd_target);
}

/* The elements of a row of gradients as they are for the matmul: bf16 ones take the first half of
 * the row's place, so that a row is 2 V of them from the next. */
static void narrow_row(const ya_engine *e, float *row, int v)
{
    uint16_t run[RUN];
    for (int at = 0; at < v; at += RUN) {
        int n = v - at < RUN ? v - at : RUN;
        e->kernels->to_bf16(row + at, (size_t)n, run);
        memcpy((char *)row + (size_t)at * sizeof *run, run, (size_t)n * sizeof *run);
    }
}

static int gradient_stride(const ya_engine *e)
{
    return e->logits_stride * (e->bf16 ? 2 : 1);
}

/* Losses of the chunk; with `backward` the logits become their gradients, zero in rows that are no
 * target. */
static void losses(ya_engine *e, const ya_pass *pass, int first, int n, int m, bool backward)
{
    int v = e->model->config.vocab_size;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < m; i++) {
        float *row = e->logits + (size_t)i * (size_t)e->logits_stride;
        if (i >= n) {
            if (backward)
                memset(row, 0, (size_t)v * sizeof *row);
            continue;
        }
        float scale = backward ? pass->target_scale[first + i] : 0.0f;
        float ce = e->kernels->cross_entropy(row, v, pass->target_id[first + i], scale);
        if (backward && scale == 0.0f)
            memset(row, 0, (size_t)v * sizeof *row);
        if (backward && e->bf16)
            narrow_row(e, row, v);
        if (pass->target_ce)
            pass->target_ce[first + i] = ce;
    }
}

/* The head's products, of hidden states and of the logits' gradients; NULL: only prepared */
static void head_forward(ya_engine *e, int m, const void *x, float *logits)
{
    const ya_matrix *head = &e->model->head;
    ya_engine_times_transposed(e, head,
                               &(ya_times){.m = m,
                                           .in = x,
                                           .ld_in = head->cols,
                                           .out = logits,
                                           .ld_out = e->logits_stride,
                                           .mixes_rows = e->mixes_rows});
}

static void head_backward(ya_engine *e, int m, const void *gradient, float *dx)
{
    const ya_matrix *head = &e->model->head;
    ya_engine_times(e, head,
                    &(ya_times){.m = m,
                                .in = gradient,
                                .ld_in = gradient_stride(e),
                                .out = dx,
                                .ld_out = head->cols,
                                .mixes_rows = true});
}

static void chunk_backward(ya_engine *e, const ya_pass *pass, int first, int n, int m)
{
    const ya_model *model = e->model;
    size_t d = (size_t)model->config.hidden_size;
    head_backward(e, m, e->logits, e->dx_target);
    float *dhead = model->config.tied ? model->dembedding : model->dhead;
    if (dhead)
        ya_engine_outer(e, m, model->config.vocab_size, (int)d, e->logits, gradient_stride(e),
                        e->xn_target, dhead);
    memset(e->dx_rows, 0, (size_t)m * d * sizeof *e->dx_rows);
    ya_rows_norm_backward(e, m, (int)d, e->dx_target, e->x_target, &model->final_norm,
                          e->rstd_target, e->dx_rows);
    for (int i = 0; i < n; i++)
        e->kernels->axpy(1.0f, e->dx_rows + (size_t)i * d,
                         e->dx + (size_t)pass->target_at[first + i] * d, (int)d);
}

void ya_engine_head(ya_engine *e, const ya_pass *pass, bool backward)
{
    for (int first = 0; first < pass->n_targets;) {
        int left = pass->n_targets - first;
        int m = chunk_rows(e, left), n = left < m ? left : m;
        gather_targets(e, pass, first, n, m);
        head_forward(e, m, e->xn_target, e->logits);
        for (int i = 0; pass->on_logits && i < n; i++)
            pass->on_logits(pass->user, first + i,
                            e->logits + (size_t)i * (size_t)e->logits_stride);
        losses(e, pass, first, n, m, backward);
        if (backward)
            chunk_backward(e, pass, first, n, m);
        first += n;
    }
}

void ya_engine_head_prepare(ya_engine *e)
{
    const ya_model *model = e->model;
    for (int m = e->chunk;; m /= 2) {
        head_forward(e, m, NULL, NULL);
        if (e->config.train) {
            head_backward(e, m, NULL, NULL);
            if (model->config.tied ? model->dembedding != NULL : model->dhead != NULL)
                ya_engine_outer(e, m, model->config.vocab_size, model->config.hidden_size, NULL,
                                gradient_stride(e), NULL, NULL);
        }
        if (m / 2 < LEAST_ROWS)
            break;
    }
}
