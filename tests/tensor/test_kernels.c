/* Every kernel of every instruction set that this processor has, against a plain twin in f64, over
 * odd sizes. */
#include "support/cmocka_all.h"
#include "support/kernel_sets.h"
#include "support/numbers.h"

#include "tensor/kernels.h"

#include <dnnl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1100, N_SIZES = 9 };

static const int sizes[N_SIZES] = {1, 2, 7, 15, 16, 33, 64, 129, 1027};

static void near(const char *what, const char *set, double found, double want, double bound)
{
    if (!(fabs(found - want) <= bound)) {
        print_error("%s %s: found %.9g, expected %.9g within %.3g\n", set, what, found, want,
                    bound);
        fail();
    }
}

static float bf16_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    bits = (bits + 0x7FFFu + (bits >> 16 & 1u)) & 0xFFFF0000u;
    memcpy(&x, &bits, 4);
    return x;
}

static float widened(uint16_t h)
{
    uint32_t bits = (uint32_t)h << 16;
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

static void rounding_to_bf16_is_to_nearest_even_and_keeps_nan_and_infinity(void **state)
{
    (void)state;
    float x[MOST], back[MOST];
    uint16_t h[MOST];
    fill(x, MOST, 1, 1e3f);
    x[3] = INFINITY;
    x[4] = -INFINITY;
    x[5] = NAN;
    x[6] = 3.3895314e38f; /* rounds up to infinity */
    x[7] = 1.00390625f;   /* half way: to even */
    x[8] = 1.01171875f;
    x[9] = -0.0f;
    for (int s = 0; s < n_sets; s++)
        for (int k = 0; k < N_SIZES; k++) {
            sets[s]->to_bf16(x, (size_t)sizes[k], h);
            sets[s]->from_bf16(h, (size_t)sizes[k], back);
            for (int i = 0; i < sizes[k]; i++) {
                if (x[i] != x[i])
                    assert_true(back[i] != back[i]);
                else
                    assert_true(back[i] == bf16_of(x[i]) && widened(h[i]) == back[i]);
            }
        }
}

static void dots_and_sums_agree(void **state)
{
    (void)state;
    float a[MOST], b[MOST], y[MOST];
    fill(a, MOST, 2, 1);
    fill(b, MOST, 3, 1);
    for (int s = 0; s < n_sets; s++)
        for (int k = 0; k < N_SIZES; k++) {
            int n = sizes[k];
            double want = 0;
            for (int i = 0; i < n; i++)
                want += (double)a[i] * (double)b[i];
            near("dot", sets[s]->name, (double)sets[s]->dot(a, b, n), want, 1e-6 * n);
            memcpy(y, b, sizeof y);
            sets[s]->axpy(0.5f, a, y, n);
            for (int i = 0; i < MOST; i++)
                near("axpy", sets[s]->name, (double)y[i],
                     (double)b[i] + (i < n ? 0.5 * (double)a[i] : 0), 1e-6);
            sets[s]->scale(3.0f, y, (size_t)n);
            near("scale", sets[s]->name, (double)y[n - 1],
                 3 * ((double)b[n - 1] + 0.5 * (double)a[n - 1]), 1e-5);
        }
}

static double norm_loss(const double *x, const float *w, const float *dy, int n, double eps)
{
    double mean = 0, loss = 0;
    for (int i = 0; i < n; i++)
        mean += x[i] * x[i] / n;
    for (int i = 0; i < n; i++)
        loss += (double)dy[i] * x[i] / sqrt(mean + eps) * (double)w[i];
    return loss;
}

static void rmsnorm_and_its_gradient_agree_with_finite_differences(void **state)
{
    (void)state;
    float x[MOST], w[MOST], dy[MOST], y[MOST], again[MOST], dx[MOST], rstd;
    double wide[MOST];
    fill(x, MOST, 4, 2);
    fill(w, MOST, 5, 1);
    fill(dy, MOST, 6, 1);
    for (int s = 0; s < n_sets; s++)
        for (int k = 0; k < N_SIZES; k++) {
            int n = sizes[k];
            sets[s]->rmsnorm_forward(x, w, 1e-5f, n, y, false, &rstd);
            sets[s]->rmsnorm_again(x, w, rstd, n, again, false);
            assert_memory_equal(y, again, (size_t)n * sizeof *y);
            fill(dx, n, 7, 1); /* the gradient is added to what is there */
            float before = dx[n / 2];
            sets[s]->rmsnorm_backward(dy, x, w, rstd, n, dx);
            for (int i = 0; i < n; i++)
                wide[i] = (double)x[i];
            double loss = 0, h = 1e-4;
            for (int i = 0; i < n; i++)
                loss += (double)dy[i] * (double)y[i];
            near("rmsnorm", sets[s]->name, loss, norm_loss(wide, w, dy, n, 1e-5),
                 2e-5 * (1 + fabs(loss)));
            wide[n / 2] += h;
            double up = norm_loss(wide, w, dy, n, 1e-5);
            wide[n / 2] -= 2 * h;
            double slope = (up - norm_loss(wide, w, dy, n, 1e-5)) / (2 * h);
            near("rmsnorm gradient", sets[s]->name, (double)(dx[n / 2] - before), slope,
                 1e-4 * (1 + fabs(slope)));
        }
}

static void swiglu_and_its_gradient_agree(void **state)
{
    (void)state;
    float g[MOST], u[MOST], dh[MOST], h[MOST], again[MOST], dg[MOST], du[MOST];
    fill(g, MOST, 8, 12);
    fill(u, MOST, 9, 2);
    fill(dh, MOST, 10, 1);
    for (int s = 0; s < n_sets; s++)
        for (int k = 0; k < N_SIZES; k++) {
            size_t n = (size_t)sizes[k];
            sets[s]->swiglu_forward(g, u, n, h, NULL, NULL, false);
            sets[s]->swiglu_backward(dh, g, u, n, dg, du, again, false);
            for (size_t i = 0; i < n; i++) {
                double x = (double)g[i], sig = 1 / (1 + exp(-x)), d = (double)dh[i],
                       up = (double)u[i];
                near("swiglu", sets[s]->name, (double)h[i], x * sig * up, 5e-6);
                near("swiglu again", sets[s]->name, (double)again[i], x * sig * up, 5e-6);
                near("dup", sets[s]->name, (double)du[i], d * x * sig, 5e-6);
                near("dgate", sets[s]->name, (double)dg[i], d * up * sig * (1 + x * (1 - sig)),
                     5e-6);
            }
        }
}

static void rope_turns_and_turns_back(void **state)
{
    (void)state;
    enum { HEADS = 3 };
    const int dims[] = {2, 12, 24, 64, 128};
    float x[HEADS * 128], y[HEADS * 128], c[64], sn[64];
    for (int j = 0; j < 64; j++) {
        c[j] = cosf(0.1f * (float)j + 0.3f);
        sn[j] = sinf(0.1f * (float)j + 0.3f);
    }
    for (int s = 0; s < n_sets; s++)
        for (int k = 0; k < 5; k++) {
            int hd = dims[k], half = hd / 2;
            fill(x, HEADS * hd, 11, 1);
            memcpy(y, x, sizeof y);
            sets[s]->rope(y, HEADS, hd, c, sn, 1.0f);
            for (int h = 0; h < HEADS; h++)
                for (int j = 0; j < half; j++) {
                    double a = (double)x[h * hd + j], b = (double)x[h * hd + half + j];
                    near("rope", sets[s]->name, (double)y[h * hd + j],
                         a * (double)c[j] - b * (double)sn[j], 1e-6);
                }
            sets[s]->rope(y, HEADS, hd, c, sn, -1.0f);
            for (int i = 0; i < HEADS * hd; i++)
                near("rope back", sets[s]->name, (double)y[i], (double)x[i], 1e-6);
        }
}

static void cross_entropy_and_its_gradient_agree(void **state)
{
    (void)state;
    float logits[MOST], row[MOST];
    fill(logits, MOST, 12, 15);
    for (int s = 0; s < n_sets; s++)
        for (int k = 0; k < N_SIZES; k++) {
            int n = sizes[k], target = n / 3;
            double max = -INFINITY, sum = 0;
            for (int i = 0; i < n; i++)
                max = fmax(max, (double)logits[i]);
            for (int i = 0; i < n; i++)
                sum += exp((double)logits[i] - max);
            double want = log(sum) + max - (double)logits[target];
            memcpy(row, logits, sizeof row);
            near("ce", sets[s]->name, (double)sets[s]->cross_entropy(row, n, target, 0), want,
                 1e-5);
            assert_memory_equal(row, logits, (size_t)n * sizeof *row);
            near("ce", sets[s]->name, (double)sets[s]->cross_entropy(row, n, target, 2), want,
                 1e-5);
            for (int i = 0; i < n; i++)
                near("dlogits", sets[s]->name, (double)row[i],
                     2 * (exp((double)logits[i] - max) / sum - (i == target)), 2e-6);
        }
}

static void small_products_agree_for_any_strides(void **state)
{
    (void)state;
    enum { K = 37, N = 96, M = 61 };
    static float a[M * K], b[K * N] __attribute__((aligned(64))),
        c[M * N] __attribute__((aligned(64)));
    fill(a, M * K, 13, 1);
    fill(b, K * N, 14, 1);
    for (int s = 0; s < n_sets; s++)
        for (int transposed = 0; transposed < 2; transposed++)
            for (int n = 16; n <= N; n += 16)
                for (int m = 1; m <= M; m += 12) {
                    int row = transposed ? 1 : K, col = transposed ? M : 1;
                    fill(c, M * N, 15, 1);
                    sets[s]->tile_matmul(m, n, K, a, row, col, b, N, c, N, true);
                    sets[s]->tile_matmul(m, n, K, a, row, col, b, N, c, N, true);
                    for (int i = 0; i < m; i += 5)
                        for (int j = 0; j < n; j += 3) {
                            double want = 0;
                            for (int p = 0; p < K; p++)
                                want += 2 * (double)a[i * row + p * col] * (double)b[p * N + j];
                            float old = number(15, (size_t)(i * N + j));
                            near("tile", sets[s]->name, (double)c[i * N + j], want + (double)old,
                                 2e-5);
                        }
                }
}

enum { PANEL_LD = 53, PANEL_LDC = 50, PANEL_K = 50 };
static const ya_panel_sign signs[] = {YA_PANEL_ALONE, YA_PANEL_PLUS, YA_PANEL_MINUS};

static double element_of(const ya_panel_source *a, size_t at)
{
    double y = a->sign == YA_PANEL_ALONE ? 0 : (double)a->y[at];
    return (double)a->x[at] + (a->sign == YA_PANEL_MINUS ? -y : y);
}

/* c[0] = the product, c[1] += -2 the product; nothing beside them changes */
static void check_panel_task(const ya_kernels *set, ya_panel_task *task)
{
    enum { ROOM = YA_PANEL_ROWS * PANEL_LDC };
    static float c[2][ROOM];
    const ya_panel_target to[] = {{c[0], 1, false, true}, {c[1], -2, true, false}};
    fill(c[0], 2 * ROOM, 24, 1);
    task->to = to;
    set->panel_tile(task);
    for (int t = 0; t < 2; t++)
        for (int i = 0; i < ROOM; i++) {
            int row = i / PANEL_LDC, column = i % PANEL_LDC;
            bool inside = row < set->panel_rows && column < task->columns;
            double product = 0, old = (double)number(24, (size_t)(t * ROOM + i));
            for (int p = 0; p < task->k && inside; p++)
                product += element_of(&task->a, (size_t)(row * PANEL_LD + p)) *
                           (double)task->panel[p * task->columns + column];
            double want = t == 1 ? old - 2 * product : inside ? product : old;
            near("panel", set->name, (double)c[t][i], want, inside ? 3e-5 : 0);
        }
}

static void a_block_times_a_panel_agrees(void **state)
{
    (void)state;
    static float a[2][YA_PANEL_ROWS * PANEL_LD], b[PANEL_K * YA_PANEL_COLUMNS];
    const int depths[] = {1, 15, 16, 33, PANEL_K}, widths[] = {YA_PANEL_NARROW, YA_PANEL_COLUMNS};
    fill(a[0], 2 * YA_PANEL_ROWS * PANEL_LD, 22, 1);
    fill(b, PANEL_K * YA_PANEL_COLUMNS, 23, 1);
    for (int s = 0; s < n_sets; s++)
        for (int k = 0; k < 5; k++)
            for (int w = 0; w < 2; w++)
                for (int sign = 0; sign < 3; sign++) {
                    ya_panel_task task = {.k = depths[k],
                                          .a = {a[0], a[1], PANEL_LD, signs[sign]},
                                          .panel = b,
                                          .columns = widths[w],
                                          .n_to = 2,
                                          .ldc = PANEL_LDC,
                                          .next = b};
                    check_panel_task(sets[s], &task);
                }
}

static void panels_are_packed_from_rows_and_from_columns(void **state)
{
    (void)state;
    enum { LD = 83, K = 80, COLUMNS = YA_PANEL_COLUMNS };
    static float b[2][LD * K], panel[K * COLUMNS + 1];
    fill(b[0], 2 * LD * K, 25, 1);
    for (int s = 0; s < n_sets; s++)
        for (int sign = 0; sign < 3; sign++)
            for (int turned = 0; turned < 2; turned++)
                for (int columns = YA_PANEL_NARROW; columns <= COLUMNS; columns += 16) {
                    const ya_panel_source source = {b[0], b[1], LD, signs[sign]};
                    panel[K * columns] = 7;
                    (turned ? sets[s]->panel_pack_transposed : sets[s]->panel_pack)(&source, K,
                                                                                    columns, panel);
                    for (int i = 0; i < K * columns; i++) {
                        int p = i / columns, j = i % columns;
                        double want =
                            element_of(&source, (size_t)(turned ? j * LD + p : p * LD + j));
                        near("pack", sets[s]->name, (double)panel[i], want, 2e-7);
                    }
                    assert_true(panel[K * columns] == 7);
                }
}

static void transposing_keeps_every_bit_and_fills_with_zeros(void **state)
{
    (void)state;
    enum { LD = 150, LDD = 70 };
    static float x[64 * LD], y[LD * LDD];
    fill(x, 64 * LD, 19, 1);
    const uint32_t odd = 0x7F812345; /* a signalling NaN: words need not be numbers */
    memcpy(&x[3 * LD + 1], &odd, 4);
    const int rows[] = {1, 7, 16, 33, 64}, columns[] = {1, 8, 31, 64, 129};
    for (int s = 0; s < n_sets; s++)
        for (int a = 0; a < 5; a++)
            for (int b = 0; b < 5; b++) {
                int room = (rows[a] + 15) / 16 * 16;
                memset(y, 0xff, sizeof y);
                sets[s]->transpose(x, LD, rows[a], columns[b], y, LDD, room);
                for (int c = 0; c < LD; c++)
                    for (int r = 0; r < LDD; r++) {
                        uint32_t found, want = c < columns[b] && r < room ? 0 : 0xffffffff;
                        memcpy(&found, &y[c * LDD + r], 4);
                        if (c < columns[b] && r < rows[a])
                            memcpy(&want, &x[r * LD + c], 4);
                        assert_int_equal(found, want);
                    }
            }
}

static void softmax_rows_skip_what_is_masked(void **state)
{
    (void)state;
    enum { N = 64, STRIDE = 70, ROWS = 19 };
    static float s1[ROWS * STRIDE], s2[N], dp[N], x[N];
    fill(x, N, 16, 30);
    for (int s = 0; s < n_sets; s++) {
        float max[ROWS], sum[ROWS], correction[ROWS];
        for (int i = 0; i < ROWS; i++) {
            max[i] = -INFINITY;
            sum[i] = 0;
            for (int j = 0; j < STRIDE; j++)
                s1[i * STRIDE + j] = j < N ? -INFINITY : 123;
        }
        sets[s]->softmax_rows(s1, STRIDE, ROWS, N, 0.5f, max, sum, correction);
        for (int i = 0; i < ROWS; i++) {
            assert_true(sum[i] == 0 && max[i] == -INFINITY && s1[i * STRIDE + 5] == 0);
            assert_true(isfinite(correction[i]));
        }
        /* then odd rows see something, all but place 7 */
        double top = -INFINITY, total = 0;
        for (int j = 0; j < N; j++)
            top = fmax(top, 0.5 * (double)x[j]);
        for (int j = 0; j < N; j++)
            total += exp(0.5 * (double)x[j] - top);
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < N; j++)
                s1[i * STRIDE + j] = i % 2 && j != 7 ? x[j] : -INFINITY;
        sets[s]->softmax_rows(s1, STRIDE, ROWS, N, 0.5f, max, sum, correction);
        double without = total - exp(0.5 * (double)x[7] - top);
        for (int i = 0; i < ROWS; i++) {
            assert_true(s1[i * STRIDE + 7] == 0 && s1[i * STRIDE + N] == 123);
            near("sum", sets[s]->name, (double)sum[i], i % 2 ? without : 0, 1e-5 * total);
            if (i % 2)
                near("p", sets[s]->name, (double)s1[i * STRIDE + 9], exp(0.5 * (double)x[9] - top),
                     1e-6);
        }
        float p9 = s1[STRIDE + 9] / sum[1], lse = max[1] + logf(sum[1]), old = max[1];
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < N; j++)
                s1[i * STRIDE + j] = x[j] + 4.0f; /* then all do; 0.5 * 4 is added to the maximum */
        sets[s]->softmax_rows(s1, STRIDE, ROWS, N, 0.5f, max, sum, correction);
        near("max", sets[s]->name, (double)max[1], (double)old + 2, 1e-5);
        near("correction", sets[s]->name, (double)correction[1], exp(-2.0), 1e-6);
        near("sum", sets[s]->name, (double)sum[1], without * exp(-2.0) + total, 1e-5 * total);
        near("sum", sets[s]->name, (double)sum[2], total, 1e-5 * total);
        memcpy(s2, x, sizeof s2);
        fill(dp, N, 17, 1);
        s2[7] = -INFINITY;
        sets[s]->softmax_row_backward(s2, dp, N, 0.5f, lse, 0.25f);
        near("p", sets[s]->name, (double)s2[9], (double)p9, 1e-6);
        assert_true(dp[7] == 0);
    }
}

