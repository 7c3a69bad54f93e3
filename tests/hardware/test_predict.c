#include "hardware/predict.h"

#include "model/model.h"
#include "model/preset.h"

#include "support/cmocka_all.h"

#include <math.h>

static ya_predicted_run run_of(const char *name)
{
    ya_preset preset;
    if (!ya_preset_find(&preset, name))
        fail_msg("no preset %s", name);
    return (ya_predicted_run){
        .shape = preset.shape, .rank = 16, .targets = 15, .row_tokens = 512, .pass_tokens = 512};
}

static void work_is_four_flop_a_weight_and_token(void **state)
{
    (void)state;
    ya_predicted_run run = run_of("llama-8b");
    ya_work work = ya_work_of(&run);
    /* 8.03e9 parameters less the embedding, which is looked up */
    double weights = 8.03e9 - 128256.0 * 4096.0;
    assert_true(fabs(work.weights / (4.0 * weights) - 1.0) < 1e-3);
    /* q, o: 4096 to 4096; k, v: 4096 to 1024; 6 FLOP each */
    assert_true(work.adapter == 6.0 * 32 * 16 * (2 * (4096 + 4096) + 2 * (4096 + 1024)));
    /* two products forward and five backward, of half a row on average */
    assert_true(work.attention == 7.0 * 32 * 512 * 4096);
}

static void fewer_layers_and_checkpointing_change_the_work(void **state)
{
    (void)state;
    ya_predicted_run all = run_of("llama-8b"), half = all, again = all;
    half.layers = 16;
    again.checkpoint = true;
    ya_work a = ya_work_of(&all), h = ya_work_of(&half), c = ya_work_of(&again);
    double head = 4.0 * 128256 * 4096;
    assert_true(fabs((h.weights - head) / (a.weights - head) - 0.75) < 1e-12);
    assert_true(fabs((c.weights - head) / (a.weights - head) - 1.5) < 1e-12);
    assert_true(h.adapter * 2.0 == a.adapter);
}

static void a_faster_machine_and_a_smaller_model_are_faster(void **state)
{
    (void)state;
    ya_predicted_run large = run_of("hermes-70b"), small = run_of("llama-8b");
    ya_speeds slow = {.f32_gflops = 100.0, .read_gb_s = 20.0},
              fast = {.f32_gflops = 1000.0, .read_gb_s = 200.0};
    assert_true(ya_predict_speed(&small, &slow) > 5.0 * ya_predict_speed(&large, &slow));
    assert_true(fabs(ya_predict_speed(&small, &fast) / ya_predict_speed(&small, &slow) - 10.0) <
                1e-9);
    /* never above what the peak alone would allow */
    assert_true(ya_predict_speed(&small, &slow) < 100e9 / ya_work_of(&small).weights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_four_flop_a_weight_and_token),
        cmocka_unit_test(fewer_layers_and_checkpointing_change_the_work),
        cmocka_unit_test(a_faster_machine_and_a_smaller_model_are_faster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
