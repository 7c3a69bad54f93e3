/* Scales and series: pure functions under the charts. */
#include "report/scale.h"
#include "report/series.h"

#include "support/cmocka_all.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void assert_tick(const ya_scale *scale, int i, const char *wanted)
{
    char text[YA_TICK_TEXT];
    ya_scale_tick(scale, i, text);
    assert_string_equal(text, wanted);
}

static void ticks_are_round_numbers_that_hold_the_range(void **state)
{
    (void)state;
    ya_scale s = ya_scale_linear(1.93, 4.4, 5, true);
    assert_true(s.low <= 1.93 && s.high >= 4.4);
    assert_tick(&s, 0, "1.5");
    assert_tick(&s, s.n_ticks - 1, "4.5");
    s = ya_scale_linear(0.0, 5e-5, 5, true);
    assert_int_equal(s.exponent, -5);
    assert_tick(&s, s.n_ticks - 1, "5");
    s = ya_scale_linear(1.0, 100000.0, 5, false);
    assert_tick(&s, 0, "20k");
    s = ya_scale_linear(-1.0, 1.0, 4, true);
    assert_tick(&s, 2, "0.0");
}

static void degenerate_ranges_still_make_a_scale(void **state)
{
    (void)state;
    const double lows[] = {0.0, 5.0, -3.0, 1e14, 1e-14, 1e15};
    for (size_t i = 0; i < sizeof lows / sizeof *lows; i++) {
        ya_scale s = ya_scale_linear(lows[i], lows[i], 5, true);
        assert_true(s.low < s.high && s.n_ticks >= 2);
        double place = ya_scale_place(&s, lows[i]);
        assert_true(place > 0.0 && place < 1.0);
    }
    ya_scale s = ya_scale_linear(-1e15, 1e15, 5, true);
    assert_true(isfinite(s.low) && isfinite(s.high) && s.n_ticks >= 2);
    s = ya_scale_log(1e-14, 1e14);
    assert_true(s.n_ticks >= 2 && s.low <= 1e-14 && s.high >= 1e14 * (1 - 1e-12));
    assert_true(ya_scale_place(&s, 1.0) > 0.45 && ya_scale_place(&s, 1.0) < 0.55);
}

static void numbers_are_written_for_people(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *wanted;
    } cases[] = {{1234567.0, "1,234,567"},
                 {-12345.4, "-12,345"},
                 {999.0, "999"},
                 {2.34159, "2.342"},
                 {43.8412, "43.84"},
                 {0.01234, "0.012"},
                 {5e-5, "5e-05"},
                 {0.0, "0"},
                 {NAN, "-"},
                 {1e300, "1e+300"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[YA_NUMBER_SHOWN];
        ya_number_shown(cases[i].value, text);
        assert_string_equal(text, cases[i].wanted);
    }
}

enum { MANY = 100000 };

static void a_long_series_keeps_mean_and_extremes_in_few_points(void **state)
{
    (void)state;
    double *x = malloc(MANY * sizeof *x), *y = malloc(MANY * sizeof *y), sum = 0.0;
    ya_series s;
    ya_error err;
    for (int i = 0; i < MANY; i++) {
        x[i] = i + 1;
        y[i] = i == 31234 ? 99.0 : i % 2;
    }
    assert_int_equal(ya_series_make(&s, x, y, MANY, 1, &err), YA_OK);
    assert_true(s.n > YA_SERIES_POINTS / 2 && s.n <= YA_SERIES_POINTS);
    double most = 0.0;
    for (size_t i = 0; i < s.n; i++) {
        most = fmax(most, s.points[i].high);
        sum += s.points[i].y;
        assert_true(i == 0 || s.points[i].x > s.points[i - 1].x);
    }
    assert_true(most == 99.0); /* no spike is lost */
    assert_true(fabs(sum / (double)s.n - 0.5) < 0.01);
    ya_series_free(&s);
    free(x);
    free(y);
}

static void a_smooth_series_begins_at_its_first_value_and_passes_over_gaps(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5}, y[] = {4.0, NAN, 4.0, 4.0, NAN};
    ya_series s;
    ya_error err;
    assert_int_equal(ya_series_smooth(&s, x, y, 5, 1, &err), YA_OK);
    assert_int_equal(s.n, 3);
    for (size_t i = 0; i < s.n; i++)
        assert_true(fabs(s.points[i].y - 4.0) < 1e-12); /* a constant stays one: no bias to 0 */
    assert_true(s.points[1].x == 3.0);
    ya_series_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round_numbers_that_hold_the_range),
        cmocka_unit_test(degenerate_ranges_still_make_a_scale),
        cmocka_unit_test(numbers_are_written_for_people),
        cmocka_unit_test(a_long_series_keeps_mean_and_extremes_in_few_points),
        cmocka_unit_test(a_smooth_series_begins_at_its_first_value_and_passes_over_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
