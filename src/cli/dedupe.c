#include "data/dedupe.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_dedupe(s, err);
}

const ya_command ya_command_dedupe = {
    .bit = YA_FOR_DEDUPE,
    .positional = YA_N_SETTINGS,
    .summary = "drops records whose key, or nearly whose text, came before",
    .usage = "--input PATH --output FILE [--key FIELD | --near] [--json]",
    .about = "Copies the lines that are no duplicates as they are. --output appears whole at the "
             "end, and may be\nthe input. --near compares texts: records that share about 80 % of "
             "their runs of five words are\nduplicates.\n\n"
             "  your_ai dedupe --input raw.jsonl --output unique.jsonl --key identifier\n"
             "  your_ai dedupe --input raw.jsonl.gz --output unique.jsonl --near\n",
    .run = run,
};
