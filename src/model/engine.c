/* The engine's memory, its matmul kernels, and the pass. */
#include "model/engine.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/team.h"
#include "model/engine_internal.h"
#include "tensor/expand.h"
#include "tensor/matmul.h"
#include "tensor/matvec.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    MAX_BUCKETS = 8,  /* shapes of a pass that get their own matmul kernels */
    BUCKET_STEP = 16, /* tokens */
    MAX_CHUNK = 512, /* rows of logits: the head's weights are copied for the matmul once a chunk */
    CHUNK_BYTES = 128 << 20 /* and their bytes */
};

bool ya_engine_has_bf16(void)
{
    return ya_matmul_has_bf16();
}

static void find_trained(ya_engine *e)
{
    const ya_model *m = e->model;
    e->embedding_trained = m->dembedding != NULL;
    e->first_trained = m->config.n_layers;
    for (int l = m->config.n_layers - 1; l >= 0; l--)
        if (ya_layer_trained(&m->layers[l]))
            e->first_trained = l;
    if (e->embedding_trained)
        e->first_trained = 0;
    for (int l = 0; l < m->config.n_layers; l++)
        for (int t = 0; t < YA_N_TARGETS; t++)
            if (m->layers[l].linear[t].lora.rank > e->max_rank)
                e->max_rank = m->layers[l].linear[t].lora.rank;
}

static int pick_chunk(int vocab_size)
{
    int rows = MAX_CHUNK;
    while (rows > 16 && (size_t)rows * (size_t)vocab_size * 4 > CHUNK_BYTES)
        rows /= 2;
    return rows;
}

/* Sizes of the buffers, in elements of a token or of a chunk's row. */
typedef struct {
    size_t m, d, f, q, kv, rank, widest, act;
} sizes;

static sizes sizes_of(const ya_engine *e)
{
    const ya_model_config *c = &e->model->config;
    sizes s = {.m = (size_t)e->capacity,
               .d = (size_t)c->hidden_size,
               .f = (size_t)c->intermediate_size,
               .q = (size_t)c->n_heads * (size_t)c->head_dim,
               .kv = (size_t)c->n_kv_heads * (size_t)c->head_dim,
               .rank = (size_t)e->max_rank,
               .act = e->bf16 ? 2 : 4};
    s.widest = s.f > s.q ? s.f : s.q;
    s.widest = s.d > s.widest ? s.d : s.widest;
    return s;
}

static void *act_take(ya_arena *arena, size_t m, size_t width, size_t act)
{
    return ya_arena_take(arena, "activations", "pass", "kept from forward for backward", m * act,
                         width);
}

static float *f32_take(ya_arena *arena, size_t m, size_t width)
{
    return ya_arena_take(arena, "activations", "pass", "kept from forward for backward", m * 4,
                         width);
}

/* Everything of a slot but x_in. */
static void take_slot(ya_engine *e, ya_slot *s, int layer, const sizes *z, ya_arena *arena)
{
    const ya_model_config *c = &e->model->config;
    s->x_mid = f32_take(arena, z->m, z->d);
    s->q = f32_take(arena, z->m, z->q);
    s->k = f32_take(arena, z->m, z->kv);
    s->v = f32_take(arena, z->m, z->kv);
    s->o = act_take(arena, z->m, z->q, z->act);
    s->gate = act_take(arena, z->m, z->f, z->act);
    s->up = act_take(arena, z->m, z->f, z->act);
    s->rstd_attention = f32_take(arena, z->m, 1);
    s->rstd_mlp = f32_take(arena, z->m, 1);
    s->lse = f32_take(arena, z->m, (size_t)c->n_heads);
    if (c->qk_norm) {
        s->q_raw = f32_take(arena, z->m, z->q);
        s->k_raw = f32_take(arena, z->m, z->kv);
        s->rstd_q = f32_take(arena, z->m, (size_t)c->n_heads);
        s->rstd_k = f32_take(arena, z->m, (size_t)c->n_kv_heads);
    }
    for (int t = 0; t < YA_N_TARGETS && e->config.train; t++) {
        int rank = e->model->layers[layer].linear[t].lora.rank;
        s->ax[t] = rank > 0 ? act_take(arena, z->m, (size_t)rank, z->act) : NULL;
    }
}

