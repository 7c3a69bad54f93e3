#include "hub/pull.h"
#include "cli/cli.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_pull(s, err);
}

const ya_command ya_command_pull = {
    .bit = YA_FOR_PULL,
    .positional = YA_SET_repository,
    .summary = "a model or data set from a hub into the local cache, resumable and checked",
    .usage = "NAME [--include PATTERN] [--revision REV] [--dataset] [--json]",
    .about = "Fetches ORG/NAME, or a preset, into the cache that --model looks in and that Hugging "
             "Face's\n"
             "programs share. Of a model that is safetensors or the only GGUF file, configuration "
             "and\n"
             "tokenizer. Every file is checked against the sum that the hub names; what is there "
             "already is\n"
             "checked and not fetched. Interrupted, the same command goes on where it stopped.\n"
             "\n  your_ai pull llama-8b\n"
             "  your_ai pull ORG/NAME-GGUF --include '*Q4_K_M.gguf'\n"
             "  your_ai pull ORG/NAME --dataset\n\n"
             "Environment: HF_ENDPOINT is another hub or a mirror; HF_TOKEN is sent to it; "
             "HF_HUB_OFFLINE=1\n"
             "only checks what is there; HF_HUB_CACHE and HF_HOME say where the cache is.\n",
    .run = run,
};
