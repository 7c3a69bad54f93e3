#include "hardware/optimize.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_optimize(s, err);
}

const ya_command ya_command_optimize = {
    .bit = YA_FOR_OPTIMIZE,
    .positional = YA_SET_model,
    .summary = "searches the fastest settings for a model on this machine",
    .usage = "--model PATH [--quick] [--output DIR]",
    .about = "Tries micro-batch sizes, ranks, layers and checkpointing, a short run each; writes "
             "the fastest as\n"
             "a profile and shows the frontier of speed against memory. Interrupted, it goes on "
             "where it was.\n"
             "\n  your_ai optimize --model base.gguf --quick --output tuned\n"
             "  your_ai train --config tuned/optimized.yaml --model base.gguf --data data\n",
    .run = run,
};
