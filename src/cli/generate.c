#include "eval/generate.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_generate(s, err);
}

const ya_command ya_command_generate = {
    .bit = YA_FOR_GENERATE,
    .positional = YA_N_SETTINGS,
    .summary = "text from a model, an adapter or a checkpoint",
    .usage = "--model PATH --prompt TEXT | --chat TEXT | --ids FILE [options]",
    .about = "Continues a text, or answers as an assistant; text streams to standard output as it "
             "comes.\n--prompt and --chat may be repeated; with --json each gives one object "
             "{\"ids\": [new], \"text\"}.\n\n"
             "  your_ai generate --model model.gguf --prompt \"The sea is\" --max-tokens 32\n"
             "  your_ai generate --model output/checkpoint-best --chat \"Who are you?\" "
             "--temperature 0.7\n"
             "  your_ai generate --model model.gguf --adapter output/checkpoint-best --chat "
             "\"Why?\" --compare\n",
    .run = run,
};