/* Invariants 1 to 3 of engine_internal.h. */
static void take_slots(ya_engine *e, const sizes *z, ya_arena *arena)
{
    int n = e->model->config.n_layers, own = e->first_trained < n ? e->first_trained : n - 1;
    for (int l = n - 1; l >= own; l--) {
        bool first = l == n - 1;
        if (first || (e->config.train && !e->config.grad_checkpoint))
            take_slot(e, &e->slots[l], l, z, arena);
        else {
            e->slots[l] = e->slots[n - 1];
        }
        if (first || e->config.train)
            e->slots[l].x_in = f32_take(arena, z->m, z->d);
    }
    for (int l = 0; l < own; l++)
        e->slots[l] = e->slots[own];
    e->x_last = e->config.train ? f32_take(arena, z->m, z->d) : e->slots[n - 1].x_in;
}

static void *scratch_take(ya_arena *arena, size_t count, size_t size)
{
    return ya_arena_take(arena, "pass scratch", "pass", "one layer's intermediate results", count,
                         size);
}

static void take_scratch(ya_engine *e, const sizes *z, ya_arena *arena)
{
    bool train = e->config.train, bf16 = e->bf16;
    e->xn = scratch_take(arena, z->m * z->d, z->act);
    e->h = scratch_take(arena, z->m * z->f, z->act);
    e->mlp = bf16 || train ? scratch_take(arena, z->m * z->f, bf16 ? 8 : 4) : NULL;
    if (e->max_rank > 0) {
        e->ax = scratch_take(arena, z->m * z->rank, 4);
        e->dax = scratch_take(arena, z->m * z->rank, z->act);
        e->cast = bf16 ? scratch_take(arena, z->rank * z->widest, 2) : NULL;
    }
    if (e->max_rank > 0 && train && e->config.lora_dropout > 0) {
        e->x_dropped = scratch_take(arena, z->m * z->widest, z->act);
        e->dropped = scratch_take(arena, z->m * z->widest, 4);
    }
    if (!train)
        return;
    e->dx = scratch_take(arena, z->m * z->d, 4);
    e->dxn = scratch_take(arena, z->m * z->d, 4);
    e->dattention = scratch_take(arena, z->m * z->q, 4);
    e->dy = bf16 ? scratch_take(arena, z->m * z->d, 2) : NULL;
    e->dqkv = scratch_take(arena, z->m * (z->q + 2 * z->kv), 4);
    e->dqkv_input = bf16 ? scratch_take(arena, z->m * z->q, 2) : NULL;
}

static void take_pass(ya_engine *e, const sizes *z, ya_arena *arena)
{
    static const char name[] = "batch", why[] = "token ids, rows, rotations";
    size_t half = (size_t)e->model->config.head_dim / 2;
    e->ids = ya_arena_take(arena, name, "pass", why, z->m, sizeof *e->ids);
    e->row_start = ya_arena_take(arena, name, "pass", why, z->m + 2, sizeof *e->row_start);
    if (e->config.cache_tokens > 0)
        e->row_parent = ya_arena_take(arena, name, "pass", why, z->m + 1, sizeof *e->row_parent);
    e->cos = ya_arena_take(arena, name, "pass", why, z->m * half, 4);
    e->sin = ya_arena_take(arena, name, "pass", why, z->m * half, 4);
}

