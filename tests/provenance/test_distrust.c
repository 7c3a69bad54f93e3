#include "provenance/distrust.h"

#include "support/fixture.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const ya_distrust DEFAULTS = {YA_DISTRUST_WEIGHTED, 2.7, 1.0, 64.0, 0.01};

static void assert_close(double found, double expected, double tolerance)
{
    double error = fabs(found - expected), scale = fmax(1.0, fabs(expected));
    if (!(error <= tolerance * scale))
        fail_msg("found %.17g, expected %.17g within %g", found, expected, tolerance);
}

static double loss_of(double w, double h)
{
    return ya_distrust_loss(2.7, ya_distrust_s(w, h));
}

static void the_check_values_of_the_specification_hold(void **state)
{
    (void)state;
    assert_close(loss_of(0.05, 7.5), 149.80, 5e-5);
    assert_close(loss_of(0.90, 1.0), 4.581, 2e-4);
    assert_close(loss_of(0.95, 0.5), 16.82, 5e-4);
    assert_close(loss_of(0.99, 0.0), 57.26, 1e-4);
    assert_close(loss_of(0.5, log(2.0)), 0.0, 1e-12);
}

static void primary_sources_pull_32_7_times_harder_than_coordinated_ones(void **state)
{
    (void)state;
    double primary = ya_distrust_pull(&DEFAULTS, ya_distrust_s(0.05, 7.5));
    double coordinated = ya_distrust_pull(&DEFAULTS, ya_distrust_s(0.90, 1.0));
    assert_close(primary / coordinated, 32.7, 1e-3);
    assert_true(coordinated == 1.0);
}

static void the_pull_never_grows_with_w_nor_falls_with_h(void **state)
{
    (void)state;
    for (int w = 0; w < 99; w++)
        for (int h = 0; h < 120; h++) {
            double here = ya_distrust_pull(&DEFAULTS, ya_distrust_s(w * 0.01, h * 0.1));
            double more_w = ya_distrust_pull(&DEFAULTS, ya_distrust_s((w + 1) * 0.01, h * 0.1));
            double more_h = ya_distrust_pull(&DEFAULTS, ya_distrust_s(w * 0.01, (h + 1) * 0.1));
            assert_true(more_w <= here);
            assert_true(more_h >= here);
            assert_true(here >= 1.0 && here <= DEFAULTS.max_ratio);
        }
}

static void only_the_weighted_mode_pulls(void **state)
{
    (void)state;
    ya_distrust config = DEFAULTS;
    config.mode = YA_DISTRUST_OFF;
    assert_true(ya_distrust_pull(&config, ya_distrust_s(0.05, 7.5)) == 1.0);
    config.mode = YA_DISTRUST_ADDITIVE;
    assert_true(ya_distrust_pull(&config, ya_distrust_s(0.05, 7.5)) == 1.0);
    config.mode = YA_DISTRUST_WEIGHTED;
    config.strength = 0.0;
    assert_true(ya_distrust_pull(&config, ya_distrust_s(0.05, 7.5)) == 1.0);
}

static void labels_out_of_range_are_refused_with_their_value(void **state)
{
    (void)state;
    ya_error err;
    assert_int_equal(ya_distrust_check_labels(0.0, 0.0, &err), YA_OK);
    assert_int_equal(ya_distrust_check_labels(0.99, 40.0, &err), YA_OK);
    assert_int_equal(ya_distrust_check_labels(0.995, 1.0, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "auth_weight is 0.995"));
    assert_int_equal(ya_distrust_check_labels(-0.5, 1.0, &err), YA_ERR_DATA);
    assert_int_equal(ya_distrust_check_labels(0.5, -0.25, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "prov_entropy is -0.25"));
    assert_int_equal(ya_distrust_check_labels(0.5, INFINITY, &err), YA_ERR_DATA);
    assert_int_equal(ya_distrust_check_labels(0.5, NAN, &err), YA_ERR_DATA);
    assert_int_equal(ya_distrust_check_labels(NAN, 1.0, &err), YA_ERR_DATA);
}

static void settings_out_of_range_are_refused(void **state)
{
    (void)state;
    ya_error err;
    ya_distrust bad[8];
    for (int i = 0; i < 8; i++)
        bad[i] = DEFAULTS;
    bad[0].alpha = 2.29;
    bad[1].alpha = 3.01;
    bad[2].alpha = NAN;
    bad[3].strength = 2.1;
    bad[4].max_ratio = 0.5;
    bad[5].max_ratio = INFINITY;
    bad[6].lambda = -0.01;
    bad[7].lambda = INFINITY;
    assert_int_equal(ya_distrust_check(&DEFAULTS, &err), YA_OK);
    for (int i = 0; i < 8; i++)
        assert_int_equal(ya_distrust_check(&bad[i], &err), YA_ERR_USAGE);
}

static void the_effective_sample_size_counts_equal_weights_fully(void **state)
{
    (void)state;
    assert_close(ya_effective_sample_size(4.0, 4.0), 4.0, 1e-15);
    assert_close(ya_effective_sample_size(33.7, 32.7 * 32.7 + 1.0), 1.06110, 1e-4);
    assert_true(ya_effective_sample_size(0.0, 0.0) == 0.0);
}

static double real(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void golden_values_hold_within_1e_12(void **state)
{
    (void)state;
    json_t *json = json_load_file(fixture("fixtures/models/scalars.json"), 0, NULL);
    if (!json)
        skip();
    const json_t *rows = json_object_get(json, "distrust");
    assert_true(json_array_size(rows) >= 60);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        ya_distrust config = DEFAULTS;
        config.alpha = real(row, "alpha");
        config.max_ratio = real(row, "max_ratio");
        config.strength = real(row, "strength");
        double s = ya_distrust_s(real(row, "w"), real(row, "H"));
        assert_close(s, real(row, "s"), 1e-12);
        assert_close(ya_distrust_loss(config.alpha, s), real(row, "L"), 1e-12);
        assert_close(ya_distrust_pull(&config, s), real(row, "v"), 1e-12);
    }
    const json_t *errors = json_object_get(json, "distrust_errors");
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const json_t *row = json_array_get(errors, i);
        ya_distrust config = DEFAULTS;
        config.alpha = real(row, "alpha");
        ya_status settings = ya_distrust_check(&config, NULL);
        ya_status labels = ya_distrust_check_labels(real(row, "w"), real(row, "H"), NULL);
        assert_true(settings != YA_OK || labels != YA_OK);
    }
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_values_of_the_specification_hold),
        cmocka_unit_test(primary_sources_pull_32_7_times_harder_than_coordinated_ones),
        cmocka_unit_test(the_pull_never_grows_with_w_nor_falls_with_h),
        cmocka_unit_test(only_the_weighted_mode_pulls),
        cmocka_unit_test(labels_out_of_range_are_refused_with_their_value),
        cmocka_unit_test(settings_out_of_range_are_refused),
        cmocka_unit_test(the_effective_sample_size_counts_equal_weights_fully),
        cmocka_unit_test(golden_values_hold_within_1e_12),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
