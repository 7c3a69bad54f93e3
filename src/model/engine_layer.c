/* One layer, forward and backward: x_mid = x_in + O attention(norm(x_in)), x_out = x_mid +
 * mlp(norm(x_mid)). */
#include "model/engine_internal.h"

#include <string.h>

bool ya_linear_trained(const ya_linear *linear)
{
    return linear->lora.rank > 0 || linear->dweight || linear->dbias;
}

static bool attention_trained(const ya_layer *l)
{
    for (int t = YA_Q; t <= YA_O; t++)
        if (ya_linear_trained(&l->linear[t]))
            return true;
    return l->attention_norm.dweight || l->q_norm.dweight || l->k_norm.dweight;
}

bool ya_layer_trained(const ya_layer *l)
{
    for (int t = YA_GATE; t <= YA_DOWN; t++)
        if (ya_linear_trained(&l->linear[t]))
            return true;
    return l->mlp_norm.dweight || attention_trained(l);
}

static int stream_of(int layer, ya_target target)
{
    return layer * YA_N_TARGETS + (int)target;
}

/* q or k or v, made in its place of the slot: norm of each head, rotation. */
typedef struct {
    float *y; /* [M, heads*HD] */
    int heads;
    const ya_norm *norm; /* weight NULL: none */
    float *raw,
        *rstd; /* with a norm: what came out of the matrix, and the norm's 1/rms of each head */
    bool rotate;
} projection;

static void projections(const ya_engine *e, int layer, projection out[3])
{
    const ya_model_config *c = &e->model->config;
    const ya_layer *l = &e->model->layers[layer];
    const ya_slot *s = &e->slots[layer];
    static const ya_norm none = {0};
    out[0] = (projection){s->q, c->n_heads, &l->q_norm, s->q_raw, s->rstd_q, true};
    out[1] = (projection){s->k, c->n_kv_heads, &l->k_norm, s->k_raw, s->rstd_k, true};
    out[2] = (projection){s->v, c->n_kv_heads, &none, NULL, NULL, false};
}

static void finish_projection(ya_engine *e, const projection *p)
{
    const ya_kernels *k = e->kernels;
    int hd = e->model->config.head_dim, n = p->heads * hd;
    float eps = (float)e->model->config.rms_norm_eps;
    if (!p->norm->weight && !p->rotate)
        return;
#pragma omp parallel for schedule(static)
    for (int t = 0; t < e->m; t++) {
        size_t at = (size_t)t * (size_t)n;
        float *row = p->y + at;
        if (p->norm->weight) {
            memcpy(p->raw + at, row, (size_t)n * sizeof *row);
            for (int h = 0; h < p->heads; h++)
                k->rmsnorm_forward(row + h * hd, p->norm->weight, eps, hd, row + h * hd, false,
                                   &p->rstd[(size_t)t * (size_t)p->heads + (size_t)h]);
        }
        if (p->rotate)
            k->rope(row, p->heads, hd, e->cos + (size_t)t * (size_t)(hd / 2),
                    e->sin + (size_t)t * (size_t)(hd / 2), 1.0f);
    }
}

static void attention_forward(ya_engine *e, int layer)
{
    const ya_layer *l = &e->model->layers[layer];
    const ya_slot *s = &e->slots[layer];
    int d = e->model->config.hidden_size;
    projection p[3];
    projections(e, layer, p);
    ya_rows_norm(e, e->m, d, s->x_in, l->attention_norm.weight, e->xn, s->rstd_attention);
    for (int t = YA_Q; t <= YA_V; t++) {
        ya_engine_linear_forward(e, &l->linear[t], e->m, e->xn, p[t].y, false, s->ax[t],
                                 stream_of(layer, (ya_target)t));
        finish_projection(e, &p[t]);
    }
    e->attention.window = ya_config_window(&e->model->config, layer);
    if (e->decoding)
        ya_engine_cached_attention(e, layer);
    else {
        ya_engine_prefix_layer(e, layer);
        ya_attention_forward(&e->attention, s->q, s->k, s->v, s->o, s->lse, e->attention_scratch,
                             e->max_row);
    }
    ya_rows_copy(s->x_mid, s->x_in, e->m, d);
    ya_engine_linear_forward(e, &l->linear[YA_O], e->m, s->o, s->x_mid, true, s->ax[YA_O],
                             stream_of(layer, YA_O));
}

