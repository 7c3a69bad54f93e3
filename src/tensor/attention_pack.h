/* The operands of attention's small products, for attention.c alone.
 *
 * A word is what the products take one of at a time along their sum: an f32 element, or a pair of
 * bf16 elements (bf16_tiles.h). Sums and what comes from outside are f32. */
#ifndef YA_TENSOR_ATTENTION_PACK_H
#define YA_TENSOR_ATTENTION_PACK_H

#include "tensor/attention.h"
#include "tensor/attention_tasks.h"
#include "tensor/bf16_tiles.h"
#include "tensor/kernels.h"

enum { YA_ATTENTION_PAD = 16 };

static inline int ya_attention_padded(int n)
{
    return (n + YA_ATTENTION_PAD - 1) / YA_ATTENTION_PAD * YA_ATTENTION_PAD;
}

typedef struct {
    const ya_kernels *kernels;
    const ya_bf16_tiles *pairs; /* NULL: a word is one f32 */
    int per;                    /* elements a word: 1 or 2 */
    int hd, hdp, tp;            /* HD; HD and the longest row rounded up to PAD */
} ya_attention_format;

/* For rows of at most max_row tokens: pairs for attention in bf16 where the processor has products
 * of them. */
ya_attention_format ya_attention_format_of(const ya_attention *a, int max_row);

/* The same with words of f32. */
ya_attention_format ya_attention_f32_words(const ya_attention_format *f);

/* Words that n elements take. */
static inline int ya_attention_words(const ya_attention_format *f, int n)
{
    return (n + f->per - 1) / f->per;
}

/* One head's part of tokens that stand in up to three stretches: row i begins at
 * from[j] + (i - begin[j]) * stride, j the last one with begin[j] <= i. */
typedef struct {
    const float *from[3];
    int begin[3], n_stretches;
    size_t stride;
} ya_attention_rows;

/* Rows from `first` on of a matrix of `stride` columns, the head's part beginning at `column`. */
ya_attention_rows ya_attention_rows_of(const float *x, size_t first, size_t stride, size_t column);

/* Rows first ... first + n, word by word along HD: to[i] has hdp / per words; zero behind HD. */
void ya_attention_pack_along(const ya_attention_format *f, const ya_attention_rows *rows, int first,
                             int n, float *to);

/* Rows 0 ... n, word by word along the tokens: hdp words for each `per` of them; zero behind HD and
 * behind n. */
void ya_attention_pack_across(const ya_attention_format *f, const ya_attention_rows *rows, int n,
                              float *to);

/* The transposed of pack_along for rows 0 ... n: [hdp / per, tp]; columns n ... padded(n) are zero.
 * tile: a tile's room, lost. */
void ya_attention_pack_columns(const ya_attention_format *f, const ya_attention_rows *rows, int n,
                               float *to, float *tile);

#endif
