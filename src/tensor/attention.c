#include "tensor/attention.h"

#include "tensor/attention_pack.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { TILE = YA_ATTENTION_TILE, PAD = YA_ATTENTION_PAD };
_Static_assert((int)TILE <= (int)YA_SOFTMAX_ROWS, "a tile's rows go through one call");

/* Scratch of one thread, in words (attention_pack.h). HDP and TP are HD and the longest row rounded
 * up to PAD; what the rounding adds is zero. Scores are products of f32 words: the exponential
 * makes absolute errors of theirs relative ones. All other products are of words as the operands'
 * type allows, along HD or across it, which differ when a word is a pair.
 *
 *     whole row:   kt [HDP, TP] f32   v [TP / per, HDP]                                    forward
 *                  kt [HDP, TP] f32  vt [HDP / per, TP]  k [TP / per, HDP]
 *                  dk  dv [TP, HDP] f32                                                    backward
 *     one tile:    q [TILE, HDP] f32  q_across [TILE / per, HDP]  dout  dout_across, the same
 *                  o | dq [TILE, HDP] f32
 *                  s  ds [TILE, TILE] f32, which become words  ds_across [TILE / per, TILE]
 *
 * Behind the threads' parts, in backward: dk and dv of each query head, [T, H*HD] each, and those
 * of the shares of split heads (attention_tasks.h), [max_row, HD] each. */
typedef struct {
    ya_attention_format format, scores; /* scores: what queries and keys are packed as for them */
    float *kt, *vt, *v, *k, *dk, *dv;
    float *q, *q_across, *o, *dout, *dout_across, *dq, *s, *ds, *ds_across;
} workspace;

typedef struct {
    size_t whole, words;         /* a row's part of the head in f32 and in words */
    size_t tile, across, scores; /* a tile of it, its words across, a tile of scores */
} sizes;

static sizes sizes_of(const ya_attention_format *f)
{
    size_t whole = (size_t)f->hdp * (size_t)f->tp, tile = (size_t)TILE * (size_t)f->hdp;
    return (sizes){whole, whole / (size_t)f->per, tile, f->pairs ? tile / 2 : 0,
                   (size_t)TILE * TILE};
}

static size_t thread_floats(const ya_attention_format *f, bool backward)
{
    sizes z = sizes_of(f);
    if (!backward)
        return z.whole + z.words + 2 * z.tile + z.scores;
    return 3 * z.whole + 2 * z.words + 3 * z.tile + z.across + 2 * z.scores +
           (f->pairs ? z.scores / 2 : 0);
}

