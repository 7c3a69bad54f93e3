/* Configuration files. The reader asks libyaml for one event at a time and knows at each point what
 * may come, so that nesting, aliases and sizes in a hostile file lead nowhere. */
#include "base/alloc.h"
#include "base/embedded.h"
#include "io/map.h"
#include "io/shown.h"
#include "settings/field.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

enum { FILE_MAX_BYTES = 1 << 20, KEY_MAX_BYTES = 64 };

typedef enum { HARDWARE, MODEL, TRAINING, MODEL_TIERS, N_SECTIONS } section;
static const char *const section_names[N_SECTIONS] = {"hardware", "model", "training",
                                                      "model_tiers"};
static const char *const tier_names[YA_N_TIERS] = {"small", "medium", "large", "xlarge"};

typedef struct {
    ya_settings *s;
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    bool has_event;
    const char *what;
    bool seen[YA_N_SETTINGS], seen_section[N_SECTIONS], seen_tier[YA_N_TIERS];
    ya_error *err;
} reader;

static ya_status fail_here(const reader *r, const char *sentence, ya_shown shown)
{
    return ya_fail(r->err, YA_ERR_USAGE, "%s:%zu: %s%s%s%s", r->what, r->event.start_mark.line + 1,
                   shown.text[0] ? "\"" : "", shown.text, shown.text[0] ? "\" " : "", sentence);
}

static ya_status fail(const reader *r, const char *sentence)
{
    return fail_here(r, sentence, (ya_shown){{0}});
}

static bool is(const reader *r, yaml_event_type_t type)
{
    return r->event.type == type;
}

static ya_status refuse_extras(const reader *r)
{
    const void *anchor = NULL, *tag = NULL;
    if (is(r, YAML_ALIAS_EVENT))
        return fail(r, "aliases (*name) are not supported; write the value out");
    if (is(r, YAML_SCALAR_EVENT)) {
        anchor = r->event.data.scalar.anchor;
        tag = r->event.data.scalar.tag;
    } else if (is(r, YAML_MAPPING_START_EVENT)) {
        anchor = r->event.data.mapping_start.anchor;
        tag = r->event.data.mapping_start.tag;
    } else if (is(r, YAML_SEQUENCE_START_EVENT)) {
        anchor = r->event.data.sequence_start.anchor;
        tag = r->event.data.sequence_start.tag;
    }
    if (anchor || tag)
        return fail(r, "anchors (&name) and tags (!name) are not supported");
    return YA_OK;
}

/* Moves to the next event. */
static ya_status next(reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = yaml_parser_parse(&r->parser, &r->event) != 0;
    if (!r->has_event && (r->parser.error == YAML_MEMORY_ERROR || !r->parser.problem))
        return ya_fail(r->err, YA_ERR_MEMORY, "%s: no memory to read it", r->what);
    if (!r->has_event)
        return ya_fail(r->err, YA_ERR_USAGE, "%s:%zu: not YAML: %s", r->what,
                       r->parser.problem_mark.line + 1, r->parser.problem);
    return refuse_extras(r);
}

static ya_shown shown_scalar(const reader *r)
{
    return ya_show((const char *)r->event.data.scalar.value, r->event.data.scalar.length);
}

/* The current scalar, which ends at its NUL; NULL when it has one inside. */
static const char *scalar(const reader *r)
{
    const char *text = (const char *)r->event.data.scalar.value;
    return strlen(text) == r->event.data.scalar.length ? text : NULL;
}

static bool is_null(const reader *r)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE || !scalar(r))
        return false;
    for (int i = 0; i < 5; i++)
        if (strcmp(scalar(r), words[i]) == 0)
            return true;
    return false;
}

/* Values: -------------------------------------------------------------------------------------- */

static ya_status set_scalar(reader *r, ya_setting_id id)
{
    size_t line = r->event.start_mark.line + 1;
    if (!scalar(r))
        return fail(r, "a NUL character has no place here");
    ya_status status = ya_settings_set(r->s, id, scalar(r), YA_FROM_FILE, r->err);
    return status == YA_OK ? status : ya_wrap(r->err, status, "%s:%zu", r->what, line);
}

/* The items of a list of targets are one value: q,k,v. */
static ya_status set_joined(reader *r, ya_setting_id id)
{
    size_t line = r->event.start_mark.line + 1;
    ya_buffer joined = {0};
    ya_status status = YA_OK;
    for (;;) {
        YA_TRY(next(r));
        if (is(r, YAML_SEQUENCE_END_EVENT))
            break;
        if (!is(r, YAML_SCALAR_EVENT) || !scalar(r)) {
            status = fail(r, "expected plain items in this list");
            goto done;
        }
        YA_TRY(ya_buffer_printf(&joined, r->err, "%s,", scalar(r)));
    }
    status = ya_settings_set(r->s, id, joined.data ? joined.data : "", YA_FROM_FILE, r->err);
    if (status != YA_OK)
        status = ya_wrap(r->err, status, "%s:%zu", r->what, line);
done:
    ya_buffer_free(&joined);
    return status;
}

