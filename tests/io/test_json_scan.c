#include "io/json_scan.h"

#include "base/random.h"
#include "support/cmocka_all.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 64, LINE = 4096 };

/* The whole text is one value. */
static bool scans(const char *text, size_t size, ya_json_value *value)
{
    const char *end = text + size, *at = ya_json_scan(text, end, DEPTH, value);
    return at && ya_json_skip_space(at, end) == end;
}

static void assert_scans(const char *text, bool good)
{
    ya_json_value value;
    size_t size = strlen(text);
    char *copy = malloc(size); /* so that a sanitizer sees a read behind the end */
    assert_non_null(copy);
    memcpy(copy, text, size);
    if (scans(copy, size, &value) != good)
        fail_msg("%s is %s", text, good ? "refused" : "taken");
    free(copy);
}

static void what_rfc_8259_allows_is_taken(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0",
        "-0",
        "10",
        "-1.5e+10",
        "1E5",
        "0.0",
        "1e999",
        "true",
        "false",
        "null",
        "\"\"",
        " [ ] ",
        "{}",
        "[1,2 , 3]",
        "{\"a\":{\"b\":[null]}, \"a\":\"\"}",
        "\"\\u00e9\\n\\/\"",
        "\"\\uD83D\\uDe00\"",
        "\"0123456789abcdef\\\"0123456789abcdef\"",
        "\"\x7f\"",
        "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_scans(good[i], true);
}

static void what_rfc_8259_does_not_allow_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "00",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "tru",
        "truex",
        "nul",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u12\"",
        "\"\t\"",
        "\"a\n\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800x\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "[",
        "[1,]",
        "[,]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:2}",
        "[1}",
        "{\"a\":1]",
        "1 2",
        "\"\x80\"",
        "\"\xc0\x80\"",
        "\"\xc1\xbf\"",
        "\"\xc2\"",
        "\"\xe0\x9f\xbf\"",
        "\"\xed\xa0\x80\"",
        "\"\xf0\x8f\xbf\xbf\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xf5\x80\x80\x80\"",
        "\"\xe2\x82\"",
        "\"\xff\"",
        ("\"0123456789abcdef\x01"
         "0123456789abcdef\""),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_scans(bad[i], false);
}

static void a_nul_is_no_json(void **state)
{
    (void)state;
    ya_json_value value;
    assert_false(scans("\"a\0b\"", 5, &value));
    assert_false(scans("1\0", 2, &value));
    assert_false(scans("\"\\\0\"", 4, &value));
}

static void nesting_is_limited(void **state)
{
    (void)state;
    ya_json_value value;
    const char *text = "[[]]";
    assert_non_null(ya_json_scan(text, text + 4, 2, &value));
    assert_null(ya_json_scan(text, text + 4, 1, &value));
    text = "{\"a\":[]}";
    assert_null(ya_json_scan(text, text + 8, 1, &value));
    assert_non_null(ya_json_scan(text, text + 8, 2, &value));
}

/* Against jansson: ----------------------------------------------------------------------------- */

static bool equals(const ya_json_value *value, const json_t *json);

static bool equal_strings(const ya_json_value *value, const char *text, size_t size)
{
    char *copy = malloc(value->size + 1);
    assert_non_null(copy);
    size_t n = ya_json_unescape(copy, value->text, value->size);
    bool equal = n == size && memcmp(copy, text, size) == 0 &&
                 (value->escaped || memcmp(value->text, text, size) == 0);
    free(copy);
    return equal;
}

static bool equal_objects(ya_json_cursor *cursor, const json_t *json)
{
    ya_json_value name, value;
    json_t *seen = json_object();
    bool equal = true;
    char key[LINE];
    while (equal && ya_json_next_member(cursor, &name, &value)) {
        size_t n = ya_json_unescape(key, name.text, name.size);
        json_t *other = json_object_getn(json, key, n);
        /* of a repeated key jansson has the last */
        json_object_setn_new(seen, key, n, equals(&value, other) ? json_true() : json_false());
    }
    const char *each;
    json_t *is_equal;
    json_object_foreach(seen, each, is_equal) equal = equal && json_is_true(is_equal);
    equal = equal && json_object_size(seen) == json_object_size(json);
    json_decref(seen);
    return equal && !cursor->bad;
}

