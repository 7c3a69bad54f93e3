/* Decoding: one stretch of tokens behind those whose keys and values are in the cache. */
#include "model/engine_internal.h"
#include "tensor/expand.h"

#include <string.h>

float *ya_engine_cache(const ya_engine *e, float *cache, int layer)
{
    const ya_model_config *c = &e->model->config;
    return cache + (size_t)layer * (size_t)e->config.cache_tokens * (size_t)c->n_kv_heads *
                       (size_t)c->head_dim;
}

void ya_engine_cached_attention(ya_engine *e, int layer)
{
    const ya_model_config *c = &e->model->config;
    const ya_slot *s = &e->slots[layer];
    size_t kv = (size_t)c->n_kv_heads * (size_t)c->head_dim;
    float *keys = ya_engine_cache(e, e->cache_k, layer);
    float *values = ya_engine_cache(e, e->cache_v, layer);
    int room = e->config.cache_tokens - e->position;
    size_t n = (size_t)(e->m < room ? e->m : room) * kv; /* padding may stick out */
    ya_engine_prefix_layer(e, layer);
    ya_attention_forward(&e->attention, s->q, s->k, s->v, s->o, s->lse, e->attention_scratch,
                         e->max_row);
    memcpy(keys + (size_t)e->position * kv, s->k, n * sizeof *keys);
    memcpy(values + (size_t)e->position * kv, s->v, n * sizeof *values);
}

/* The next n tokens, with the places that rotations turn them to in a row of that length. */
static void begin(ya_engine *e, const int32_t *ids, int n, int m, int length)
{
    e->m = m;
    for (int t = 0; t < m; t++) {
        e->ids[t] = t < n ? ids[t] : 0;
        ya_engine_rotation(e, t, e->position + t, length);
    }
    ya_expand_gather(&e->model->embedding, e->ids, m, e->slots[0].x_in);
}

/* Many tokens: as a pass of one row behind the cache; rows n ... m are padding. */
static void many_tokens(ya_engine *e, const int32_t *ids, int n, int length, float *logits)
{
    const ya_model_config *c = &e->model->config;
    begin(e, ids, n, (n + e->bucket - 1) / e->bucket * e->bucket, length);
    e->row_start[0] = 0;
    e->row_start[1] = e->m;
    e->max_row = e->position + e->m;
    e->attention.n_rows = 1;
    e->attention.row_start = e->row_start;
    e->attention.row_parent = NULL;
    e->attention.n_past = e->position;
    for (int l = 0; l < c->n_layers; l++)
        ya_engine_layer_forward(e, l, l + 1 < c->n_layers ? e->slots[l + 1].x_in : e->x_last);
    if (logits)
        ya_engine_logits(e, n - 1, logits);
}

ya_status ya_engine_decode(ya_engine *e, const int32_t *ids, int n, float *logits, ya_error *err)
{
    if (n < 1 || n > e->config.cache_tokens - e->position)
        return ya_fail(err, YA_ERR_DATA, "%d tokens do not fit behind %d in a cache of %d", n,
                       e->position, e->config.cache_tokens);
    for (int i = 0; i < n; i++)
        if (ids[i] < 0 || ids[i] >= e->model->config.vocab_size)
            return ya_fail(err, YA_ERR_DATA, "token id %d is outside the vocabulary of %d",
                           (int)ids[i], e->model->config.vocab_size);
    e->decoding = true;
    e->dropout = false;
    int length = e->position + n;
    for (int at = 0; at < n;) {
        int part = n - at < e->config.pass_tokens ? n - at : e->config.pass_tokens;
        float *wanted = at + part == n ? logits : NULL;
        if (part <= YA_FEW_TOKENS) {
            begin(e, ids + at, part, part, length);
            ya_engine_few_tokens(e, wanted);
        } else
            many_tokens(e, ids + at, part, length, wanted);
        at += part;
        e->position += part;
    }
    e->decoding = false;
    return YA_OK;
}

int ya_engine_position(const ya_engine *engine)
{
    return engine->position;
}

void ya_engine_rewind(ya_engine *engine, int position)
{
    if (position >= 0 && position < engine->position)
        engine->position = position;
}

int ya_engine_vocab(const ya_engine *engine)
{
    return engine->model->config.vocab_size;
}
