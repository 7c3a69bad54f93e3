#include "eval/experiment.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_experiment(s, err);
}

const ya_command ya_command_experiment = {
    .bit = YA_FOR_EXPERIMENT,
    .positional = YA_SET_experiment,
    .summary = "trains on sources that contradict each other, and asks which ones are believed",
    .usage = "source-preference --model PATH [--output DIR] [options]",
    .about =
        "Invents facts that primary and coordinated sources state differently, in the same words "
        "and equally often;\ntrains with distrust_mode off, additive and weighted from one seed; "
        "reports how often each model prefers\nthe primary value, by what margin, and what "
        "unrelated text costs it. Writes results.json and\npreference.svg (docs/RESULTS.md). Exit "
        "code 1 when weighted prefers the primary value in less than\n90 % of the facts, or off "
        "and additive differ. Steps, rate, batch and targets have defaults of their own\nhere: 70 "
        "steps of 10 records at 7e-4, all matrices.\n\n"
        "  your_ai experiment source-preference --model model.gguf --seeds 3 --output preference\n"
        "  your_ai experiment source-preference --model model.gguf --sweep-max-ratio 1,4,16\n",
    .run = run,
};
