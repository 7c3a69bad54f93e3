#include "tensor/expand.h"

#include "tensor/kernels.h"

#include <stddef.h>

enum {
    CHUNK = 256
}; /* elements expanded at a time on the way to bf16: a multiple of every block */

bool ya_expand_knows(ya_dtype type)
{
    return ya_kernels_get()->expand[type] != NULL;
}

const void *ya_matrix_direct(const ya_matrix *matrix, ya_dtype type)
{
    uintptr_t align = type == YA_F32 ? 4 : 2;
    if (matrix->type != type || matrix->interleaved_head_dim > 0)
        return NULL;
    return (uintptr_t)matrix->data % align == 0 ? matrix->data : NULL;
}

static const uint8_t *stored_row(const ya_matrix *m, int row)
{
    int hd = m->interleaved_head_dim;
    if (hd > 0) {
        int in_head = row % hd, half = hd / 2;
        row = row - in_head + 2 * (in_head % half) + in_head / half;
    }
    const ya_dtype_info *info = ya_dtype_get(m->type);
    size_t row_bytes = (size_t)(m->cols / info->block_size) * (size_t)info->block_bytes;
    return (const uint8_t *)m->data + (size_t)row * row_bytes;
}

void ya_expand_row(const ya_matrix *matrix, int row, float *dst)
{
    ya_kernels_get()->expand[matrix->type](stored_row(matrix, row), matrix->cols, dst);
}

static void expand_row_bf16(const ya_kernels *k, const ya_matrix *m, int row, uint16_t *dst)
{
    float part[CHUNK];
    const ya_dtype_info *info = ya_dtype_get(m->type);
    const uint8_t *src = stored_row(m, row);
    for (int at = 0; at < m->cols; at += CHUNK) {
        int n = m->cols - at < CHUNK ? m->cols - at : CHUNK;
        k->expand[m->type](src + (size_t)(at / info->block_size) * (size_t)info->block_bytes, n,
                           part);
        k->to_bf16(part, (size_t)n, dst + at);
    }
}

void ya_expand_rows(const ya_matrix *matrix, int row0, int n, void *dst, ya_dtype type)
{
    const ya_kernels *k = ya_kernels_get();
    size_t cols = (size_t)matrix->cols;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; i++) {
        if (type == YA_BF16)
            expand_row_bf16(k, matrix, row0 + i, (uint16_t *)dst + (size_t)i * cols);
        else
            ya_expand_row(matrix, row0 + i, (float *)dst + (size_t)i * cols);
    }
}

void ya_expand_gather(const ya_matrix *matrix, const int32_t *ids, int n, float *dst)
{
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; i++)
        ya_expand_row(matrix, ids[i], dst + (size_t)i * (size_t)matrix->cols);
}
