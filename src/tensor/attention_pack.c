#include "tensor/attention_pack.h"

#include <string.h>

ya_attention_format ya_attention_format_of(const ya_attention *a, int max_row)
{
    ya_attention_format f = {.kernels = ya_kernels_get(),
                             .pairs = a->bf16 ? ya_bf16_tiles_get() : NULL,
                             .hd = a->head_dim,
                             .hdp = ya_attention_padded(a->head_dim),
                             .tp = ya_attention_padded(max_row)};
    f.per = f.pairs ? 2 : 1;
    return f;
}

ya_attention_format ya_attention_f32_words(const ya_attention_format *f)
{
    ya_attention_format plain = *f;
    plain.pairs = NULL;
    plain.per = 1;
    return plain;
}

ya_attention_rows ya_attention_rows_of(const float *x, size_t first, size_t stride, size_t column)
{
    ya_attention_rows rows = {.stride = stride, .n_stretches = 1};
    rows.from[0] = x + first * stride + column;
    return rows;
}

static const float *row_at(const ya_attention_rows *rows, int i)
{
    int j = rows->n_stretches - 1;
    while (j > 0 && i < rows->begin[j])
        j--;
    return rows->from[j] + (size_t)(i - rows->begin[j]) * rows->stride;
}

static void zero(float *x, int from, int to)
{
    memset(x + from, 0, (size_t)(to - from) * sizeof *x);
}

void ya_attention_pack_along(const ya_attention_format *f, const ya_attention_rows *rows, int first,
                             int n, float *to)
{
    int used = ya_attention_words(f, f->hd), width = f->hdp / f->per;
    for (int i = 0; i < n; i++, to += width) {
        const float *row = row_at(rows, first + i);
        if (f->pairs)
            f->pairs->pair_along(row, f->hd, to);
        else
            memcpy(to, row, (size_t)f->hd * sizeof *to);
        zero(to, used, width);
    }
}

void ya_attention_pack_across(const ya_attention_format *f, const ya_attention_rows *rows, int n,
                              float *to)
{
    for (int i = 0; i < n; i += f->per, to += f->hdp) {
        const float *row = row_at(rows, i);
        if (f->pairs)
            f->pairs->pair_across(row, i + 1 < n ? row_at(rows, i + 1) : NULL, f->hd, to);
        else
            memcpy(to, row, (size_t)f->hd * sizeof *to);
        zero(to, f->hd, f->hdp);
    }
}

void ya_attention_pack_columns(const ya_attention_format *f, const ya_attention_rows *rows, int n,
                               float *to, float *tile)
{
    int width = f->hdp / f->per;
    if (!f->pairs && rows->n_stretches == 1) {
        f->kernels->transpose(rows->from[0], rows->stride, n, f->hd, to, (size_t)f->tp,
                              ya_attention_padded(n));
        return;
    }
    for (int i = 0; i < n; i += YA_ATTENTION_TILE) {
        int some = n - i < YA_ATTENTION_TILE ? n - i : YA_ATTENTION_TILE;
        ya_attention_pack_along(f, rows, i, some, tile);
        f->kernels->transpose(tile, (size_t)width, some, ya_attention_words(f, f->hd), to + i,
                              (size_t)f->tp, ya_attention_padded(some));
    }
}
