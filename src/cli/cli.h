/* The program's commands: one file each, without logic of their own. The list is
 * settings/commands.def. */
#ifndef YA_CLI_CLI_H
#define YA_CLI_CLI_H

#include "settings/settings.h"

typedef struct {
    unsigned bit;             /* YA_FOR_...; its name is ya_command_name(bit) */
    ya_setting_id positional; /* what an argument without dashes is; YA_N_SETTINGS: an error */
    const char *summary;      /* a few words for the list of commands */
    const char *usage;        /* after "your_ai NAME " */
    const char *about;        /* for --help: sentences and examples, lines of at most 100 columns */
    /* Gets settings that are read and checked (ya_settings_finish); may change and not free them.
     */
    ya_status (*run)(ya_settings *s, ya_error *err);
} ya_command;

#define C(WORD, name, where) extern const ya_command ya_command_##name;
#include "settings/commands.def"
#undef C

#endif
