/* Tiled attention against the plain formula in f64, its gradients against those of the formula; and
 * the matmul over transpositions and strides. */
#include "support/cmocka_all.h"
#include "support/numbers.h"

#include "tensor/attention.h"
#include "tensor/kernels.h"
#include "tensor/matmul.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int heads, kv_heads, hd, window, rows, lengths[4];
} shape;

/* Lengths around the tile of 64, one token, more heads than keys, head sizes that are no multiple
 * of a register. */
static const shape shapes[] = {
    {1, 1, 16, 0, 1, {1}},       {2, 1, 12, 0, 2, {3, 70}},
    {4, 2, 64, 0, 1, {130}},     {3, 3, 20, 7, 3, {5, 64, 65}},
    {6, 3, 128, 0, 2, {63, 66}}, {2, 2, 40, 64, 2, {129, 2}},
    {8, 1, 24, 100, 1, {200}},   {1, 1, 256, 3, 4, {1, 1, 2, 9}},
    {3, 1, 32, 0, 2, {300, 20}}, {5, 5, 16, 90, 3, {7, 260, 131}},
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes, MOST_TOKENS = 300 };

typedef struct {
    float *q, *k, *v, *o, *lse, *dout, *dq, *dk, *dv;
    double *wo, *wdq, *wdk, *wdv; /* the formula's */
    double *eo, *edq, *edk, *edv; /* what one relative error of everything rounded can add to it */
    int tokens, starts[5];
} buffers;

static float *aligned_numbers(size_t n, uint64_t seed, float scale)
{
    float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
    assert_non_null(x);
    fill(x, n, seed, scale);
    return x;
}

static buffers make_buffers(const shape *s)
{
    buffers b = {0};
    for (int r = 0; r < s->rows; r++)
        b.starts[r + 1] = b.tokens += s->lengths[r];
    size_t q = (size_t)b.tokens * (size_t)(s->heads * s->hd),
           kv = (size_t)b.tokens * (size_t)(s->kv_heads * s->hd);
    b.q = aligned_numbers(q, 1, 2);
    b.k = aligned_numbers(kv, 2, 1);
    b.v = aligned_numbers(kv, 3, 1);
    b.o = aligned_numbers(q, 4, 1);
    b.dout = aligned_numbers(q, 5, 1);
    b.dq = aligned_numbers(q, 6, 1); /* stale: must be overwritten */
    b.dk = aligned_numbers(kv, 7, 1);
    b.dv = aligned_numbers(kv, 8, 1);
    b.lse = aligned_numbers((size_t)(b.tokens * s->heads), 9, 1);
    b.wo = calloc(q, sizeof *b.wo);
    b.wdq = calloc(q, sizeof *b.wdq);
    b.wdk = calloc(kv, sizeof *b.wdk);
    b.wdv = calloc(kv, sizeof *b.wdv);
    b.eo = calloc(q, sizeof *b.eo);
    b.edq = calloc(q, sizeof *b.edq);
    b.edk = calloc(kv, sizeof *b.edk);
    b.edv = calloc(kv, sizeof *b.edv);
    return b;
}

