#include "eval/logits.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_logits(s, err);
}

const ya_command ya_command_logits = {
    .bit = YA_FOR_LOGITS,
    .positional = YA_N_SETTINGS,
    .summary = "what a model predicts at every position, for comparison with other programs",
    .usage = "--model PATH --ids FILE --output FILE [options]",
    .about =
        "Reads token ids, [[int, ...], ...] of equal lengths as JSON, and writes a safetensors "
        "file with the\ntensor logits [n, T, V] in f32. No special tokens are added.\n\n"
        "  your_ai logits --model model.gguf --ids ids.json --output logits.safetensors "
        "--dtype f32\n",
    .run = run,
};
