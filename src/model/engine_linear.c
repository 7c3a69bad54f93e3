/* Linear layers: the product with a stored weight, tile by tile, and the low-rank update beside it.
 */
#include "model/engine_internal.h"

#include "base/random.h"
#include "tensor/expand.h"
#include "tensor/matmul.h"

/* A tile is small enough for the caches and for the arena, and large enough for the matmul. */
enum { TILE_MAX_ROWS = 4096, TILE_BYTES = 8 << 20, TILE_ROW_STEP = 64 };

int ya_engine_tile_rows(const ya_engine *e, const ya_matrix *w)
{
    int rows = TILE_MAX_ROWS;
    if (!ya_matrix_direct(w, e->type)) {
        size_t row_bytes = (size_t)w->cols * (e->bf16 ? 2 : 4);
        size_t fit = TILE_BYTES / row_bytes / TILE_ROW_STEP * TILE_ROW_STEP;
        fit = fit < TILE_ROW_STEP ? TILE_ROW_STEP : fit;
        rows = fit < (size_t)rows ? (int)fit : rows;
    }
    return rows < w->rows ? rows : w->rows;
}

/* Rows row0 ... row0 + n of W as matmul input. */
static const void *tile_of(ya_engine *e, const ya_matrix *w, int row0, int n)
{
    if (e->preparing)
        return NULL;
    const char *direct = ya_matrix_direct(w, e->type);
    if (direct)
        return direct + (size_t)row0 * (size_t)w->cols * (e->bf16 ? 2 : 4);
    ya_expand_rows(w, row0, n, e->tile, e->type);
    return e->tile;
}

static void prepare_product(ya_engine *e, const ya_matmul_shape *shape)
{
    if (!e->status)
        e->status = ya_matmul_prepare(shape, &e->matmul_scratch_bytes, e->err);
}

static void product(ya_engine *e, ya_matmul_shape shape, const void *a, const void *b, float *c)
{
    shape.type = e->type;
    if (e->preparing)
        prepare_product(e, &shape);
    else
        ya_matmul(&shape, a, b, c, e->matmul_scratch, e->matmul_scratch_bytes);
}

/* A tile of a weight, and the low-rank update beside it: rows of the tile or all of LoRA's A */
static void product_of_tile(ya_engine *e, ya_matmul_shape shape, const void *a, const void *tile,
                            const ya_times *p, const void *lora, float *c)
{
    ya_matmul_shape low = shape;
    if (p->rank == 0) {
        product(e, shape, a, tile, c);
        return;
    }
    low.k = low.lda = p->rank;
    low.ldb = shape.b_transposed ? p->rank : shape.ldb;
    low.accumulate = true;
    low.mixes_rows = false;
    low.type = shape.type = e->type;
    if (e->preparing) {
        prepare_product(e, &shape);
        prepare_product(e, &low);
    } else
        ya_matmul_two(&shape, a, tile, &low, p->low, lora, c, e->matmul_scratch,
                      e->matmul_scratch_bytes);
}

static const void *column(const ya_engine *e, const void *x, int at)
{
    return x ? (const char *)x + (size_t)at * (e->bf16 ? 2 : 4) : NULL;
}

void ya_engine_times_transposed(ya_engine *e, const ya_matrix *w, const ya_times *p)
{
    int step = ya_engine_tile_rows(e, w), k = w->cols;
    for (int row = 0; row < w->rows; row += step) {
        int n = w->rows - row < step ? w->rows - row : step;
        const void *tile = tile_of(e, w, row, n);
        ya_matmul_shape shape = {.m = p->m,
                                 .n = n,
                                 .k = k,
                                 .lda = p->ld_in,
                                 .ldb = k,
                                 .ldc = p->ld_out,
                                 .b_transposed = true,
                                 .accumulate = p->accumulate,
                                 .mixes_rows = p->mixes_rows};
        product_of_tile(e, shape, p->in, tile, p, column(e, p->lora, row * p->rank),
                        p->out ? p->out + row : NULL);
    }
}