static bool equals(const ya_json_value *value, const json_t *json)
{
    ya_json_cursor cursor;
    ya_json_value item;
    size_t n = 0;
    switch (value->type) {
    case YA_JSON_STRING:
        return json_is_string(json) &&
               equal_strings(value, json_string_value(json), json_string_length(json));
    case YA_JSON_NUMBER:
        return json_is_number(json) && strtod(value->text, NULL) == json_number_value(json);
    case YA_JSON_BOOLEAN:
        return json_is_boolean(json) && (*value->text == 't') == json_is_true(json);
    case YA_JSON_NULL:
        return json_is_null(json);
    case YA_JSON_ARRAY:
        assert_true(ya_json_enter(&cursor, value->text, value->text + value->size, DEPTH));
        while (ya_json_next_item(&cursor, &item))
            if (!equals(&item, json_array_get(json, n++)))
                return false;
        return !cursor.bad && n == json_array_size(json);
    default:
        assert_true(ya_json_enter(&cursor, value->text, value->text + value->size, DEPTH));
        return equal_objects(&cursor, json);
    }
}

static uint64_t draws;

static unsigned draw(unsigned n)
{
    return (unsigned)(ya_splitmix64(5, draws++) % n);
}

/* Appends a made value; at most about LINE bytes in all. */
static void make_value(char *line, int depth)
{
    static const char *const words[] = {
        "true",
        "false",
        "null",
        "0",
        "-1",
        "12.5",
        "1e3",
        "-0.25E-2",
        "\"\"",
        "\"plain text of some words\"",
        "\"\\u00e9\\ud83d\\ude00 \\\\ \\\"\"",
        "\"\\u0000\"",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
        "123456789012345678",
        "\"0123456789abcdef0123456789abcdef\"",
    };
    unsigned kind = draw(4), n = draw(4);
    if (depth == 0 || kind < 2 || strlen(line) > LINE / 4) {
        strcat(line, words[draw(sizeof words / sizeof *words)]);
        return;
    }
    strcat(line, kind == 2 ? "[" : "{ ");
    for (unsigned i = 0; i < n; i++) {
        static const char *const keys[] = {"a", "b", "\\u0061", "text", "\xc3\xa9"};
        strcat(line, i ? ", " : "");
        if (kind == 3)
            sprintf(line + strlen(line), "\"%s\" :", keys[draw(5)]);
        make_value(line, depth - 1);
    }
    strcat(line, kind == 2 ? " ]" : "}");
}

/* Overwrites, drops or adds a few bytes, of those that matter. */
static size_t mutate(char *line, size_t size)
{
    static const char bytes[] = "\"\\{}[],:u0e.-+tn \t\x01\x80\xc3\xed\xa0\xf4\xff/dD8";
    for (unsigned left = draw(3); left > 0 && size > 0; left--) {
        size_t at = draw((unsigned)size);
        switch (draw(3)) {
        case 0:
            line[at] = bytes[draw(sizeof bytes - 1)]; /* a NUL jansson may take for white space */
            break;
        case 1:
            memmove(line + at, line + at + 1, --size - at);
            break;
        default:
            memmove(line + at + 1, line + at, size++ - at);
            line[at] = bytes[draw(sizeof bytes - 1)];
        }
    }
    return size;
}

static void made_and_broken_texts_are_read_as_jansson_reads_them(void **state)
{
    (void)state;
    int n_good = 0, n_bad = 0;
    for (int i = 0; i < 100000; i++) {
        char line[2 * LINE] = "";
        make_value(line, 4);
        size_t size = mutate(line, strlen(line));
        line[size] = '\0'; /* for strtod */
        ya_json_value value;
        json_error_t error;
        json_t *json = json_loadb(line, size, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
        bool good = scans(line, size, &value);
        bool overflows = !json && json_error_code(&error) == json_error_numeric_overflow;
        if ((good != (json != NULL) && !overflows) || (good && json && !equals(&value, json)))
            fail_msg("%.*s: %s, jansson: %s", (int)size, line, good ? "taken" : "refused",
                     json ? "taken" : error.text);
        n_good += good;
        n_bad += !good;
        json_decref(json);
    }
    assert_true(n_good > 10000 && n_bad > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rfc_8259_allows_is_taken),
        cmocka_unit_test(what_rfc_8259_does_not_allow_is_refused),
        cmocka_unit_test(a_nul_is_no_json),
        cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(made_and_broken_texts_are_read_as_jansson_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
