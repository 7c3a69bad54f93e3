/* Stored types against what the gguf Python package makes of the same blocks
 * (tests/golden/blocks.py; YA_BLOCKS names another directory of such files), and products straight
 * from blocks against products of what they expand to. */
#include "support/blocks.h"
#include "support/cmocka_all.h"
#include "support/kernel_sets.h"
#include "support/numbers.h"

#include "base/random.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 24, MOST_TOKENS = 11 };

typedef struct {
    const ya_dtype_info *info;
    unsigned char *bytes;
    int n_blocks;
    const unsigned char *values; /* f32, as stored */
} golden;

/* The golden file of a type, or none. */
static bool golden_read(golden *g, ya_dtype type)
{
    char path[4096], name[16] = "";
    const char *directory = getenv("YA_BLOCKS");
    *g = (golden){.info = ya_dtype_get(type)};
    for (int i = 0; i < 15 && g->info->name[i]; i++)
        name[i] = (char)tolower(g->info->name[i]);
    snprintf(path, sizeof path, "%s/%s.bin", directory ? directory : "tests/golden/blocks", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    g->bytes = malloc(MOST_BYTES);
    assert_non_null(g->bytes);
    size_t size = fread(g->bytes, 1, MOST_BYTES, file);
    fclose(file);
    size_t each = (size_t)g->info->block_bytes + 4 * (size_t)g->info->block_size;
    assert_true(size > 0 && size < MOST_BYTES && size % each == 0);
    g->n_blocks = (int)(size / each);
    g->values = g->bytes + (size_t)g->n_blocks * (size_t)g->info->block_bytes;
    return true;
}

static uint32_t bits_of(const void *p)
{
    uint32_t bits;
    memcpy(&bits, p, 4);
    return bits;
}

/* The same bits; of numbers that are none, that they are none. */
static void same(const golden *g, const char *set, int i, float found)
{
    float want;
    memcpy(&want, g->values + 4 * (size_t)i, 4);
    if (bits_of(&found) == bits_of(&want) || (found != found && want != want))
        return;
    print_error("%s %s: element %d of block %d is %a, expected %a\n", set, g->info->name,
                i % g->info->block_size, i / g->info->block_size, (double)found, (double)want);
    fail();
}

static void every_block_type_expands_bit_for_bit_as_the_gguf_package_does(void **state)
{
    (void)state;
    int n_types = 0;
    for (int type = 0; type < YA_N_DTYPES; type++) {
        golden g;
        if (ya_dtype_get((ya_dtype)type)->block_size == 1)
            continue;
        assert_true(golden_read(&g, (ya_dtype)type));
        int n = g.n_blocks * g.info->block_size;
        float *out = malloc((size_t)n * sizeof *out);
        assert_non_null(out);
        for (int s = 0; s < n_sets; s++) {
            sets[s]->expand[type](g.bytes, n, out); /* a row of many blocks */
            for (int i = 0; i < n; i++)
                same(&g, sets[s]->name, i, out[i]);
            for (int b = 0; b < g.n_blocks; b++) { /* rows of one */
                sets[s]->expand[type](g.bytes + (size_t)b * (size_t)g.info->block_bytes,
                                      g.info->block_size, out);
                for (int i = 0; i < g.info->block_size; i++)
                    same(&g, sets[s]->name, b * g.info->block_size + i, out[i]);
            }
        }
        free(out);
        free(g.bytes);
        n_types++;
    }
    assert_int_equal(n_types, 12);
}

/* y against the f64 product with the expanded row; the bound is that of f32 sums of n terms. */
static void check_products(const ya_kernels *k, ya_dtype type, int n)
{
    static unsigned char row[4 * 2048];
    static float w[2048], x[MOST_TOKENS * 2100], y[MOST_TOKENS + 1];
    size_t stride = (size_t)n + 3;
    blocks_row(type, n, (uint64_t)n, row);
    k->expand[type](row, n, w);
    for (size_t i = 0; i < MOST_TOKENS * stride; i++)
        x[i] = number(7, i);
    for (int m = 1; m <= MOST_TOKENS; m++) {
        y[m] = 123;
        k->times[type](row, n, x, stride, m, y);
        assert_true(y[m] == 123);
        for (int t = 0; t < m; t++) {
            double want = 0, size = 0;
            for (int i = 0; i < n; i++) {
                double term = (double)w[i] * (double)x[(size_t)t * stride + (size_t)i];
                want += term;
                size += fabs(term);
            }
            if (!(fabs((double)y[t] - want) <= 2e-6 * size)) {
                print_error("%s %s [%d]: row %d of %d is %g, expected %g\n", k->name,
                            ya_dtype_get(type)->name, n, t, m, (double)y[t], want);
                fail();
            }
        }
    }
}

static void products_straight_from_blocks_are_those_of_the_expanded_row(void **state)
{
    (void)state;
    const int plain[] = {1, 3, 8, 17, 31, 64, 129, 577}, blocks[] = {1, 2, 7, 8, 9, 18, 25, 64};
    for (int s = 0; s < n_sets; s++)
        for (int type = 0; type < YA_N_DTYPES; type++) {
            int size = ya_dtype_get((ya_dtype)type)->block_size;
            for (int i = 0; sets[s]->times[type] && i < 8; i++) {
                int n = size == 1 ? plain[i] : blocks[i] * size;
                if (n <= 2048)
                    check_products(sets[s], (ya_dtype)type, n);
            }
            assert_true((sets[s]->times[type] == NULL) == (sets[s]->expand[type] == NULL));
        }
}

/* Rows of activations like those of a model: a few a hundred times the others. */
static void fill_rows(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = number(9, i);
        if (ya_splitmix64(10, i) % 61 == 0)
            x[i] *= 100.0f;
    }
}

