#include "tensor/strassen.h"

#include "base/checked.h"
#include "tensor/kernels.h"

#include <omp.h>

enum {
    COLUMNS = YA_PANEL_COLUMNS,
    NARROW = YA_PANEL_NARROW,
    LINE = YA_PANEL_LINE,
    TERMS = 7,
    MAX_DEPTH = 320, /* k of a panel: seven of them take 430 kB of the second-level cache */
};

/* Quarters of a matrix: upper left, upper right, lower left, lower right */
enum { UL, UR, LL, LR, QUARTERS };

/* One of two quarters, their sum or their difference */
typedef struct {
    int x, y;
    ya_panel_sign sign;
} sum;

typedef struct {
    int quarter;
    float factor;
    bool first; /* of the terms that go into this quarter */
} target;

/* A product of sums and where it goes */
typedef struct {
    sum a, b;
    target to[2];
    int n_to;
} term;

#define ALONE YA_PANEL_ALONE
#define PLUS YA_PANEL_PLUS
#define MINUS YA_PANEL_MINUS

static const term terms[TERMS] = {
    {{UL, LR, PLUS}, {UL, LR, PLUS}, {{UL, 1, true}, {LR, 1, true}}, 2},
    {{LL, LR, PLUS}, {UL, UL, ALONE}, {{LL, 1, true}, {LR, -1, false}}, 2},
    {{UL, UL, ALONE}, {UR, LR, MINUS}, {{UR, 1, true}, {LR, 1, false}}, 2},
    {{LR, LR, ALONE}, {LL, UL, MINUS}, {{UL, 1, false}, {LL, 1, false}}, 2},
    {{UL, UR, PLUS}, {LR, LR, ALONE}, {{UL, -1, false}, {UR, 1, false}}, 2},
    {{LL, UL, MINUS}, {UL, UR, PLUS}, {{LR, 1, false}}, 1},
    {{UR, LR, MINUS}, {LL, LR, PLUS}, {{UL, 1, false}}, 1},
};

typedef struct {
    const ya_matmul_shape *shape;
    const ya_kernels *kernels;
    const float *a, *b;
    float *c;
    int m, n, k;       /* of a quarter */
    int depth, pieces; /* k is cut in pieces of depth, the last may be shorter */
    int rows, blocks;  /* of a block, and blocks in m */
} product;

/* Columns column ... of a quarter; width 0: none */
typedef struct {
    int column, width;
} strip;

static int ceil_div(int n, int by)
{
    return n / by + (n % by != 0);
}

static int smaller(int x, int y)
{
    return x < y ? x : y;
}

/* a's sums cost nothing where additions have units of their own (AMD's; Intel's 512-bit ones share
 * those of multiplications) and loads have slots left (with AVX2 they have not). */
static bool sums_are_free(void)
{
#if defined(__x86_64__)
    return ya_kernels_get() == &ya_kernels_avx512 && __builtin_cpu_is("amd");
#else
    return false;
#endif
}

/* The least sizes are those from which it was faster than what would be used else. */
bool ya_strassen_suits(const ya_matmul_shape *s)
{
    int least_rows = s->b_transposed ? 128 : 192, least = s->b_transposed ? 256 : 512;
    return s->mixes_rows && s->type == YA_F32 && !s->a_transposed &&
           s->m % (2 * ya_kernels_get()->panel_rows) == 0 && s->n % (2 * NARROW) == 0 &&
           s->k % (2 * LINE) == 0 && s->m >= least_rows && s->n >= least && s->k >= least &&
           sums_are_free();
}

static size_t panels_floats(void)
{
    return (size_t)TERMS * MAX_DEPTH * COLUMNS;
}

size_t ya_strassen_scratch_bytes(const ya_matmul_shape *shape, int threads)
{
    (void)shape;
    return (size_t)threads * panels_floats() * sizeof(float);
}

static const float *a_at(const product *p, int quarter, size_t row, int column)
{
    row += (size_t)(quarter / 2) * (size_t)p->m;
    return p->a + row * (size_t)p->shape->lda + quarter % 2 * p->k + column;
}

/* b as [k, n], however it is stored */
static const float *b_at(const product *p, int quarter, int row, int column)
{
    size_t i = (size_t)(quarter / 2 * p->k + row), j = (size_t)(quarter % 2 * p->n + column);
    size_t ld = (size_t)p->shape->ldb;
    return p->b + (p->shape->b_transposed ? j * ld + i : i * ld + j);
}

static float *c_at(const product *p, int quarter, size_t row, int column)
{
    row += (size_t)(quarter / 2) * (size_t)p->m;
    return p->c + row * (size_t)p->shape->ldc + quarter % 2 * p->n + column;
}

