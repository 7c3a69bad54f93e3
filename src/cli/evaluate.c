#include "eval/evaluate.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_evaluate(s, err);
}

const ya_command ya_command_evaluate = {
    .bit = YA_FOR_EVALUATE,
    .positional = YA_SET_adapter,
    .summary = "cross-entropy and perplexity on records, in all and per band, source and file",
    .usage = "--model PATH --data PATH [--adapter DIR | --compare DIR] [options]",
    .about =
        "Scores records as training would see them, without weights. Bands are low "
        "(auth_weight < 0.3),\nmid and high (> 0.7). --compare measures the base model too.\n\n"
        "  your_ai evaluate --model output/checkpoint-best --data data/val.jsonl --json\n",
    .run = run,
};
