#include "cli/cli.h"
#include "data/score_lines.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_score_lines(s, err);
}

const ya_command ya_command_score = {
    .bit = YA_FOR_SCORE,
    .positional = YA_N_SETTINGS,
    .summary = "authority weight and provenance entropy of each record",
    .usage = "--input PATH [--policy FILE] [--text-field NAME] [--explain]",
    .about = "Prints one JSON line for each record that is not bad, in their order. What counts as "
             "coordinated is\nyour judgement: copy the policy configs/provenance/default.yaml, "
             "change it, and pass it with --policy.\n--explain says why: the words, citations and "
             "dates behind each number.\n\n"
             "  your_ai score --input raw.jsonl.gz > scores.jsonl\n"
             "  your_ai score --input raw/ --policy mine.yaml --explain | head\n",
    .run = run,
};