static void free_buffers(buffers *b)
{
    void *all[] = {b->q,  b->k,   b->v,   b->o,   b->lse, b->dout, b->dq,  b->dk, b->dv,
                   b->wo, b->wdq, b->wdk, b->wdv, b->eo,  b->edq,  b->edk, b->edv};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* One query of the formula: p over the keys it sees, then o and all gradients. With words of bf16,
 * p, o and ds are rounded, and o's error, up to two roundings of a mean of |v| <= 1, goes into
 * delta. */
static void formula_query(const shape *s, buffers *b, int first, int i, int h)
{
    int hd = s->hd, kvh = h / (s->heads / s->kv_heads);
    double p[MOST_TOKENS], max = -INFINITY, sum = 0, delta = 0;
    int from = s->window > 0 && i - s->window + 1 > 0 ? i - s->window + 1 : 0;
    size_t qa = (size_t)((first + i) * s->heads + h) * (size_t)hd;
    for (int j = from; j <= i; j++) {
        size_t ka = (size_t)((first + j) * s->kv_heads + kvh) * (size_t)hd;
        p[j] = 0;
        for (int d = 0; d < hd; d++)
            p[j] += (double)b->q[qa + (size_t)d] * (double)b->k[ka + (size_t)d] / sqrt(hd);
        max = fmax(max, p[j]);
    }
    for (int j = from; j <= i; j++)
        sum += p[j] = exp(p[j] - max);
    for (int j = from; j <= i; j++) {
        size_t va = (size_t)((first + j) * s->kv_heads + kvh) * (size_t)hd;
        p[j] /= sum;
        for (int d = 0; d < hd; d++) {
            b->wo[qa + (size_t)d] += p[j] * (double)b->v[va + (size_t)d];
            b->eo[qa + (size_t)d] += 2 * p[j];
        }
    }
    double delta_error = 0;
    for (int d = 0; d < hd; d++) {
        delta += b->wo[qa + (size_t)d] * (double)b->dout[qa + (size_t)d];
        delta_error += 2 * fabs((double)b->dout[qa + (size_t)d]);
    }
    for (int j = from; j <= i; j++) {
        size_t ka = (size_t)((first + j) * s->kv_heads + kvh) * (size_t)hd;
        double dp = 0;
        for (int d = 0; d < hd; d++)
            dp += (double)b->dout[qa + (size_t)d] * (double)b->v[ka + (size_t)d];
        double ds = p[j] * (dp - delta) / sqrt(hd);
        for (int d = 0; d < hd; d++) {
            b->wdv[ka + (size_t)d] += p[j] * (double)b->dout[qa + (size_t)d];
            b->wdq[qa + (size_t)d] += ds * (double)b->k[ka + (size_t)d];
            b->wdk[ka + (size_t)d] += ds * (double)b->q[qa + (size_t)d];
            double error = fabs(ds) + p[j] * delta_error / sqrt(hd);
            b->edv[ka + (size_t)d] += p[j] * fabs((double)b->dout[qa + (size_t)d]);
            b->edq[qa + (size_t)d] += error * fabs((double)b->k[ka + (size_t)d]);
            b->edk[ka + (size_t)d] += error * fabs((double)b->q[qa + (size_t)d]);
        }
    }
}

/* Within bound, and with words of bf16 within one rounding of each (2^-8) more. */
static void same(const char *what, const shape *s, bool bf16, const float *found,
                 const double *want, const double *error, size_t n, double bound)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)found[i] - want[i]) <= bound + (bf16 ? error[i] / 256 : 0))) {
            print_error("%s, %d heads of %d, window %d: [%zu] is %.9g, expected %.9g\n", what,
                        s->heads, s->hd, s->window, i, (double)found[i], want[i]);
            fail();
        }
}

/* What bf16 holds stays as it is: x has no more bits afterwards. */
static void round_to_bf16(float *x, size_t n)
{
    uint16_t h;
    for (size_t i = 0; i < n; i++) {
        ya_kernels_get()->to_bf16(x + i, 1, &h);
        ya_kernels_get()->from_bf16(&h, 1, x + i);
    }
}

/* Scratch holds NaN before each call: nothing may depend on what was there. */
static void check_attention(const shape *s, const buffers *b, int threads, bool bf16)
{
    ya_attention a = {.n_heads = s->heads,
                      .n_kv_heads = s->kv_heads,
                      .head_dim = s->hd,
                      .window = s->window,
                      .bf16 = bf16,
                      .threads = threads,
                      .n_rows = s->rows,
                      .row_start = b->starts};
    int longest = 0;
    for (int r = 0; r < s->rows; r++)
        longest = s->lengths[r] > longest ? s->lengths[r] : longest;
    size_t bytes = (ya_attention_scratch(&a, b->tokens, longest, true) + 63) / 64 * 64;
    void *scratch = aligned_alloc(64, bytes);
    size_t q = (size_t)(b->tokens * s->heads * s->hd),
           kv = (size_t)(b->tokens * s->kv_heads * s->hd);
    memset(scratch, 0xff, bytes);
    void *o = bf16 ? malloc(q * sizeof(uint16_t)) : b->o;
    ya_attention_forward(&a, b->q, b->k, b->v, o, b->lse, scratch, longest);
    if (bf16)
        ya_kernels_get()->from_bf16(o, q, b->o);
    same("o", s, bf16, b->o, b->wo, b->eo, q, 3e-6);
    memset(scratch, 0xff, bytes);
    ya_attention_backward(&a, b->q, b->k, b->v, o, b->lse, b->dout, b->dq, b->dk, b->dv, scratch,
                          longest);
    same("dq", s, bf16, b->dq, b->wdq, b->edq, q, 1e-5);
    /* sums over up to 300 queries and 8 heads */
    same("dk", s, bf16, b->dk, b->wdk, b->edk, kv, 4e-5);
    same("dv", s, bf16, b->dv, b->wdv, b->edv, kv, 4e-5);
    if (bf16)
        free(o);
    free(scratch);
}

