#include "tensor/panels.h"

#include "tensor/kernels.h"
#include "tensor/pieces.h"

#include <omp.h>

enum {
    COLUMNS = YA_PANEL_COLUMNS,
    LINE = YA_PANEL_LINE,
    MAX_DEPTH = 640, /* k of a panel: 123 kB */
    LEAST = 64,
    LEAST_ROWS = 12, /* below, a panel is not used often enough */
};

typedef struct {
    const ya_matmul_shape *shape;
    const ya_kernels *kernels;
    const float *a, *b;
    float *c;
    int depth;          /* k of all panels but the last ones */
    int panels, blocks; /* of columns, of rows */
} product;

/* `columns` columns of c, the part of their sums from k0 on */
typedef struct {
    int column, columns, k0, k;
} piece;

static size_t panel_floats(const ya_matmul_shape *s)
{
    return (size_t)ya_panel_depth(s->k, MAX_DEPTH) * COLUMNS;
}

bool ya_panels_suit(const ya_matmul_shape *s)
{
    return s->type == YA_F32 && s->b_transposed && !s->a_transposed && s->m >= LEAST_ROWS &&
           s->n >= LEAST && s->k >= LEAST && ya_kernels_get() != &ya_kernels_base;
}

size_t ya_panels_scratch_bytes(const ya_matmul_shape *shape, int threads)
{
    return (size_t)threads * panel_floats(shape) * sizeof(float);
}

static piece piece_at(const product *p, int panel, int k0)
{
    const ya_matmul_shape *s = p->shape;
    int column = panel * COLUMNS;
    return (piece){column, ya_smaller(COLUMNS, s->n - column), k0, ya_smaller(p->depth, s->k - k0)};
}

/* The rows of b under a piece, or the element of a row of them */
static const float *weights(const product *p, const piece *at, int row)
{
    return p->b + (size_t)(at->column + row) * (size_t)p->shape->ldb + at->k0;
}

/* A block at the lower or the right edge of c */
static void edge_tile(const product *p, const piece *now, int rows, const float *a,
                      const float *panel, float *c, bool accumulate)
{
    float tile[YA_PANEL_ROWS * COLUMNS] __attribute__((aligned(64)));
    p->kernels->tile_matmul(rows, COLUMNS, now->k, a, p->shape->lda, 1, panel, COLUMNS, tile,
                            COLUMNS, false);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < now->columns; j++) {
            float *at = c + (size_t)i * (size_t)p->shape->ldc + j;
            *at = tile[i * COLUMNS + j] + (accumulate ? *at : 0);
        }
}

/* A piece of c for the blocks begin ... end of rows. While a block is made, a row of the next piece
 * comes from memory. */
static void make_piece(const product *p, const piece *now, const piece *next, int begin, int end,
                       float *panel)
{
    const ya_matmul_shape *s = p->shape;
    size_t lda = (size_t)s->lda, ldc = (size_t)s->ldc;
    int block_rows = p->kernels->panel_rows;
    bool accumulate = s->accumulate || now->k0 > 0;
    p->kernels->transpose(weights(p, now, 0), (size_t)s->ldb, now->columns, now->k, panel, COLUMNS,
                          COLUMNS);
    for (int block = begin; block < end; block++) {
        size_t row = (size_t)block * (size_t)block_rows;
        const float *a = p->a + row * lda + now->k0;
        float *c = p->c + row * ldc + now->column;
        int rows = ya_smaller(block_rows, s->m - (int)row), ahead = block - begin;
        if (rows < block_rows || now->columns < COLUMNS) {
            edge_tile(p, now, rows, a, panel, c, accumulate);
            continue;
        }
        ya_panel_target to = {c, 1.0f, accumulate, true};
        p->kernels->panel_tile(
            &(ya_panel_task){.k = now->k,
                             .a = {a, a, lda, YA_PANEL_ALONE},
                             .panel = panel,
                             .columns = COLUMNS,
                             .to = &to,
                             .n_to = 1,
                             .ldc = ldc,
                             .next = ahead < next->columns ? weights(p, next, ahead) : a,
                             .next_step = LINE});
    }
}

/* Part i of n of the whole: a run of blocks, panel by panel. */
static void make_share(const product *p, int i, int n, float *panel)
{
    long all = (long)p->panels * p->blocks, at = all * i / n, end = all * (i + 1) / n;
    while (at < end) {
        int column = (int)(at / p->blocks), begin = (int)(at % p->blocks);
        int count = (int)(end - at < p->blocks - begin ? end - at : p->blocks - begin);
        at += count;
        for (int k0 = 0; k0 < p->shape->k; k0 += p->depth) {
            piece now = piece_at(p, column, k0), next = {0};
            if (k0 + p->depth < p->shape->k)
                next = piece_at(p, column, k0 + p->depth);
            else if (at < end)
                next = piece_at(p, column + 1, 0);
            make_piece(p, &now, &next, begin, begin + count, panel);
        }
    }
}

void ya_panels_multiply(const ya_matmul_shape *shape, const float *a, const float *b, float *c,
                        void *scratch, int threads)
{
    product p = {shape,
                 ya_kernels_get(),
                 a,
                 b,
                 c,
                 ya_panel_depth(shape->k, MAX_DEPTH),
                 ya_ceil_div(shape->n, COLUMNS),
                 0};
    p.blocks = ya_ceil_div(shape->m, p.kernels->panel_rows);
#pragma omp parallel num_threads(threads)
    {
        int i = omp_get_thread_num();
        make_share(&p, i, omp_get_num_threads(),
                   (float *)scratch + (size_t)i * panel_floats(shape));
    }
}
