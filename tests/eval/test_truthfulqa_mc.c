/* MC1 and MC2 of `validate` on a real 4-bit model against lm-evaluation-harness's figures on the
 * same weights in PyTorch (shared/fixtures/make_truthfulqa.py). labels: no_asan */
#include "eval/validate.h"

#include "support/command.h"
#include "support/fixture.h"
#include "support/scratch.h"
#include "support/smollm2.h"

#include <math.h>

enum { QUESTIONS = 8 };
static const double BOUND = 1e-3; /* shared/fixtures/smollm2/README.md */
static char gguf[4096];

static void compare(const json_t *found, const json_t *wanted, size_t question)
{
    assert_int_equal(json_array_size(found), json_array_size(wanted));
    for (size_t k = 0; k < json_array_size(wanted); k++) {
        double error = fabs(json_number_value(json_array_get(found, k)) -
                            json_number_value(json_array_get(wanted, k)));
        if (!(error <= BOUND))
            fail_msg("choice %zu of question %zu is off by %g", k, question, error);
    }
}

static void choices_and_scores_are_those_of_the_harness(void **state)
{
    (void)state;
    char flags[16384];
    ya_error err = {0};
    json_t *golden = json_load_file(fixture("fixtures/smollm2/truthfulqa.json"), 0, NULL);
    assert_non_null(golden);
    assert_int_equal(json_integer_value(json_object_get(golden, "first")), 0);
    snprintf(flags, sizeof flags, "--model %s --benchmarks truthfulqa --data %s --limit %d --json",
             gguf, fixture("data/truthfulqa_mc_task.json"), QUESTIONS);
    if (command_run(YA_FOR_VALIDATE, YA_SET_adapter, ya_validate, flags, scratch("out.json"), &err))
        fail_msg("%s", err.text);
    json_t *results = json_load_file(scratch("out.json"), 0, NULL);
    double mc1 = 0, mc2 = 0;
    for (size_t i = 0; i < QUESTIONS; i++) {
        const json_t *row = json_array_get(json_object_get(golden, "rows"), i);
        const json_t *item =
            json_object_get(json_array_get(json_object_get(results, "items"), i), "base");
        compare(json_object_get(item, "mc1_ll"),
                json_object_get(json_object_get(row, "mc1_targets"), "ll"), i);
        compare(json_object_get(item, "mc2_ll"),
                json_object_get(json_object_get(row, "mc2_targets"), "ll"), i);
        assert_int_equal(json_integer_value(json_object_get(item, "mc1")),
                         json_integer_value(json_object_get(row, "mc1")));
        mc1 += json_number_value(json_object_get(row, "mc1")) / QUESTIONS;
        mc2 += json_number_value(json_object_get(row, "mc2")) / QUESTIONS;
    }
    assert_true(fabs(figure_of(results, "mc1", "all", "base") - mc1) < 1e-12);
    assert_true(fabs(figure_of(results, "mc2", "all", "base") - mc2) < BOUND);
    json_decref(results);
    json_decref(golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        choices_and_scores_are_those_of_the_harness, scratch_setup, scratch_teardown)};
    if (!fixture_is_there("fixtures/smollm2/truthfulqa.json"))
        return EXIT_SKIPPED;
    need_smollm2(gguf);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