static void take_head(ya_engine *e, const sizes *z, ya_arena *arena)
{
    static const char name[] = "logits", why[] = "one chunk of logits and their gradient";
    size_t rows = (size_t)e->chunk;
    e->logits = ya_arena_take(arena, name, "pass", why, rows * (size_t)e->logits_stride, 4);
    e->x_target = ya_arena_take(arena, name, "pass", why, rows * z->d, 4);
    e->xn_target = ya_arena_take(arena, name, "pass", why, rows * z->d, z->act);
    e->rstd_target = ya_arena_take(arena, name, "pass", why, rows, 4);
    if (!e->config.train)
        return;
    e->dx_target = ya_arena_take(arena, name, "pass", why, rows * z->d, 4);
    e->dx_rows = ya_arena_take(arena, name, "pass", why, rows * z->d, 4);
}

static void take_cache(ya_engine *e, const sizes *z, ya_arena *arena)
{
    static const char name[] = "kv cache", why[] = "keys and values of the tokens so far";
    size_t tokens = (size_t)e->config.cache_tokens;
    if (tokens == 0)
        return;
    size_t each = (size_t)e->model->config.n_layers * tokens * z->kv;
    e->cache_k = ya_arena_take(arena, name, "run", why, each, 4);
    e->cache_v = ya_arena_take(arena, name, "run", why, each, 4);
    e->decode_stride = ya_round_up(YA_FEW_TOKENS * z->d, 16) + ya_round_up(tokens, 16);
    e->decode_scratch = ya_arena_take(arena, "decode scratch", "pass", "norms, scores of a thread",
                                      (size_t)e->config.threads * e->decode_stride, 4);
    e->digits_stride = ya_matvec_digits_bytes((int)z->widest, YA_FEW_TOKENS);
    e->decode_digits = ya_arena_take(arena, "decode scratch", "pass", "activations as digits",
                                     (size_t)e->config.threads, e->digits_stride);
    e->decode_low = ya_arena_take(arena, "decode scratch", "pass", "low-rank products",
                                  3 * YA_FEW_TOKENS * z->rank, 4);
}

static size_t tile_bytes(const ya_engine *e, const ya_matrix *w)
{
    if (ya_matrix_direct(w, e->type))
        return 0;
    return (size_t)ya_engine_tile_rows(e, w) * (size_t)w->cols * (e->bf16 ? 2 : 4);
}

static void take_tile(ya_engine *e, ya_arena *arena)
{
    const ya_model *m = e->model;
    size_t most = tile_bytes(e, &m->head);
    for (int l = 0; l < m->config.n_layers; l++)
        for (int t = 0; t < YA_N_TARGETS; t++) {
            size_t bytes = tile_bytes(e, &m->layers[l].linear[t].weight);
            most = bytes > most ? bytes : most;
        }
    if (most > 0)
        e->tile = ya_arena_take(arena, "weight tile", "pass",
                                "a stretch of a stored weight, expanded", most, 1);
}

static void prepare_linears(ya_engine *e, int m)
{
    for (int l = 0; l < e->model->config.n_layers; l++)
        for (int t = 0; t < YA_N_TARGETS; t++) {
            const ya_linear *linear = &e->model->layers[l].linear[t];
            bool accumulate = t == YA_O || t == YA_DOWN;
            ya_engine_linear_forward(e, linear, m, NULL, NULL, accumulate, NULL, 0);
            if (!e->config.train || l < e->first_trained)
                continue;
            accumulate = t == YA_K || t == YA_V || t == YA_UP;
            ya_engine_linear_backward(e, linear, m, NULL, NULL, accumulate, true, 0);
            ya_engine_linear_gradients(e, linear, m, NULL, NULL, NULL, 0);
        }
}

/* Makes every matmul kernel that a pass can ask for, and with them the size of the scratchpad. */
static ya_status prepare(ya_engine *e, ya_error *err)
{
    e->preparing = true;
    e->err = err;
    e->status = YA_OK;
    int kinds = e->config.train ? 2 : 1;
    for (int kind = 0; kind < kinds; kind++) {
        e->mixes_rows = kind == 1;
        for (int m = e->bucket; m <= e->capacity && !e->status; m += e->bucket)
            prepare_linears(e, m);
        ya_engine_head_prepare(e);
    }
    e->preparing = false;
    return e->status;
}

