/* Completion for bash and zsh, from the table of settings. */
#include "settings/command.h"
#include "settings/field.h"

#include <string.h>

/* --max-memory, for `command`. */
static ya_status add_flag(const ya_setting *row, unsigned command, ya_buffer *out, ya_error *err)
{
    ya_status status = ya_buffer_printf(out, err, "--");
    for (const char *c = ya_setting_flag(row, command); *c && !status; c++)
        status = ya_buffer_printf(out, err, "%c", *c == '_' ? '-' : *c);
    return status;
}

static bool takes(const ya_setting *row, unsigned command)
{
    return (row->commands & command) && !(row->commands & YA_HIDDEN);
}

/* What a value is, to a shell: its words for a choice, "@" for a path, "" for anything else. */
static const char *value_of(const ya_setting *row)
{
    static const char *const paths[] = {"PATH", "DIR", "FILE"};
    if (row->type == YA_TYPE_CHOICE)
        return row->word;
    for (int i = 0; i < 3; i++)
        if (row->meta && strcmp(row->meta, paths[i]) == 0)
            return "@";
    return "";
}

static ya_status add_words(const char *choices, ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    for (const char *c = choices; *c && !status; c++)
        status = ya_buffer_printf(out, err, "%c", *c == '|' ? ' ' : *c);
    return status;
}

/* bash: ---------------------------------------------------------------------------------------- */

/* A case of the flag before the word at hand. */
static ya_status bash_value(const ya_setting *row, unsigned command, ya_buffer *out, ya_error *err)
{
    const char *value = value_of(row);
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "    "));
    YA_TRY(add_flag(row, command, out, err));
    if (*value == '@')
        YA_TRY(ya_buffer_printf(out, err, ") COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"));
    else if (*value) {
        YA_TRY(ya_buffer_printf(out, err, ") COMPREPLY=($(compgen -W '"));
        YA_TRY(add_words(value, out, err));
        YA_TRY(ya_buffer_printf(out, err, "' -- \"$word\")); return ;;\n"));
    } else
        YA_TRY(ya_buffer_printf(out, err, ") return ;;\n"));
done:
    return status;
}

static ya_status bash_command(unsigned command, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "_your_ai_%s() {\n    case $before in\n",
                            ya_command_name(command)));
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (takes(row, command) && row->type != YA_TYPE_BOOL)
            YA_TRY(bash_value(row, command, out, err));
    }
    YA_TRY(ya_buffer_printf(out, err, "    esac\n    flags='--help"));
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (!takes(row, command))
            continue;
        YA_TRY(ya_buffer_printf(out, err, " "));
        YA_TRY(add_flag(row, command, out, err));
    }
    YA_TRY(ya_buffer_printf(out, err, "'\n}\n"));
done:
    return status;
}

ya_status ya_completion_bash(const ya_command_text *commands, int n, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err,
                            "# bash completion of your_ai %s; made by: your_ai "
                            "--completion bash\n",
                            YA_VERSION));
    for (int i = 0; i < n; i++)
        YA_TRY(bash_command(commands[i].bit, out, err));
    YA_TRY(ya_buffer_printf(out, err,
                            "_your_ai() {\n    local word=${COMP_WORDS[COMP_CWORD]} "
                            "before=${COMP_WORDS[COMP_CWORD - 1]} "
                            "command=${COMP_WORDS[1]} flags=\n    COMPREPLY=()\n"
                            "    if [ \"$COMP_CWORD\" = 1 ] && [[ $word != -* ]]; then\n"
                            "        COMPREPLY=($(compgen -W '"));
    for (int i = 0; i < n; i++)
        YA_TRY(ya_buffer_printf(out, err, "%s%s", i ? " " : "", ya_command_name(commands[i].bit)));
    YA_TRY(ya_buffer_printf(
        out, err,
        "' -- \"$word\"))\n        return\n    fi\n    [[ $command == -* ]] && command=train\n"
        "    declare -F \"_your_ai_$command\" >/dev/null || return\n    \"_your_ai_$command\"\n"
        "    [ -n \"$flags\" ] || return\n"
        "    if [[ $word == -* ]]; then\n"
        "        COMPREPLY=($(compgen -W \"$flags\" -- \"$word\"))\n    else\n"
        "        COMPREPLY=($(compgen -f -- \"$word\"))\n    fi\n}\n"
        "complete -o filenames -F _your_ai your_ai\n"));
done:
    return status;
}

/* zsh: ----------------------------------------------------------------------------------------- */

/* Text within '...[...]': quotes, brackets and colons would end it. */
static ya_status zsh_text(const char *text, ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    for (const char *c = text; *c && !status; c++) {
        if (*c == '\'')
            status = ya_buffer_printf(out, err, "'\\''");
        else
            status = ya_buffer_printf(out, err, strchr("[]:\\", *c) ? "\\%c" : "%c", *c);
    }
    return status;
}

static ya_status zsh_option(const ya_setting *row, unsigned command, ya_buffer *out, ya_error *err)
{
    const char *value = value_of(row);
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "        '*"));
    YA_TRY(add_flag(row, command, out, err));
    YA_TRY(ya_buffer_printf(out, err, "["));
    YA_TRY(zsh_text(row->help, out, err));
    YA_TRY(ya_buffer_printf(out, err, "]"));
    if (*value == '@') {
        YA_TRY(ya_buffer_printf(out, err, ":path:_files"));
    } else if (*value) {
        YA_TRY(ya_buffer_printf(out, err, ":value:("));
        YA_TRY(add_words(value, out, err));
        YA_TRY(ya_buffer_printf(out, err, ")"));
    } else if (row->type != YA_TYPE_BOOL) {
        YA_TRY(ya_buffer_printf(out, err, ":value: "));
    }
    YA_TRY(ya_buffer_printf(out, err, "' \\\n"));
done:
    return status;
}

static ya_status zsh_command(unsigned command, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err,
                            "    %s)\n        _arguments -s '--help[explains the command]' \\\n",
                            ya_command_name(command)));
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (takes(row, command))
            YA_TRY(zsh_option(row, command, out, err));
    }
    YA_TRY(ya_buffer_printf(out, err, "        '*:path:_files'\n        ;;\n"));
done:
    return status;
}

ya_status ya_completion_zsh(const ya_command_text *commands, int n, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err,
                            "#compdef your_ai\n# zsh completion of your_ai %s; made by: "
                            "your_ai --completion zsh\n_your_ai() {\n    local -a "
                            "commands=(\n",
                            YA_VERSION));
    for (int i = 0; i < n; i++) {
        YA_TRY(ya_buffer_printf(out, err, "        '%s:", ya_command_name(commands[i].bit)));
        YA_TRY(zsh_text(commands[i].summary, out, err));
        YA_TRY(ya_buffer_printf(out, err, "'\n"));
    }
    YA_TRY(ya_buffer_printf(out, err,
                            "    )\n    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
                            "        _describe command commands\n        return\n    fi\n"
                            "    local command=$words[2]\n    if [[ $command == -* ]]; then\n"
                            "        command=train\n    else\n        shift words\n"
                            "        (( CURRENT-- ))\n    fi\n    case $command in\n"));
    for (int i = 0; i < n; i++)
        YA_TRY(zsh_command(commands[i].bit, out, err));
    YA_TRY(ya_buffer_printf(out, err, "    esac\n}\n_your_ai \"$@\"\n"));
done:
    return status;
}
