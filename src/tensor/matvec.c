#include "tensor/matvec.h"

#include "tensor/kernels.h"
#include "tensor/products.h"

int ya_matrix_row_stored_at(const ya_matrix *w, int stored)
{
    int hd = w->interleaved_head_dim;
    if (hd == 0)
        return stored;
    int in_head = stored % hd;
    return stored - in_head + in_head / 2 + in_head % 2 * (hd / 2);
}

bool ya_matvec_wants_digits(const ya_matrix *w)
{
    const ya_products *products = ya_products_get();
    return products && products->times[w->type];
}

size_t ya_matvec_digits_bytes(int n, int m)
{
    return ya_products_get() ? (size_t)m * ya_digits_bytes((size_t)n) : 0;
}

void ya_matvec_digits(const float *x, int n, int m, void *out)
{
    const ya_products *products = ya_products_get();
    uint8_t *to = out;
    for (int t = 0; t < m; t++)
        products->digits(x + (size_t)t * (size_t)n, n, to + (size_t)t * ya_digits_bytes((size_t)n));
}

void ya_matvec(const ya_matrix *w, int stored, int n_rows, const ya_operand *x, int m, float *y)
{
    const ya_dtype_info *info = ya_dtype_get(w->type);
    size_t row_bytes = (size_t)(w->cols / info->block_size) * (size_t)info->block_bytes;
    const uint8_t *row = (const uint8_t *)w->data + (size_t)stored * row_bytes;
    if (x->digits && ya_matvec_wants_digits(w)) {
        ya_products_get()->times[w->type](row, n_rows, w->cols, x->digits, m, y);
        return;
    }
    for (int r = 0; r < n_rows; r++)
        ya_kernels_get()->times[w->type](row + (size_t)r * row_bytes, w->cols, x->x, x->stride, m,
                                         y + (size_t)r * (size_t)m);
}
