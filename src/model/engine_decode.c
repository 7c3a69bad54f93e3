/* Decoding: one stretch of tokens behind those whose keys and values are in the cache. */
#include "model/engine_internal.h"
#include "tensor/expand.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static float *thread_scratch(const ya_engine *e)
{
    return e->decode_scratch + (size_t)omp_get_thread_num() * e->decode_stride;
}

void ya_engine_few(ya_engine *e, const ya_linear *linear, int m, const float *x, float *y,
                   bool accumulate)
{
    const ya_matrix *w = &linear->weight;
    const ya_lora_pair *lora = &linear->lora;
    const ya_kernels *k = e->kernels;
    int r = lora->rank, n = w->rows, cols = w->cols;
    float *low = e->dax; /* [m, R] */
    for (int t = 0; t < m; t++)
        for (int i = 0; i < r; i++)
            low[t * r + i] = lora->scale * k->dot(lora->a + (size_t)i * (size_t)cols,
                                                  x + (size_t)t * (size_t)cols, cols);
    const float *direct = ya_matrix_direct(w, YA_F32);
#pragma omp parallel for schedule(static) num_threads(e->config.threads)
    for (int i = 0; i < n; i++) {
        const float *row = direct ? direct + (size_t)i * (size_t)cols : thread_scratch(e);
        if (!direct)
            ya_expand_row(w, i, thread_scratch(e));
        for (int t = 0; t < m; t++) {
            float sum = k->dot(row, x + (size_t)t * (size_t)cols, cols);
            float *to = y + (size_t)t * (size_t)n + (size_t)i;
            if (linear->bias)
                sum += linear->bias[i];
            if (r > 0)
                sum += k->dot(lora->b + (size_t)i * (size_t)r, low + t * r, r);
            *to = accumulate ? *to + sum : sum;
        }
    }
}

float *ya_engine_cache(const ya_engine *e, float *cache, int layer)
{
    const ya_model_config *c = &e->model->config;
    return cache + (size_t)layer * (size_t)e->config.cache_tokens * (size_t)c->n_kv_heads *
                       (size_t)c->head_dim;
}

/* o of one query: softmax over the keys it sees, in scratch of the calling thread */
static void attend(const ya_engine *e, const float *q, const float *keys, const float *values,
                   int first, int last, float *o)
{
    const ya_model_config *c = &e->model->config;
    const ya_kernels *k = e->kernels;
    size_t stride = (size_t)c->n_kv_heads * (size_t)c->head_dim;
    float *s = thread_scratch(e), max = -INFINITY, sum = 0;
    float scale = 1.0f / sqrtf((float)c->head_dim);
    for (int j = first; j <= last; j++) {
        s[j - first] = scale * k->dot(q, keys + (size_t)j * stride, c->head_dim);
        max = s[j - first] > max ? s[j - first] : max;
    }
    memset(o, 0, (size_t)c->head_dim * sizeof *o);
    for (int j = first; j <= last; j++) {
        float p = expf(s[j - first] - max);
        sum += p;
        k->axpy(p, values + (size_t)j * stride, o, c->head_dim);
    }
    k->scale(1.0f / sum, o, (size_t)c->head_dim);
}

void ya_engine_cached_attention(ya_engine *e, int layer)
{
    const ya_model_config *c = &e->model->config;
    const ya_slot *s = &e->slots[layer];
    size_t hd = (size_t)c->head_dim, kv = (size_t)c->n_kv_heads * hd, q = (size_t)c->n_heads * hd;
    float *keys = ya_engine_cache(e, e->cache_k, layer),
          *values = ya_engine_cache(e, e->cache_v, layer);
    int group = c->n_heads / c->n_kv_heads, room = e->config.cache_tokens - e->position;
    size_t kept =
        (size_t)(e->m < room ? e->m : room) * kv * sizeof *keys; /* padding may stick out */
    memcpy(keys + (size_t)e->position * kv, s->k, kept);
    memcpy(values + (size_t)e->position * kv, s->v, kept);
#pragma omp parallel for schedule(dynamic, 1) num_threads(e->config.threads)
    for (int task = 0; task < e->m * c->n_heads; task++) {
        int t = task / c->n_heads, h = task % c->n_heads, last = e->position + t;
        if (last >= e->config.cache_tokens)
            continue; /* padding */
        int first = c->sliding_window > 0 && last - c->sliding_window + 1 > 0
                        ? last - c->sliding_window + 1
                        : 0;
        size_t column = (size_t)(h / group) * hd, at = (size_t)t * q + (size_t)h * hd;
        attend(e, s->q + at, keys + column, values + column, first, last, (float *)s->o + at);
    }
}

/* The stretch's tokens through all layers; rows n ... m are padding. */
static void run_layers(ya_engine *e, const int32_t *ids, int n)
{
    const ya_model_config *c = &e->model->config;
    e->m = n <= YA_FEW_TOKENS ? n : (n + e->bucket - 1) / e->bucket * e->bucket;
    for (int t = 0; t < e->m; t++) {
        e->ids[t] = t < n ? ids[t] : 0;
        ya_engine_rotation(e, t, e->position + t);
    }
    ya_expand_gather(&e->model->embedding, e->ids, e->m, e->slots[0].x_in);
    for (int l = 0; l < c->n_layers; l++)
        ya_engine_layer_forward(e, l, l + 1 < c->n_layers ? e->slots[l + 1].x_in : e->x_last);
}

static void last_logits(ya_engine *e, int n, float *logits)
{
    const ya_model_config *c = &e->model->config;
    const float *x = e->x_last + (size_t)(n - 1) * (size_t)c->hidden_size;
    ya_linear head = {.weight = e->model->head};
    ya_rows_norm(e, 1, c->hidden_size, x, e->model->final_norm.weight, e->xn, e->rstd_target);
    ya_engine_few(e, &head, 1, e->xn, logits, false);
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
    for (int at = 0; at < n;) {
        int part = n - at < e->config.pass_tokens ? n - at : e->config.pass_tokens;
        run_layers(e, ids + at, part);
        at += part;
        e->position += part;
        if (at == n && logits)
            last_logits(e, part, logits);
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