size_t ya_attention_scratch(const ya_attention *a, int tokens, int max_row, bool backward)
{
    ya_attention_format f = ya_attention_format_of(a, max_row);
    size_t floats = (size_t)a->threads * thread_floats(&f, backward);
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

static workspace workspace_of(const ya_attention_format *f, void *scratch, bool backward)
{
    workspace w = {.format = *f, .scores = ya_attention_f32_words(f)};
    sizes z = sizes_of(f);
    float *at = (float *)scratch + (size_t)omp_get_thread_num() * thread_floats(f, backward);
    w.kt = carve(&at, z.whole);
    w.q = carve(&at, z.tile);
    w.s = carve(&at, z.scores);
    if (!backward) {
        w.v = carve(&at, z.words);
        w.o = carve(&at, z.tile);
        return w;
    }
    w.vt = carve(&at, z.words);
    w.k = carve(&at, z.words);
    w.dk = carve(&at, z.whole);
    w.dv = carve(&at, z.whole);
    w.q_across = f->pairs ? carve(&at, z.across) : w.q;
    w.dout = carve(&at, z.tile); /* both kinds of pairs fit */
    w.dout_across = w.dout + z.across;
    w.dq = carve(&at, z.tile);
    w.ds = carve(&at, z.scores);
    w.ds_across = f->pairs ? carve(&at, z.scores / 2) : w.ds;
    return w;
}

/* c (+)= a b, over k words */
static void product(const ya_attention_format *f, int m, int n, int k, const float *a, int a_row,
                    int a_col, const float *b, int ldb, float *c, int ldc, bool accumulate)
{
    if (f->pairs)
        f->pairs->matmul(m, n, k, a, a_row, a_col, b, ldb, c, ldc, accumulate);
    else
        f->kernels->tile_matmul(m, n, k, a, a_row, a_col, b, ldb, c, ldc, accumulate);
}

/* The first key tile that query q0 sees. */
static int first_tile(const ya_attention *a, int q0)
{
    int first = a->window > 0 && q0 - a->window + 1 > 0 ? q0 - a->window + 1 : 0;
    return first / TILE * TILE;
}

/* Every query from q0 on sees all n keys from k0 on, but for a window. */
static bool all_seen(int q0, int k0, int n)
{
    return k0 + n - 1 <= q0;
}

/* How many rows of a tile are treated together: all of them, or PAD where the diagonal runs. */
static int step_of(int q0, int k0, int n, int rows)
{
    return all_seen(q0, k0, n) ? rows : PAD;
}

/* How many keys of a tile of n, from k0 on, are scored for query i of a tile: those that the PAD
 * queries around it see at the most. Nobody reads the others. */
static int scored_keys(int q0, int i, int k0, int n)
{
    int seen = ya_attention_padded(q0 + i / PAD * PAD + PAD - k0);
    return all_seen(q0, k0, n) || seen > n ? n : seen < 0 ? 0 : seen;
}

/* s[i][j] = query i . key j, for the keys that a query may see; others stay as they are. */
static void score_tile(const ya_attention_format *f, const float *q, const float *kt, int q0,
                       int qn, int k0, int n, float *s)
{
    int depth = ya_attention_words(f, f->hd), ldq = f->hdp / f->per;
    int step = step_of(q0, k0, n, qn);
    for (int i = 0; i < qn; i += step)
        product(f, qn - i < step ? qn - i : step, scored_keys(q0, i, k0, n), depth,
                q + (size_t)i * (size_t)ldq, ldq, 1, kt + k0, f->tp, s + i * TILE, TILE, false);
}

/* out[i] += sum of s[i][j] rows[j], over the keys that query i may see */
static void mix_tile(const ya_attention_format *f, const float *s, const float *rows, int q0,
                     int qn, int k0, int kn, float *out)
{
    int step = step_of(q0, k0, kn, qn);
    for (int i = 0; i < qn; i += step)
        product(f, qn - i < step ? qn - i : step, f->hdp,
                ya_attention_words(f, scored_keys(q0, i, k0, kn)), s + i * TILE, TILE, 1, rows,
                f->hdp, out + (size_t)i * (size_t)f->hdp, f->hdp, true);
}

/* out[j] += sum of s[i][j] rows[i], over the queries that may see key j */
static void mix_tile_transposed(const ya_attention_format *f, const float *s, const float *rows,
                                int q0, int qn, int k0, int kn, float *out)
{
    int step = step_of(q0, k0, kn, kn);
    for (int j = 0; j < kn; j += step) {
        int first = k0 + j - q0 > 0 ? k0 + j - q0 : 0; /* the first query that sees key j */
        int skip = first / f->per;
        if (first < qn)
            product(f, kn - j < step ? kn - j : step, f->hdp, ya_attention_words(f, qn) - skip,
                    s + skip * TILE + j, 1, TILE, rows + (size_t)skip * (size_t)f->hdp, f->hdp,
                    out + (size_t)j * (size_t)f->hdp, f->hdp, true);
    }
}

/* -INFINITY where query q0 + i does not see key k0 + j */
static void mask_tile(const ya_attention *a, float *s, int q0, int qn, int k0, int n)
{
    bool causal = !all_seen(q0, k0, n), windowed = a->window > 0 && k0 <= q0 + qn - 1 - a->window;
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
static void forward_tile(const ya_attention *a, const workspace *w, int q0, int qn, int k0, int kn,
                         float *max, float *sum)
{
    const ya_attention_format *f = &w->format;
    float scale = 1.0f / sqrtf((float)a->head_dim);
    int n = ya_attention_padded(kn);
    score_tile(&w->scores, w->q, w->kt, q0, qn, k0, n, w->s);
    mask_tile(a, w->s, q0, qn, k0, n);
    float correction[TILE];
    int step = step_of(q0, k0, n, qn);
    for (int i = 0; i < qn; i += step) {
        int rows = qn - i < step ? qn - i : step, scored = scored_keys(q0, i, k0, n);
        if (scored == 0)
            continue;
        float *s = w->s + i * TILE;
        f->kernels->softmax_rows(s, TILE, rows, scored, scale, max + i, sum + i, correction);
        for (int j = 0; j < rows; j++, s += TILE) {
            if (correction[j] != 1.0f)
                f->kernels->scale(correction[j], w->o + (size_t)(i + j) * (size_t)f->hdp,
                                  (size_t)f->hdp);
            if (f->pairs)
                f->pairs->pair_along(s, scored, s);
        }
    }
    mix_tile(f, w->s, w->v + (size_t)(k0 / f->per) * (size_t)f->hdp, q0, qn, k0, kn, w->o);
}

/* What a row sees of x, in order of position: what all rows share, its parent's tokens, its own. */
static ya_attention_rows seen_rows(const ya_attention *a, const float *x, const float *past,
                                   int row, int kv_head)
{
    size_t hd = (size_t)a->head_dim, stride = (size_t)a->n_kv_heads * hd;
    int parent = a->row_parent ? a->row_parent[row] : -1, at = a->n_past;
    ya_attention_rows rows = {.stride = stride};
    x += (size_t)kv_head * hd;
    if (a->n_past > 0)
        rows.from[rows.n_stretches++] = past + (size_t)kv_head * hd;
    if (parent >= 0) {
        rows.begin[rows.n_stretches] = at;
        rows.from[rows.n_stretches++] = x + (size_t)a->row_start[parent] * stride;
        at += a->row_start[parent + 1] - a->row_start[parent];
    }
    rows.begin[rows.n_stretches] = at;
    rows.from[rows.n_stretches++] = x + (size_t)a->row_start[row] * stride;
    return rows;
}

static void forward_queries(const ya_attention *a, const workspace *w, const float *q, size_t first,
                            int head, int q0, int qn, int end, void *o, float *lse)
{
    const ya_attention_format *f = &w->format;
    size_t hd = (size_t)a->head_dim, stride = (size_t)a->n_heads * hd, column = (size_t)head * hd;
    float max[TILE], sum[TILE];
    for (int i = 0; i < qn; i++) {
        max[i] = -INFINITY;
        sum[i] = 0;
    }
    ya_attention_rows rows = ya_attention_rows_of(q, first, stride, column);
    ya_attention_pack_along(&w->scores, &rows, 0, qn, w->q);
    memset(w->o, 0, (size_t)qn * (size_t)f->hdp * sizeof *w->o);
    for (int k0 = first_tile(a, q0); k0 < q0 + qn; k0 += TILE)
        forward_tile(a, w, q0, qn, k0, end - k0 < TILE ? end - k0 : TILE, max, sum);
    for (int i = 0; i < qn; i++) {
        size_t token = first + (size_t)i, at = token * stride + column;
        float *out = w->o + (size_t)i * (size_t)f->hdp;
        f->kernels->scale(1.0f / sum[i], out, hd);
        if (a->bf16)
            f->kernels->to_bf16(out, hd, (uint16_t *)o + at);
        else
            memcpy((float *)o + at, out, hd * sizeof *out);
        if (lse)
            lse[token * (size_t)a->n_heads + (size_t)head] = max[i] + logf(sum[i]);
    }
}

static void forward_head(const ya_attention *a, const float *q, const float *k, const float *v,
                         void *o, float *lse, const workspace *w, const ya_attention_task *t)
{
    const ya_attention_format *f = &w->format;
    int kv_head = t->head / (a->n_heads / a->n_kv_heads);
    ya_attention_rows keys = seen_rows(a, k, a->past_k, t->row, kv_head);
    ya_attention_rows values = seen_rows(a, v, a->past_v, t->row, kv_head);
    int before = keys.begin[keys.n_stretches - 1], end = before + t->end;
    ya_attention_pack_columns(&w->scores, &keys, end, w->kt, w->q);
    ya_attention_pack_across(f, &values, end, w->v);
    for (int q0 = before + t->begin; q0 < end; q0 += TILE) {
        int qn = end - q0 < TILE ? end - q0 : TILE;
        size_t first = (size_t)(a->row_start[t->row] + q0 - before);
        forward_queries(a, w, q, first, t->head, q0, qn, end, o, lse);
    }
}

void ya_attention_forward(const ya_attention *a, const float *q, const float *k, const float *v,
                          void *o, float *lse, void *scratch, int max_row)
{
    ya_attention_format format = ya_attention_format_of(a, max_row);
    ya_attention_tasks p = ya_attention_tasks_of(a);
#pragma omp parallel for schedule(dynamic, 1) num_threads(a->threads)
    for (int i = 0; i < p.n_tasks; i++) {
        workspace w = workspace_of(&format, scratch, false);
        ya_attention_task t = ya_attention_task_at(a, &p, i);
        forward_head(a, q, k, v, o, lse, &w, &t);
    }
}

/* Row i of a tile, and the one behind it where there is one: probabilities and gradients of scores,
 * as words. */
static void words_of_scores(const ya_attention_format *f, const workspace *w, int i, int qn, int n)
{
    float *p = w->s + i * TILE, *ds = w->ds + i * TILE;
    bool both = i + 1 < qn;
    f->pairs->pair_across(p, both ? p + TILE : NULL, n, w->s + i / 2 * TILE);
    f->pairs->pair_across(ds, both ? ds + TILE : NULL, n, w->ds_across + i / 2 * TILE);
    f->pairs->pair_along(ds, n, ds);
    if (both)
        f->pairs->pair_along(ds + TILE, n, ds + TILE);
}

/* dq of the query tile, dk and dv of the row take in one tile of keys */
static void backward_tile(const ya_attention *a, const workspace *w, int q0, int qn, int k0, int kn,
                          const float *lse, const float *delta)
{
    const ya_attention_format *f = &w->format;
    float scale = 1.0f / sqrtf((float)a->head_dim);
    int n = ya_attention_padded(kn);
    size_t at = (size_t)k0 * (size_t)f->hdp;
    score_tile(&w->scores, w->q, w->kt, q0, qn, k0, n, w->s);
    score_tile(f, w->dout, w->vt, q0, qn, k0, n, w->ds);
    mask_tile(a, w->s, q0, qn, k0, n);
    for (int i = 0; i < qn; i++)
        f->kernels->softmax_row_backward(w->s + i * TILE, w->ds + i * TILE,
                                         scored_keys(q0, i, k0, n), scale, lse[i], delta[i]);
    for (int i = 0; f->pairs && i < qn; i += 2)
        words_of_scores(f, w, i, qn, scored_keys(q0, i, k0, n));
    mix_tile_transposed(f, w->s, w->dout_across, q0, qn, k0, kn, w->dv + at);
    mix_tile_transposed(f, w->ds_across, w->q_across, q0, qn, k0, kn, w->dk + at);
    mix_tile(f, w->ds, w->k + (size_t)(k0 / f->per) * (size_t)f->hdp, q0, qn, k0, kn, w->dq);
}

typedef struct {
    const void *o;
    const float *q, *k, *v;
    const float *lse, *dout;
    float *dq, *dk_heads, *dv_heads; /* the last two [T, H*HD] */
    float *extra;                    /* [shares][2][max_row, HD] */
    size_t extra_floats;             /* max_row * HD */
} gradients;

/* delta[i] = o . dout of query i, in f32 */
static void deltas_of(const ya_attention *a, const gradients *g, const workspace *w, size_t token,
                      int n, size_t column, float *delta)
{
    const ya_kernels *k = w->format.kernels;
    size_t hd = (size_t)a->head_dim, stride = (size_t)a->n_heads * hd;
    for (int i = 0; i < n; i++) {
        size_t at = (token + (size_t)i) * stride + column;
        const float *o = (const float *)g->o + at;
        if (a->bf16) {
            k->from_bf16((const uint16_t *)g->o + at, hd, w->dq); /* dq is not begun yet */
            o = w->dq;
        }
        delta[i] = k->dot(o, g->dout + at, a->head_dim);
    }
}

static void backward_queries(const ya_attention *a, const gradients *g, const workspace *w,
                             size_t first, int end, int head, int q0)
{
    const ya_attention_format *f = &w->format;
    size_t hd = (size_t)a->head_dim, stride = (size_t)a->n_heads * hd, column = (size_t)head * hd;
    int qn = end - q0 < TILE ? end - q0 : TILE;
    float lse[TILE], delta[TILE];
    size_t token = first + (size_t)q0;
    deltas_of(a, g, w, token, qn, column, delta);
    for (int i = 0; i < qn; i++)
        lse[i] = g->lse[(token + (size_t)i) * (size_t)a->n_heads + (size_t)head];
    ya_attention_rows queries = ya_attention_rows_of(g->q, token, stride, column);
    ya_attention_rows douts = ya_attention_rows_of(g->dout, token, stride, column);
    ya_attention_pack_along(&w->scores, &queries, 0, qn, w->q);
    ya_attention_pack_along(f, &douts, 0, qn, w->dout);
    if (f->pairs) {
        ya_attention_pack_across(f, &queries, qn, w->q_across);
        ya_attention_pack_across(f, &douts, qn, w->dout_across);
    }
    memset(w->dq, 0, (size_t)qn * (size_t)f->hdp * sizeof *w->dq);
    for (int k0 = first_tile(a, q0); k0 < q0 + qn; k0 += TILE)
        backward_tile(a, w, q0, qn, k0, end - k0 < TILE ? end - k0 : TILE, lse, delta);
    for (int i = 0; i < qn; i++)
        memcpy(g->dq + (token + (size_t)i) * stride + column, w->dq + (size_t)i * (size_t)f->hdp,
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
    const ya_attention_format *f = &w->format;
    size_t first = (size_t)a->row_start[t->row], hd = (size_t)a->head_dim;
    size_t kv_column = (size_t)(t->head / (a->n_heads / a->n_kv_heads)) * hd;
    size_t kv_stride = (size_t)a->n_kv_heads * hd;
    size_t whole = (size_t)t->end * (size_t)f->hdp * sizeof *w->dk;
    ya_attention_rows keys = ya_attention_rows_of(g->k, first, kv_stride, kv_column);
    ya_attention_rows values = ya_attention_rows_of(g->v, first, kv_stride, kv_column);
    ya_attention_pack_columns(&w->scores, &keys, t->end, w->kt, w->q);
    ya_attention_pack_columns(f, &values, t->end, w->vt, w->q);
    ya_attention_pack_across(f, &keys, t->end, w->k);
    memset(w->dk, 0, whole);
    memset(w->dv, 0, whole);
    for (int q0 = t->begin; q0 < t->end; q0 += TILE)
        backward_queries(a, g, w, first, t->end, t->head, q0);
    float *to[2];
    size_t stride = output_of(a, g, t, to);
    for (int i = 0; i < t->end; i++) {
        size_t at = (size_t)i * stride, from = (size_t)i * (size_t)f->hdp;
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
    ya_attention_format format = ya_attention_format_of(a, max_row);
    float *heads = (float *)scratch + (size_t)a->threads * thread_floats(&format, true);
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
        workspace w = workspace_of(&format, scratch, true);
        ya_attention_task t = ya_attention_task_at(a, &p, i);
        backward_head(a, &g, &w, &t);
    }
    join_shares(a, &g, &p);
    sum_groups(a, g.dk_heads, dk, tokens);
    sum_groups(a, g.dv_heads, dv, tokens);
}
