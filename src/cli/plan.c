#include "cli/cli.h"
#include "hardware/show_plan.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_plan_print(s, err);
}

const ya_command ya_command_plan = {
    .bit = YA_FOR_PLAN,
    .positional = YA_N_SETTINGS,
    .summary = "the memory that a training run will need; trains nothing",
    .usage = "--model PATH [every option of train]",
    .about = "Prints the memory table of a run: what lies where, for how long, and whether it fits "
             "the budget. With --data it also reads the records, as train does before its first "
             "step, and says what it found.\n\n"
             "  your_ai plan --model models/base.gguf --max-seq-length 2048 --max-memory 8GB\n",
    .run = run,
};