static void check_shapes(bool bf16)
{
    const int threads[] = {1, 2, 3, 8}; /* some heads are split between 2, 3 and 8 */
    for (int n = 0; n < N_SHAPES; n++) {
        const shape *s = &shapes[n];
        buffers b = make_buffers(s);
        size_t q = (size_t)(b.tokens * s->heads * s->hd),
               kv = (size_t)(b.tokens * s->kv_heads * s->hd);
        float *operands[] = {b.q, b.dout, b.k, b.v};
        for (int i = 0; bf16 && i < 4; i++)
            round_to_bf16(operands[i], i < 2 ? q : kv);
        for (int r = 0; r < s->rows; r++)
            for (int i = 0; i < s->lengths[r]; i++)
                for (int h = 0; h < s->heads; h++)
                    formula_query(s, &b, b.starts[r], i, h);
        for (int t = 0; t < 4; t++)
            check_attention(s, &b, threads[t], bf16);
        free_buffers(&b);
    }
}

static void attention_is_the_formula_for_any_number_of_threads(void **state)
{
    (void)state;
    check_shapes(false);
}

/* Also where the processor has no bf16 products: o alone is rounded then. */
static void attention_in_bf16_is_the_formula_within_its_roundings(void **state)
{
    (void)state;
    check_shapes(true);
}

static void check_product(const ya_matmul_shape *s, const float *a, const float *b)
{
    ya_error err;
    size_t scratch_bytes = 64;
    assert_int_equal(ya_matmul_prepare(s, &scratch_bytes, &err), YA_OK);
    void *scratch = aligned_alloc(64, (scratch_bytes + 63) / 64 * 64);
    float *c = aligned_numbers((size_t)s->m * (size_t)s->ldc, 12, 1),
          *old = aligned_numbers((size_t)s->m * (size_t)s->ldc, 12, 1);
    ya_matmul(s, a, b, c, scratch, scratch_bytes);
    for (int i = 0; i < s->m; i++)
        for (int j = 0; j < s->ldc; j++) {
            size_t at = (size_t)i * (size_t)s->ldc + (size_t)j;
            double want = j < s->n && !s->accumulate ? 0 : (double)old[at];
            for (int p = 0; p < s->k && j < s->n; p++)
                want += (double)a[s->a_transposed ? p * s->lda + i : i * s->lda + p] *
                        (double)b[s->b_transposed ? j * s->ldb + p : p * s->ldb + j];
            assert_true(fabs((double)c[at] - want) < 1e-4);
        }
    free(scratch);
    free(c);
    free(old);
}

static void products_hold_for_transpositions_strides_and_accumulation(void **state)
{
    (void)state;
    const int dims[][3] = {{1, 1, 1}, {16, 96, 64}, {33, 50, 47}, {64, 16, 128}};
    for (int d = 0; d < 4; d++)
        for (int bits = 0; bits < 16; bits++) {
            int m = dims[d][0], n = dims[d][1], k = dims[d][2], gap = bits & 8 ? 5 : 0;
            ya_matmul_shape s = {.m = m,
                                 .n = n,
                                 .k = k,
                                 .lda = (bits & 1 ? m : k) + gap,
                                 .ldb = (bits & 2 ? k : n) + gap,
                                 .ldc = n + gap,
                                 .type = YA_F32,
                                 .a_transposed = bits & 1,
                                 .b_transposed = (bits & 2) != 0,
                                 .accumulate = (bits & 4) != 0};
            float *a = aligned_numbers((size_t)(m + k + 5) * (size_t)(m + k + 5), 10, 1);
            float *b = aligned_numbers((size_t)(n + k + 5) * (size_t)(n + k + 5), 11, 1);
            check_product(&s, a, b);
            free(a);
            free(b);
        }
    ya_matmul_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_is_the_formula_for_any_number_of_threads),
        cmocka_unit_test(attention_in_bf16_is_the_formula_within_its_roundings),
        cmocka_unit_test(products_hold_for_transpositions_strides_and_accumulation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
