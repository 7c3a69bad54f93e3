#include "inspect/inspect.h"
#include "base/alloc.h"
#include "cli/cli.h"
#include "lora/locate.h"

#include <stdio.h>

static ya_status run(ya_settings *s, ya_error *err)
{
    json_t *document = NULL;
    char *path = NULL;
    ya_status status = ya_locate_named(&path, s->model, err);
    if (status == YA_OK)
        status = ya_inspect(&document, path, s->hash, err);
    if (status == YA_OK && s->json)
        status = ya_inspect_print_json(document, stdout, err);
    else if (status == YA_OK)
        ya_inspect_print(document, stdout);
    json_decref(document);
    ya_free(path);
    return status;
}

const ya_command ya_command_inspect = {
    .bit = YA_FOR_INSPECT,
    .positional = YA_SET_model,
    .summary = "a model, adapter or checkpoint: architecture, tensors, types, sizes, lineage",
    .usage = "PATH [--hash] [--json]",
    .about = "Shows what a Hugging Face directory, a GGUF or safetensors file, a PEFT adapter or a "
             "checkpoint\nholds. Of a checkpoint its sums are verified.\n\n"
             "  your_ai inspect model.gguf\n"
             "  your_ai inspect output/checkpoint-500 --hash --json\n",
    .run = run,
};
