#include "model/known.h"

#include "io/json.h"
#include "io/shown.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fits(const char *pattern, size_t n, const char *name)
{
    size_t size = strlen(name);
    if (pattern[n - 1] == '*')
        return size >= n - 1 && memcmp(pattern, name, n - 1) == 0;
    if (*pattern == '*')
        return size >= n - 1 && memcmp(name + size - (n - 1), pattern + 1, n - 1) == 0;
    return size == n && memcmp(pattern, name, n) == 0;
}

static const ya_known *find(const ya_known *table, int n, const char *name, unsigned architecture)
{
    for (int i = 0; i < n; i++) {
        if (table[i].architectures != 0 && !(table[i].architectures & architecture))
            continue;
        for (const char *at = table[i].names; *at; at += *at == ' ') {
            size_t size = strcspn(at, " ");
            if (fits(at, size, name))
                return &table[i];
            at += size;
        }
    }
    return NULL;
}

/* Absent in all but name. */
static bool says_nothing(const json_t *value)
{
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static bool is_value(const json_t *value, const char *wanted)
{
    json_t *other = wanted ? json_loads(wanted, JSON_DECODE_ANY, NULL) : NULL;
    bool same = json_is_number(value) && json_is_number(other)
                    ? json_number_value(value) == json_number_value(other)
                    : other && json_equal(value, other);
    json_decref(other);
    return same;
}

static ya_status refuse(const ya_known *row, const char *name, const json_t *value,
                        const char *path, ya_error *err)
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    ya_shown shown = text ? ya_show(text, strlen(text)) : (ya_shown){"a list"};
    ya_shown key = ya_show(name, strlen(name));
    free(text);
    if (row && row->value)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: %s is %s, which is not supported, only %s",
                       path, key.text, shown.text, row->value);
    if (row)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: %s is %s, which is not supported", path,
                       key.text, shown.text);
    return ya_fail(err, YA_ERR_UNSUPPORTED,
                   "%s: the key %s (%s) is not known, so that what it changes would be read past; "
                   "if it changes no result, take it out of the file",
                   path, key.text, shown.text);
}

/* `name` as in the table, `shown` as in the file. value NULL: not to be told. */
static ya_status check(const ya_known *table, int n, unsigned architecture, const char *name,
                       const char *shown, const json_t *value, const char *path, ya_error *err)
{
    const ya_known *row = find(table, n, name, architecture);
    if (row && row->fate != YA_KNOWN_FIXED)
        return YA_OK;
    if (row && row->value && value && (json_is_null(value) || is_value(value, row->value)))
        return YA_OK;
    if (!(row && row->value) && value && says_nothing(value))
        return YA_OK;
    return refuse(row, shown, value, path, err);
}

ya_status ya_known_check_config(const json_t *root, ya_architecture architecture, const char *path,
                                ya_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)root, key, value)
    {
        ya_status status = check(ya_known_config, ya_n_known_config, 1u << architecture, key, key,
                                 value, path, err);
        if (status)
            return status;
    }
    return YA_OK;
}

ya_status ya_known_check_rope(const json_t *rope, const char *where, const char *path,
                              ya_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)rope, key, value)
    {
        char shown[160];
        snprintf(shown, sizeof shown, "%s.%s", where, ya_show(key, strlen(key)).text);
        ya_status status = check(ya_known_rope, ya_n_known_rope, ~0u, key, shown, value, path, err);
        if (status)
            return status;
    }
    return YA_OK;
}

/* A value as JSON, NULL for an array that is not empty. */
static json_t *gguf_value(const ya_gguf *gguf, const char *key, ya_gguf_type type)
{
    int64_t integer = 0;
    double real = 0;
    bool yes = false;
    ya_text text = {0};
    ya_gguf_type element;
    uint64_t count = 0;
    if (type == YA_GGUF_ARRAY)
        return ya_gguf_get_array(gguf, key, &element, &count) && count == 0 ? json_array() : NULL;
    if (ya_gguf_get_text(gguf, key, &text)) {
        ya_shown shown = ya_show(text.data, text.size);
        json_t *value = json_string(shown.text);
        return value ? value : json_string("?");
    }
    if (ya_gguf_get_bool(gguf, key, &yes))
        return json_boolean(yes);
    if (ya_gguf_get_i64(gguf, key, &integer))
        return json_integer(integer);
    return ya_gguf_get_f64(gguf, key, &real) && isfinite(real) ? json_real(real) : NULL;
}

ya_status ya_known_check_gguf(const ya_gguf *gguf, ya_architecture architecture, const char *path,
                              ya_error *err)
{
    const char *prefix = ya_architecture_name(architecture);
    ya_text key;
    ya_gguf_type type;
    for (uint64_t i = 0; ya_gguf_key(gguf, i, &key, &type); i++) {
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)(key.size < sizeof name ? key.size : 100),
                 key.data);
        if (strlen(name) != key.size) /* cut, or with a NUL: no name that is known */
            return refuse(NULL, name, NULL, path, err);
        bool own = strncmp(name, prefix, strlen(prefix)) == 0 && name[strlen(prefix)] == '.';
        json_t *value = gguf_value(gguf, name, type);
        ya_status status = check(ya_known_gguf, ya_n_known_gguf, 1u << architecture,
                                 own ? name + strlen(prefix) : name, name, value, path, err);
        json_decref(value);
        if (status)
            return status;
    }
    return YA_OK;
}

bool ya_known_idle_tensor(const char *name, bool tied)
{
    return find(ya_known_tensors, ya_n_known_tensors, name, ~0u) != NULL ||
           (tied && strcmp(name, "lm_head.weight") == 0);
}
