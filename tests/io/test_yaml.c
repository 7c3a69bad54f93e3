#include "io/yaml.h"

#include "support/cmocka_all.h"

#include <string.h>

static void assert_json(const char *yaml, const char *json)
{
    json_t *found, *wanted = json_loads(json, JSON_DECODE_ANY, NULL);
    ya_error err;
    if (ya_yaml_parse(yaml, strlen(yaml), "test.yaml", &found, &err) != YA_OK)
        fail_msg("%s", err.text);
    assert_true(json_equal(found, wanted));
    json_decref(found);
    json_decref(wanted);
}

static void assert_refused(const char *yaml, const char *words)
{
    json_t *found;
    ya_error err;
    assert_int_equal(ya_yaml_parse(yaml, strlen(yaml), "test.yaml", &found, &err), YA_ERR_FORMAT);
    assert_null(found);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

static void values_become_json(void **state)
{
    (void)state;
    assert_json("a: 1\nb: [x, 2.5, -3e2, \"4\", true, ~]\nc:\n  d: {e: '', f: 1.2.3}\n",
                "{\"a\": 1, \"b\": [\"x\", 2.5, -300.0, \"4\", true, null],"
                " \"c\": {\"d\": {\"e\": \"\", \"f\": \"1.2.3\"}}}");
    assert_json("just text", "\"just text\"");
    assert_json("99999999999999999999", "1e20");
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    assert_refused("a: 1\na: 2\n", "test.yaml:2: the key a stands twice");
    assert_refused("a: &x 1\nb: *x\n", "test.yaml:1: anchors");
    assert_refused("a: [1, 2\n", "test.yaml:2");
    assert_refused("", "nothing in it");
    assert_refused("[a]: 1\n", "a key must be a word");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    char deep[256];
    memset(deep, '[', 200);
    deep[200] = '\0';
    assert_refused(deep, "nested too deep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_json),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(deep_nesting_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
