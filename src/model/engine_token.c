/* A few tokens through all layers, in one parallel region: every thread walks through the layers
 * and takes its share of the rows of each matrix, straight from the stored blocks. What a thread
 * needs of others' work is behind a barrier. Norms are made by each thread for itself, which takes
 * less time than to wait for one of them.
 *
 *     norm | A x of q k v |= q k v |= rotate, into the cache |= attention |= A o |= o
 *     norm | A x of gate up |= gate up, swiglu |= A h |= down |=        (|=: all meet)
 *
 * The steps with A are there with LoRA only. A product's sum does not depend on how rows are
 * shared out, so logits do not depend on the number of threads. */
#include "model/engine_internal.h"

#include "base/barrier.h"
#include "tensor/matvec.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* What one thread knows. */
typedef struct {
    ya_engine *e;
    ya_barrier *barrier;
    int thread, n_threads;
    float *xn;     /* [m, D] */
    float *scores; /* [cache_tokens], padded */
    void *digits;  /* of [m, widest layer]: its x at hand, for products in integers */
} worker;

/* A linear layer of m rows: y[t * y_stride + row] (+)= */
typedef struct {
    const ya_linear *linear;
    const ya_operand *x;
    float *y;
    size_t y_stride;
    const float *low; /* [m, R]: scale A x */
    bool accumulate;
} product;

static void meet(const worker *w)
{
    ya_barrier_wait(w->barrier, w->n_threads);
}

/* This thread's part of n: first ... *end */
static int share(const worker *w, int n, int *end)
{
    *end = (int)((int64_t)n * (w->thread + 1) / w->n_threads);
    return (int)((int64_t)n * w->thread / w->n_threads);
}

/* The same in whole vectors, whose last, partial one is computed in another way. */
static int share_vectors(const worker *w, int n, int *end)
{
    enum { WIDEST = 16 };
    int first = share(w, (n + WIDEST - 1) / WIDEST, end) * WIDEST;
    *end = *end * WIDEST < n ? *end * WIDEST : n;
    return first;
}

static void norm_rows(const worker *w, const float *x, const float *weight)
{
    const ya_engine *e = w->e;
    int d = e->model->config.hidden_size;
    float rstd;
    for (int t = 0; t < e->m; t++)
        e->kernels->rmsnorm_forward(x + (size_t)t * (size_t)d, weight,
                                    (float)e->model->config.rms_norm_eps, d,
                                    w->xn + (size_t)t * (size_t)d, false, &rstd);
}

/* Where the low-rank product of the i-th of up to three layers that share their input is kept. */
static float *low_of(const ya_engine *e, int i)
{
    return e->decode_low + (size_t)i * YA_FEW_TOKENS * (size_t)e->max_rank;
}

/* A x of layers that share their input; all meet behind it, unless there is nothing to do. */
static void low_ranks(const worker *w, const ya_linear *linears, int n, const float *x)
{
    const ya_engine *e = w->e;
    bool any = false;
    for (int i = 0; i < n; i++) {
        const ya_lora_pair *lora = &linears[i].lora;
        size_t cols = (size_t)linears[i].weight.cols;
        int end, r = lora->rank;
        any |= r > 0;
        for (int j = share(w, r, &end); j < end; j++)
            for (int t = 0; t < e->m; t++)
                low_of(e, i)[t * r + j] =
                    lora->scale *
                    e->kernels->dot(lora->a + (size_t)j * cols, x + (size_t)t * cols, (int)cols);
    }
    if (any)
        meet(w);
}

/* x [m, cols], with digits when they are wanted. */
static ya_operand make_operand(const worker *w, const float *x, int cols, int m, bool digits)
{
    if (digits)
        ya_matvec_digits(x, cols, m, w->digits);
    return (ya_operand){x, (size_t)cols, digits ? w->digits : NULL};
}

/* x [m, cols] of linear layers that share it, as their products want it. */
static ya_operand operand_of(const worker *w, const ya_linear *linears, int n, const float *x)
{
    bool digits = false;
    for (int i = 0; i < n && !digits; i++)
        digits = ya_matvec_wants_digits(&linears[i].weight);
    return make_operand(w, x, linears[0].weight.cols, w->e->m, digits);
}

/* The product `sum` of a row of weights with token t, with what belongs to it. */
static void put(const ya_engine *e, const product *p, int row, int t, float sum)
{
    const ya_linear *linear = p->linear;
    const ya_lora_pair *lora = &linear->lora;
    int r = lora->rank;
    float *to = p->y + (size_t)t * p->y_stride + row;
    if (linear->bias)
        sum += linear->bias[row];
    if (r > 0)
        sum += e->kernels->dot(lora->b + (size_t)row * (size_t)r, p->low + t * r, r);
    *to = p->accumulate ? *to + sum : sum;
}