static ya_status check_config(const ya_engine_config *c, ya_error *err)
{
    if (c->pass_tokens < 1 || c->threads < 1 || !(c->lora_dropout >= 0 && c->lora_dropout < 1))
        return ya_fail(err, YA_ERR_USAGE,
                       "an engine needs tokens (%d), threads (%d) and a dropout below 1",
                       c->pass_tokens, c->threads);
    if (c->cache_tokens < 0 || (c->cache_tokens > 0 && (c->train || c->bf16)))
        return ya_fail(err, YA_ERR_USAGE, "decoding is for f32 engines that do not train");
    return YA_OK;
}

ya_status ya_engine_layout(ya_engine **out, ya_model *model, const ya_engine_config *config,
                           ya_arena *arena, ya_error *err)
{
    *out = NULL;
    ya_status status = check_config(config, err);
    if (status || (status = ya_team_begin(config->threads, err)))
        return status;
    ya_engine *e = ya_alloc_zero(1, sizeof *e);
    if (!e || !(e->slots = ya_alloc_zero((size_t)model->config.n_layers, sizeof *e->slots))) {
        ya_free(e);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the engine's tables");
    }
    e->model = model;
    e->config = *config;
    e->kernels = ya_kernels_get();
    e->bf16 = config->bf16;
    e->type = config->bf16 ? YA_BF16 : YA_F32;
    size_t step = ((size_t)config->pass_tokens + MAX_BUCKETS - 1) / MAX_BUCKETS;
    e->bucket = (int)ya_round_up(step, BUCKET_STEP);
    e->capacity = (config->pass_tokens + e->bucket - 1) / e->bucket * e->bucket;
    e->chunk = pick_chunk(model->config.vocab_size);
    e->logits_stride = (int)ya_round_up((size_t)model->config.vocab_size, 16) | 16;
    e->attention = (ya_attention){.n_heads = model->config.n_heads,
                                  .n_kv_heads = model->config.n_kv_heads,
                                  .head_dim = model->config.head_dim,
                                  .bf16 = config->bf16,
                                  .threads = config->threads};
    find_trained(e);
    YA_TRY(prepare(e, err));
    sizes z = sizes_of(e);
    take_slots(e, &z, arena);
    take_scratch(e, &z, arena);
    take_pass(e, &z, arena);
    take_head(e, &z, arena);
    take_tile(e, arena);
    take_cache(e, &z, arena);
    e->attention_scratch =
        ya_arena_take(arena, "attention", "pass", "tiles of each thread",
                      ya_attention_scratch(&e->attention, e->capacity,
                                           e->capacity + config->cache_tokens, config->train),
                      1);
    e->matmul_scratch =
        ya_arena_take(arena, "matmul", "pass", "oneDNN's scratchpad", e->matmul_scratch_bytes, 1);
    if (arena->base && !arena->failed)
        *out = e;
    else if (arena->failed)
        status = ya_fail(err, YA_ERR_MEMORY, "the engine does not fit in the arena of %zu bytes",
                         arena->size);
done:
    if (!*out)
        ya_engine_close(e);
    return status;
}

void ya_engine_close(ya_engine *engine)
{
    if (!engine)
        return;
    ya_free(engine->slots);
    ya_free(engine);
}

/* Of the row that a token stands in, from its position 0 on. */
static int row_length(const ya_pass *pass, int token)
{
    int low = 0, high = pass->n_rows; /* row_start[low] <= token < row_start[high] */
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        *(pass->row_start[middle] <= token ? &low : &high) = middle;
    }
    return pass->positions[pass->row_start[high] - 1] + 1;
}

/* Copies the pass's tokens and rows, and fills up to the next bucket with a row that nobody looks
 * at. */
