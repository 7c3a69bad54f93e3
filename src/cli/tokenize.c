#include "base/alloc.h"
#include "cli/cli.h"
#include "lora/locate.h"
#include "token/stream.h"

static ya_status run(ya_settings *s, ya_error *err)
{
    ya_tokenizer *tokenizer = NULL;
    char *path = NULL;
    ya_status status = ya_locate_named(&path, s->model, err);
    if (status == YA_OK)
        status = ya_tokenizer_open(&tokenizer, path, err);
    if (status == YA_OK && s->decode)
        status = ya_detokenize_stream(tokenizer, !s->special, stdin, stdout, err);
    else if (status == YA_OK)
        status = ya_tokenize_stream(tokenizer, s->special, stdin, stdout, err);
    ya_tokenizer_close(tokenizer);
    ya_free(path);
    return status;
}

const ya_command ya_command_tokenize = {
    .bit = YA_FOR_TOKENIZE,
    .positional = YA_N_SETTINGS,
    .summary = "texts to token ids, or back",
    .usage = "--model PATH [--no-special] [--decode] < LINES",
    .about =
        "Reads {\"text\"} lines on standard input and writes {\"ids\"} lines; with --decode the "
        "other way.\nPATH is a model directory, a tokenizer.json or a GGUF file.\n\n"
        "  your_ai tokenize --model model.gguf --no-special < texts.jsonl > ids.jsonl\n",
    .run = run,
};
