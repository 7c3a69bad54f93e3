/* Settings as text: one value, and the effective configuration as YAML and as JSON. */
#include "io/json.h"
#include "settings/field.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One value: ----------------------------------------------------------------------------------- */

void ya_number_text(char out[YA_NUMBER_TEXT], const ya_setting *row, double value)
{
    if (row->type == YA_TYPE_SIZE && fmod(value, 0x1p20) != 0)
        snprintf(out, YA_NUMBER_TEXT, "%.0f", value);
    else if (row->type == YA_TYPE_SIZE && value >= 0x1p30 && fmod(value, 0x1p30) == 0)
        snprintf(out, YA_NUMBER_TEXT, "%.0fGB", value / 0x1p30);
    else if (row->type == YA_TYPE_SIZE)
        snprintf(out, YA_NUMBER_TEXT, "%.0fMB", value / 0x1p20);
    else if (fabs(value) < 1e15 && value == floor(value))
        snprintf(out, YA_NUMBER_TEXT, "%.0f", value);
    else
        for (int digits = 6; digits <= 17; digits++) {
            snprintf(out, YA_NUMBER_TEXT, "%.*g", digits, value);
            if (strtod(out, NULL) == value)
                break;
        }
}

bool ya_is_word(const ya_settings *s, const ya_setting *row)
{
    const void *field = ya_field_of(s, row);
    if (!row->word)
        return false;
    switch (row->type) {
    case YA_TYPE_INT:
        return (double)*(const int64_t *)field == ya_word_value(row);
    case YA_TYPE_REAL:
        return *(const double *)field == ya_word_value(row);
    case YA_TYPE_SIZE:
        return (double)*(const uint64_t *)field == ya_word_value(row);
    default:
        return false;
    }
}

static ya_status add(ya_buffer *out, const char *text, ya_error *err)
{
    return ya_buffer_add(out, text, strlen(text), err);
}

static ya_status add_targets(unsigned mask, ya_buffer *out, ya_error *err)
{
    static const char *const names[] = {"q", "k", "v", "o", "gate", "up", "down"};
    const char *before = "";
    for (int i = 0; i < 7; i++) {
        if (!(mask & 1u << i))
            continue;
        ya_status status = ya_buffer_printf(out, err, "%s%s", before, names[i]);
        if (status != YA_OK)
            return status;
        before = ",";
    }
    return YA_OK;
}

static ya_status add_texts(const ya_texts *texts, ya_buffer *out, ya_error *err)
{
    for (size_t i = 0; i < texts->n; i++) {
        ya_status status = ya_buffer_printf(out, err, "%s%s", i ? "," : "", texts->items[i]);
        if (status != YA_OK)
            return status;
    }
    return YA_OK;
}

static ya_status add_choice(const ya_setting *row, int position, ya_buffer *out, ya_error *err)
{
    const char *choice = row->word;
    for (; position > 0; position--)
        choice += strcspn(choice, "|") + 1;
    return ya_buffer_add(out, choice, strcspn(choice, "|"), err);
}

ya_status ya_settings_value(const ya_settings *s, ya_setting_id id, ya_buffer *out, ya_error *err)
{
    const ya_setting *row = ya_setting_get(id);
    const void *field = ya_field_of(s, row);
    char number[YA_NUMBER_TEXT];
    if (ya_is_word(s, row))
        return add(out, row->word, err);
    switch (row->type) {
    case YA_TYPE_BOOL:
        return add(out, *(const bool *)field ? "true" : "false", err);
    case YA_TYPE_INT:
        return ya_buffer_printf(out, err, "%" PRId64, *(const int64_t *)field);
    case YA_TYPE_REAL:
        ya_number_text(number, row, *(const double *)field);
        return add(out, number, err);
    case YA_TYPE_SIZE:
        ya_number_text(number, row, (double)*(const uint64_t *)field);
        return add(out, number, err);
    case YA_TYPE_TEXT:
        return *(char *const *)field ? add(out, *(char *const *)field, err) : YA_OK;
    case YA_TYPE_TEXTS:
    case YA_TYPE_LIST:
        return add_texts(field, out, err);
    case YA_TYPE_CHOICE:
        return add_choice(row, *(const int *)field, out, err);
    case YA_TYPE_TARGETS:
        return add_targets(*(const unsigned *)field, out, err);
    }
    return YA_OK;
}

/* As JSON, which for the texts in it is YAML too: ---------------------------------------------- */

static ya_status json_texts(const ya_texts *texts, ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    YA_TRY(add(out, "[", err));
    for (size_t i = 0; i < texts->n; i++) {
        if (i)
            YA_TRY(add(out, ", ", err));
        YA_TRY(ya_json_quote(out, texts->items[i], strlen(texts->items[i]), err));
    }
    status = add(out, "]", err);
done:
    return status;
}

