#include "tensor/strassen.h"

#include "tensor/kernels.h"
#include "tensor/pieces.h"

#include <omp.h>

enum {
    COLUMNS = YA_PANEL_COLUMNS,
    NARROW = YA_PANEL_NARROW,
    LINE = YA_PANEL_LINE,
    TERMS = 7,
    MAX_DEPTH = 384, /* k of a panel: seven of them take 516 kB of the second-level cache */
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
    bool first; /* of the terms that take one of a's quarters */
} term;

#define ALONE YA_PANEL_ALONE
#define PLUS YA_PANEL_PLUS
#define MINUS YA_PANEL_MINUS

static const term terms[TERMS] = {
    {{UL, LR, PLUS}, {UL, LR, PLUS}, {{UL, 1, true}, {LR, 1, true}}, 2, true},
    {{LL, LR, PLUS}, {UL, UL, ALONE}, {{LL, 1, true}, {LR, -1, false}}, 2, true},
    {{UL, UL, ALONE}, {UR, LR, MINUS}, {{UR, 1, true}, {LR, 1, false}}, 2, false},
    {{LR, LR, ALONE}, {LL, UL, MINUS}, {{UL, 1, false}, {LL, 1, false}}, 2, false},
    {{UL, UR, PLUS}, {LR, LR, ALONE}, {{UL, -1, false}, {UR, 1, false}}, 2, true},
    {{LL, UL, MINUS}, {UL, UR, PLUS}, {{LR, 1, false}}, 1, false},
    {{UR, LR, MINUS}, {LL, LR, PLUS}, {{UL, 1, false}}, 1, false},
};

typedef struct {
    const ya_matmul_shape *shape;
    const ya_kernels *kernels;
    const float *a, *b;
    const ya_strassen_more *more;
    float *c;
    int m, n, k;      /* of a quarter */
    int depth;        /* k of all pieces but the last ones */
    int rows, blocks; /* of a block, and blocks in m */
} product;

/* `width` columns of c's quarters, the part of their sums from k0 on; width 0: none */
typedef struct {
    int column, width, k0, k;
} piece;

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

bool ya_strassen_takes(const ya_matmul_shape *shape, const ya_matmul_shape *second)
{
    return second->type == YA_F32 && !second->a_transposed &&
           second->b_transposed == shape->b_transposed && second->k % LINE == 0 &&
           second->k <= YA_STRASSEN_MORE;
}

static size_t panels_floats(void)
{
    return (size_t)(TERMS * MAX_DEPTH + 2 * YA_STRASSEN_MORE) * COLUMNS;
}

size_t ya_strassen_scratch_bytes(int threads)
{
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
static int width_at(const product *p, int column)
{
    int left = p->n - column;
    return left == NARROW || left == 2 * NARROW ? NARROW : ya_smaller(COLUMNS, left);
}

static piece piece_at(const product *p, int column, int k0)
{
    return (piece){column, width_at(p, column), k0, ya_smaller(p->depth, p->k - k0)};
}

/* Run i of the lines that a piece's panels are made of: of each quarter width runs, which share its
 * lines evenly: where it begins, and from line to line. NULL if there are no more. */
static const float *run_of(const product *p, const piece *next, int i, size_t *step)
{
    int quarter = i % QUARTERS, run = i / QUARTERS, lines = next->width / LINE;
    if (run >= next->width)
        return NULL;
    int row = next->k0, column = next->column;
    if (p->shape->b_transposed) {
        *step = LINE;
        column += run;
    } else {
        *step = (size_t)p->shape->ldb;
        row += run / lines * (next->k / LINE);
        column += run % lines * LINE;
    }
    return b_at(p, quarter, row, column);
}

/* A panel of a source that is stored as b is */
static void pack_panel(const product *p, const ya_panel_source *b, int k, int width, float *panel)
{
    if (p->shape->b_transposed)
        p->kernels->panel_pack_transposed(b, k, width, panel);
    else
        p->kernels->panel_pack(b, k, width, panel);
}

static void pack(const product *p, const piece *now, float *panels)
{
    for (int t = 0; t < TERMS; t++, panels += now->k * now->width) {
        const sum *b = &terms[t].b;
        ya_panel_source source = {b_at(p, b->x, now->k0, now->column),
                                  b_at(p, b->y, now->k0, now->column), (size_t)p->shape->ldb,
                                  b->sign};
        pack_panel(p, &source, now->k, now->width, panels);
    }
}

/* Columns of b: of the left half, then of the right one */
static void pack_more(const product *p, const piece *now, float *panels)
{
    const ya_strassen_more *more = p->more;
    size_t ld = (size_t)more->ldb;
    for (int half = 0; half < 2; half++, panels += more->k * now->width) {
        size_t column = (size_t)(half * p->n + now->column);
        const float *from = more->b + column * (p->shape->b_transposed ? ld : 1);
        pack_panel(p, &(ya_panel_source){from, from, ld, YA_PANEL_ALONE}, more->k, now->width,
                   panels);
    }
}

/* What goes into the four places of c that a block has just been added to */
static void add_more(const product *p, const piece *now, size_t row, const float *panels)
{
    const ya_strassen_more *more = p->more;
    size_t lda = (size_t)more->lda;
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
        const float *a = more->a + (row + (size_t)(quarter / 2 * p->m)) * lda;
        ya_panel_target to = {c_at(p, quarter, row, now->column), 1, true, false};
        p->kernels->panel_tile(
            &(ya_panel_task){.k = more->k,
                             .a = {a, a, lda, YA_PANEL_ALONE},
                             .panel = panels + quarter % 2 * more->k * now->width,
                             .columns = now->width,
                             .to = &to,
                             .n_to = 1,
                             .ldc = (size_t)p->shape->ldc,
                             .next = a});
    }
}

