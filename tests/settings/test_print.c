#include "settings/fixture.h"

#include "io/json.h"

static void the_printed_configuration_reads_back_the_same(void **state)
{
    (void)state;
    assert_int_equal(parse("{model: 'a \"b\" \\ c', data: ['x, y', \"z\\n\"], learning_rate: 0.1, "
                           "max_memory: 1234567890, lora_targets: 'q,down', epochs: 0.3, "
                           "dtype: bf16, packing: false, distrust_mode: additive, "
                           "training_budget_gb: 3.7, notes: \"caf\xc3\xa9: # no\"}"),
                     YA_OK);
    assert_int_equal(ya_settings_finish(&s, YA_FOR_TRAIN, &err), YA_OK);
    ya_buffer first = {0}, second = {0};
    assert_int_equal(ya_settings_print_json(&s, YA_FOR_TRAIN, &first, &err), YA_OK);
    ya_buffer yaml = {0};
    assert_int_equal(ya_settings_print_yaml(&s, YA_FOR_TRAIN, &yaml, &err), YA_OK);
    assert_int_equal(drop(NULL), 0);
    assert_int_equal(fresh(NULL), 0);
    if (parse(yaml.data) != YA_OK)
        fail_msg("%s\n%s", err.text, yaml.data);
    assert_int_equal(ya_settings_finish(&s, YA_FOR_TRAIN, &err), YA_OK);
    assert_int_equal(ya_settings_print_json(&s, YA_FOR_TRAIN, &second, &err), YA_OK);
    assert_string_equal(first.data, second.data);
    ya_buffer_free(&first);
    ya_buffer_free(&second);
    ya_buffer_free(&yaml);
}

static void each_line_says_where_its_value_comes_from(void **state)
{
    (void)state;
    ya_buffer yaml = {0};
    assert_int_equal(parse("steps: 3\n"), YA_OK);
    assert_int_equal(ya_settings_set(&s, YA_SET_batch_size, "2", YA_FROM_FLAG, &err), YA_OK);
    assert_int_equal(ya_settings_print_yaml(&s, YA_FOR_TRAIN, &yaml, &err), YA_OK);
    const char *steps = strstr(yaml.data, "\nsteps: 3 "),
               *batch = strstr(yaml.data, "batch_size: 2 "),
               *rate = strstr(yaml.data, "learning_rate: 5e-05 ");
    assert_non_null(steps);
    assert_non_null(batch);
    assert_non_null(rate);
    assert_memory_equal(strchr(steps, '#'), "# file\n", 7);
    assert_memory_equal(strchr(batch, '#'), "# flag\n", 7);
    assert_memory_equal(strchr(rate, '#'), "# default\n", 10);
    assert_null(strstr(yaml.data, "prompt"));
    ya_buffer_free(&yaml);
}

static void the_json_is_typed(void **state)
{
    (void)state;
    ya_buffer out = {0};
    json_t *document = NULL;
    int64_t steps = 0;
    bool packing = false;
    assert_int_equal(ya_settings_print_json(&s, YA_FOR_PLAN, &out, &err), YA_OK);
    assert_int_equal(ya_json_parse(out.data, out.size, "settings", &document, &err), YA_OK);
    assert_true(ya_json_get_i64(document, "steps", &steps) && steps == 5000);
    assert_true(ya_json_get_bool(document, "packing", &packing) && packing);
    assert_string_equal(ya_json_get_text(document, "max_memory"), "none");
    assert_string_equal(ya_json_get_text(document, "lora_targets"), "q,k,v,o");
    assert_true(json_is_null(json_object_get(document, "model")));
    json_decref(document);
    ya_buffer_free(&out);
}

static void help_of_every_command_names_its_settings_and_fits_the_line(void **state)
{
    (void)state;
    for (int c = 0; c < YA_N_COMMANDS; c++) {
        ya_buffer help = {0};
        assert_int_equal(ya_settings_help(1u << c, &help, &err), YA_OK);
        for (int id = 0; id < YA_N_SETTINGS; id++) {
            const ya_setting *row = ya_setting_get((ya_setting_id)id);
            char option[64];
            snprintf(option, sizeof option, "--%s", ya_setting_flag(row, 1u << c));
            for (char *at = option; *at; at++)
                *at = *at == '_' ? '-' : *at;
            if ((row->commands & 1u << c) && !(row->commands & YA_HIDDEN) &&
                row->type != YA_TYPE_BOOL)
                assert_non_null(strstr(help.data, option));
        }
        for (const char *line = help.data; *line; line += strcspn(line, "\n") + 1)
            assert_true(strcspn(line, "\n") <= 100);
        ya_buffer_free(&help);
    }
}

static void the_reference_has_a_row_for_every_setting(void **state)
{
    (void)state;
    ya_buffer page = {0};
    assert_int_equal(ya_settings_reference(&page, &err), YA_OK);
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        char row[64];
        snprintf(row, sizeof row, "\n| `%s` |", ya_setting_get((ya_setting_id)i)->name);
        if (!strstr(page.data, row))
            fail_msg("%s is not in the reference", row);
    }
    ya_buffer_free(&page);
}

static void every_default_lies_in_its_range_and_prints_to_itself(void **state)
{
    (void)state;
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        ya_buffer value = {0}, again = {0};
        assert_int_equal(ya_settings_value(&s, (ya_setting_id)i, &value, &err), YA_OK);
        if (value.size) {
            if (ya_settings_set(&s, (ya_setting_id)i, value.data, YA_FROM_FLAG, &err) != YA_OK)
                fail_msg("%s: %s", row->name, err.text);
            assert_int_equal(ya_settings_value(&s, (ya_setting_id)i, &again, &err), YA_OK);
            assert_string_equal(value.data, again.data);
        }
        ya_buffer_free(&value);
        ya_buffer_free(&again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_printed_configuration_reads_back_the_same),
        CASE(each_line_says_where_its_value_comes_from),
        CASE(the_json_is_typed),
        CASE(help_of_every_command_names_its_settings_and_fits_the_line),
        CASE(the_reference_has_a_row_for_every_setting),
        CASE(every_default_lies_in_its_range_and_prints_to_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
