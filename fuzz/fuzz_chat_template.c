/* Any Jinja text: refused with a sentence, or a template that renders. */
#include "token/chat.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ya_message messages[] = {
        {.role = "system", .content = " s ", .content_size = 3},
        {.role = "user", .content = "u<think>", .content_size = 8},
        {.role = "assistant", .content = "<think>x</think>\n y ", .content_size = 19}};
    static const ya_conversation conversation = {messages, 3, NULL, 0, true};
    char *jinja = malloc(size + 1);
    ya_chat *chat;
    ya_rendered r = {0};
    ya_error err = {0};
    if (!jinja)
        return 0;
    memcpy(jinja, data, size);
    jinja[size] = '\0';
    if (ya_chat_open(&chat, jinja, NULL, "<s>", "</s>", &err) != YA_OK) {
        if (!err.text[0] || chat)
            abort();
    } else if (ya_chat_render(chat, &conversation, &r, &err) != YA_OK && !err.text[0]) {
        abort();
    }
    ya_rendered_free(&r);
    ya_chat_close(chat);
    free(jinja);
    return 0;
}
