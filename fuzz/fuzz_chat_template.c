/* Any Jinja text: refused with a sentence, or a template that renders. */
#include "token/chat.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ya_message messages[] = {
        {"system", " s ", 3}, {"user", "u<think>", 8}, {"assistant", "<think>x</think>\n y ", 19}};
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
    } else if (ya_chat_render(chat, messages, 3, true, &r, &err) != YA_OK && !err.text[0]) {
        abort();
    }
    ya_rendered_free(&r);
    ya_chat_close(chat);
    free(jinja);
    return 0;
}