static ya_status json_value(const ya_settings *s, ya_setting_id id, ya_buffer *out, ya_error *err)
{
    const ya_setting *row = ya_setting_get(id);
    const void *field = ya_field_of(s, row);
    const char *text = row->type == YA_TYPE_TEXT ? *(char *const *)field : NULL;
    ya_status status = YA_OK;
    switch (row->type) {
    case YA_TYPE_TEXT:
        return text ? ya_json_quote(out, text, strlen(text), err) : add(out, "null", err);
    case YA_TYPE_TEXTS:
    case YA_TYPE_LIST:
        return json_texts(field, out, err);
    case YA_TYPE_SIZE:
        if (!ya_is_word(s, row))
            return ya_buffer_printf(out, err, "%" PRIu64, *(const uint64_t *)field);
        break;
    case YA_TYPE_BOOL:
    case YA_TYPE_INT:
    case YA_TYPE_REAL:
        if (!ya_is_word(s, row))
            return ya_settings_value(s, id, out, err);
        break;
    default:
        break;
    }
    YA_TRY(add(out, "\"", err));
    YA_TRY(ya_settings_value(s, id, out, err));
    status = add(out, "\"", err);
done:
    return status;
}

static bool printed(const ya_setting *row, unsigned command)
{
    return (row->commands & YA_IN_FILE) && (row->commands & command);
}

ya_status ya_settings_print_json(const ya_settings *s, unsigned command, ya_buffer *out,
                                 ya_error *err)
{
    ya_status status = YA_OK;
    const char *before = "{";
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (!printed(row, command))
            continue;
        YA_TRY(ya_buffer_printf(out, err, "%s\"%s\": ", before, row->name));
        YA_TRY(json_value(s, (ya_setting_id)i, out, err));
        before = ", ";
    }
    status = add(out, "}", err);
done:
    return status;
}

static const char *const origins[] = {"default", "checkpoint", "file", "tier", "flag"};

static ya_status origin_line(const ya_settings *s, ya_setting_id id, ya_buffer *value,
                             ya_buffer *out, ya_error *err)
{
    const ya_setting *row = ya_setting_get(id);
    ya_status status;
    value->size = 0;
    YA_TRY(ya_buffer_printf(
        out, err, "{\"name\": \"%s\", \"section\": \"%s\", \"value\": ", row->name, row->section));
    YA_TRY(ya_settings_value(s, id, value, err));
    YA_TRY(ya_json_quote(out, value->data ? value->data : "", value->size, err));
    YA_TRY(ya_buffer_printf(out, err, ", \"origin\": \"%s\"}", origins[s->origin[id]]));
done:
    return status;
}

ya_status ya_settings_print_origins(const ya_settings *s, unsigned command, ya_buffer *out,
                                    ya_error *err)
{
    ya_buffer value = {0};
    ya_status status;
    const char *before = "[\n  ";
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (!printed(row, command) ||
            (row->commands & YA_HIDDEN && s->origin[i] == YA_FROM_DEFAULT))
            continue;
        YA_TRY(add(out, before, err));
        YA_TRY(origin_line(s, (ya_setting_id)i, &value, out, err));
        before = ",\n  ";
    }
    YA_TRY(add(out, "]", err));
done:
    ya_buffer_free(&value);
    return status;
}

/* As YAML: ------------------------------------------------------------------------------------- */

static ya_status yaml_line(const ya_settings *s, ya_setting_id id, ya_buffer *out, ya_error *err)
{
    enum { COMMENT_COLUMN = 44 };
    const ya_setting *row = ya_setting_get(id);
    bool is_text =
        row->type == YA_TYPE_TEXT || row->type == YA_TYPE_TEXTS || row->type == YA_TYPE_LIST;
    size_t start = out->size;
    ya_status status = YA_OK;
    YA_TRY(ya_buffer_printf(out, err, "%s: ", row->name));
    YA_TRY(is_text ? json_value(s, id, out, err) : ya_settings_value(s, id, out, err));
    int used = (int)(out->size - start);
    int gap = used < COMMENT_COLUMN ? COMMENT_COLUMN - used : 1;
    status = ya_buffer_printf(out, err, "%*s# %s\n", gap, "", origins[s->origin[id]]);
done:
    return status;
}

ya_status ya_settings_print_yaml(const ya_settings *s, unsigned command, ya_buffer *out,
                                 ya_error *err)
{
    ya_status status = YA_OK;
    const char *section = "";
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (!printed(row, command))
            continue;
        if (row->commands & YA_HIDDEN && s->origin[i] == YA_FROM_DEFAULT)
            continue;
        if (strcmp(section, row->section) != 0)
            YA_TRY(ya_buffer_printf(out, err, "%s# %s\n", *section ? "\n" : "", row->section));
        section = row->section;
        YA_TRY(yaml_line(s, (ya_setting_id)i, out, err));
    }
done:
    return status;
}
