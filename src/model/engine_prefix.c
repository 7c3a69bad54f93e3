/* Rows that continue something: the tokens in the cache, which all rows of a pass share, and then
 * perhaps another row of the pass.
 *
 *     cache          row 0 (parent -1)    row 1 (parent 0)
 *     | examples     | question           | first choice
 *                                         row 2 (parent 0)
 *                                         | second choice
 *
 * So each token of a tree of texts goes through the model once, in passes as wide as training's.
 * All keys of a layer are there before its attention, whatever the order of the rows. */
#include "model/engine_internal.h"

#include <assert.h>
#include <string.h>

void ya_engine_prefix_begin(ya_engine *e, const ya_pass *pass)
{
    ya_attention *a = &e->attention;
    assert(e->row_parent || !(pass->behind_cache || pass->row_parent));
    a->n_past = pass->behind_cache ? e->position : 0;
    a->row_parent = pass->row_parent ? e->row_parent : NULL;
    if (pass->row_parent) {
        memcpy(e->row_parent, pass->row_parent, (size_t)pass->n_rows * sizeof *e->row_parent);
        if (e->n_rows > pass->n_rows)
            e->row_parent[pass->n_rows] = -1; /* what fills the bucket */
    }
    e->max_row = 0;
    for (int r = 0; r < e->n_rows; r++) {
        int parent = a->row_parent ? a->row_parent[r] : -1;
        int length = a->n_past + e->row_start[r + 1] - e->row_start[r];
        if (parent >= 0)
            length += e->row_start[parent + 1] - e->row_start[parent];
        e->max_row = length > e->max_row ? length : e->max_row;
    }
}

void ya_engine_prefix_layer(ya_engine *e, int layer)
{
    if (e->attention.n_past == 0)
        return;
    e->attention.past_k = ya_engine_cache(e, e->cache_k, layer);
    e->attention.past_v = ya_engine_cache(e, e->cache_v, layer);
}
