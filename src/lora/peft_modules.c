#include "lora/peft_modules.h"

#include "token/regex.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 64, MAX_RANK = 1 << 16 };

/* Modules that PEFT could adapt and this program does not. */
static const char *const OTHERS[] = {"lm_head", "model.embed_tokens"};

bool ya_peft_target(const char *name, ya_target *target)
{
    const char *dot = strrchr(name, '.');
    const char *last = dot ? dot + 1 : name;
    for (int t = 0; t < YA_N_TARGETS; t++)
        if (strcmp(last, ya_target_name((ya_target)t)) == 0) {
            *target = (ya_target)t;
            return true;
        }
    return false;
}

static void module_key(char out[KEY_BYTES], int layer, int target)
{
    snprintf(out, KEY_BYTES, "model.layers.%d.%s", layer, ya_target_path((ya_target)target));
}

/* Whether the expression `before` PATTERN `behind` is found in `key`. */
static ya_status matches(const char *before, const char *pattern, const char *behind,
                         const char *key, bool *found, ya_error *err)
{
    ya_buffer whole = {0};
    ya_regex *regex = NULL;
    size_t begin, end;
    ya_status status;
    YA_TRY(ya_buffer_printf(&whole, err, "%s%s%s", before, pattern, behind));
    YA_TRY(ya_regex_open(&regex, whole.data, err));
    YA_TRY(ya_regex_find(regex, key, strlen(key), 0, found, &begin, &end, err));
done:
    ya_buffer_free(&whole);
    ya_regex_close(regex);
    return status;
}

/* Python's re.fullmatch. */
static ya_status full_match(const char *pattern, const char *key, bool *found, ya_error *err)
{
    return matches("\\A(?:", pattern, ")\\z", key, found, err);
}

/* The key itself, or its end behind a dot. */
static bool is_end_of(const char *name, const char *key)
{
    size_t n = strlen(name), m = strlen(key);
    if (n > m || strcmp(key + m - n, name) != 0)
        return false;
    return n == m || key[m - n - 1] == '.';
}

static ya_status in_names(const json_t *names, const char *key, bool *found, ya_error *err)
{
    const char *pattern = json_string_value(names);
    *found = false;
    if (pattern)
        return full_match(pattern, key, found, err);
    for (size_t i = 0; i < json_array_size(names) && !*found; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        *found = name && is_end_of(name, key);
    }
    return YA_OK;
}

static bool in_layers(const json_t *layers, int layer)
{
    if (json_is_integer(layers))
        return json_integer_value(layers) == layer;
    for (size_t i = 0; i < json_array_size(layers); i++)
        if (json_integer_value(json_array_get(layers, i)) == layer)
            return true;
    return json_array_size(layers) == 0;
}

/* A pattern without operators but the dot, as PEFT itself writes them, needs no engine. */
static bool is_simple(const char *pattern)
{
    for (; *pattern; pattern++)
        if (!strchr("._-", *pattern) && !(*pattern >= '0' && *pattern <= '9') &&
            !((*pattern | 32) >= 'a' && (*pattern | 32) <= 'z'))
            return false;
    return true;
}

static bool simple_end(const char *pattern, const char *key)
{
    size_t n = strlen(pattern), m = strlen(key);
    if (n > m || (n < m && key[m - n - 1] != '.'))
        return false;
    for (size_t i = 0; i < n; i++)
        if (pattern[i] != '.' && pattern[i] != key[m - n + i])
            return false;
    return true;
}

/* The value of the first pattern that the key ends in; NULL: none. */
static ya_status find_pattern(const json_t *patterns, const char *key, const json_t **value,
                              ya_error *err)
{
    const char *pattern;
    json_t *member;
    *value = NULL;
    json_object_foreach((json_t *)patterns, pattern, member)
    {
        bool found = false;
        ya_status status = YA_OK;
        if (is_simple(pattern))
            found = simple_end(pattern, key);
        else
            status = matches("\\A(?:.*\\.)?(?:", pattern, ")\\z", key, &found, err);
        if (status)
            return status;
        if (found) {
            *value = member;
            return YA_OK;
        }
    }
    return YA_OK;
}