static void swiglu(ya_engine *e, const ya_slot *s, const float *gate, const float *up)
{
    size_t f = (size_t)e->model->config.intermediate_size, es = e->bf16 ? 2 : 4;
    bool copy = e->bf16;
#pragma omp parallel for schedule(static)
    for (int t = 0; t < e->m; t++) {
        size_t at = (size_t)t * f;
        e->kernels->swiglu_forward(gate + at, up + at, f, (char *)e->h + at * es,
                                   copy ? (char *)s->gate + at * es : NULL,
                                   copy ? (char *)s->up + at * es : NULL, e->bf16);
    }
}

void ya_engine_layer_forward(ya_engine *e, int layer, float *x_out)
{
    const ya_layer *l = &e->model->layers[layer];
    const ya_slot *s = &e->slots[layer];
    int d = e->model->config.hidden_size;
    attention_forward(e, layer);
    ya_rows_norm(e, e->m, d, s->x_mid, l->mlp_norm.weight, e->xn, s->rstd_mlp);
    float *gate = e->bf16 ? e->mlp : s->gate;
    float *up =
        e->bf16 ? e->mlp + (size_t)e->capacity * (size_t)e->model->config.intermediate_size : s->up;
    ya_engine_linear_forward(e, &l->linear[YA_GATE], e->m, e->xn, gate, false, s->ax[YA_GATE],
                             stream_of(layer, YA_GATE));
    ya_engine_linear_forward(e, &l->linear[YA_UP], e->m, e->xn, up, false, s->ax[YA_UP],
                             stream_of(layer, YA_UP));
    swiglu(e, s, gate, up);
    if (!x_out) { /* computed again for backward, which reads A x of the down projection, not its
                     output */
        if (l->linear[YA_DOWN].lora.rank > 0)
            ya_engine_low_rank(e, &l->linear[YA_DOWN], e->m, e->h, s->ax[YA_DOWN],
                               stream_of(layer, YA_DOWN));
        return;
    }
    ya_rows_copy(x_out, s->x_mid, e->m, d);
    ya_engine_linear_forward(e, &l->linear[YA_DOWN], e->m, e->h, x_out, true, s->ax[YA_DOWN],
                             stream_of(layer, YA_DOWN));
}

/* In: e->dx, the gradient of the layer's output. Adds what comes through the MLP. */
static void mlp_backward(ya_engine *e, int layer, bool want_dx)
{
    const ya_layer *l = &e->model->layers[layer];
    const ya_slot *s = &e->slots[layer];
    int d = e->model->config.hidden_size, m = e->m;
    size_t f = (size_t)e->model->config.intermediate_size, es = e->bf16 ? 2 : 4;
    const void *dy = ya_rows_as_input(e, e->dx, (size_t)m * (size_t)d, e->dy);
    float *dh = e->mlp;
    ya_engine_linear_backward(e, &l->linear[YA_DOWN], m, dy, dh, false, true,
                              stream_of(layer, YA_DOWN));
#pragma omp parallel for schedule(static)
    for (int t = 0; t < m; t++) { /* dgate and dup take the place of gate and up */
        size_t at = (size_t)t * f;
        char *gate = (char *)s->gate + at * es, *up = (char *)s->up + at * es;
        e->kernels->swiglu_backward(dh + at, gate, up, f, gate, up, (char *)e->h + at * es,
                                    e->bf16);
    }
    ya_engine_linear_gradients(e, &l->linear[YA_DOWN], m, e->h, s->ax[YA_DOWN], dy,
                               stream_of(layer, YA_DOWN));
    if (ya_linear_trained(&l->linear[YA_GATE]) || ya_linear_trained(&l->linear[YA_UP]))
        ya_rows_norm_again(e, m, d, s->x_mid, l->mlp_norm.weight, s->rstd_mlp, e->xn);
    const void *dgate_up[] = {s->gate, s->up};
    for (int i = 0; i < 2; i++) {
        ya_target t = i == 0 ? YA_GATE : YA_UP;
        ya_engine_linear_backward(e, &l->linear[t], m, dgate_up[i], e->dxn, i > 0, want_dx,
                                  stream_of(layer, t));
        ya_engine_linear_gradients(e, &l->linear[t], m, e->xn, s->ax[t], dgate_up[i],
                                   stream_of(layer, t));
    }
    if (want_dx)
        ya_rows_norm_backward(e, m, d, e->dxn, s->x_mid, &l->mlp_norm, s->rstd_mlp, e->dx);
}

