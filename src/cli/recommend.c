#include "hardware/recommend.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_recommend(s, err);
}

const ya_command ya_command_recommend = {
    .bit = YA_FOR_RECOMMEND,
    .positional = YA_N_SETTINGS,
    .summary = "which models fit a machine, their memory and the speed to expect",
    .usage = "[--memory GB] [--models NAMES] [--json]",
    .about = "For each preset and each model found on this machine: the memory that its plan needs "
             "with the\n"
             "profile for this much memory, whether it fits, and the speed to expect of this "
             "processor.\n"
             "\n  your_ai recommend\n"
             "  your_ai recommend --memory 64\n",
    .run = run,
};
