#include "cli/cli.h"
#include "train/run.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    return ya_train(s, err);
}

const ya_command ya_command_train = {
    .bit = YA_FOR_TRAIN,
    .positional = YA_N_SETTINGS,
    .summary = "fine-tunes a model on records weighed by their provenance",
    .usage = "--model PATH --data PATH [--output DIR] [options]",
    .about =
        "Trains a LoRA adapter (or, with --lora-rank 0, tensors of the model itself) and writes\n"
        "checkpoints that PEFT loads as they are. SIGINT and SIGTERM save one; --resume goes "
        "on.\n\n"
        "  your_ai train --model models/base.gguf --data data/train.jsonl --steps 1000\n"
        "  your_ai train --config configs/hardware/base_16gb.yaml --model models/base "
        "--data data/raw\n",
    .run = run,
};
