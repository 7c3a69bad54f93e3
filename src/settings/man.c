/* your_ai(1), from the table of settings. */
#include "settings/command.h"
#include "settings/field.h"

#include <string.h>

/* Text as troff shows it: '\' and '-' are characters of their own, '.' and ''' begin no request. */
static ya_status add_text(const char *text, ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    bool at_start = true;
    for (const char *c = text; *c && !status; c++) {
        if (at_start && (*c == '.' || *c == '\''))
            status = ya_buffer_printf(out, err, "\\&");
        if (!status)
            status = *c == '\\'  ? ya_buffer_printf(out, err, "\\e")
                     : *c == '-' ? ya_buffer_printf(out, err, "\\-")
                                 : ya_buffer_add(out, c, 1, err);
        at_start = *c == '\n';
    }
    return status;
}

/* A request with one quoted argument. */
static ya_status heading(const char *request, const char *text, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, ".%s \"", request));
    YA_TRY(add_text(text, out, err));
    YA_TRY(ya_buffer_printf(out, err, "\"\n"));
done:
    return status;
}

/* Each line as it stands, in a fixed font. */
static ya_status as_it_stands(const char *text, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "\n.PP\n.nf\n"));
    YA_TRY(add_text(text, out, err));
    YA_TRY(ya_buffer_printf(out, err, "\n.fi\n"));
done:
    return status;
}

static ya_status add_command(const ya_command_text *command, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(heading("SS", ya_command_name(command->bit), out, err));
    YA_TRY(ya_buffer_printf(out, err, "\\fByour_ai %s\\fR ", ya_command_name(command->bit)));
    YA_TRY(add_text(command->usage, out, err));
    YA_TRY(as_it_stands(command->about, out, err));
done:
    return status;
}

static ya_status add_option(const ya_setting *row, ya_buffer *out, ya_error *err)
{
    const char *meta = row->type == YA_TYPE_CHOICE ? row->word : row->meta;
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, ".TP\n\\fB\\-\\-"));
    for (const char *c = row->name; *c; c++)
        YA_TRY(*c == '_' ? ya_buffer_printf(out, err, "\\-") : ya_buffer_add(out, c, 1, err));
    YA_TRY(ya_buffer_printf(out, err, "\\fR"));
    if (meta) {
        YA_TRY(ya_buffer_printf(out, err, " \\fI"));
        YA_TRY(add_text(meta, out, err));
        YA_TRY(ya_buffer_printf(out, err, "\\fR"));
    }
    YA_TRY(ya_buffer_printf(out, err, "\n"));
    YA_TRY(add_text(row->help, out, err));
    YA_TRY(ya_buffer_printf(out, err, ".\nOf:"));
    for (int c = 0; c < YA_N_COMMANDS; c++)
        if (row->commands & 1u << c)
            YA_TRY(ya_buffer_printf(out, err, " %s", ya_command_name(1u << c)));
    YA_TRY(ya_buffer_printf(out, err, ".\n"));
done:
    return status;
}

static ya_status add_options(ya_buffer *out, ya_error *err)
{
    const unsigned any = (1u << YA_N_COMMANDS) - 1;
    const char *section = "";
    ya_status status = YA_OK;
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (!(row->commands & any) || (row->commands & YA_HIDDEN))
            continue;
        if (strcmp(section, row->section) != 0)
            YA_TRY(heading("SS", row->section, out, err));
        section = row->section;
        YA_TRY(add_option(row, out, err));
    }
done:
    return status;
}

ya_status ya_man_page(const ya_command_text *commands, int n, ya_buffer *out, ya_error *err)
{
    static const char intro[] =
        ".SH NAME\nyour_ai \\- fine\\-tunes language models, weighing each record by its source\n"
        ".SH SYNOPSIS\n\\fByour_ai\\fR \\fICOMMAND\\fR [\\fIoptions\\fR]\n.SH DESCRIPTION\n"
        "Fine\\-tunes Llama\\-family models on an ordinary machine, and weighs every training "
        "record "
        "by how far its source can be trusted. Without a command: train.\n.SH COMMANDS\n";
    static const char outro[] =
        ".SH EXIT STATUS\n0 done; 1 error; 2 usage; 3 does not fit in memory; 4 stopped by the "
        "memory guard, resumable; 5 diverged; 130 and 143 interrupted, checkpoint saved.\n"
        ".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nno colours on a terminal\n"
        ".TP\n\\fBTMPDIR\\fR\nwhere temporary files go\n";
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, ".TH YOUR_AI 1 \"\" \"your_ai %s\" \"User Commands\"\n%s",
                            YA_VERSION, intro));
    for (int i = 0; i < n; i++)
        YA_TRY(add_command(&commands[i], out, err));
    YA_TRY(ya_buffer_printf(out, err,
                            ".SH OPTIONS\nEach is also a key of the YAML that \\fB\\-\\-config\\fR "
                            "names, with underscores.\nA switch that is on is turned off by "
                            "\\fB\\-\\-no\\-\\fR before its name.\n"));
    YA_TRY(add_options(out, err));
    YA_TRY(ya_buffer_printf(out, err, "%s", outro));
done:
    return status;
}