/* dy of the rotated, normed projection becomes that of the matrix's output, in place. */
static void unfinish_projection(ya_engine *e, const projection *p, float *dy)
{
    const ya_kernels *k = e->kernels;
    int hd = e->model->config.head_dim, n = p->heads * hd;
    bool normed = p->norm->weight != NULL;
    if (p->rotate) {
#pragma omp parallel for schedule(static)
        for (int t = 0; t < e->m; t++)
            k->rope(dy + (size_t)t * (size_t)n, p->heads, hd, e->cos + (size_t)t * (size_t)(hd / 2),
                    e->sin + (size_t)t * (size_t)(hd / 2), -1.0f);
    }
    if (!normed)
        return;
    if (p->norm->dweight) /* tokens in order, by one thread: a vector of HD */
        for (int i = 0; i < e->m * p->heads; i++) {
            size_t at = (size_t)i * (size_t)hd;
            for (int c = 0; c < hd; c++)
                p->norm->dweight[c] += dy[at + (size_t)c] * p->raw[at + (size_t)c] * p->rstd[i];
        }
#pragma omp parallel for schedule(static)
    for (int i = 0; i < e->m * p->heads; i++) {
        float dx[YA_MAX_HEAD_DIM] = {0};
        size_t at = (size_t)i * (size_t)hd;
        k->rmsnorm_backward(dy + at, p->raw + at, p->norm->weight, p->rstd[i], hd, dx);
        memcpy(dy + at, dx, (size_t)hd * sizeof *dx);
    }
}

static void attention_backward(ya_engine *e, int layer, bool want_dx)
{
    const ya_model_config *c = &e->model->config;
    const ya_layer *l = &e->model->layers[layer];
    const ya_slot *s = &e->slots[layer];
    int d = c->hidden_size, m = e->m;
    size_t widths[] = {(size_t)c->n_heads * (size_t)c->head_dim,
                       (size_t)c->n_kv_heads * (size_t)c->head_dim,
                       (size_t)c->n_kv_heads * (size_t)c->head_dim};
    const void *dy = ya_rows_as_input(e, e->dx, (size_t)m * (size_t)d, e->dy);
    ya_engine_linear_backward(e, &l->linear[YA_O], m, dy, e->dattention, false, true,
                              stream_of(layer, YA_O));
    ya_engine_linear_gradients(e, &l->linear[YA_O], m, s->o, s->ax[YA_O], dy,
                               stream_of(layer, YA_O));
    float *grads[3] = {e->dqkv};
    grads[1] = grads[0] + (size_t)e->capacity * widths[0];
    grads[2] = grads[1] + (size_t)e->capacity * widths[1];
    e->attention.window = ya_config_window(c, layer);
    ya_attention_backward(&e->attention, s->q, s->k, s->v, s->o, s->lse, e->dattention, grads[0],
                          grads[1], grads[2], e->attention_scratch, e->max_row);
    projection p[3];
    projections(e, layer, p);
    ya_rows_norm_again(e, m, d, s->x_in, l->attention_norm.weight, s->rstd_attention, e->xn);
    for (int t = YA_Q; t <= YA_V; t++) {
        unfinish_projection(e, &p[t], grads[t]);
        const void *g = ya_rows_as_input(e, grads[t], (size_t)m * widths[t], e->dqkv_input);
        ya_engine_linear_backward(e, &l->linear[t], m, g, e->dxn, t > YA_Q, want_dx,
                                  stream_of(layer, (ya_target)t));
        ya_engine_linear_gradients(e, &l->linear[t], m, e->xn, s->ax[t], g,
                                   stream_of(layer, (ya_target)t));
    }
    if (want_dx)
        ya_rows_norm_backward(e, m, d, e->dxn, s->x_in, &l->attention_norm, s->rstd_attention,
                              e->dx);
}

void ya_engine_layer_backward(ya_engine *e, int layer)
{
    const ya_layer *l = &e->model->layers[layer];
    bool below = layer > e->first_trained || e->embedding_trained;
    bool attention = below || attention_trained(l);
    if (e->config.grad_checkpoint)
        ya_engine_layer_forward(e, layer, NULL);
    mlp_backward(e, layer, attention || l->mlp_norm.dweight);
    if (attention)
        attention_backward(e, layer, below || l->attention_norm.dweight);
}
