/* The weights of a data set, and what a step reports by band. */
#include "train/objective.h"

#include "support/cmocka_all.h"

#include <math.h>

static const ya_distrust weighted = {YA_DISTRUST_WEIGHTED, 2.7, 1.0, 64.0, 0.01};

/* Two primary records, one between, one coordinated, one without labels, one without targets. */
static const ya_data_record records[] = {
    {.length = 9, .n_targets = 8, .auth_weight = 0.05, .prov_entropy = 7.5},
    {.length = 9, .n_targets = 4, .auth_weight = 0.15, .prov_entropy = 12.0},
    {.length = 9, .n_targets = 2, .auth_weight = 0.5, .prov_entropy = 0.5},
    {.length = 9, .n_targets = 6, .auth_weight = 0.99, .prov_entropy = 0.0},
    {.length = 9, .n_targets = 5, .auth_weight = NAN, .prov_entropy = NAN},
    {.length = 9, .n_targets = 0, .auth_weight = 0.9, .prov_entropy = 1.0},
};
enum { N = sizeof records / sizeof *records };

static void bins_hold_every_labelled_record_once(void **state)
{
    (void)state;
    const ya_dataset data = {.records = records, .n_records = N, .n_sources = 1};
    ya_weights w;
    uint64_t by_w = 0, by_h = 0;
    double share_w = 0.0, share_h = 0.0;
    ya_weights_find(&w, &weighted, &data);
    for (int i = 0; i < YA_LABEL_BINS; i++) {
        by_w += w.by_w.records[i];
        by_h += w.by_h.records[i];
        share_w += w.by_w.share[i];
        share_h += w.by_h.share[i];
    }
    assert_int_equal(by_w, N - 1);
    assert_int_equal(by_h, N - 1);
    assert_int_equal(w.by_w.records[1], 1); /* 0.05 begins a bin, and so does 0.15 */
    assert_int_equal(w.by_w.records[3], 1);
    assert_int_equal(w.by_w.records[19], 1);                /* 0.99 */
    assert_int_equal(w.by_h.records[YA_LABEL_BINS - 1], 1); /* 12 bits: the open bin */
    assert_int_equal(w.low, 2);
    assert_int_equal(w.mid, 1);
    assert_int_equal(w.high, 2);
    /* the record without labels has the rest of the weight, at v = 1 or NaN's floor */
    assert_true(share_w > 0.0 && share_w < 1.0);
    assert_true(fabs(share_w - share_h) < 1e-12);
    double v = ya_distrust_pull(&weighted, ya_distrust_s(0.05, 7.5));
    assert_true(fabs(w.by_w.share[1] / w.by_w.share[19] - v * 8 / 6) < 1e-9);
}

static void a_step_reports_the_cross_entropy_of_each_band(void **state)
{
    (void)state;
    const ya_data_record *step[] = {&records[0], &records[1], &records[3], &records[5]};
    const double sum_ce[] = {16.0, 20.0, 3.0, 0.0};
    ya_objective o;
    ya_objective_find(&o, &weighted, 1.0, step, 4, sum_ce);
    assert_true(fabs(o.ce - 39.0 / 18.0) < 1e-12);
    assert_true(fabs(o.band_ce[YA_BAND_LOW] - 3.0) < 1e-12);
    assert_true(isnan(o.band_ce[YA_BAND_MID])); /* none in the step */
    assert_true(fabs(o.band_ce[YA_BAND_HIGH] - 0.5) < 1e-12);
}

static void bands_end_where_the_specification_says(void **state)
{
    (void)state;
    assert_int_equal(ya_band_of(0.0), YA_BAND_LOW);
    assert_int_equal(ya_band_of(0.2999), YA_BAND_LOW);
    assert_int_equal(ya_band_of(0.3), YA_BAND_MID);
    assert_int_equal(ya_band_of(0.7), YA_BAND_MID);
    assert_int_equal(ya_band_of(0.7001), YA_BAND_HIGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_hold_every_labelled_record_once),
        cmocka_unit_test(a_step_reports_the_cross_entropy_of_each_band),
        cmocka_unit_test(bands_end_where_the_specification_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