static void begin_pass(ya_engine *e, const ya_pass *pass)
{
    int n = pass->n_tokens;
    e->m = (n + e->bucket - 1) / e->bucket * e->bucket;
    memcpy(e->ids, pass->ids, (size_t)n * sizeof *e->ids);
    memset(e->ids + n, 0, (size_t)(e->m - n) * sizeof *e->ids);
    memcpy(e->row_start, pass->row_start, (size_t)(pass->n_rows + 1) * sizeof *e->row_start);
    e->n_rows = pass->n_rows;
    if (e->m > n)
        e->row_start[++e->n_rows] = e->m;
    e->attention.n_rows = e->n_rows;
    e->attention.row_start = e->row_start;
    ya_engine_prefix_begin(e, pass);
#pragma omp parallel for schedule(static)
    for (int t = 0; t < e->m; t++)
        ya_engine_rotation(e, t, t < n ? pass->positions[t] : 0, t < n ? row_length(pass, t) : 0);
}

void ya_engine_rotation(ya_engine *e, int t, int position, int length)
{
    const ya_model_config *c = &e->model->config;
    int half = c->head_dim / 2;
    float factor = c->rope.attention_factor > 0 ? (float)c->rope.attention_factor : 1.0f;
    double stretch = ya_rope_stretch(&c->rope, c->head_dim, length);
    for (int j = 0; j < half; j++) {
        double angle = position * e->model->rope_inv_freq[j];
        if (stretch != 0)
            angle *= exp(-stretch * j / half);
        e->cos[(size_t)t * (size_t)half + (size_t)j] = factor * (float)cos(angle);
        e->sin[(size_t)t * (size_t)half + (size_t)j] = factor * (float)sin(angle);
    }
}

static void look(const ya_pass *pass, int layer, const float *x)
{
    if (pass->on_hidden)
        pass->on_hidden(pass->user, layer, x);
}

static void look_at_norm(ya_engine *e, const ya_pass *pass)
{
    const ya_model_config *c = &e->model->config;
    if (!pass->on_hidden || e->bf16)
        return;
    ya_rows_norm(e, e->m, c->hidden_size, e->x_last, e->model->final_norm.weight, e->xn,
                 e->slots[c->n_layers - 1].rstd_mlp);
    pass->on_hidden(pass->user, c->n_layers + 1, e->xn);
}

static void add_embedding_gradient(ya_engine *e, int n_tokens)
{
    size_t d = (size_t)e->model->config.hidden_size;
    for (int t = 0; t < n_tokens; t++)
        e->kernels->axpy(1.0f, e->dx + (size_t)t * d, e->model->dembedding + (size_t)e->ids[t] * d,
                         (int)d);
}

void ya_engine_pass(ya_engine *e, const ya_pass *pass, bool backward)
{
    const ya_model_config *c = &e->model->config;
    int n_layers = c->n_layers;
    assert(!backward || !(pass->behind_cache || pass->row_parent));
    begin_pass(e, pass);
    e->dropout_key = pass->dropout_key;
    e->dropout = backward && e->config.lora_dropout > 0;
    e->mixes_rows = backward;
    ya_expand_gather(&e->model->embedding, e->ids, e->m, e->slots[0].x_in);
    look(pass, 0, e->slots[0].x_in);
    for (int l = 0; l < n_layers; l++) {
        float *x_out = l + 1 < n_layers ? e->slots[l + 1].x_in : e->x_last;
        ya_engine_layer_forward(e, l, x_out);
        look(pass, l + 1, x_out);
    }
    if (pass->on_hidden)
        look_at_norm(e, pass);
    if (backward)
        memset(e->dx, 0, (size_t)e->m * (size_t)c->hidden_size * sizeof *e->dx);
    ya_engine_head(e, pass, backward);
    if (!backward)
        return;
    for (int l = n_layers - 1; l >= e->first_trained; l--)
        ya_engine_layer_backward(e, l);
    if (e->embedding_trained)
        add_embedding_gradient(e, pass->n_tokens);
}
