/* What lies beside a tokenizer.json: tokenizer_config.json, special_tokens_map.json,
 * generation_config.json, config.json, chat_template.jinja, additional_chat_templates/. Each may be
 * absent. */
#include "token/internal.h"

#include "base/alloc.h"
#include "io/json.h"
#include "io/map.h"
#include "io/outdir.h"

#include <string.h>
#include <unistd.h>

enum { TEMPLATE_MAX_BYTES = 1 << 20, CONFIG_MAX_BYTES = 64 << 20 };

/* The document or NULL when there is no such file. All numbers are read as reals: transformers
 * writes integers of 31 digits into tokenizer_config.json ("model_max_length"). */
static ya_status read_optional(const char *dir, const char *name, json_t **out, ya_error *err)
{
    char path[YA_PATH_MAX];
    char *text = NULL;
    size_t size;
    json_error_t why;
    ya_status status = ya_path_join(path, dir, name, err);
    *out = NULL;
    if (status != YA_OK || access(path, F_OK) != 0)
        return status;
    status = ya_read_file(path, CONFIG_MAX_BYTES, &text, &size, err);
    if (status != YA_OK)
        return status;
    *out = json_loadb(text, size, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &why);
    ya_free(text);
    if (!*out)
        return ya_fail(err, YA_ERR_FORMAT, "%s:%d:%d: not JSON: %s", path, why.line, why.column,
                       why.text);
    return YA_OK;
}

/* The id of the token that a configuration names: a text, or {"content": text}; -1 if none. */
static int32_t named_token(const ya_tokenizer *t, const json_t *config, const char *key)
{
    const json_t *value = json_object_get(config, key);
    const char *text =
        json_is_object(value) ? ya_json_get_text(value, "content") : json_string_value(value);
    return text ? ya_strings_find(&t->tokens, text, strlen(text)) : -1;
}

static void take_names(ya_tokenizer *t, const json_t *config)
{
    if (t->bos < 0)
        t->bos = named_token(t, config, "bos_token");
    if (t->eos < 0)
        t->eos = named_token(t, config, "eos_token");
}

/* The ids under a key, a number or a list of them: stop tokens; the first is `*first` if unset. */
static void take_ids(ya_tokenizer *t, const json_t *config, const char *key, int32_t *first,
                     bool stops)
{
    const json_t *value = json_object_get(config, key);
    size_t n = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *id = json_is_array(value) ? json_array_get(value, i) : value;
        double number = json_is_number(id) ? json_number_value(id) : -1;
        if (!(number >= 0 && number < (double)t->tokens.n_ids))
            continue;
        if (*first < 0)
            *first = (int32_t)number;
        if (stops)
            t->flags[(int32_t)number] |= YA_TOKEN_STOP;
    }
}

static bool starts_with(const char *text, const char *with)
{
    return text && strncmp(text, with, strlen(with)) == 0;
}

/* The ids around a text become exactly BOS and EOS, as far as wanted and known. */
static ya_status set_affixes(ya_tokenizer *t, bool add_bos, bool add_eos, ya_error *err)
{
    ya_status status = YA_OK;
    t->before.size = t->after.size = 0;
    if (add_bos && t->bos >= 0)
        YA_TRY(ya_ids_add(&t->before, t->bos, err));
    if (add_eos && t->eos >= 0)
        YA_TRY(ya_ids_add(&t->after, t->eos, err));
done:
    return status;
}

/* transformers' Llama tokenizers put BOS (unless add_bos_token is false) and EOS (if add_eos_token
 * is true) around a text, whatever the post-processor of tokenizer.json; its other classes only
 * follow the post-processor. Where no class is named, the flags count if there is none. */