/* Term t of the block that begins at `row`; next: see ya_panel_task */
static void make_term(const product *p, const piece *now, const term *t, size_t row,
                      const float *panel, const float *next, size_t next_step)
{
    ya_panel_source a = {a_at(p, t->a.x, row, now->k0), a_at(p, t->a.y, row, now->k0),
                         (size_t)p->shape->lda, t->a.sign};
    ya_panel_target to[2];
    for (int i = 0; i < t->n_to; i++) {
        bool first = t->to[i].first;
        to[i] = (ya_panel_target){c_at(p, t->to[i].quarter, row, now->column), t->to[i].factor,
                                  p->shape->accumulate || !first || now->k0 > 0, first};
    }
    p->kernels->panel_tile(&(ya_panel_task){.k = now->k,
                                            .a = a,
                                            .panel = panel,
                                            .columns = now->width,
                                            .to = to,
                                            .n_to = t->n_to,
                                            .ldc = (size_t)p->shape->ldc,
                                            .next = next ? next : a.x,
                                            .next_step = next_step,
                                            .rows_ahead = t->first});
}

/* All products of the blocks begin ... end of rows with a piece. Meanwhile the next piece comes
 * from memory. */
static void make_piece(const product *p, const piece *now, const piece *next, int begin, int end,
                       float *panels)
{
    int panel = now->k * now->width, run = 0;
    float *more = p->more && now->k0 == 0 ? panels + TERMS * panel : NULL;
    pack(p, now, panels);
    if (more)
        pack_more(p, now, more);
    for (int block = begin; block < end; block++) {
        size_t row = (size_t)block * (size_t)p->rows;
        for (int t = 0; t < TERMS; t++) {
            size_t step = 0;
            const float *from = run_of(p, next, run++, &step);
            make_term(p, now, &terms[t], row, panels + t * panel, from, step);
        }
        if (more)
            add_more(p, now, row, more);
    }
}

static int within(long x, int most)
{
    return x < 0 ? 0 : x > most ? most : (int)x;
}

/* Part i of n of the whole: a run of columns of blocks, panel by panel. */
static void make_share(const product *p, int i, int n, float *panels)
{
    long all = (long)p->n * p->blocks, from = all * i / n, to = all * (i + 1) / n;
    for (int column = 0, width; column < p->n; column += width) {
        width = width_at(p, column);
        long at = (long)column * p->blocks;
        int begin = within((from - at) / width, p->blocks);
        int end = within((to - at) / width, p->blocks);
        for (int k0 = 0; k0 < p->k && begin < end; k0 += p->depth) {
            piece now = piece_at(p, column, k0), next = {0};
            if (k0 + p->depth < p->k)
                next = piece_at(p, column, k0 + p->depth);
            else if (end == p->blocks && column + width < p->n)
                next = piece_at(p, column + width, 0);
            make_piece(p, &now, &next, begin, end, panels);
        }
    }
}

void ya_strassen_multiply(const ya_matmul_shape *shape, const float *a, const float *b,
                          const ya_strassen_more *more, float *c, void *scratch, int threads)
{
    product p = {shape,
                 ya_kernels_get(),
                 a,
                 b,
                 more,
                 c,
                 .m = shape->m / 2,
                 .n = shape->n / 2,
                 .k = shape->k / 2};
    p.depth = ya_panel_depth(p.k, MAX_DEPTH);
    p.rows = p.kernels->panel_rows;
    p.blocks = p.m / p.rows;
#pragma omp parallel num_threads(threads)
    {
        int i = omp_get_thread_num();
        make_share(&p, i, omp_get_num_threads(), (float *)scratch + (size_t)i * panels_floats());
    }
}