/* Rows of weights times rows of digits against the f64 product of what both were made of. A
 * step is half of 1/2,088,000 of the largest of its run; the rest is the bound of f32 sums, of
 * codes without their offset, which are up to twice as large. */
static void check_integers(const ya_products *k, ya_dtype type, int n)
{
    enum { ROWS = 3 };
    static unsigned char rows[ROWS * 4 * 2304];
    static float w[ROWS * 2304], x[MOST_TOKENS * 2304], y[ROWS * MOST_TOKENS + 1];
    size_t each = ya_digits_bytes((size_t)n), bytes = 0;
    unsigned char *digits = aligned_alloc(64, MOST_TOKENS * each), *copy;
    assert_non_null(digits);
    memset(digits, 0xFF, MOST_TOKENS * each); /* NaN, where nothing is written */
    for (int r = 0; r < ROWS; r++)
        bytes += blocks_row(type, n, (uint64_t)(n + r), rows + bytes);
    copy = malloc(bytes); /* reading behind the last row is an error */
    assert_non_null(copy);
    memcpy(copy, rows, bytes);
    ya_kernels_base.expand[type](copy, ROWS * n, w);
    fill_rows(x, (size_t)(MOST_TOKENS * n));
    for (int t = 0; t < MOST_TOKENS; t++)
        k->digits(x + t * n, n, digits + (size_t)t * each);
    for (int m = 1; m <= MOST_TOKENS; m++) {
        y[ROWS * m] = 123;
        k->times[type](copy, ROWS, n, digits, m, y);
        assert_true(y[ROWS * m] == 123);
        for (int i = 0; i < ROWS * m; i++) {
            double want = 0, size = 0, step = 0;
            for (int run = 0; run < n; run += 32) {
                double most = 0, weights = 0;
                for (int j = run; j < run + 32; j++) {
                    double a = (double)w[i / m * n + j], b = (double)x[i % m * n + j];
                    want += a * b;
                    size += fabs(a * b);
                    weights += fabs(a);
                    most = fmax(most, fabs(b));
                }
                step += 0.8 / 2088000 * most * weights;
            }
            if (!(fabs((double)y[i] - want) <= 2e-6 * size + step)) {
                print_error("%s %s [%d]: row %d of %d is %g, expected %g\n", k->name,
                            ya_dtype_get(type)->name, n, i, m, (double)y[i], want);
                fail();
            }
        }
    }
    free(copy);
    free(digits);
}

static void products_in_integers_are_those_in_f32(void **state)
{
    (void)state;
    const int blocks[] = {1, 2, 3, 7, 8, 9, 18, 25, 48, 64};
    for (int s = 0; s < n_products; s++)
        for (int type = 0; type < YA_N_DTYPES; type++)
            for (int i = 0; products[s]->times[type] && i < 10; i++)
                if (blocks[i] * ya_dtype_get((ya_dtype)type)->block_size <= 2304)
                    check_integers(products[s], (ya_dtype)type,
                                   blocks[i] * ya_dtype_get((ya_dtype)type)->block_size);
}

/* x again, from its digits */
static double of_digits(const unsigned char *digits, int n, int i)
{
    const signed char *pair = (const signed char *)digits + i / 64 * 256 + i % 64;
    float scale;
    memcpy(&scale, digits + (size_t)((n + 63) / 64) * 256 + 4 * (size_t)(i / 32), 4);
    return (double)scale * ((pair[0] * 128 + pair[64]) * 128 + pair[128]);
}

static void digits_keep_22_bits_and_what_is_not_finite(void **state)
{
    (void)state;
    enum { N = 32 * 9 };
    float x[N], y;
    unsigned char *digits = aligned_alloc(64, ya_digits_bytes(N)), row[34 * 9];
    assert_non_null(digits);
    blocks_row(YA_Q8_0, N, 3, row);
    for (int s = 0; s < n_products; s++) {
        fill_rows(x, N);
        for (int i = 64; i < 96; i++)
            x[i] = 0;
        for (int i = 96; i < 128; i++)
            x[i] *= 1e-41f; /* no step for them: nearly zero */
        for (int i = 128; i < 160; i++)
            x[i] *= 1e30f;
        x[0] = -500.0f; /* the largest of its run, both ways */
        x[1] = 500.0f;
        products[s]->digits(x, N, digits);
        for (int i = 0; i < N; i++) {
            double most = 1e-29;
            for (int j = i / 32 * 32; j < i / 32 * 32 + 32; j++)
                most = fmax(most, fabs((double)x[j]));
            assert_true(fabs(of_digits(digits, N, i) - (double)x[i]) <= most * 0.8 / 2088000);
        }
        for (int bad = 0; bad < 3; bad++) {
            fill_rows(x, N);
            x[77] = bad == 0 ? NAN : bad == 1 ? INFINITY : -INFINITY;
            products[s]->digits(x, N, digits);
            products[s]->times[YA_Q8_0](row, 1, N, digits, 1, &y);
            assert_false(isfinite(y));
        }
    }
    free(digits);
}

int main(void)
{
    find_sets();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_type_expands_bit_for_bit_as_the_gguf_package_does),
        cmocka_unit_test(products_straight_from_blocks_are_those_of_the_expanded_row),
        cmocka_unit_test(products_in_integers_are_those_in_f32),
        cmocka_unit_test(digits_keep_22_bits_and_what_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
