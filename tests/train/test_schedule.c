#include "train/schedule.h"

#include "support/fixture.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void warm_up_begins_at_1e_7_and_ends_at_the_peak(void **state)
{
    (void)state;
    ya_schedule s = {YA_SCHEDULE_COSINE, 20, 5, 1e-3};
    assert_true(ya_schedule_rate(&s, 0) == 1e-7);
    assert_true(ya_schedule_rate(&s, 5) == 1e-3);
    assert_true(ya_schedule_rate(&s, 4) < 1e-3);
    assert_true(ya_schedule_rate(&s, 19) > 0.0);
}

static void a_schedule_that_is_run_past_its_end_stays_at_its_end(void **state)
{
    (void)state;
    ya_schedule s = {YA_SCHEDULE_LINEAR, 10, 0, 1e-3};
    assert_true(ya_schedule_rate(&s, 10) == 0.0);
    assert_true(ya_schedule_rate(&s, 1000) == 0.0);
    s.kind = YA_SCHEDULE_CONSTANT;
    assert_true(ya_schedule_rate(&s, 1000) == 1e-3);
}

static void the_default_warm_up_is_a_tenth_and_at_most_100(void **state)
{
    (void)state;
    assert_int_equal(ya_schedule_default_warmup(1), 0);
    assert_int_equal(ya_schedule_default_warmup(20), 2);
    assert_int_equal(ya_schedule_default_warmup(5000), 100);
}

static ya_schedule_kind kind_of(const char *name)
{
    if (strcmp(name, "cosine") == 0)
        return YA_SCHEDULE_COSINE;
    return strcmp(name, "linear") == 0 ? YA_SCHEDULE_LINEAR : YA_SCHEDULE_CONSTANT;
}

static void golden_rates_hold_within_1e_12(void **state)
{
    (void)state;
    json_t *json = json_load_file(fixture("fixtures/models/scalars.json"), 0, NULL);
    if (!json)
        skip();
    const json_t *rows = json_object_get(json, "schedules");
    assert_true(json_array_size(rows) >= 12);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *rates = json_object_get(row, "lr");
        ya_schedule s = {
            .kind = kind_of(json_string_value(json_object_get(row, "kind"))),
            .steps = json_integer_value(json_object_get(row, "steps")),
            .warmup = json_integer_value(json_object_get(row, "warmup")),
            .peak = json_number_value(json_object_get(row, "lr_peak")),
        };
        assert_int_equal((int64_t)json_array_size(rates), s.steps);
        for (int64_t k = 0; k < s.steps; k++) {
            double expected = json_number_value(json_array_get(rates, (size_t)k));
            assert_true(fabs(ya_schedule_rate(&s, k) - expected) <= 1e-12 * fabs(expected));
        }
    }
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warm_up_begins_at_1e_7_and_ends_at_the_peak),
        cmocka_unit_test(a_schedule_that_is_run_past_its_end_stays_at_its_end),
        cmocka_unit_test(the_default_warm_up_is_a_tenth_and_at_most_100),
        cmocka_unit_test(golden_rates_hold_within_1e_12),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