static void one_query_over_keys_and_values(void **state)
{
    (void)state;
    enum { N = 37, MOST_DIM = 160, STRIDE = 171 };
    const int dims[] = {2, 12, 24, 64, 80, 128, 160};
    static float q[MOST_DIM], kv[N * STRIDE], p[N], s1[N], o[MOST_DIM + 1];
    fill(q, MOST_DIM, 18, 1);
    fill(kv, N * STRIDE, 19, 1);
    fill(p, N, 20, 1);
    for (int s = 0; s < n_sets; s++)
        for (int k = 0; k < 7; k++) {
            int hd = dims[k];
            o[hd] = 123;
            sets[s]->scores(q, kv, STRIDE, N, hd, s1);
            sets[s]->mix(p, kv, STRIDE, N, hd, 0.5f, o);
            for (int j = 0; j < N; j++) {
                double want = 0;
                for (int i = 0; i < hd; i++)
                    want += (double)q[i] * (double)kv[j * STRIDE + i];
                near("score", sets[s]->name, (double)s1[j], want, 1e-6 * hd);
            }
            for (int i = 0; i < hd; i++) {
                double want = 0;
                for (int j = 0; j < N; j++)
                    want += 0.5 * (double)p[j] * (double)kv[j * STRIDE + i];
                near("mix", sets[s]->name, (double)o[i], want, 1e-6 * N);
            }
            assert_true(o[hd] == 123);
        }
}

