#include "io/json.h"

#include "base/alloc.h"
#include "support/scratch.h"

static void a_bad_document_is_told_with_line_and_column(void **state)
{
    (void)state;
    json_t *json;
    ya_error err = {0};
    const char *path = scratch_text("bad.json", "{\n  \"a\": 1,,\n}");
    assert_int_equal(ya_json_read_file(path, &json, &err), YA_ERR_FORMAT);
    assert_null(json);
    assert_non_null(strstr(err.text, "bad.json:2:"));
    assert_int_equal(ya_json_parse("{} x", 4, "here", &json, &err), YA_ERR_FORMAT);
    assert_non_null(strstr(err.text, "here:1:4"));
    assert_int_equal(ya_json_read_file(scratch("none.json"), &json, &err), YA_ERR_IO);
}

static void endless_nesting_is_refused(void **state)
{
    (void)state;
    json_t *json;
    char deep[5000];
    memset(deep, '[', sizeof deep);
    assert_int_equal(ya_json_parse(deep, sizeof deep, "deep", &json, NULL), YA_ERR_FORMAT);
}

static void members_are_given_only_with_the_right_type(void **state)
{
    (void)state;
    static const char text[] = "{\"i\":7,\"r\":0.5,\"b\":true,\"t\":\"x\",\"n\":null}";
    json_t *json;
    int64_t integer = -1;
    double real = -1;
    bool truth = false;
    assert_int_equal(ya_json_parse(text, sizeof text - 1, "t", &json, NULL), YA_OK);
    assert_true(ya_json_get_i64(json, "i", &integer) && integer == 7);
    assert_true(ya_json_get_f64(json, "r", &real) && real == 0.5);
    assert_true(ya_json_get_f64(json, "i", &real) && real == 7.0);
    assert_true(ya_json_get_bool(json, "b", &truth) && truth);
    assert_string_equal(ya_json_get_text(json, "t"), "x");
    assert_false(ya_json_get_i64(json, "r", &integer));
    assert_false(ya_json_get_i64(json, "none", &integer));
    assert_false(ya_json_get_f64(json, "t", &real));
    assert_false(ya_json_get_bool(json, "i", &truth));
    assert_null(ya_json_get_text(json, "n"));
    assert_false(ya_json_get_i64(NULL, "i", &integer));
    assert_int_equal(integer, 7);
    json_decref(json);
}

static void integers_beyond_64_bits_are_read_as_reals(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":1000000000000000019884624838656, \"b\": [-99999999999999999999,7,1e30],\n"
        " \"s\": \"\\\"12345678901234567890123\\\\\", \"c\": 9223372036854775807,"
        " \"f\":1e-00000000000000000000002, \"d\":0.12345678901234567890123, "
        "\"e\":12345678901234567890123.5}";
    json_t *json;
    ya_error err = {0};
    double real = 0;
    int64_t integer = 0;
    assert_int_equal(ya_json_parse(text, sizeof text - 1, "t", &json, &err), YA_OK);
    assert_true(ya_json_get_f64(json, "a", &real) && real == 1e30);
    assert_false(ya_json_get_i64(json, "a", &integer));
    json_t *list = json_object_get(json, "b");
    assert_true(json_real_value(json_array_get(list, 0)) == -1e20);
    assert_int_equal(json_integer_value(json_array_get(list, 1)), 7);
    assert_true(json_real_value(json_array_get(list, 2)) == 1e30);
    assert_string_equal(ya_json_get_text(json, "s"), "\"12345678901234567890123\\");
    assert_true(ya_json_get_f64(json, "f", &real) && real == 0.01);
    assert_true(ya_json_get_f64(json, "d", &real) && real == 0.12345678901234567890123);
    assert_true(ya_json_get_f64(json, "e", &real) && real == 12345678901234567890123.5);
    json_decref(json);

    static const char broken[] = "{\"a\": 1000000000000000019884624838656, \"b\": }";
    assert_int_equal(ya_json_parse(broken, sizeof broken - 1, "t", &json, &err), YA_ERR_FORMAT);
    assert_non_null(strstr(err.text, "t:1:"));
    assert_int_equal(ya_json_parse("[1e999]", 7, "t", &json, &err), YA_ERR_FORMAT);
}

static void quoted(const char *text, size_t size, const char *expected)
{
    ya_buffer out = {0};
    assert_int_equal(ya_json_quote(&out, text, size, NULL), YA_OK);
    assert_string_equal(out.data, expected);
    ya_buffer_free(&out);
}

static void texts_are_quoted_and_parse_back(void **state)
{
    (void)state;
    quoted("", 0, "\"\"");
    quoted("plain", 5, "\"plain\"");
    quoted("a\"b\\c/\b\t\n\f\r\x0b\x01\x1f\x7f", 15,
           "\"a\\\"b\\\\c/\\b\\t\\n\\f\\r\\u000b\\u0001\\u001f\x7f\"");
    quoted("x\0y", 3, "\"x\\u0000y\"");
    quoted("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 9, "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    ya_buffer out = {0};
    json_t *json;
    assert_int_equal(ya_json_quote(&out, all, sizeof all, NULL), YA_OK);
    json = json_loadb(out.data, out.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    assert_int_equal(json_string_length(json), 128 + 3 * 128);
    assert_memory_equal(json_string_value(json), all, 128);
    json_decref(json);
    ya_buffer_free(&out);
}

#define BAD "\xEF\xBF\xBD"

/* The expected counts are those of Python's bytes.decode("utf-8", "replace"). */
static void ill_formed_bytes_become_replacement_characters(void **state)
{
    (void)state;
    quoted("a\xFFz", 3, "\"a" BAD "z\"");
    quoted("\xC0\xAF", 2, "\"" BAD BAD "\"");
    quoted("\xE2\x82", 2, "\"" BAD "\"");
    quoted("\xE2\x82z", 3, "\"" BAD "z\"");
    quoted("\xE2\xE2\x82\xAC", 4, "\"" BAD "\xE2\x82\xAC\"");
    quoted("\xED\xA0\x80", 3, "\"" BAD BAD BAD "\"");
    quoted("\xF0\x9F\x98", 3, "\"" BAD "\"");
    quoted("\xF4\x90\x80\x80", 4, "\"" BAD BAD BAD BAD "\"");
    quoted("\xE2\"", 2, "\"" BAD "\\\"\"");
}

static void when_memory_is_out_the_buffer_is_as_it_was(void **state)
{
    (void)state;
    ya_buffer out = {0};
    char big[9000];
    memset(big, 'x', sizeof big);
    big[4000] = '"';
    assert_int_equal(ya_buffer_add(&out, "kept", 4, NULL), YA_OK);
    ya_alloc_fail_at(1);
    ya_status status = ya_json_quote(&out, big, sizeof big, NULL);
    ya_alloc_fail_at(0);
    assert_int_equal(status, YA_ERR_MEMORY);
    assert_string_equal(out.data, "kept");
    assert_int_equal(out.size, 4);
    ya_buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_document_is_told_with_line_and_column),
        cmocka_unit_test(endless_nesting_is_refused),
        cmocka_unit_test(members_are_given_only_with_the_right_type),
        cmocka_unit_test(integers_beyond_64_bits_are_read_as_reals),
        cmocka_unit_test(texts_are_quoted_and_parse_back),
        cmocka_unit_test(ill_formed_bytes_become_replacement_characters),
        cmocka_unit_test(when_memory_is_out_the_buffer_is_as_it_was),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