void ya_engine_times(ya_engine *e, const ya_matrix *w, const ya_times *p)
{
    int step = ya_engine_tile_rows(e, w), k = w->cols;
    ya_times later = *p; /* the update is added once */
    later.rank = 0;
    for (int row = 0; row < w->rows; row += step) {
        int n = w->rows - row < step ? w->rows - row : step;
        const void *tile = tile_of(e, w, row, n);
        ya_matmul_shape shape = {.m = p->m,
                                 .n = k,
                                 .k = n,
                                 .lda = p->ld_in,
                                 .ldb = k,
                                 .ldc = p->ld_out,
                                 .accumulate = p->accumulate || row > 0,
                                 .mixes_rows = p->mixes_rows};
        product_of_tile(e, shape, column(e, p->in, row), tile, row == 0 ? p : &later, p->lora,
                        p->out);
    }
}

void ya_engine_outer(ya_engine *e, int m, int n, int k, const void *dy, int ldy, const void *x,
                     float *dweight)
{
    ya_matmul_shape shape = {n, k, m, ldy, k, k, .a_transposed = true, .accumulate = true};
    product(e, shape, dy, x, dweight);
}

/* A LoRA matrix as matmul input. */
static const void *cast(ya_engine *e, const float *matrix, size_t n)
{
    return e->preparing ? NULL : ya_rows_as_input(e, matrix, n, e->cast);
}

/* keep/(1-p) with probability 1-p, else 0: the same for the same key, place and element. */
static float dropout_factor(const ya_engine *e, uint64_t key, size_t i)
{
    float p = (float)e->config.lora_dropout;
    return ya_unit_float(ya_splitmix64(key, i)) < p ? 0.0f : 1.0f / (1.0f - p);
}

/* x with LoRA's dropout, or x itself */
static const void *drop_input(ya_engine *e, int m, int n, const void *x, int stream)
{
    if (!e->dropout || e->preparing)
        return x;
    uint64_t key = ya_splitmix64(e->dropout_key, (uint64_t)stream);
#pragma omp parallel for schedule(static)
    for (int t = 0; t < m; t++)
        for (int c = 0; c < n; c++) {
            size_t i = (size_t)t * (size_t)n + (size_t)c;
            float value;
            if (e->bf16) {
                e->kernels->from_bf16((const uint16_t *)x + i, 1, &value);
                value *= dropout_factor(e, key, i);
                e->kernels->to_bf16(&value, 1, (uint16_t *)e->x_dropped + i);
            } else {
                ((float *)e->x_dropped)[i] = ((const float *)x)[i] * dropout_factor(e, key, i);
            }
        }
    return e->x_dropped;
}

static void add_dropped(ya_engine *e, int m, int n, float *dx, int stream)
{
    uint64_t key = ya_splitmix64(e->dropout_key, (uint64_t)stream);
#pragma omp parallel for schedule(static)
    for (int t = 0; t < m; t++)
        for (int c = 0; c < n; c++) {
            size_t i = (size_t)t * (size_t)n + (size_t)c;
            dx[i] += e->dropped[i] * dropout_factor(e, key, i);
        }
}

/* scale * x [m, R] as matmul input in `out` */
static void scale_rank(ya_engine *e, float scale, float *x, size_t n, void *out)
{
    if (e->preparing)
        return;
    e->kernels->scale(scale, x, n);
    if (e->bf16)
        e->kernels->to_bf16(x, n, out);
}

