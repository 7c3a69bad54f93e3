#include "data/prepare.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_prepare(s, err);
}

const ya_command ya_command_prepare = {
    .bit = YA_FOR_PREPARE,
    .positional = YA_N_SETTINGS,
    .summary = "raw records to train.jsonl and val.jsonl, scored, without duplicates, split",
    .usage = "--input PATH --output DIR [options]",
    .about = "Reads raw records of mixed origin and writes train.jsonl, val.jsonl, rejected.jsonl "
             "(the lines that\ncannot be used, with reasons) and summary.json. Each record gets "
             "its authority weight and provenance\nentropy; no text is in both sets; the same "
             "input and seed give the same bytes.\n\n"
             "  your_ai prepare --input data/raw --output data/prepared\n"
             "  your_ai prepare --input data/raw --output data/prepared --train-size 10000 "
             "--rebalance\n",
    .run = run,
};
