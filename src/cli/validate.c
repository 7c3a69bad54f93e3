#include "eval/validate.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_validate(s, err);
}

const ya_command ya_command_validate = {
    .bit = YA_FOR_VALIDATE,
    .positional = YA_SET_adapter,
    .summary = "benchmarks and suites of questions, base against adapter",
    .usage = "--model PATH --benchmarks truthfulqa --data FILE | --suite FILE [--compare DIR] "
             "[options]",
    .about =
        "Multiple choice is decided by log-likelihood, free form by keywords. TruthfulQA's MC1 and "
        "MC2 are\nthose of lm-evaluation-harness. A suite (docs/SUITES.md) may ask for thresholds: "
        "when one is missed,\nthe exit code is 1. With --output DIR results.json is written "
        "there, and an interrupted run goes on.\n\n"
        "  your_ai validate --model model.gguf --benchmarks truthfulqa --data mc_task.json "
        "--compare output/checkpoint-best\n"
        "  your_ai validate --model output/checkpoint-best --suite source-preference --chat\n",
    .run = run,
};
