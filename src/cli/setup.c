#include "hardware/setup.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_setup(s, err);
}

const ya_command ya_command_setup = {
    .bit = YA_FOR_SETUP,
    .positional = YA_N_SETTINGS,
    .summary = "this machine: detects and measures it, writes a profile for it",
    .usage = "[--output FILE] [--json]",
    .about = "Shows the processor, memory and their measured speeds, and writes the hardware "
             "profile that\n"
             "fits this machine to your configuration directory.\n"
             "\n  your_ai setup\n",
    .run = run,
};
