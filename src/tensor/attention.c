#include "tensor/attention.h"

#include "tensor/attention_tasks.h"
#include "tensor/kernels.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { TILE = YA_ATTENTION_TILE, PAD = 16 };

/* Scratch of one thread. HDP and TP are HD and the longest row rounded up to PAD; what the rounding
 * adds is zero. All tiles are f32, whatever the operands are stored as.
 *
 *     whole row:   kt [HDP, TP]  v [TP, HDP]                       forward
 *                  kt  vt [HDP, TP]  k  dk  dv [TP, HDP]           backward
 *     one tile:    q  o | dout  dq [TILE, HDP]  s  ds [TILE, TILE]
 *
 * Behind the threads' parts, in backward: dk and dv of each query head, [T, H*HD] each, and those
 * of the shares of split heads (attention_tasks.h), [max_row, HD] each. */
typedef struct {
    int hd, hdp, tp;
    float *kt, *vt, *k, *v, *dk, *dv;
    float *q, *o, *dout, *dq, *s, *ds;
} workspace;

static int padded(int n)
{
    return (n + PAD - 1) / PAD * PAD;
}

static size_t thread_floats(int head_dim, int max_row, bool backward)
{
    size_t whole = (size_t)padded(head_dim) * (size_t)padded(max_row);
    size_t tile = (size_t)TILE * (size_t)padded(head_dim), scores = (size_t)TILE * TILE;
    return backward ? 5 * whole + 3 * tile + 2 * scores : 2 * whole + 2 * tile + scores;
}

size_t ya_attention_scratch(const ya_attention *a, int tokens, int max_row, bool backward)
{
    size_t floats = (size_t)a->threads * thread_floats(a->head_dim, max_row, backward);
    if (backward) {
        floats += 2 * (size_t)tokens * (size_t)a->n_heads * (size_t)a->head_dim;
        floats += 2 * (size_t)a->threads * (size_t)max_row * (size_t)a->head_dim;
    }
    return floats * sizeof(float);
}

static float *carve(float **at, size_t floats)
{
    float *p = *at;
    *at += floats;
    return p;
}

static workspace workspace_of(const ya_attention *a, void *scratch, int max_row, bool backward)
{
    workspace w = {a->head_dim, padded(a->head_dim), padded(max_row), .kt = NULL};
    size_t whole = (size_t)w.hdp * (size_t)w.tp, tile = (size_t)TILE * (size_t)w.hdp;
    float *at = (float *)scratch +
                (size_t)omp_get_thread_num() * thread_floats(a->head_dim, max_row, backward);
    w.kt = carve(&at, whole);
    if (backward) {
        w.vt = carve(&at, whole);
        w.k = carve(&at, whole);
        w.dk = carve(&at, whole);
        w.dv = carve(&at, whole);
        w.dout = carve(&at, tile);
        w.dq = carve(&at, tile);
        w.ds = carve(&at, TILE * TILE);
    } else {
        w.v = carve(&at, whole);
        w.o = carve(&at, tile);
    }
    w.q = carve(&at, tile);
    w.s = carve(&at, TILE * TILE);
    return w;
}

/* n floats of an operand from element `at` on */
static void read_run(const ya_kernels *k, const void *src, size_t at, int n, bool bf16, float *dst)
{
    if (bf16)
        k->from_bf16((const uint16_t *)src + at, (size_t)n, dst);
    else
        memcpy(dst, (const float *)src + at, (size_t)n * sizeof *dst);
}

static void write_run(const ya_kernels *k, void *dst, size_t at, int n, bool bf16, const float *src)
{
    if (bf16)
        k->to_bf16(src, (size_t)n, (uint16_t *)dst + at);
    else
        memcpy((float *)dst + at, src, (size_t)n * sizeof *src);
}

/* tile[i] = the head's part of token first + i, zero behind HD */
static void pack_rows(const ya_kernels *k, const void *src, size_t first, int n, size_t stride,
                      size_t column, const workspace *w, bool bf16, float *tile)
{
    for (int i = 0; i < n; i++) {
        float *dst = tile + (size_t)i * (size_t)w->hdp;
        read_run(k, src, (first + (size_t)i) * stride + column, w->hd, bf16, dst);
        memset(dst + w->hd, 0, (size_t)(w->hdp - w->hd) * sizeof *dst);
    }
}

/* tile[d][at + i] = element d of token first + i; columns n ... padded(n) are zero where the tile
 * has them */