/* Rows stored at first ... end. */
static void multiply(const ya_engine *e, const product *p, int first, int end)
{
    enum { AT_ONCE = 32 };
    float sums[AT_ONCE * YA_FEW_TOKENS];
    const ya_matrix *weight = &p->linear->weight;
    for (int stored = first; stored < end; stored += AT_ONCE) {
        int n = end - stored < AT_ONCE ? end - stored : AT_ONCE;
        ya_matvec(weight, stored, n, p->x, e->m, sums);
        for (int i = 0; i < n; i++) {
            int row = ya_matrix_row_stored_at(weight, stored + i);
            for (int t = 0; t < e->m; t++)
                put(e, p, row, t, sums[i * e->m + t]);
        }
    }
}

/* q, k and v of the tokens; values go to the cache at once. */
static void project(const worker *w, int layer)
{
    ya_engine *e = w->e;
    const ya_model_config *c = &e->model->config;
    const ya_layer *l = &e->model->layers[layer];
    const ya_slot *s = &e->slots[layer];
    size_t q = (size_t)c->n_heads * (size_t)c->head_dim;
    size_t kv = (size_t)c->n_kv_heads * (size_t)c->head_dim;
    float *values = ya_engine_cache(e, e->cache_v, layer) + (size_t)e->position * kv;
    norm_rows(w, s->x_in, l->attention_norm.weight);
    ya_operand x = operand_of(w, &l->linear[YA_Q], 3, w->xn);
    const product products[] = {{&l->linear[YA_Q], &x, s->q, q, low_of(e, 0), false},
                                {&l->linear[YA_K], &x, s->k, kv, low_of(e, 1), false},
                                {&l->linear[YA_V], &x, values, kv, low_of(e, 2), false}};
    low_ranks(w, &l->linear[YA_Q], 3, w->xn);
    /* one run of rows through the three: shares are even though k and v are small */
    int rows = (int)(q + 2 * kv), end, first = share(w, rows, &end), before = 0;
    for (int i = 0; i < 3; i++) {
        int n = products[i].linear->weight.rows;
        int from = first > before ? first - before : 0, to = end - before < n ? end - before : n;
        multiply(e, &products[i], from, to);
        before += n;
    }
}

/* Norm and rotation of a head, in place. */
static void turn(const ya_engine *e, int t, float *head, const ya_norm *norm)
{
    const ya_model_config *c = &e->model->config;
    int hd = c->head_dim;
    size_t at = (size_t)t * (size_t)(hd / 2);
    float rstd;
    if (norm->weight)
        e->kernels->rmsnorm_forward(head, norm->weight, (float)c->rms_norm_eps, hd, head, false,
                                    &rstd);
    e->kernels->rope(head, 1, hd, e->cos + at, e->sin + at, 1.0f);
}

static void turn_heads(const worker *w, int layer)
{
    ya_engine *e = w->e;
    const ya_model_config *c = &e->model->config;
    const ya_layer *l = &e->model->layers[layer];
    const ya_slot *s = &e->slots[layer];
    size_t hd = (size_t)c->head_dim, kv = (size_t)c->n_kv_heads * hd;
    float *keys = ya_engine_cache(e, e->cache_k, layer) + (size_t)e->position * kv;
    int heads = c->n_heads + c->n_kv_heads, end;
    for (int i = share(w, e->m * heads, &end); i < end; i++) {
        int t = i / heads, h = i % heads;
        if (h < c->n_heads) {
            turn(e, t, s->q + ((size_t)t * (size_t)c->n_heads + (size_t)h) * hd, &l->q_norm);
            continue;
        }
        size_t at = (size_t)t * kv + (size_t)(h - c->n_heads) * hd;
        turn(e, t, s->k + at, &l->k_norm);
        memcpy(keys + at, s->k + at, hd * sizeof *keys);
    }
}

/* o of one query: softmax over the keys it sees */
static void attend(const worker *w, const float *q, const float *keys, const float *values,
                   size_t stride, int n, float *o)
{
    enum { STEP = 16 }; /* softmax_rows' */
    const ya_kernels *k = w->e->kernels;
    int hd = w->e->model->config.head_dim;
    float max = -INFINITY, sum = 0, correction;
    k->scores(q, keys, stride, n, hd, w->scores);
    int padded = (n + STEP - 1) / STEP * STEP;
    for (int j = n; j < padded; j++)
        w->scores[j] = -INFINITY;
    k->softmax_rows(w->scores, 0, 1, padded, 1.0f / sqrtf((float)hd), &max, &sum, &correction);
    k->mix(w->scores, values, stride, n, hd, 1.0f / sum, o);
}

static void attend_share(const worker *w, int layer)
{
    ya_engine *e = w->e;
    const ya_model_config *c = &e->model->config;
    const ya_slot *s = &e->slots[layer];
    size_t hd = (size_t)c->head_dim, kv = (size_t)c->n_kv_heads * hd;
    const float *keys = ya_engine_cache(e, e->cache_k, layer);
    const float *values = ya_engine_cache(e, e->cache_v, layer);
    int group = c->n_heads / c->n_kv_heads, end;
    for (int i = share(w, e->m * c->n_heads, &end); i < end; i++) {
        int last = e->position + i / c->n_heads, window = ya_config_window(c, layer);
        int first = window > 0 && last - window + 1 > 0 ? last - window + 1 : 0;
        size_t column = (size_t)(i % c->n_heads / group) * hd;
        size_t from = (size_t)first * kv + column;
        attend(w, s->q + (size_t)i * hd, keys + from, values + from, kv, last - first + 1,
               (float *)s->o + (size_t)i * hd);
    }
}

