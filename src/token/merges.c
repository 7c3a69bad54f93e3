#include "token/merges.h"

#include "base/alloc.h"

#include <stdlib.h>

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* A merge beside the length of its left part, which the order asks for. */
typedef struct {
    ya_merge merge;
    size_t left_size;
} sortable;

static int by_rank(const void *a, const void *b)
{
    const sortable *x = a, *y = b;
    if (x->merge.rank != y->merge.rank)
        return compare(x->merge.rank, y->merge.rank);
    if (x->left_size != y->left_size)
        return compare(y->left_size, x->left_size);
    return compare(x->merge.pair, y->merge.pair);
}

ya_merge_texts ya_merge_parts(const ya_tokenizer *t, const ya_merge *merge)
{
    ya_merge_texts texts;
    texts.left = ya_strings_text(&t->tokens, (int32_t)(merge->pair >> 32), &texts.left_size);
    texts.right =
        ya_strings_text(&t->tokens, (int32_t)(merge->pair & UINT32_MAX), &texts.right_size);
    return texts;
}

ya_status ya_merges_sorted(const ya_tokenizer *t, ya_merge **out, size_t *n, ya_error *err)
{
    const ya_bpe *bpe = &t->bpe;
    sortable *all = ya_alloc_zero(bpe->n_merges + 1, sizeof *all);
    *n = 0;
    *out = ya_alloc_zero(bpe->n_merges + 1, sizeof **out);
    if (!all || !*out) {
        ya_free(all);
        ya_free(*out);
        *out = NULL;
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu merges", bpe->n_merges);
    }
    for (size_t i = 0; i < bpe->n_merge_slots && *n < bpe->n_merges; i++) {
        if (bpe->merges[i].pair == UINT64_MAX)
            continue;
        all[*n].merge = bpe->merges[i];
        all[*n].left_size = ya_merge_parts(t, &bpe->merges[i]).left_size;
        ++*n;
    }
    qsort(all, *n, sizeof *all, by_rank);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = all[i].merge;
    ya_free(all);
    return YA_OK;
}
