/* What help, man page and completion say of a command besides its settings. */
#ifndef YA_SETTINGS_COMMAND_H
#define YA_SETTINGS_COMMAND_H

#include "settings/settings.h"

typedef struct {
    unsigned bit;                        /* YA_FOR_...; its name is ya_command_name(bit) */
    const char *summary, *usage, *about; /* as ya_command of cli/cli.h */
} ya_command_text;

/* Append the man page your_ai(1) as troff (man macros), and completion for bash and for zsh, all
 * from the table of settings. */
ya_status ya_man_page(const ya_command_text *commands, int n, ya_buffer *out,
                      ya_error *err) YA_CHECK;
ya_status ya_completion_bash(const ya_command_text *commands, int n, ya_buffer *out,
                             ya_error *err) YA_CHECK;
ya_status ya_completion_zsh(const ya_command_text *commands, int n, ya_buffer *out,
                            ya_error *err) YA_CHECK;

#endif