const void *ya_engine_low_rank(ya_engine *e, const ya_linear *linear, int m, const void *x,
                               void *ax, int stream)
{
    const ya_lora_pair *lora = &linear->lora;
    int k = linear->weight.cols, r = lora->rank;
    void *kept = ax ? ax : e->dax;
    float *low = e->bf16 ? e->ax : kept;
    const void *input = drop_input(e, m, k, x, stream);
    const void *a = cast(e, lora->a, (size_t)r * (size_t)k);
    product(e, (ya_matmul_shape){m, r, k, k, k, r, .b_transposed = true}, input, a, low);
    scale_rank(e, lora->scale, low, (size_t)m * (size_t)r, kept);
    return kept;
}

void ya_engine_linear_forward(ya_engine *e, const ya_linear *linear, int m, const void *x, float *y,
                              bool accumulate, void *ax, int stream)
{
    const ya_matrix *w = &linear->weight;
    int n = w->rows, r = linear->lora.rank;
    ya_times p = {.m = m,
                  .in = x,
                  .ld_in = w->cols,
                  .out = y,
                  .ld_out = n,
                  .accumulate = accumulate,
                  .mixes_rows = e->mixes_rows && !linear->uneven,
                  .rank = r};
    if (r > 0) {
        p.low = ya_engine_low_rank(e, linear, m, x, ax, stream);
        p.lora = cast(e, linear->lora.b, (size_t)n * (size_t)r);
    }
    ya_engine_times_transposed(e, w, &p);
    if (linear->bias && !e->preparing)
        ya_rows_add_bias(y, linear->bias, m, n);
}

/* scale * dy B [m, R] as matmul input, in e->dax */
static void low_rank_backward(ya_engine *e, const ya_linear *linear, int m, const void *dy)
{
    const ya_lora_pair *lora = &linear->lora;
    int n = linear->weight.rows, r = lora->rank;
    float *low = e->bf16 ? e->ax : e->dax;
    const void *b = cast(e, lora->b, (size_t)n * (size_t)r);
    product(e, (ya_matmul_shape){.m = m, .n = r, .k = n, .lda = n, .ldb = r, .ldc = r}, dy, b, low);
    scale_rank(e, lora->scale, low, (size_t)m * (size_t)r, e->dax);
}

void ya_engine_linear_backward(ya_engine *e, const ya_linear *linear, int m, const void *dy,
                               float *dx, bool accumulate, bool want_dx, int stream)
{
    const ya_matrix *w = &linear->weight;
    const ya_lora_pair *lora = &linear->lora;
    int n = w->rows, k = w->cols, r = lora->rank;
    bool dropout = e->config.lora_dropout > 0;
    ya_times p = {.m = m,
                  .in = dy,
                  .ld_in = n,
                  .out = dx,
                  .ld_out = k,
                  .accumulate = accumulate,
                  .mixes_rows = true,
                  .low = e->dax,
                  .rank = dropout ? 0 : r};
    if (r > 0)
        low_rank_backward(e, linear, m, dy);
    if (!want_dx)
        return;
    if (r > 0)
        p.lora = cast(e, lora->a, (size_t)r * (size_t)k);
    ya_engine_times(e, w, &p);
    if (r == 0 || !dropout)
        return;
    product(e, (ya_matmul_shape){.m = m, .n = k, .k = r, .lda = r, .ldb = k, .ldc = k}, e->dax,
            p.lora, e->dropped);
    if (!e->preparing)
        add_dropped(e, m, k, dx, stream);
}

void ya_engine_linear_gradients(ya_engine *e, const ya_linear *linear, int m, const void *x,
                                const void *ax, const void *dy, int stream)
{
    int n = linear->weight.rows, k = linear->weight.cols, r = linear->lora.rank;
    if (linear->dbias && !e->preparing)
        ya_rows_bias_gradient(e, dy, m, n, linear->dbias);
    if (linear->dweight)
        ya_engine_outer(e, m, n, k, dy, n, x, linear->dweight);
    if (r == 0)
        return;
    ya_engine_outer(e, m, n, r, dy, n, ax, linear->lora.db);
    ya_engine_outer(e, m, r, k, e->dax, r, drop_input(e, m, k, x, stream), linear->lora.da);
}