static void f16_of_every_bit_pattern_is_exact(void **state)
{
    (void)state;
    for (int s = 0; s < n_sets; s++)
        for (uint32_t h = 0; h < 65536; h += 1) {
            uint16_t bits = (uint16_t)h;
            uint16_t run[9] = {bits, bits, bits, bits, bits, bits, bits, bits, bits};
            float out[9];
            sets[s]->expand[YA_F16](run, 9, out);
            int exponent = (int)(h >> 10 & 31), mantissa = (int)(h & 1023);
            double want = exponent == 0    ? ldexp(mantissa, -24)
                          : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                           : ldexp(1024 + mantissa, exponent - 25);
            want = h >> 15 ? -want : want;
            for (int i = 0; i < 9; i += 8)
                assert_true(want != want ? out[i] != out[i] : (double)out[i] == want);
        }
}

int main(void)
{
    find_sets();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_to_bf16_is_to_nearest_even_and_keeps_nan_and_infinity),
        cmocka_unit_test(dots_and_sums_agree),
        cmocka_unit_test(rmsnorm_and_its_gradient_agree_with_finite_differences),
        cmocka_unit_test(swiglu_and_its_gradient_agree),
        cmocka_unit_test(rope_turns_and_turns_back),
        cmocka_unit_test(cross_entropy_and_its_gradient_agree),
        cmocka_unit_test(small_products_agree_for_any_strides),
        cmocka_unit_test(a_block_times_a_panel_agrees),
        cmocka_unit_test(panels_are_packed_from_rows_and_from_columns),
        cmocka_unit_test(transposing_keeps_every_bit_and_fills_with_zeros),
        cmocka_unit_test(softmax_rows_skip_what_is_masked),
        cmocka_unit_test(one_query_over_keys_and_values),
        cmocka_unit_test(f16_of_every_bit_pattern_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