static ya_status set_items(reader *r, ya_setting_id id)
{
    for (;;) {
        ya_status status = next(r);
        if (status != YA_OK || is(r, YAML_SEQUENCE_END_EVENT))
            return status;
        if (!is(r, YAML_SCALAR_EVENT))
            return fail(r, "expected plain items in this list");
        status = set_scalar(r, id);
        if (status != YA_OK)
            return status;
    }
}

/* The value of setting `id`; the current event is the first of the value. */
static ya_status read_value(reader *r, ya_setting_id id)
{
    ya_setting_type type = ya_setting_get(id)->type;
    if (is(r, YAML_SCALAR_EVENT) && is_null(r))
        return YA_OK;
    if (is(r, YAML_SCALAR_EVENT))
        return set_scalar(r, id);
    if (is(r, YAML_SEQUENCE_START_EVENT) && type == YA_TYPE_TARGETS)
        return set_joined(r, id);
    if (is(r, YAML_SEQUENCE_START_EVENT) && (type == YA_TYPE_TEXTS || type == YA_TYPE_LIST))
        return set_items(r, id);
    return ya_fail(r->err, YA_ERR_USAGE, "%s:%zu: %s takes one value, not a list or a section",
                   r->what, r->event.start_mark.line + 1, ya_setting_get(id)->name);
}

/* Keys: ---------------------------------------------------------------------------------------- */

/* The setting that the current scalar names and that has a bit of `mask`. */
static ya_status find_key(const reader *r, unsigned mask, bool with_sections, int *id)
{
    if (!is(r, YAML_SCALAR_EVENT))
        return fail(r, "expected the name of a setting");
    const char *key = (const char *)r->event.data.scalar.value;
    size_t size = r->event.data.scalar.length;
    *id = ya_setting_find(key, size);
    if (*id >= 0 && (ya_setting_get((ya_setting_id)*id)->commands & mask) == mask)
        return YA_OK;
    const char *near = ya_setting_nearest(key, size, mask);
    if (!near && with_sections)
        near = ya_nearest(key, size, section_names, N_SECTIONS);
    char sentence[160];
    if (*id >= 0)
        snprintf(sentence, sizeof sentence, "cannot be set in this place");
    else
        snprintf(sentence, sizeof sentence, "is no setting%s%s%s", near ? "; did you mean " : "",
                 near ? near : "", near ? "?" : "");
    return fail_here(r, sentence, shown_scalar(r));
}

/* A key that names a setting, and its value. */
static ya_status read_setting(reader *r, bool with_sections)
{
    int id = 0;
    ya_status status = find_key(r, YA_IN_FILE, with_sections, &id);
    if (status == YA_OK && r->seen[id])
        status = fail_here(r, "is set twice in this file", shown_scalar(r));
    if (status == YA_OK) {
        r->seen[id] = true;
        status = next(r);
    }
    return status == YA_OK ? read_value(r, (ya_setting_id)id) : status;
}

/* hardware, model, training: settings up to the end of the mapping. */
static ya_status read_section(reader *r)
{
    for (;;) {
        ya_status status = next(r);
        if (status != YA_OK || is(r, YAML_MAPPING_END_EVENT))
            return status;
        status = read_setting(r, false);
        if (status != YA_OK)
            return status;
    }
}

/* Keeps one value of a tier; it is tried out on a copy first, so that its range is known good. */
static ya_status read_tier_value(reader *r, ya_tier tier, ya_setting_id id)
{
    if (!is(r, YAML_SCALAR_EVENT) || !scalar(r) || r->event.data.scalar.length >= YA_TIER_TEXT)
        return fail(r, "expected one short value here");
    ya_settings *s = r->s;
    for (int i = 0; i < s->n_tier_values; i++)
        if (s->tier_values[i].tier == tier && s->tier_values[i].id == id)
            return fail(r, "this key is there twice in its tier");
    if (s->n_tier_values == YA_MAX_TIER_VALUES)
        return fail(r, "too many values in model_tiers");
    ya_settings trial = *s; /* tier keys are numbers and booleans: nothing owned is touched */
    size_t line = r->event.start_mark.line + 1;
    ya_status status = ya_settings_set(&trial, id, scalar(r), YA_FROM_TIER, r->err);
    if (status != YA_OK)
        return ya_wrap(r->err, status, "%s:%zu", r->what, line);
    ya_tier_value *value = &s->tier_values[s->n_tier_values++];
    value->tier = tier;
    value->id = id;
    snprintf(value->text, sizeof value->text, "%s", scalar(r));
    return YA_OK;
}

static ya_status read_tier(reader *r, ya_tier tier)
{
    for (;;) {
        int id = 0;
        ya_status status = next(r);
        if (status != YA_OK || is(r, YAML_MAPPING_END_EVENT))
            return status;
        status = find_key(r, YA_IN_TIER, false, &id);
        if (status == YA_OK)
            status = next(r);
        if (status == YA_OK)
            status = read_tier_value(r, tier, (ya_setting_id)id);
        if (status != YA_OK)
            return status;
    }
}

