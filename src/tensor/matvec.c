#include "tensor/matvec.h"

#include "tensor/kernels.h"

int ya_matrix_row_stored_at(const ya_matrix *w, int stored)
{
    int hd = w->interleaved_head_dim;
    if (hd == 0)
        return stored;
    int in_head = stored % hd;
    return stored - in_head + in_head / 2 + in_head % 2 * (hd / 2);
}

void ya_matvec(const ya_matrix *w, int stored, const float *x, size_t x_stride, int m, float *y)
{
    const ya_dtype_info *info = ya_dtype_get(w->type);
    size_t row_bytes = (size_t)(w->cols / info->block_size) * (size_t)info->block_bytes;
    const uint8_t *row = (const uint8_t *)w->data + (size_t)stored * row_bytes;
    ya_kernels_get()->times[w->type](row, w->cols, x, x_stride, m, y);
}
