/* Single-threaded kernels over rows, one source (kernels.inc) compiled once for each instruction
 * set and chosen at run time. Callers split rows over threads. `void *` activations are f32 or bf16
 * as the `bf16` argument says; everything else is f32. Nothing here allocates. */
#ifndef YA_TENSOR_KERNELS_H
#define YA_TENSOR_KERNELS_H

#include "io/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YA_SOFTMAX_ROWS = 64 };

/* What panel_tile makes at a time: a block of panel_rows rows, at most YA_PANEL_ROWS, and as many
 * columns as its panel has, which are YA_PANEL_COLUMNS or YA_PANEL_NARROW. */
enum { YA_PANEL_ROWS = 8, YA_PANEL_COLUMNS = 48, YA_PANEL_NARROW = 32 };
enum { YA_PANEL_LINE = 16 }; /* floats of a cache line */

/* A matrix: x, or x + y, or x - y. Rows of both are ld floats apart. */
typedef enum { YA_PANEL_ALONE, YA_PANEL_PLUS, YA_PANEL_MINUS } ya_panel_sign;
typedef struct {
    const float *x, *y; /* y: any address within an array if x is alone */
    size_t ld;
    ya_panel_sign sign;
} ya_panel_source;

/* Where a product goes: c = product, or with `keep` c += factor product. */
typedef struct {
    float *c, factor;
    bool keep;
    bool ask; /* c's lines are not in the cache: have them come while the product is made */
} ya_panel_target;

typedef struct {
    int k;
    ya_panel_source a;  /* [panel_rows, k] */
    const float *panel; /* [k, columns] */
    int columns;
    const ya_panel_target *to; /* [n_to] */
    int n_to;
    size_t ldc;
    const float *next; /* meanwhile a line from here and from every next_step floats behind, k /
                          YA_PANEL_LINE of them, comes from memory; it is not read here: any address
                          will do */
    size_t next_step;
    bool rows_ahead; /* so do the panel_rows rows behind a's, into the second-level cache */
} ya_panel_task;

typedef struct {
    const char *name; /* "avx512", "avx2", "base" */

    /* dst[i] = element i of the stored run of `n` elements (a multiple of the type's block). NULL
     * for types that are no weights. */
    void (*expand[YA_N_DTYPES])(const void *src, int n, float *dst);
    /* y[t] = sum_i w_i x[t * stride + i] for t < m: the stored run of n elements w times m rows of
     * x, expanded in registers. Sums are f32; their order depends on m and on nothing else. */
    void (*times[YA_N_DTYPES])(const void *src, int n, const float *x, size_t stride, int m,
                               float *y);
    void (*to_bf16)(const float *src, size_t n, uint16_t *dst); /* round to nearest even */
    void (*from_bf16)(const uint16_t *src, size_t n, float *dst);

    float (*dot)(const float *a, const float *b, int n);
    void (*axpy)(float scale, const float *x, float *y, int n); /* y += scale x */
    void (*scale)(float scale, float *x, size_t n);

    /* y = x * rstd * weight, rstd = 1/sqrt(mean(x^2) + eps); y is f32 or bf16. */
    void (*rmsnorm_forward)(const float *x, const float *weight, float eps, int n, void *y,
                            bool bf16, float *rstd);
    /* dx += rstd (dy w - xhat mean(dy w xhat)), xhat = x rstd. */
    void (*rmsnorm_backward)(const float *dy, const float *x, const float *weight, float rstd,
                             int n, float *dx);

    /* y as rmsnorm_forward left it, from the rstd it kept. */
    void (*rmsnorm_again)(const float *x, const float *weight, float rstd, int n, void *y,
                          bool bf16);

    /* h = silu(gate) * up; h, and the copies of gate and up unless NULL, are f32 or bf16. */
    void (*swiglu_forward)(const float *gate, const float *up, size_t n, void *h, void *gate_copy,
                           void *up_copy, bool bf16);
    /* dgate, dup from dh; h again unless NULL. All but dh are f32 or bf16. */
    void (*swiglu_backward)(const float *dh, const void *gate, const void *up, size_t n,
                            void *dgate, void *dup, void *h, bool bf16);

    /* Rotates n_heads vectors of head_dim in place: (x_j, x_j+HD/2) by the angle of (cos, sin)[j];
     * sin_sign -1 rotates back. */
    void (*rope)(float *x, int n_heads, int head_dim, const float *cos, const float *sin,
                 float sin_sign);

    /* Cross-entropy of one row of logits against `target`: returns ln sum exp(logits) -
     * logits[target]. With scale != 0 the row becomes scale * (softmax - onehot), else it is left
     * as it is. */
    float (*cross_entropy)(float *logits, int n, int target, float scale);

    /* c[i][j] (+)= sum_p a[i*a_row + p*a_col] * b[p*ldb + j] for i < m, j < n, p < k; n a multiple
     * of 16; b and c rows are 64-byte aligned and padded to n. */
    void (*tile_matmul)(int m, int n, int k, const float *a, int a_row, int a_col, const float *b,
                        int ldb, float *c, int ldc, bool accumulate);
    /* The product of a and the panel, summed over p < k in order, into each target. */
    void (*panel_tile)(const ya_panel_task *task);
    int panel_rows;
    /* panel[p * columns + j] = b[p][j], or b[j][p] of the transposed one; columns and then also k
     * are multiples of 16. */
    void (*panel_pack)(const ya_panel_source *b, int k, int columns, float *panel);
    void (*panel_pack_transposed)(const ya_panel_source *b, int k, int columns, float *panel);
    /* dst[c * ldd + r] = src[r * ld + c] for r < rows, c < columns, and 0 for rows <= r < room. */
    void (*transpose)(const float *src, size_t ld, int rows, int columns, float *dst, size_t ldd,
                      int room);

    /* Online softmax of at most YA_SOFTMAX_ROWS rows: s[i][j] = exp(s[i][j] * scale - max'[i]),
     * where max' is the larger of max and the row's; correction[i] = exp(old max - max'), sum[i] =
     * sum[i] * correction[i] + the row's. n a multiple of 16; entries of -INFINITY stay out. */
    void (*softmax_rows)(float *s, size_t stride, int rows, int n, float scale, float *max,
                         float *sum, float *correction);
    /* s[j] = exp(s[j] * scale - lse); ds[j] = s[j] * (dp[j] - delta) * scale, in dp. */
    void (*softmax_row_backward)(float *s, float *dp, int n, float scale, float lse, float delta);

    /* One query over n keys and values, each a row of head_dim floats, `stride` apart:
     * s[j] = q . keys[j];  o = factor * sum_j p[j] values[j]. */
    void (*scores)(const float *q, const float *keys, size_t stride, int n, int head_dim, float *s);
    void (*mix)(const float *p, const float *values, size_t stride, int n, int head_dim,
                float factor, float *o);
} ya_kernels;

/* The kernels for this processor. Obeys what oneDNN obeys: DNNL_MAX_CPU_ISA=AVX2 (or SSE41) lowers
 * it. */
const ya_kernels *ya_kernels_get(void);

extern const ya_kernels ya_kernels_base, ya_kernels_avx2, ya_kernels_avx512;

#endif
