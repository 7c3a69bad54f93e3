#include "tensor/thin.h"

#include "tensor/kernels.h"

enum { PAD = 16, MOST = 64, LEAST = 64 };

bool ya_thin_suits(const ya_matmul_shape *s)
{
    return s->type == YA_F32 && s->a_transposed && !s->b_transposed && s->n <= MOST &&
           s->n % PAD == 0 && s->m >= LEAST && s->m % PAD == 0 && s->k >= LEAST &&
           ya_kernels_get() != &ya_kernels_base;
}

/* Rows first ... first + n of c */
static void make_rows(const ya_matmul_shape *s, const float *a, const float *b, float *c, int first,
                      int n)
{
    float sums[MOST * MOST] __attribute__((aligned(64)));
    float turned[MOST * MOST] __attribute__((aligned(64)));
    const ya_kernels *kernels = ya_kernels_get();
    kernels->tile_matmul(s->n, n, s->k, b, 1, s->ldb, a + first, s->lda, sums, MOST, false);
    kernels->transpose(sums, MOST, s->n, n, turned, (size_t)s->n, s->n);
    for (int i = 0; i < n; i++) {
        float *row = c + (size_t)(first + i) * (size_t)s->ldc;
        for (int j = 0; j < s->n; j++)
            row[j] = turned[i * s->n + j] + (s->accumulate ? row[j] : 0);
    }
}

void ya_thin_multiply(const ya_matmul_shape *s, const float *a, const float *b, float *c,
                      int threads)
{
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int first = 0; first < s->m; first += MOST)
        make_rows(s, a, b, c, first, s->m - first < MOST ? s->m - first : MOST);
}
