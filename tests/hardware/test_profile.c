#include "hardware/profile.h"

#include "memory/system.h"
#include "settings/settings.h"

#include "support/cmocka_all.h"

#include <math.h>
#include <string.h>

static const char *name_for(double gb)
{
    return ya_profile_for((uint64_t)(gb * (double)YA_GB)).file->name;
}

static void the_largest_profile_that_a_machine_fills_is_chosen(void **state)
{
    (void)state;
    assert_string_equal(name_for(8), "hardware/base_16gb.yaml");
    assert_string_equal(name_for(15.5), "hardware/base_16gb.yaml");
    assert_string_equal(name_for(24), "hardware/base_16gb.yaml");
    assert_string_equal(name_for(31.2), "hardware/pro_32gb.yaml");
    assert_string_equal(name_for(62.7), "hardware/max_64gb.yaml");
    assert_string_equal(name_for(96), "hardware/ultra_96gb.yaml");
    assert_string_equal(name_for(1024), "hardware/ultra_192gb.yaml");
}

/* What setup writes is a configuration; only the machine's own figures differ. */
static void a_profile_made_to_measure_is_read_as_settings(void **state)
{
    (void)state;
    ya_error err;
    for (int i = 0; i < 8; i++) { /* 6 to 246 GB */
        double gb = 6.0 * pow(1.7, i);
        uint64_t memory = (uint64_t)(gb * (double)YA_GB);
        ya_profile profile = ya_profile_for(memory);
        ya_buffer text = {0};
        ya_settings made, original;
        assert_int_equal(ya_profile_write(&profile, memory, "a note", &text, &err), YA_OK);
        assert_int_equal(ya_settings_init(&made, &err), YA_OK);
        assert_int_equal(ya_settings_init(&original, &err), YA_OK);
        if (ya_settings_parse_yaml(&made, text.data, text.size, "made", &err) != YA_OK)
            fail_msg("%s", err.text);
        assert_int_equal(ya_settings_parse_yaml(&original, profile.file->text, profile.file->size,
                                                "original", &err),
                         YA_OK);
        assert_true(made.memory_gb > gb - 0.06 && made.memory_gb < gb + 0.06);
        assert_true(made.training_budget_gb < made.memory_gb);
        assert_true(made.training_budget_gb > 0.7 * made.memory_gb);
        assert_string_equal(made.notes, "a note");
        assert_int_equal(made.lora_rank, original.lora_rank);
        assert_int_equal(made.max_seq_length, original.max_seq_length);
        assert_int_equal(made.n_tier_values, original.n_tier_values);
        ya_settings_free(&made);
        ya_settings_free(&original);
        ya_buffer_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_profile_that_a_machine_fills_is_chosen),
        cmocka_unit_test(a_profile_made_to_measure_is_read_as_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