static void pack_columns_at(const float *src, size_t first, int n, size_t stride, size_t column,
                            const workspace *w, float *tile, int at)
{
    int columns = padded(n);
    for (int i0 = 0; i0 < columns; i0 += PAD) { /* PAD columns are one cache line of the tile */
        int room = w->tp - at - i0 < PAD ? w->tp - at - i0 : PAD;
        for (int d = 0; d < w->hd; d++) {
            const float *from = src + (first + (size_t)i0) * stride + column + (size_t)d;
            float *to = tile + (size_t)d * (size_t)w->tp + (size_t)(at + i0);
            for (int i = 0; i < room; i++)
                to[i] = i0 + i < n ? from[(size_t)i * stride] : 0.0f;
        }
    }
}

static void pack_columns(const float *src, size_t first, int n, size_t stride, size_t column,
                         const workspace *w, float *tile)
{
    pack_columns_at(src, first, n, stride, column, w, tile, 0);
}

/* The first key tile that query q0 sees. */
static int first_tile(const ya_attention *a, int q0)
{
    int first = a->window > 0 && q0 - a->window + 1 > 0 ? q0 - a->window + 1 : 0;
    return first / TILE * TILE;
}

/* How many keys of a tile of n, from k0 on, the PAD queries from q on see at the most. */
static int seen_keys(int q, int k0, int n)
{
    int seen = padded(q + PAD - k0);
    return seen < 0 ? 0 : seen < n ? seen : n;
}

/* s[i][j] = query i . key j, for the keys that a query may see; others stay as they are. */
static void score_tile(const ya_kernels *k, const workspace *w, const float *q, const float *kt,
                       int q0, int qn, int k0, int n, float *s)
{
    if (k0 + n - 1 <= q0) {
        k->tile_matmul(qn, n, w->hd, q, w->hdp, 1, kt + k0, w->tp, s, TILE, false);
        return;
    }
    for (int i = 0; i < qn; i += PAD)
        k->tile_matmul(qn - i < PAD ? qn - i : PAD, seen_keys(q0 + i, k0, n), w->hd,
                       q + (size_t)i * (size_t)w->hdp, w->hdp, 1, kt + k0, w->tp, s + i * TILE,
                       TILE, false);
}

/* out[i] += sum of s[i][j] rows[j], over the keys that query i may see */
static void mix_tile(const ya_kernels *k, const workspace *w, const float *s, const float *rows,
                     int q0, int qn, int k0, int kn, float *out)
{
    if (k0 + kn - 1 <= q0) {
        k->tile_matmul(qn, w->hdp, kn, s, TILE, 1, rows, w->hdp, out, w->hdp, true);
        return;
    }
    for (int i = 0; i < qn; i += PAD)
        k->tile_matmul(qn - i < PAD ? qn - i : PAD, w->hdp, seen_keys(q0 + i, k0, kn), s + i * TILE,
                       TILE, 1, rows, w->hdp, out + (size_t)i * (size_t)w->hdp, w->hdp, true);
}

/* out[j] += sum of s[i][j] rows[i], over the queries that may see key j */
static void mix_tile_transposed(const ya_kernels *k, const workspace *w, const float *s,
                                const float *rows, int q0, int qn, int k0, int kn, float *out)
{
    if (k0 + kn - 1 <= q0) {
        k->tile_matmul(kn, w->hdp, qn, s, 1, TILE, rows, w->hdp, out, w->hdp, true);
        return;
    }
    for (int j = 0; j < kn; j += PAD) {
        int first = k0 + j - q0 > 0 ? k0 + j - q0 : 0; /* the first query that sees key j */
        if (first < qn)
            k->tile_matmul(kn - j < PAD ? kn - j : PAD, w->hdp, qn - first, s + first * TILE + j, 1,
                           TILE, rows + (size_t)first * (size_t)w->hdp, w->hdp,
                           out + (size_t)j * (size_t)w->hdp, w->hdp, true);
    }
}

/* -INFINITY where query q0 + i does not see key k0 + j */
static void mask_tile(const ya_attention *a, float *s, int q0, int qn, int k0, int n)
{
    bool causal = k0 + n - 1 > q0, windowed = a->window > 0 && k0 <= q0 + qn - 1 - a->window;
    if (!causal && !windowed)
        return;
    for (int i = 0; i < qn; i++) {
        int last = q0 + i - k0; /* keys up to this column are not later than the query */
        for (int j = last < 0 ? 0 : last + 1; j < n; j++)
            s[i * TILE + j] = -INFINITY;
        if (a->window > 0)
            for (int j = 0; j <= last - a->window && j < n; j++)
                s[i * TILE + j] = -INFINITY;
    }
}

