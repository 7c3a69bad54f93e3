#include "model/preset.h"

#include "model/model.h"
#include "settings/settings.h"

#include "support/cmocka_all.h"

#include <math.h>
#include <string.h>

static void presets_are_the_models_they_name(void **state)
{
    (void)state;
    static const char *const tiers[] = {"small", "medium", "large", "xlarge"};
    ya_preset presets[YA_MAX_PRESETS];
    int n = ya_presets(presets);
    assert_true(n >= 5);
    for (int i = 0; i < n; i++) {
        ya_model *model;
        ya_error err;
        assert_int_equal(
            ya_model_open_shape(&model, &presets[i].shape, YA_BF16, presets[i].name, &err), YA_OK);
        /* the parameters of the shape are those that its makers count, norms left out */
        double counted = (double)model->n_parameters;
        if (fabs(counted / presets[i].parameters - 1.0) > 2e-3)
            fail_msg("%s: %g parameters, not %g", presets[i].name, counted, presets[i].parameters);
        assert_string_equal(tiers[ya_tier_of(model->n_parameters)], presets[i].tier);
        assert_int_equal(model->mapped_bytes, 2 * model->n_parameters);
        ya_model_close(model);
    }
}

static void names_and_hub_names_find_them(void **state)
{
    (void)state;
    ya_preset preset;
    assert_true(ya_preset_find(&preset, "hermes-70b"));
    assert_int_equal(preset.shape.n_layers, 80);
    assert_true(ya_preset_find(&preset, "NousResearch/Hermes-2-Pro-Mistral-7B"));
    assert_string_equal(preset.name, "hermes-mistral-7b");
    assert_int_equal(preset.shape.sliding_window, 4096);
    assert_false(ya_preset_find(&preset, "hermes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_are_the_models_they_name),
        cmocka_unit_test(names_and_hub_names_find_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
