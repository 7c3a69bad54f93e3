/* --help of a command and the reference page, both from the table. */
#include "settings/field.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_COLUMN = 2, HELP_COLUMN = 34, LINE_WIDTH = 100 };

/* "--max-memory SIZE", "--[no-]packing", "--dtype auto|f32|bf16". */
static void option_text(const ya_setting *row, unsigned command, char *out, size_t room)
{
    size_t used = (size_t)snprintf(out, room, "--%s%s",
                                   row->type == YA_TYPE_BOOL && row->initial != 0 ? "[no-]" : "",
                                   ya_setting_flag(row, command));
    for (char *c = out; *c; c++)
        if (*c == '_')
            *c = '-';
    const char *meta = row->type == YA_TYPE_CHOICE ? row->word : row->meta;
    if (meta)
        snprintf(out + used, room - used, " %s", meta);
}

/* "; 0 to 10", "; at least 1, or auto": bounds that nobody will meet are left out. */
static ya_status range(const ya_setting *row, ya_buffer *out, ya_error *err)
{
    enum { BEYOND_USE = 100000 };
    char low[YA_NUMBER_TEXT], high[YA_NUMBER_TEXT];
    const char *word = row->word ? row->word : "", *before = row->word ? ", or " : "";
    ya_number_text(low, row, row->low);
    ya_number_text(high, row, row->high);
    if (row->high >= BEYOND_USE)
        return ya_buffer_printf(out, err, "; at least %s%s%s", low, before, word);
    return ya_buffer_printf(out, err, "; %s to %s%s%s", low, high, before, word);
}

/* "default 5e-05; 0 to 10"; empty when there is nothing to say. */
static ya_status facts(const ya_setting *row, ya_buffer *out, ya_error *err)
{
    ya_settings defaults;
    ya_status status = ya_settings_init(&defaults, err);
    if (status != YA_OK)
        return status;
    int id = ya_setting_find(row->name, strlen(row->name));
    bool numeric =
        row->type == YA_TYPE_INT || row->type == YA_TYPE_REAL || row->type == YA_TYPE_SIZE;
    ya_buffer value = {0};
    YA_TRY(ya_settings_value(&defaults, (ya_setting_id)id, &value, err));
    if (value.size && !(row->type == YA_TYPE_BOOL && row->initial == 0))
        YA_TRY(ya_buffer_printf(out, err, "default %s",
                                row->type == YA_TYPE_BOOL ? "on" : value.data));
    if (numeric)
        status = range(row, out, err);
done:
    ya_buffer_free(&value);
    ya_settings_free(&defaults);
    return status;
}

ya_status ya_help_wrap(const char *text, int column, ya_buffer *out, ya_error *err)
{
    size_t width = (size_t)(LINE_WIDTH - column);
    ya_status status = YA_OK;
    while (strlen(text) > width) {
        size_t cut = width;
        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (cut == 0)
            cut = width;
        YA_TRY(ya_buffer_printf(out, err, "%.*s\n%*s", (int)cut, text, column, ""));
        text += cut + (text[cut] == ' ');
    }
    status = ya_buffer_printf(out, err, "%s\n", text);
done:
    return status;
}

static ya_status help_line(const ya_setting *row, unsigned command, ya_buffer *out, ya_error *err)
{
    char option[128];
    ya_buffer text = {0};
    ya_status status = YA_OK;
    option_text(row, command, option, sizeof option);
    int used = OPTION_COLUMN + (int)strlen(option);
    YA_TRY(ya_buffer_printf(out, err, "%*s%s", OPTION_COLUMN, "", option));
    if (used + 2 > HELP_COLUMN)
        YA_TRY(ya_buffer_printf(out, err, "\n%*s", HELP_COLUMN, ""));
    else
        YA_TRY(ya_buffer_printf(out, err, "%*s", HELP_COLUMN - used, ""));
    YA_TRY(ya_buffer_printf(&text, err, "%s", row->help));
    size_t before = text.size;
    YA_TRY(ya_buffer_printf(&text, err, " ["));
    YA_TRY(facts(row, &text, err));
    if (text.size == before + 2)
        text.data[before] = '\0';
    else
        YA_TRY(ya_buffer_printf(&text, err, "]"));
    status = ya_help_wrap(text.data, HELP_COLUMN, out, err);
done:
    ya_buffer_free(&text);
    return status;
}

ya_status ya_settings_help(unsigned command, ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    const char *section = "";
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (!(row->commands & command) || (row->commands & YA_HIDDEN))
            continue;
        if (strcmp(section, row->section) != 0)
            YA_TRY(ya_buffer_printf(out, err, "\n%s:\n", row->section));
        section = row->section;
        YA_TRY(help_line(row, command, out, err));
    }
done:
    return status;
}

/* docs/reference/settings.md: ------------------------------------------------------------------ */

static ya_status command_list(const ya_setting *row, ya_buffer *out, ya_error *err)
{
    const char *before = "";
    for (int i = 0; i < YA_N_COMMANDS; i++) {
        if (!(row->commands & 1u << i))
            continue;
        ya_status status = ya_buffer_printf(out, err, "%s%s", before, ya_command_name(1u << i));
        if (status != YA_OK)
            return status;
        before = " ";
    }
    return YA_OK;
}

/* `text` as it may stand in a cell of a Markdown table. */
static ya_status cell(const char *text, ya_buffer *out, ya_error *err)
{
    for (const char *c = text; *c; c++) {
        ya_status status = ya_buffer_printf(out, err, *c == '|' || *c == '*' ? "\\%c" : "%c", *c);
        if (status != YA_OK)
            return status;
    }
    return YA_OK;
}

static ya_status reference_row(const ya_setting *row, ya_buffer *out, ya_error *err)
{
    ya_buffer text = {0};
    ya_status status = YA_OK;
    const char *value = row->type == YA_TYPE_BOOL     ? "true, false"
                        : row->type == YA_TYPE_CHOICE ? row->word
                                                      : row->meta;
    YA_TRY(facts(row, &text, err));
    YA_TRY(ya_buffer_printf(out, err, "| `%s` | ", row->name));
    YA_TRY(cell(value, out, err));
    YA_TRY(ya_buffer_printf(out, err, " | %s | ", text.data ? text.data : ""));
    YA_TRY(command_list(row, out, err));
    YA_TRY(ya_buffer_printf(out, err, "%s%s | ", row->commands & YA_IN_FILE ? " YAML" : "",
                            row->commands & YA_FIXED ? ", fixed" : ""));
    YA_TRY(cell(row->help, out, err));
    status = ya_buffer_printf(out, err, " |\n");
done:
    ya_buffer_free(&text);
    return status;
}

ya_status ya_settings_reference(ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    const char *section = "";
    YA_TRY(
        ya_buffer_printf(out, err,
                         "# Settings\n\n"
                         "Made by `your_ai --reference` from src/settings/settings.def; do not "
                         "edit.\n\nKeys in YAML are written as here, flags with dashes: "
                         "`--batch-size 4`, `--packing`, `--no-packing`.\n"
                         "What is `fixed` stays that of the checkpoint when a run is resumed.\n"));
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (strcmp(section, row->section) != 0)
            YA_TRY(ya_buffer_printf(out, err,
                                    "\n## %s\n\n| setting | value | default; range | where "
                                    "| meaning |\n|---|---|---|---|---|\n",
                                    row->section));
        section = row->section;
        YA_TRY(reference_row(row, out, err));
    }
done:
    return status;
}
