#include "data/analyze.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_analyze(s, err);
}

const ya_command ya_command_analyze = {
    .bit = YA_FOR_ANALYZE,
    .positional = YA_N_SETTINGS,
    .summary = "what records are, how they are weighed, and what a model would learn from",
    .usage = "--input PATH [--policy FILE] [--text-field NAME] [--json]",
    .about = "Shows, before a night of training, the records by file, the distribution of w and H, "
             "each source's\nshare of the total weight, duplicates, dates and what looks wrong. "
             "Labels of the records count where\nthey have both; others are scored.\n\n"
             "  your_ai analyze --input raw/\n"
             "  your_ai analyze --input train.jsonl --json\n",
    .run = run,
};