static ya_status read_tiers(reader *r)
{
    for (;;) {
        ya_status status = next(r);
        if (status != YA_OK || is(r, YAML_MAPPING_END_EVENT))
            return status;
        int tier = 0;
        while (tier < YA_N_TIERS &&
               !(is(r, YAML_SCALAR_EVENT) && scalar(r) && strcmp(scalar(r), tier_names[tier]) == 0))
            tier++;
        if (tier == YA_N_TIERS)
            return fail(r, "model_tiers knows small, medium, large and xlarge");
        if (r->seen_tier[tier])
            return fail_here(r, "is there twice", shown_scalar(r));
        r->seen_tier[tier] = true;
        status = next(r);
        if (status == YA_OK && is(r, YAML_SCALAR_EVENT) && is_null(r))
            continue;
        if (status == YA_OK && !is(r, YAML_MAPPING_START_EVENT))
            status = fail(r, "a tier holds settings: {lora_rank: 32, batch_size: 1}");
        if (status == YA_OK)
            status = read_tier(r, (ya_tier)tier);
        if (status != YA_OK)
            return status;
    }
}

/* The file: ------------------------------------------------------------------------------------ */

/* `model` is a section when it holds one, else the setting of that name. */
static ya_status read_named_section(reader *r, section name)
{
    ya_status status = next(r);
    if (status != YA_OK)
        return status;
    if (name == MODEL && is(r, YAML_SCALAR_EVENT)) {
        if (r->seen[YA_SET_model])
            return fail(r, "model is set twice in this file");
        r->seen[YA_SET_model] = true;
        return read_value(r, YA_SET_model);
    }
    if (r->seen_section[name])
        return fail(r, "this section is there twice");
    r->seen_section[name] = true;
    if (is(r, YAML_SCALAR_EVENT) && is_null(r))
        return YA_OK;
    if (!is(r, YAML_MAPPING_START_EVENT))
        return fail(r, "this section holds settings: `key: value` lines, indented");
    return name == MODEL_TIERS ? read_tiers(r) : read_section(r);
}

static ya_status read_root(reader *r)
{
    for (;;) {
        ya_status status = next(r);
        if (status != YA_OK || is(r, YAML_MAPPING_END_EVENT))
            return status;
        int name = 0;
        while (name < N_SECTIONS && !(is(r, YAML_SCALAR_EVENT) && scalar(r) &&
                                      strcmp(scalar(r), section_names[name]) == 0))
            name++;
        status = name < N_SECTIONS ? read_named_section(r, (section)name) : read_setting(r, true);
        if (status != YA_OK)
            return status;
    }
}

static ya_status read_document(reader *r)
{
    ya_status status = YA_OK;
    YA_TRY(next(r)); /* stream start */
    YA_TRY(next(r));
    if (is(r, YAML_STREAM_END_EVENT))
        return YA_OK; /* an empty file sets nothing */
    YA_TRY(next(r));
    if (is(r, YAML_SCALAR_EVENT) && is_null(r))
        YA_TRY(next(r)); /* only comments */
    else if (is(r, YAML_MAPPING_START_EVENT)) {
        YA_TRY(read_root(r));
        YA_TRY(next(r));
    } else {
        return fail(r, "expected settings: `key: value` lines");
    }
    YA_TRY(next(r));
    if (!is(r, YAML_STREAM_END_EVENT))
        status = fail(r, "a second document begins here; a configuration is one");
done:
    return status;
}

ya_status ya_settings_parse_yaml(ya_settings *s, const char *text, size_t size, const char *what,
                                 ya_error *err)
{
    if (size > FILE_MAX_BYTES)
        return ya_fail(err, YA_ERR_USAGE, "%s: larger than 1 MiB, which is no configuration", what);
    reader r = {.s = s, .what = what, .err = err};
    if (!yaml_parser_initialize(&r.parser))
        return ya_fail(err, YA_ERR_MEMORY, "%s: no memory to read it", what);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
    ya_status status = read_document(&r);
    if (r.has_event)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return status;
}

/* The profile of configs/hardware by its bare name: "base_16gb". */
static const ya_embedded *find_profile(const char *name)
{
    char path[64];
    int n = snprintf(path, sizeof path, "hardware/%s.yaml", name);
    return n > 0 && n < (int)sizeof path ? ya_embedded_find(path) : NULL;
}

ya_status ya_settings_read_yaml(ya_settings *s, const char *path, ya_error *err)
{
    char *text = NULL;
    size_t size = 0;
    const ya_embedded *profile = access(path, F_OK) != 0 ? find_profile(path) : NULL;
    if (profile)
        return ya_settings_parse_yaml(s, profile->text, profile->size, profile->name, err);
    ya_status status = ya_read_file(path, FILE_MAX_BYTES, &text, &size, err);
    if (status == YA_OK)
        status = ya_settings_parse_yaml(s, text, size, path, err);
    ya_free(text);
    return status;
}
