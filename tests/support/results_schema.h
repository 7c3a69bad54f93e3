/* What docs/RESULTS.md says of a results document, checked on one: the keys and types of its table
 * are read from the page itself, those of the lists' entries are written here as they stand in the
 * table's third column, where each must be named. */
#ifndef TESTS_SUPPORT_RESULTS_SCHEMA_H
#define TESTS_SUPPORT_RESULTS_SCHEMA_H

#include "support/cmocka_all.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA_TEXT = 16384 };

/* s text, n number, N number or null, b true or false, i whole number, o object; "?": may be
 * missing. */
static const char *const schema_figures[] = {"metric:s", "group:s", "system:s", "value:N",
                                             "low:N",    "high:N",  "n:i",      NULL};
static const char *const schema_comparisons[] = {"metric:s",     "group:s",   "a:s",       "b:s",
                                                 "difference:N", "low:N",     "high:N",    "n:i",
                                                 "mcnemar_p:n?", "only_a:i?", "only_b:i?", NULL};
static const char *const schema_thresholds[] = {"metric:s", "group:s",  "system:s", "minimum:n",
                                                "value:N",  "passed:b", NULL};
static const char *const schema_data[] = {"path:s", "sha256:s", NULL};
static const char *const schema_adapters[] = {"seed:i", "system:s", "sha256:s", NULL};
static const char *const schema_model[] = {"path:s", "fingerprint:s", NULL};
static const char *const schema_outcome[] = {"right:b?",  "chosen:i?", "ll:l?",     "answer:s?",
                                             "mc1:i?",    "mc2:N?",    "mc1_ll:l?", "mc2_ll:l?",
                                             "margin:N?", NULL};

static inline bool schema_is(const json_t *value, char type)
{
    switch (type) {
    case 's':
        return json_is_string(value);
    case 'n':
        return json_is_number(value);
    case 'N':
        return json_is_number(value) || json_is_null(value);
    case 'b':
        return json_is_boolean(value);
    case 'i':
        return json_is_integer(value);
    case 'l':
        return json_is_array(value);
    default:
        return json_is_object(value);
    }
}

/* The object has the keys, each of its type, and no others. */
static inline void schema_object(const char *page, const char *what, const json_t *object,
                                 const char *const *keys)
{
    size_t found = 0;
    assert_true(json_is_object(object));
    for (; *keys; keys++) {
        char key[64], quoted[80];
        size_t n = strcspn(*keys, ":");
        snprintf(key, sizeof key, "%.*s", (int)n, *keys);
        snprintf(quoted, sizeof quoted, "`%s`", key);
        if (!strstr(page, quoted))
            fail_msg("docs/RESULTS.md does not name %s of %s", quoted, what);
        const json_t *value = json_object_get(object, key);
        if (!value && (*keys)[n + 2] == '?')
            continue;
        if (!value || !schema_is(value, (*keys)[n + 1]))
            fail_msg("%s of %s is missing, or not as documented", key, what);
        found++;
    }
    if (found != json_object_size(object))
        fail_msg("%s has keys that are not documented", what);
}

static inline void schema_list(const char *page, const char *what, const json_t *list,
                               const char *const *keys)
{
    assert_true(json_is_array(list));
    for (size_t i = 0; i < json_array_size(list); i++)
        schema_object(page, what, json_array_get(list, i), keys);
}

/* Every item has its texts, and an outcome of each system. */
static inline void schema_items(const char *page, const json_t *items, bool experiment)
{
    static const char *const texts[] = {"category", "question", "primary", "coordinated"};
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *value;
        const char *key;
        size_t systems = 0;
        assert_true(json_is_integer(json_object_get(item, "number")));
        assert_true(experiment == json_is_integer(json_object_get(item, "seed")));
        for (size_t t = 0; t < (experiment ? 4U : 2U); t++)
            assert_true(json_is_string(json_object_get(item, texts[t])));
        json_object_foreach((json_t *)item, key, value) if (json_is_object(value))
        {
            schema_object(page, key, value, schema_outcome);
            assert_true(json_object_size(value) > 0);
            systems++;
        }
        assert_true(systems > 0);
        assert_int_equal(json_object_size(item), systems + (experiment ? 6 : 3));
    }
}

/* The documented type of a root key: "text", "object or null"... */
static inline void schema_root(const json_t *r, const char *key, const char *type)
{
    const json_t *value = json_object_get(r, key);
    bool null = strstr(type, "null") && json_is_null(value);
    bool good = null || (strncmp(type, "text", 4) == 0     ? json_is_string(value)
                         : strncmp(type, "object", 6) == 0 ? json_is_object(value)
                         : strncmp(type, "list", 4) == 0   ? json_is_array(value)
                                                           : json_is_boolean(value));
    if (!good)
        fail_msg("%s is not the documented %s", key, type);
}

static inline void assert_obeys_schema(const json_t *r)
{
    static char page[SCHEMA_TEXT], rows[SCHEMA_TEXT];
    char *save = NULL;
    size_t named = 0;
    FILE *f = fopen("docs/RESULTS.md", "r"); /* tests run at the top of the tree */
    assert_non_null(f);
    page[fread(page, 1, sizeof page - 1, f)] = '\0';
    fclose(f);
    bool experiment = strcmp(json_string_value(json_object_get(r, "kind")), "experiment") == 0;
    snprintf(rows, sizeof rows, "%s", page);
    for (char *row = strtok_r(rows, "\n", &save); row; row = strtok_r(NULL, "\n", &save)) {
        char keys[128], type[64], one[64], two[64];
        if (sscanf(row, "| `%127[^|]| %63[^|]", keys, type) != 2)
            continue;
        int n = sscanf(keys, "%63[^`]`, `%63[^`]", one, two);
        schema_root(r, one, type);
        if (n == 2)
            schema_root(r, two, type);
        named += (size_t)n;
    }
    assert_true(named > 10);
    assert_int_equal(json_object_size(r), named + experiment);
    schema_object(page, "model", json_object_get(r, "model"), schema_model);
    if (!json_is_null(json_object_get(r, "adapter")))
        schema_object(page, "adapter", json_object_get(r, "adapter"), schema_data);
    schema_list(page, "data", json_object_get(r, "data"), schema_data);
    schema_list(page, "figures", json_object_get(r, "figures"), schema_figures);
    schema_list(page, "comparisons", json_object_get(r, "comparisons"), schema_comparisons);
    schema_list(page, "thresholds", json_object_get(r, "thresholds"), schema_thresholds);
    if (experiment)
        schema_list(page, "adapters", json_object_get(r, "adapters"), schema_adapters);
    schema_items(page, json_object_get(r, "items"), experiment);
}

#endif