/* to = from + W x, this thread's rows */
static void add_product(const worker *w, const ya_linear *linear, const float *x, const float *from,
                        float *to)
{
    const ya_engine *e = w->e;
    size_t d = (size_t)e->model->config.hidden_size;
    int end, first = share(w, linear->weight.rows, &end);
    low_ranks(w, linear, 1, x);
    for (int t = 0; t < e->m; t++)
        memcpy(to + (size_t)t * d + first, from + (size_t)t * d + first,
               (size_t)(end - first) * sizeof *to);
    ya_operand operand = operand_of(w, linear, 1, x);
    multiply(e, &(product){linear, &operand, to, d, low_of(e, 0), true}, first, end);
}

static void gate_and_up(const worker *w, int layer)
{
    ya_engine *e = w->e;
    const ya_layer *l = &e->model->layers[layer];
    const ya_slot *s = &e->slots[layer];
    size_t f = (size_t)e->model->config.intermediate_size;
    int end, first = share_vectors(w, (int)f, &end);
    norm_rows(w, s->x_mid, l->mlp_norm.weight);
    low_ranks(w, &l->linear[YA_GATE], 2, w->xn);
    ya_operand x = operand_of(w, &l->linear[YA_GATE], 2, w->xn);
    multiply(e, &(product){&l->linear[YA_GATE], &x, s->gate, f, low_of(e, 0), false}, first, end);
    multiply(e, &(product){&l->linear[YA_UP], &x, s->up, f, low_of(e, 1), false}, first, end);
    for (int t = 0; t < e->m; t++) {
        size_t at = (size_t)t * f + (size_t)first;
        e->kernels->swiglu_forward((float *)s->gate + at, (float *)s->up + at,
                                   (size_t)(end - first), (float *)e->h + at, NULL, NULL, false);
    }
}

static void layer(const worker *w, int index, float *x_out)
{
    ya_engine *e = w->e;
    const ya_layer *l = &e->model->layers[index];
    const ya_slot *s = &e->slots[index];
    project(w, index);
    meet(w);
    turn_heads(w, index);
    meet(w);
    attend_share(w, index);
    meet(w);
    add_product(w, &l->linear[YA_O], s->o, s->x_in, s->x_mid);
    meet(w);
    gate_and_up(w, index);
    meet(w);
    add_product(w, &l->linear[YA_DOWN], e->h, s->x_mid, x_out);
    meet(w);
}

/* Logits behind the norm of row `row` of x_last. */
static void head_share(const worker *w, int row, float *logits)
{
    ya_engine *e = w->e;
    const ya_model *model = e->model;
    size_t d = (size_t)model->config.hidden_size;
    float rstd;
    e->kernels->rmsnorm_forward(e->x_last + (size_t)row * d, model->final_norm.weight,
                                (float)model->config.rms_norm_eps, (int)d, w->xn, false, &rstd);
    int end, first = share(w, model->head.rows, &end);
    ya_operand x = make_operand(w, w->xn, (int)d, 1, ya_matvec_wants_digits(&model->head));
    ya_matvec(&model->head, first, end - first, &x, 1, logits + first);
}

static worker worker_of(ya_engine *e, ya_barrier *barrier)
{
    int thread = omp_get_thread_num();
    float *scratch = e->decode_scratch + (size_t)thread * e->decode_stride;
    size_t norms = YA_FEW_TOKENS * (size_t)e->model->config.hidden_size;
    uint8_t *digits = e->decode_digits + (size_t)thread * e->digits_stride;
    return (worker){.e = e,
                    .barrier = barrier,
                    .thread = thread,
                    .n_threads = omp_get_num_threads(),
                    .xn = scratch,
                    .scores = scratch + norms,
                    .digits = digits};
}

void ya_engine_few_tokens(ya_engine *e, float *logits)
{
    ya_barrier barrier = {0};
    int n_layers = e->model->config.n_layers;
#pragma omp parallel num_threads(e->config.threads)
    {
        worker w = worker_of(e, &barrier);
        for (int l = 0; l < n_layers; l++)
            layer(&w, l, l + 1 < n_layers ? e->slots[l + 1].x_in : e->x_last);
        if (logits)
            head_share(&w, e->m - 1, logits);
    }
}

void ya_engine_logits(ya_engine *e, int row, float *logits)
{
    ya_barrier barrier = {0};
#pragma omp parallel num_threads(e->config.threads)
    {
        worker w = worker_of(e, &barrier);
        head_share(&w, row, logits);
    }
}
