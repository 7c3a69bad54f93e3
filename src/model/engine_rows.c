#include "model/engine_internal.h"

#include <string.h>

enum { COLUMN_BLOCK = 64, RUN = 4096 };

void ya_rows_norm(ya_engine *e, int m, int n, const float *x, const float *weight, void *y,
                  float *rstd)
{
    const ya_kernels *k = e->kernels;
    float eps = (float)e->model->config.rms_norm_eps;
    size_t row = (size_t)n * (e->bf16 ? 2 : 4);
#pragma omp parallel for schedule(static)
    for (int t = 0; t < m; t++)
        k->rmsnorm_forward(x + (size_t)t * (size_t)n, weight, eps, n, (char *)y + (size_t)t * row,
                           e->bf16, &rstd[t]);
}

void ya_rows_norm_again(ya_engine *e, int m, int n, const float *x, const float *weight,
                        const float *rstd, void *y)
{
    const ya_kernels *k = e->kernels;
    size_t row = (size_t)n * (e->bf16 ? 2 : 4);
#pragma omp parallel for schedule(static)
    for (int t = 0; t < m; t++)
        k->rmsnorm_again(x + (size_t)t * (size_t)n, weight, rstd[t], n, (char *)y + (size_t)t * row,
                         e->bf16);
}

void ya_rows_norm_backward(ya_engine *e, int m, int n, const float *dy, const float *x,
                           const ya_norm *norm, const float *rstd, float *dx)
{
    const ya_kernels *k = e->kernels;
#pragma omp parallel for schedule(static)
    for (int t = 0; t < m; t++) {
        size_t at = (size_t)t * (size_t)n;
        k->rmsnorm_backward(dy + at, x + at, norm->weight, rstd[t], n, dx + at);
    }
    if (!norm->dweight)
        return;
        /* columns over threads, tokens in order: the sum does not depend on the number of threads
         */
#pragma omp parallel for schedule(static)
    for (int c0 = 0; c0 < n; c0 += COLUMN_BLOCK) {
        int c1 = c0 + COLUMN_BLOCK < n ? c0 + COLUMN_BLOCK : n;
        for (int t = 0; t < m; t++)
            for (int c = c0; c < c1; c++) {
                size_t at = (size_t)t * (size_t)n + (size_t)c;
                norm->dweight[c] += dy[at] * x[at] * rstd[t];
            }
    }
}

void ya_rows_copy(float *to, const float *from, int m, int n)
{
#pragma omp parallel for schedule(static)
    for (int t = 0; t < m; t++)
        memcpy(to + (size_t)t * (size_t)n, from + (size_t)t * (size_t)n, (size_t)n * sizeof *to);
}

const void *ya_rows_as_input(ya_engine *e, const float *x, size_t n, void *room)
{
    if (!e->bf16)
        return x;
    const ya_kernels *k = e->kernels;
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < n; at += RUN)
        k->to_bf16(x + at, n - at < RUN ? n - at : RUN, (uint16_t *)room + at);
    return room;
}

void ya_rows_add_bias(float *y, const float *bias, int m, int n)
{
#pragma omp parallel for schedule(static)
    for (int t = 0; t < m; t++)
        for (int c = 0; c < n; c++)
            y[(size_t)t * (size_t)n + (size_t)c] += bias[c];
}

static float input_at(const ya_engine *e, const void *x, size_t i)
{
    float value;
    if (e->bf16)
        e->kernels->from_bf16((const uint16_t *)x + i, 1, &value);
    else
        value = ((const float *)x)[i];
    return value;
}

void ya_rows_bias_gradient(ya_engine *e, const void *dy, int m, int n, float *dbias)
{
#pragma omp parallel for schedule(static)
    for (int c = 0; c < n; c++) {
        float sum = 0;
        for (int t = 0; t < m; t++)
            sum += input_at(e, dy, (size_t)t * (size_t)n + (size_t)c);
        dbias[c] += sum;
    }
}