/* Rank and alpha of a module that is adapted. */
static ya_status measure(const json_t *json, const char *path, const ya_lora_config *config,
                         const char *key, ya_lora_module *module, ya_error *err)
{
    const json_t *rank, *alpha;
    ya_status status;
    *module = (ya_lora_module){config->rank, config->alpha};
    YA_TRY(find_pattern(json_object_get(json, "rank_pattern"), key, &rank, err));
    YA_TRY(find_pattern(json_object_get(json, "alpha_pattern"), key, &alpha, err));
    if (rank) {
        json_int_t value = json_integer_value(rank);
        if (value < 1 || value > MAX_RANK)
            return ya_fail(err, YA_ERR_FORMAT,
                           "%s: rank_pattern gives %s no whole number from 1 to %d", path, key,
                           MAX_RANK);
        module->rank = (int)value;
    }
    if (alpha) {
        module->alpha = json_number_value(alpha);
        if (!json_is_number(alpha) || !isfinite(module->alpha))
            return ya_fail(err, YA_ERR_FORMAT, "%s: alpha_pattern gives %s no number", path, key);
    }
done:
    return status;
}

static ya_status check_names(const json_t *names, const char *path, ya_error *err)
{
    const char *pattern = json_string_value(names);
    for (size_t i = 0; pattern && i < sizeof OTHERS / sizeof *OTHERS; i++) {
        bool found = false;
        ya_status status = full_match(pattern, OTHERS[i], &found, err);
        if (status)
            return ya_wrap(err, status, "%s: target_modules", path);
        if (found)
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "%s: target_modules \"%s\" covers %s, which is not supported", path,
                           pattern, OTHERS[i]);
    }
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        ya_target target;
        if (!name || !ya_peft_target(name, &target))
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "%s: target_modules has \"%s\", known are q_proj, k_proj, v_proj, "
                           "o_proj, gate_proj, up_proj, down_proj",
                           path, name ? name : "something that is no name");
    }
    if (!pattern && json_array_size(names) == 0)
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s: target_modules is missing or empty, expected a list of module names",
                       path);
    return YA_OK;
}

/* layers_to_transform within the model, in the layers that are called so. */
static ya_status check_layers(const json_t *json, const char *path, int n_layers, ya_error *err)
{
    const json_t *layers = json_object_get(json, "layers_to_transform");
    const json_t *pattern = json_object_get(json, "layers_pattern");
    size_t n = json_is_integer(layers) ? 1 : json_array_size(layers);
    for (size_t i = 0; i < n; i++) {
        const json_t *layer = json_is_array(layers) ? json_array_get(layers, i) : layers;
        json_int_t value = json_is_integer(layer) ? json_integer_value(layer) : -1;
        if (value < 0 || value >= n_layers)
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "%s: layers_to_transform names a layer that the model, which has %d, "
                           "has not",
                           path, n_layers);
    }
    const char *name = json_is_array(pattern) && json_array_size(pattern) == 1
                           ? json_string_value(json_array_get(pattern, 0))
                           : json_string_value(pattern);
    bool usual = !pattern || json_is_null(pattern) || (name && strcmp(name, "layers") == 0) ||
                 (json_is_array(pattern) && json_array_size(pattern) == 0) || (name && !*name);
    if (n > 0 && !usual)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: layers_pattern is not \"layers\"", path);
    return YA_OK;
}

/* Whether PEFT adapts a module. */
static ya_status is_adapted(const json_t *json, const char *key, int layer, bool *adapted,
                            ya_error *err)
{
    const json_t *names = json_object_get(json, "target_modules");
    const json_t *layers = json_object_get(json, "layers_to_transform");
    const char *pattern = json_string_value(names);
    bool excluded, all = pattern && strcmp(pattern, "all-linear") == 0;
    ya_status status;
    *adapted = false;
    YA_TRY(in_names(json_object_get(json, "exclude_modules"), key, &excluded, err));
    if (excluded)
        return YA_OK;
    *adapted = all;
    if (!all)
        YA_TRY(in_names(names, key, adapted, err));
    if (*adapted && (json_is_array(names) || all) && layers && !json_is_null(layers))
        *adapted = in_layers(layers, layer);
done:
    return status;
}

ya_status ya_peft_modules(const json_t *json, const char *path, const ya_lora_config *config,
                          int n_layers, ya_lora_module *modules, ya_error *err)
{
    const json_t *names = json_object_get(json, "target_modules");
    const char *all = json_string_value(names);
    ya_status status = YA_OK;
    if (!all || strcmp(all, "all-linear") != 0)
        YA_TRY(check_names(names, path, err));
    YA_TRY(check_layers(json, path, n_layers, err));
    for (int i = 0; i < n_layers * YA_N_TARGETS; i++) {
        char key[KEY_BYTES];
        bool adapted;
        module_key(key, i / YA_N_TARGETS, i % YA_N_TARGETS);
        status = is_adapted(json, key, i / YA_N_TARGETS, &adapted, err);
        if (!status && adapted)
            status = measure(json, path, config, key, &modules[i], err);
        if (status)
            return status == YA_ERR_FORMAT ? status : ya_wrap(err, status, "%s", path);
    }
done:
    return status;
}
