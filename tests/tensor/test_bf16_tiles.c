/* Pairs of bf16 and their products against twins in f64, over odd sizes. Skipped on processors that
 * multiply no bf16. */
#include "support/cmocka_all.h"
#include "support/numbers.h"

#include "tensor/bf16_tiles.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 200, N_SIZES = 8 };

static const int sizes[N_SIZES] = {1, 2, 15, 16, 31, 33, 64, 129};

static uint16_t bf16_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

static double rounded(float x)
{
    uint32_t bits = (uint32_t)bf16_bits(x) << 16;
    memcpy(&x, &bits, 4);
    return (double)x;
}

static void check_word(const float *words, int i, float low, float high)
{
    uint32_t bits;
    memcpy(&bits, words + i, 4);
    assert_int_equal(bits & 0xFFFF, bf16_bits(low));
    assert_int_equal(bits >> 16, bf16_bits(high));
}

static void pairs_are_rounded_to_nearest_even_and_filled_up_with_zero(void **state)
{
    (void)state;
    const ya_bf16_tiles *tiles = ya_bf16_tiles_get();
    if (!tiles)
        skip();
    float x[MOST], y[MOST], words[MOST];
    fill(x, MOST, 1, 1);
    fill(y, MOST, 2, 1);
    x[0] = 1.00390625f; /* half way: to even */
    y[0] = 1.01171875f;
    x[1] = -0.0f;
    for (int s = 0; s < N_SIZES; s++)
        for (int in_place = 0; in_place < 2; in_place++) {
            int n = sizes[s], pairs = (n + 1) / 2;
            float *to = words;
            for (int i = 0; i < MOST; i++)
                words[i] = in_place ? x[i] : 77;
            tiles->pair_along(in_place ? to : x, n, to);
            for (int i = 0; i < pairs; i++)
                check_word(to, i, x[2 * i], 2 * i + 1 < n ? x[2 * i + 1] : 0);
            assert_true(to[pairs] == (in_place ? x[pairs] : 77)); /* nothing behind is touched */
            for (int i = 0; i < MOST; i++)
                words[i] = in_place ? x[i] : 77;
            tiles->pair_across(in_place ? to : x, y, n, to);
            for (int i = 0; i < n; i++)
                check_word(to, i, x[i], y[i]);
            assert_true(to[n] == (in_place ? x[n] : 77));
            tiles->pair_across(x, NULL, n, to);
            for (int i = 0; i < n; i++)
                check_word(to, i, x[i], 0);
        }
}

/* a as [m, k] words or, transposed, as [k, m] words. */
static void check_product(const ya_bf16_tiles *tiles, int m, int n, int k, bool transposed)
{
    enum { K = 40, N = 96 };
    static float rows[MOST * 2 * K], b[2 * K * N], a[MOST * K], words[K * N], c[MOST * N];
    fill(rows, m * 2 * K, 3, 1);
    fill(b, 2 * K * N, 4, 1);
    fill(c, MOST * N, 5, 1);
    for (int i = 0; i < m; i++) {
        float row[K];
        tiles->pair_along(rows + i * 2 * K, 2 * k, row);
        for (int p = 0; p < k; p++)
            a[transposed ? p * MOST + i : i * K + p] = row[p];
    }
    for (int p = 0; p < k; p++)
        tiles->pair_across(b + 2 * p * N, b + (2 * p + 1) * N, N, words + p * N);
    for (int times = 0; times < 2; times++)
        tiles->matmul(m, n, k, a, transposed ? 1 : K, transposed ? MOST : 1, words, N, c, N,
                      times > 0);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < N; j++) {
            double want = 0;
            for (int p = 0; p < 2 * k; p++)
                want += 2 * rounded(rows[i * 2 * K + p]) * rounded(b[p * N + j]);
            if (j >= n)
                want = (double)number(5, (size_t)(i * N + j));
            assert_true(fabs((double)c[i * N + j] - want) < 2e-5); /* 160 sums of f32 */
        }
}

static void products_of_pairs_hold_for_any_size_and_stride(void **state)
{
    (void)state;
    const ya_bf16_tiles *tiles = ya_bf16_tiles_get();
    if (!tiles)
        skip();
    for (int m = 1; m < 30; m += 4)
        for (int n = 16; n <= 96; n += 16)
            for (int k = 1; k <= 33; k += 16)
                for (int transposed = 0; transposed < 2; transposed++)
                    check_product(tiles, m, n, k, transposed != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_rounded_to_nearest_even_and_filled_up_with_zero),
        cmocka_unit_test(products_of_pairs_hold_for_any_size_and_stride),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
