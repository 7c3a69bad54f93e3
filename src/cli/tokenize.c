#include "base/alloc.h"
#include "cli/cli.h"
#include "lora/locate.h"
#include "token/stream.h"

static ya_status tokenize_messages(const ya_settings *s, const ya_tokenizer *tokenizer,
                                   ya_error *err)
{
    ya_chat *chat = NULL;
    ya_status status = ya_chat_open_for(&chat, tokenizer, s->chat_template, err);
    if (status == YA_OK)
        status = ya_tokenize_messages_stream(tokenizer, chat, s->add_generation_prompt, stdin,
                                             stdout, err);
    ya_chat_close(chat);
    return status;
}

static ya_status run(ya_settings *s, ya_error *err)
{
    ya_tokenizer *tokenizer = NULL;
    char *path = NULL;
    ya_status status = ya_locate_named(&path, s->model, err);
    if (status == YA_OK)
        status = ya_tokenizer_open(&tokenizer, path, err);
    if (status == YA_OK && s->decode)
        status = ya_detokenize_stream(tokenizer, !s->special, stdin, stdout, err);
    else if (status == YA_OK && s->messages)
        status = tokenize_messages(s, tokenizer, err);
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
    .usage = "--model PATH [--no-special] [--decode | --messages] < LINES",
    .about =
        "Reads {\"text\"} lines on standard input and writes {\"ids\"} lines; with --decode the "
        "other way, with --messages chats to their text, ids and what of it is learned.\nPATH is a "
        "model directory, a tokenizer.json or a GGUF file.\n\n"
        "  your_ai tokenize --model model.gguf --no-special < texts.jsonl > ids.jsonl\n"
        "  your_ai tokenize --model model.gguf --messages < chats.jsonl\n",
    .run = run,
};