/* o, max, sum of a tile of queries take in one tile of keys */
static void forward_tile(const ya_attention *a, const ya_kernels *k, const workspace *w, int q0,
                         int qn, int k0, int kn, float *max, float *sum)
{
    float scale = 1.0f / sqrtf((float)a->head_dim);
    int n = padded(kn);
    score_tile(k, w, w->q, w->kt, q0, qn, k0, n, w->s);
    mask_tile(a, w->s, q0, qn, k0, n);
    for (int i = 0; i < qn; i++) {
        float correction = k->softmax_row(w->s + i * TILE, n, scale, &max[i], &sum[i]);
        if (correction != 1.0f)
            k->scale(correction, w->o + (size_t)i * (size_t)w->hdp, (size_t)w->hdp);
    }
    mix_tile(k, w, w->s, w->v + (size_t)k0 * (size_t)w->hdp, q0, qn, k0, kn, w->o);
}

/* Keys and values of n tokens from `first` on become those at `at` of the tiles. */
static int pack_stretch(const ya_attention *a, const float *k, const float *v, size_t first, int n,
                        int kv_head, const workspace *w, int at)
{
    size_t hd = (size_t)a->head_dim, stride = (size_t)a->n_kv_heads * hd;
    size_t column = (size_t)kv_head * hd;
    pack_columns_at(k, first, n, stride, column, w, w->kt, at);
    pack_rows(ya_kernels_get(), v, first, n, stride, column, w, false,
              w->v + (size_t)at * (size_t)w->hdp);
    return at + n;
}

/* All keys and values that a row sees, in order of position; returns how many stand before it. */
static int pack_keys(const ya_attention *a, const float *k, const float *v, int row, int kv_head,
                     const workspace *w)
{
    int parent = a->row_parent ? a->row_parent[row] : -1, before = 0;
    const int32_t *start = a->row_start;
    if (a->n_past > 0)
        before = pack_stretch(a, a->past_k, a->past_v, 0, a->n_past, kv_head, w, 0);
    if (parent >= 0)
        before = pack_stretch(a, k, v, (size_t)start[parent], start[parent + 1] - start[parent],
                              kv_head, w, before);
    pack_stretch(a, k, v, (size_t)start[row], start[row + 1] - start[row], kv_head, w, before);
    return before;
}

static void forward_head(const ya_attention *a, const float *q, const float *k, const float *v,
                         void *o, float *lse, const workspace *w, const ya_attention_task *t)
{
    const ya_kernels *kernels = ya_kernels_get();
    int row = t->row, head = t->head;
    size_t hd = (size_t)a->head_dim, q_stride = (size_t)a->n_heads * hd;
    int before = pack_keys(a, k, v, row, head / (a->n_heads / a->n_kv_heads), w);
    int end = before + t->end;
    for (int q0 = before + t->begin; q0 < end; q0 += TILE) {
        int qn = end - q0 < TILE ? end - q0 : TILE;
        size_t first = (size_t)(a->row_start[row] + q0 - before);
        float max[TILE], sum[TILE];
        for (int i = 0; i < qn; i++) {
            max[i] = -INFINITY;
            sum[i] = 0;
        }
        pack_rows(kernels, q, first, qn, q_stride, (size_t)head * hd, w, false, w->q);
        memset(w->o, 0, (size_t)qn * (size_t)w->hdp * sizeof *w->o);
        for (int k0 = first_tile(a, q0); k0 < q0 + qn; k0 += TILE) {
            int kn = end - k0 < TILE ? end - k0 : TILE;
            forward_tile(a, kernels, w, q0, qn, k0, kn, max, sum);
        }
        for (int i = 0; i < qn; i++) {
            size_t token = first + (size_t)i;
            float *out = w->o + (size_t)i * (size_t)w->hdp;
            kernels->scale(1.0f / sum[i], out, hd);
            write_run(kernels, o, token * q_stride + (size_t)head * hd, a->head_dim, a->bf16, out);
            if (lse)
                lse[token * (size_t)a->n_heads + (size_t)head] = max[i] + logf(sum[i]);
        }
    }
}