/* Panels are COLUMNS wide, the last one or two NARROW if that fits better. */
static strip strip_at(const product *p, int column)
{
    int left = p->n - column;
    return (strip){column, left == NARROW || left == 2 * NARROW ? NARROW : smaller(COLUMNS, left)};
}

/* Run i of the lines that the panels of a strip are made of: of each quarter and piece of k, width
 * runs, which share its lines evenly. False if there are no more. */
static bool next_run(const product *p, strip next, int i, const float **from, size_t *step)
{
    int quarter = i % QUARTERS, piece = i / QUARTERS % p->pieces, run = i / QUARTERS / p->pieces;
    int k0 = piece * p->depth, k = smaller(p->depth, p->k - k0), lines = next.width / LINE;
    if (run >= next.width)
        return false;
    bool along = p->shape->b_transposed;
    *step = along ? LINE : (size_t)p->shape->ldb;
    *from = along
                ? b_at(p, quarter, k0, next.column + run)
                : b_at(p, quarter, k0 + run / lines * (k / LINE), next.column + run % lines * LINE);
    return true;
}

static void pack(const product *p, strip now, int k0, int k, float *panels)
{
    for (int t = 0; t < TERMS; t++, panels += k * now.width) {
        const sum *b = &terms[t].b;
        ya_panel_source source = {b_at(p, b->x, k0, now.column), b_at(p, b->y, k0, now.column),
                                  (size_t)p->shape->ldb, b->sign};
        if (p->shape->b_transposed)
            p->kernels->panel_pack_transposed(&source, k, now.width, panels);
        else
            p->kernels->panel_pack(&source, k, now.width, panels);
    }
}

/* All seven products of a block of rows with a strip, over k of k0 ... */
static void make_block(const product *p, strip now, int block, int k0, int k, const float *panels,
                       strip next, int *ahead)
{
    size_t row = (size_t)block * (size_t)p->rows;
    for (int t = 0; t < TERMS; t++, panels += k * now.width) {
        const term *x = &terms[t];
        ya_panel_target to[2];
        for (int i = 0; i < x->n_to; i++) {
            bool first = x->to[i].first;
            to[i] = (ya_panel_target){c_at(p, x->to[i].quarter, row, now.column), x->to[i].factor,
                                      p->shape->accumulate || !first || k0 > 0, first};
        }
        ya_panel_source a = {a_at(p, x->a.x, row, k0), a_at(p, x->a.y, row, k0),
                             (size_t)p->shape->lda, x->a.sign};
        ya_panel_task task = {.k = k,
                              .a = a,
                              .panel = panels,
                              .columns = now.width,
                              .to = to,
                              .n_to = x->n_to,
                              .ldc = (size_t)p->shape->ldc,
                              .next = a.x};
        if (next.width > 0 && next_run(p, next, *ahead, &task.next, &task.next_step))
            ++*ahead;
        p->kernels->panel_tile(&task);
    }
}

static void make_strip(const product *p, strip now, strip next, int begin, int end, float *panels)
{
    int ahead = 0;
    for (int k0 = 0; k0 < p->k; k0 += p->depth) {
        int k = smaller(p->depth, p->k - k0);
        pack(p, now, k0, k, panels);
        for (int block = begin; block < end; block++)
            make_block(p, now, block, k0, k, panels, next, &ahead);
    }
}

static int within(long x, int most)
{
    return x < 0 ? 0 : x > most ? most : (int)x;
}

/* Part i of n of the whole: a run of columns of blocks, strip by strip. */
static void make_share(const product *p, int i, int n, float *panels)
{
    long all = (long)p->n * p->blocks, from = all * i / n, to = all * (i + 1) / n;
    strip now = strip_at(p, 0), next = {0};
    for (; now.width > 0; now = next) {
        long at = (long)now.column * p->blocks;
        int begin = within((from - at) / now.width, p->blocks);
        int end = within((to - at) / now.width, p->blocks);
        next = strip_at(p, now.column + now.width);
        if (begin < end)
            make_strip(p, now, end == p->blocks ? next : (strip){0}, begin, end, panels);
    }
}

void ya_strassen_multiply(const ya_matmul_shape *shape, const float *a, const float *b, float *c,
                          void *scratch, int threads)
{
    product p = {
        shape, ya_kernels_get(), a, b, c, .m = shape->m / 2, .n = shape->n / 2, .k = shape->k / 2};
    p.pieces = ceil_div(p.k, MAX_DEPTH);
    p.depth = (int)ya_round_up((size_t)ceil_div(p.k, p.pieces), LINE);
    p.pieces = ceil_div(p.k, p.depth);
    p.rows = p.kernels->panel_rows;
    p.blocks = p.m / p.rows;
#pragma omp parallel num_threads(threads)
    {
        int i = omp_get_thread_num();
        make_share(&p, i, omp_get_num_threads(), (float *)scratch + (size_t)i * panels_floats());
    }
}