static ya_status take_affixes(ya_tokenizer *t, const json_t *config, ya_error *err)
{
    bool add_bos = false, add_eos = false;
    const char *class = ya_json_get_text(config, "tokenizer_class");
    bool llama = starts_with(class, "LlamaTokenizer") || starts_with(class, "CodeLlamaTokenizer");
    bool says_bos = ya_json_get_bool(config, "add_bos_token", &add_bos);
    (void)ya_json_get_bool(config, "add_eos_token", &add_eos);
    if (llama)
        return set_affixes(t, add_bos || !says_bos, add_eos, err);
    if (!class && (add_bos || add_eos) && t->before.size == 0 && t->after.size == 0)
        return set_affixes(t, add_bos, add_eos, err);
    return YA_OK;
}

/* The template of that name in {name, template}, a list of them or a text, which is "default". */
static const char *template_text(const json_t *value, const char *wanted)
{
    if (json_is_string(value))
        return strcmp(wanted, "default") == 0 ? json_string_value(value) : NULL;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *entry = json_array_get(value, i);
        const char *name = ya_json_get_text(entry, "name");
        if (name && strcmp(name, wanted) == 0)
            return ya_json_get_text(entry, "template");
    }
    return NULL;
}

/* The file `name` of the directory where there is one, else the text of the configuration. */
static ya_status take_template(const char *dir, const char *name, const char *text, char **out,
                               ya_error *err)
{
    char path[YA_PATH_MAX];
    size_t size;
    ya_status status = ya_path_join(path, dir, name, err);
    if (status != YA_OK)
        return status;
    if (access(path, F_OK) == 0)
        return ya_read_file(path, TEMPLATE_MAX_BYTES, out, &size, err);
    if (!text)
        return YA_OK;
    *out = ya_strdup(text);
    return *out ? YA_OK : ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat template");
}

ya_status ya_tokenizer_refuse_added(const ya_tokenizer *t, const char *dir, ya_error *err)
{
    json_t *config = NULL, *more = NULL, *value;
    const char *name, *outside = NULL;
    ya_status status;
    YA_TRY(read_optional(dir, "tokenizer_config.json", &config, err));
    YA_TRY(read_optional(dir, "added_tokens.json", &more, err));
    json_object_foreach(more, name, value)
    {
        if (ya_strings_find(&t->tokens, name, strlen(name)) < 0)
            outside = name;
    }
    json_object_foreach(json_object_get(config, "added_tokens_decoder"), name, value)
    {
        const char *text = ya_json_get_text(value, "content");
        if (!text || ya_strings_find(&t->tokens, text, strlen(text)) < 0)
            outside = text ? text : name;
    }
    if (outside)
        status = ya_fail(err, YA_ERR_UNSUPPORTED,
                         "%s: the token %.80s is added to those of tokenizer.model, which is not "
                         "supported: convert it to a tokenizer.json",
                         dir, outside);
done:
    json_decref(config);
    json_decref(more);
    return status;
}

ya_status ya_tokenizer_load_config(ya_tokenizer *t, const char *dir, ya_error *err)
{
    json_t *config = NULL, *map = NULL, *generation = NULL, *model = NULL;
    ya_status status = YA_OK;
    YA_TRY(read_optional(dir, "tokenizer_config.json", &config, err));
    YA_TRY(read_optional(dir, "special_tokens_map.json", &map, err));
    YA_TRY(read_optional(dir, "generation_config.json", &generation, err));
    YA_TRY(read_optional(dir, "config.json", &model, err));
    take_names(t, config);
    take_names(t, map);
    take_ids(t, generation, "eos_token_id", &t->eos, true);
    take_ids(t, model, "eos_token_id", &t->eos, true);
    take_ids(t, generation, "bos_token_id", &t->bos, false);
    take_ids(t, model, "bos_token_id", &t->bos, false);
    YA_TRY(take_affixes(t, config, err));
    const json_t *templates = json_object_get(config, "chat_template");
    YA_TRY(take_template(dir, "chat_template.jinja", template_text(templates, "default"),
                         &t->chat_template, err));
    status = take_template(dir, "additional_chat_templates/tool_use.jinja",
                           template_text(templates, "tool_use"), &t->tools_template, err);
done:
    json_decref(config);
    json_decref(map);
    json_decref(generation);
    json_decref(model);
    return status;
}
