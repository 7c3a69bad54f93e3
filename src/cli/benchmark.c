#include "hardware/benchmark.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_benchmark(s, err);
}

const ya_command ya_command_benchmark = {
    .bit = YA_FOR_BENCHMARK,
    .positional = YA_N_SETTINGS,
    .summary = "trains the models found here for a few steps: memory and speed, measured",
    .usage = "[--models NAMES] [--steps N] [--json]",
    .about = "Trains each model for a few steps in a process of its own, smallest first, and shows "
             "measured\n"
             "memory and speed beside what was planned and predicted. One that fails does not end "
             "the rest.\n"
             "\n  your_ai benchmark --models a.gguf,b.gguf\n",
    .run = run,
};
