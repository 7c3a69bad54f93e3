/* Rows in stored types: halves against what expands them, over every half and every tie between
 * two; blocks against their definition, with the greatest error that the format allows. */
#include "export/store.h"

#include "tensor/expand.h"

#include "support/cmocka_all.h"
#include "support/numbers.h"

#include <math.h>
#include <string.h>

enum { N = 256, BLOCK = 32 };

static void expand(ya_dtype type, const void *stored, int n, float *out)
{
    ya_matrix m = {stored, type, 1, n, 0};
    ya_expand_row(&m, 0, out);
}

static uint16_t stored_as(ya_dtype type, float x)
{
    uint16_t bits;
    (void)ya_store_row(type, &x, 1, &bits);
    return bits;
}

/* Every finite value of a 16-bit type comes back; halfway between two neighbours the even one is
 * taken, and a little beside it the nearer one. */
static void check_rounding(ya_dtype type, uint16_t infinity)
{
    for (unsigned i = 0; i + 1 < infinity; i++) {
        uint16_t low = (uint16_t)i, high = (uint16_t)(i + 1);
        float a, b;
        expand(type, &low, 1, &a);
        expand(type, &high, 1, &b);
        float middle = (float)(((double)a + (double)b) / 2);
        assert_int_equal(stored_as(type, a), low);
        assert_int_equal(stored_as(type, -a) & 0x7FFF, low);
        assert_int_equal(stored_as(type, middle), i % 2 ? high : low);
        assert_int_equal(stored_as(type, nextafterf(middle, INFINITY)), high);
        if (middle > 0)
            assert_int_equal(stored_as(type, nextafterf(middle, 0)), low);
    }
}

static void halves_round_to_the_nearest_and_ties_to_even(void **state)
{
    (void)state;
    check_rounding(YA_F16, 0x7C00);
}

static void brain_floats_round_to_the_nearest_and_ties_to_even(void **state)
{
    (void)state;
    /* from the least normal number on: the middle of two lesser ones is no normal f32 */
    for (unsigned i = 0x80; i + 1 < 0x7F80; i++) {
        uint16_t low = (uint16_t)i;
        uint32_t bits = (uint32_t)i << 16;
        float a;
        memcpy(&a, &bits, sizeof a);
        assert_int_equal(stored_as(YA_BF16, a), low);
        bits |= 0x8000;
        memcpy(&a, &bits, sizeof a);
        assert_int_equal(stored_as(YA_BF16, a), i % 2 ? i + 1 : i);
    }
}

static void values_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const ya_dtype types[] = {YA_F32, YA_F16, YA_BF16, YA_Q8_0, YA_Q4_0};
    float x[BLOCK] = {0};
    uint8_t out[BLOCK * 4];
    for (size_t i = 0; i < 5; i++) {
        assert_true(ya_store_knows(types[i]));
        x[7] = 1.0f;
        assert_true(ya_store_row(types[i], x, BLOCK, out));
        x[7] = NAN;
        assert_false(ya_store_row(types[i], x, BLOCK, out));
        x[7] = -INFINITY;
        assert_false(ya_store_row(types[i], x, BLOCK, out));
    }
    x[7] = 65519.0f;
    assert_true(ya_store_row(YA_F16, x, BLOCK, out));
    x[7] = 65520.0f;
    assert_false(ya_store_row(YA_F16, x, BLOCK, out));
    x[7] = 3.4e38f;
    assert_true(ya_store_row(YA_F32, x, BLOCK, out));
    assert_false(ya_store_row(YA_BF16, x, BLOCK, out)); /* beyond its greatest number */
    assert_false(ya_store_row(YA_Q8_0, x, BLOCK, out)); /* the scale is an f16 */
    assert_false(ya_store_knows(YA_Q4_K));
}

/* |x - stored x| at most `steps` scales, where the scale is the block's greatest magnitude by
 * `levels`; half a step is rounding, the scale itself is rounded to f16. */
static void check_blocks(ya_dtype type, double levels, double steps)
{
    float x[N], y[N];
    uint8_t out[N * 2];
    for (uint64_t seed = 0; seed < 200; seed++) {
        float size = ldexpf(1.0f, (int)(seed % 18) - 5); /* scales are normal f16 */
        fill(x, N, seed, size);
        if (seed % 7 == 0)
            memset(x + BLOCK, 0, BLOCK * sizeof *x);
        assert_true(ya_store_row(type, x, N, out));
        expand(type, out, N, y);
        for (int b = 0; b < N; b += BLOCK) {
            double most = 0;
            for (int i = b; i < b + BLOCK; i++)
                most = fmax(most, fabs((double)x[i]));
            for (int i = b; i < b + BLOCK; i++)
                if (!(fabs((double)x[i] - (double)y[i]) <= most / levels * steps + 1e-7 * size))
                    fail_msg("%g came back as %g", (double)x[i], (double)y[i]);
        }
    }
}

static void blocks_come_back_within_half_a_step(void **state)
{
    (void)state;
    check_blocks(YA_Q8_0, 127, 0.5 + 127 * 0x1p-11);
    /* 16 levels from -8 to 7: what has the other sign than the greatest one is cut at 7 of 8 */
    check_blocks(YA_Q4_0, 8, 1 + 8 * 0x1p-11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_round_to_the_nearest_and_ties_to_even),
        cmocka_unit_test(brain_floats_round_to_the_nearest_and_ties_to_even),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(blocks_come_back_within_half_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