void ya_attention_forward(const ya_attention *a, const float *q, const float *k, const float *v,
                          void *o, float *lse, void *scratch, int max_row)
{
    ya_attention_tasks p = ya_attention_tasks_of(a);
#pragma omp parallel for schedule(dynamic, 1) num_threads(a->threads)
    for (int i = 0; i < p.n_tasks; i++) {
        workspace w = workspace_of(a, scratch, max_row, false);
        ya_attention_task t = ya_attention_task_at(a, &p, i);
        forward_head(a, q, k, v, o, lse, &w, &t);
    }
}

/* dq of the query tile, dk and dv of the row take in one tile of keys */
static void backward_tile(const ya_attention *a, const ya_kernels *k, const workspace *w, int q0,
                          int qn, int k0, int kn, const float *lse, const float *delta)
{
    float scale = 1.0f / sqrtf((float)a->head_dim);
    int n = padded(kn);
    size_t at = (size_t)k0 * (size_t)w->hdp;
    if (k0 + n - 1 > q0) /* what score_tile leaves out must be finite: it is multiplied by 0 */
        memset(w->ds, 0, TILE * TILE * sizeof *w->ds);
    score_tile(k, w, w->q, w->kt, q0, qn, k0, n, w->s);
    score_tile(k, w, w->dout, w->vt, q0, qn, k0, n, w->ds);
    mask_tile(a, w->s, q0, qn, k0, n);
    for (int i = 0; i < qn; i++)
        k->softmax_row_backward(w->s + i * TILE, w->ds + i * TILE, n, scale, lse[i], delta[i]);
    mix_tile_transposed(k, w, w->s, w->dout, q0, qn, k0, kn, w->dv + at);
    mix_tile_transposed(k, w, w->ds, w->q, q0, qn, k0, kn, w->dk + at);
    mix_tile(k, w, w->ds, w->k + at, q0, qn, k0, kn, w->dq);
}

typedef struct {
    const void *o;
    const float *q, *k, *v;
    const float *lse, *dout;
    float *dq, *dk_heads, *dv_heads; /* the last two [T, H*HD] */
    float *extra;                    /* [shares][2][max_row, HD] */
    size_t extra_floats;             /* max_row * HD */
} gradients;

static void backward_queries(const ya_attention *a, const gradients *g, const workspace *w,
                             size_t first, int end, int head, int q0)
{
    const ya_kernels *k = ya_kernels_get();
    size_t hd = (size_t)a->head_dim, stride = (size_t)a->n_heads * hd, column = (size_t)head * hd;
    int qn = end - q0 < TILE ? end - q0 : TILE;
    float lse[TILE], delta[TILE];
    size_t token = first + (size_t)q0;
    pack_rows(k, g->o, token, qn, stride, column, w, a->bf16, w->dq); /* o, until delta is known */
    pack_rows(k, g->dout, token, qn, stride, column, w, false, w->dout);
    for (int i = 0; i < qn; i++) {
        size_t at = (size_t)i * (size_t)w->hdp;
        delta[i] = k->dot(w->dq + at, w->dout + at, a->head_dim);
        lse[i] = g->lse[(token + (size_t)i) * (size_t)a->n_heads + (size_t)head];
    }
    pack_rows(k, g->q, token, qn, stride, column, w, false, w->q);
    memset(w->dq, 0, (size_t)qn * (size_t)w->hdp * sizeof *w->dq);
    for (int k0 = first_tile(a, q0); k0 < q0 + qn; k0 += TILE) {
        int kn = end - k0 < TILE ? end - k0 : TILE;
        backward_tile(a, k, w, q0, qn, k0, kn, lse, delta);
    }
    for (int i = 0; i < qn; i++)
        memcpy(g->dq + (token + (size_t)i) * stride + column, w->dq + (size_t)i * (size_t)w->hdp,
               hd * sizeof *g->dq);
}

/* Where a task's dk and dv go: token i's from to[i * stride] on. */
static size_t output_of(const ya_attention *a, const gradients *g, const ya_attention_task *t,
                        float *to[2])
{
    size_t hd = (size_t)a->head_dim, stride = (size_t)a->n_heads * hd;
    if (t->extra >= 0) {
        to[0] = g->extra + 2 * (size_t)t->extra * g->extra_floats;
        to[1] = to[0] + g->extra_floats;
        return hd;
    }
    size_t at = (size_t)a->row_start[t->row] * stride + (size_t)t->head * hd;
    to[0] = g->dk_heads + at;
    to[1] = g->dv_heads + at;
    return stride;
}

