#include "export/export.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_export(s, err);
}

const ya_command ya_command_export = {
    .bit = YA_FOR_EXPORT,
    .positional = YA_N_SETTINGS,
    .summary = "a merged model or an adapter, for transformers, PEFT, llama.cpp, Ollama",
    .usage = "--model PATH --to merged|gguf|gguf-adapter|adapter --output PATH [options]",
    .about =
        "Writes a model with its adapter merged as a Hugging Face directory or one GGUF file, or "
        "the adapter\nalone as a PEFT directory or as a GGUF file for llama.cpp and Ollama, with "
        "a model card that says what it\nlearned from. Weights stream through constant memory; the "
        "output appears whole or not at all.\n\n"
        "  your_ai export --model output/checkpoint-best --to gguf --dtype q8_0 --output my.gguf\n"
        "  your_ai export --model output/checkpoint-best --to gguf-adapter --output my-lora.gguf\n"
        "  your_ai export --model base --adapter adapter.gguf --to merged --output merged\n",
    .run = run,
};
