/* The nine templates by name. */
#include "token/chat_internal.h"

#include "base/alloc.h"

#include <string.h>

#define ALTERNATE "Conversation roles must alternate user/assistant/user/assistant/..."

static const struct {
    const char *name;
    ya_chat_family family;
    unsigned features;
    const char *texts[YA_CHAT_TEXTS];
} presets[] = {
    {"llama3", YA_CHAT_HEADER, YA_CHAT_TRIM, {NULL}},
    {"llama3.1", YA_CHAT_HEADER, YA_CHAT_TRIM | YA_CHAT_DATES, {[YA_CHAT_DATE] = "26 Jul 2024"}},
    {"chatml", YA_CHAT_CHATML, 0, {NULL}},
    {"smollm2",
     YA_CHAT_CHATML,
     0,
     {[YA_CHAT_DEFAULT_SYSTEM] =
          "You are a helpful AI assistant named SmolLM, trained by Hugging Face"}},
    {"qwen2.5",
     YA_CHAT_QWEN25,
     0,
     {[YA_CHAT_DEFAULT_SYSTEM] =
          "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."}},
    {"qwen3", YA_CHAT_QWEN3, 0, {NULL}},
    {"llama2", YA_CHAT_LLAMA2, 0, {[YA_CHAT_ORDER_ERROR] = ALTERNATE}},
    {"mistral-v1",
     YA_CHAT_MISTRAL,
     YA_CHAT_ALTERNATE | YA_CHAT_ROLES,
     {[YA_CHAT_OPEN] = "[INST] ",
      [YA_CHAT_CLOSE] = " [/INST]",
      [YA_CHAT_ORDER_ERROR] = ALTERNATE,
      [YA_CHAT_ROLE_ERROR] = "Only user and assistant roles are supported!"}},
    {"mistral-v3",
     YA_CHAT_MISTRAL,
     YA_CHAT_ALTERNATE | YA_CHAT_ALTERNATE_ALL | YA_CHAT_ROLES | YA_CHAT_SYSTEM | YA_CHAT_SPACE |
         YA_CHAT_TRIM,
     {[YA_CHAT_OPEN] = "[INST] ",
      [YA_CHAT_CLOSE] = "[/INST]",
      [YA_CHAT_ORDER_ERROR] =
          "After the optional system message, conversation roles must alternate "
          "user/assistant/user/assistant/...",
      [YA_CHAT_ROLE_ERROR] = "Only user and assistant roles are supported, with the exception of "
                             "an initial optional system message!"}},
};

ya_status ya_chat_preset(ya_chat *chat, const char *name, ya_error *err)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (strcmp(presets[i].name, name) != 0)
            continue;
        chat->family = presets[i].family;
        chat->features = presets[i].features;
        chat->name = presets[i].name;
        for (int t = 0; t < YA_CHAT_TEXTS; t++) {
            const char *text = presets[i].texts[t];
            if (text && !(chat->texts[t] = ya_strdup(text)))
                return ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat template");
        }
        return YA_OK;
    }
    return ya_fail(err, YA_ERR_USAGE, "there is no chat template \"%.60s\"; known are %s", name,
                   YA_CHAT_NAMES);
}