static void backward_head(const ya_attention *a, const gradients *g, const workspace *w,
                          const ya_attention_task *t)
{
    const ya_kernels *k = ya_kernels_get();
    size_t first = (size_t)a->row_start[t->row], hd = (size_t)a->head_dim;
    size_t kv_column = (size_t)(t->head / (a->n_heads / a->n_kv_heads)) * hd;
    size_t kv_stride = (size_t)a->n_kv_heads * hd;
    size_t whole = (size_t)t->end * (size_t)w->hdp * sizeof *w->dk;
    pack_columns(g->k, first, t->end, kv_stride, kv_column, w, w->kt);
    pack_columns(g->v, first, t->end, kv_stride, kv_column, w, w->vt);
    pack_rows(k, g->k, first, t->end, kv_stride, kv_column, w, false, w->k);
    memset(w->dk, 0, whole);
    memset(w->dv, 0, whole);
    for (int q0 = t->begin; q0 < t->end; q0 += TILE)
        backward_queries(a, g, w, first, t->end, t->head, q0);
    float *to[2];
    size_t stride = output_of(a, g, t, to);
    for (int i = 0; i < t->end; i++) {
        size_t at = (size_t)i * stride, from = (size_t)i * (size_t)w->hdp;
        memcpy(to[0] + at, w->dk + from, hd * sizeof *w->dk);
        memcpy(to[1] + at, w->dv + from, hd * sizeof *w->dv);
    }
}

/* The shares of split heads join the last one, in order. */
static void join_shares(const ya_attention *a, const gradients *g, const ya_attention_tasks *p)
{
    const ya_kernels *k = ya_kernels_get();
    int hd = a->head_dim;
    for (int i = ya_attention_first_share(a, p); i < p->n_tasks; i++) {
        ya_attention_task t = ya_attention_task_at(a, p, i), last = t;
        if (t.extra < 0)
            continue;
        float *from[2], *to[2];
        last.extra = -1;
        output_of(a, g, &t, from);
        size_t stride = output_of(a, g, &last, to);
#pragma omp parallel for schedule(static) num_threads(a->threads)
        for (int n = 0; n < t.end; n++)
            for (int j = 0; j < 2; j++)
                k->axpy(1.0f, from[j] + (size_t)n * (size_t)hd, to[j] + (size_t)n * stride, hd);
    }
}

/* out[token, g] = sum of the query heads of key head g, in order */
static void sum_groups(const ya_attention *a, const float *heads, float *out, int tokens)
{
    int hd = a->head_dim, group = a->n_heads / a->n_kv_heads;
#pragma omp parallel for schedule(static) num_threads(a->threads)
    for (int t = 0; t < tokens; t++) {
        const float *in = heads + (size_t)t * (size_t)a->n_heads * (size_t)hd;
        float *to = out + (size_t)t * (size_t)a->n_kv_heads * (size_t)hd;
        for (int g = 0; g < a->n_kv_heads; g++, in += group * hd, to += hd) {
            memcpy(to, in, (size_t)hd * sizeof *to);
            for (int h = 1; h < group; h++)
                for (int d = 0; d < hd; d++)
                    to[d] += in[h * hd + d];
        }
    }
}

void ya_attention_backward(const ya_attention *a, const float *q, const float *k, const float *v,
                           const void *o, const float *lse, const float *dout, float *dq, float *dk,
                           float *dv, void *scratch, int max_row)
{
    int tokens = a->row_start[a->n_rows];
    float *heads =
        (float *)scratch + (size_t)a->threads * thread_floats(a->head_dim, max_row, true);
    size_t all = (size_t)tokens * (size_t)a->n_heads * (size_t)a->head_dim;
    gradients g = {o,
                   q,
                   k,
                   v,
                   lse,
                   dout,
                   dq,
                   heads,
                   heads + all,
                   heads + 2 * all,
                   (size_t)max_row * (size_t)a->head_dim};
    ya_attention_tasks p = ya_attention_tasks_of(a);
#pragma omp parallel for schedule(dynamic, 1) num_threads(a->threads)
    for (int i = 0; i < p.n_tasks; i++) {
        workspace w = workspace_of(a, scratch, max_row, true);
        ya_attention_task t = ya_attention_task_at(a, &p, i);
        backward_head(a, &g, &w, &t);
    }
    join_shares(a, &g, &p);
    sum_groups(a, g.dk_heads, dk, tokens);
    sum_groups(a, g.dv_heads, dv, tokens);
}
