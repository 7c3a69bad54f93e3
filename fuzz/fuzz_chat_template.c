/* Any Jinja template over any conversation: refused with a sentence, or a rendering whose spans are
 * sound.
 *
 *     flags   one byte: 1 a prompt, 2 tools
 *     records 0x01, then role, content, parts, members, each ended by 0x01; up to four
 *     0x02, then the template */
#include "token/chat.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGES_MAX = 4 };

typedef struct {
    char *at, *end;
} input;

/* The bytes up to 0x01 or the end, NUL-terminated in place. */
static char *take(input *in, size_t *size)
{
    char *begin = in->at;
    while (in->at < in->end && *in->at != 1 && *in->at != 2)
        in->at++;
    *size = (size_t)(in->at - begin);
    bool more = in->at < in->end && *in->at == 1;
    if (more)
        *in->at++ = '\0';
    return begin;
}

static size_t take_messages(input *in, ya_message *messages)
{
    static const char *const roles[] = {"user", "assistant", "tool", "system"};
    size_t n = 0, size;
    while (n < MESSAGES_MAX && in->at < in->end && *in->at == 1) {
        ya_message *m = &messages[n];
        in->at++;
        char *role = take(in, &size);
        *m = (ya_message){.role = size == 1             ? roles[*role & 3]
                                  : size && !role[size] ? role
                                                        : "user"};
        m->content = take(in, &m->content_size);
        m->parts = take(in, &m->parts_size);
        m->members = take(in, &m->members_size);
        m->parts = m->parts_size ? m->parts : NULL;
        m->members = m->members_size ? m->members : NULL;
        m->context = n == 3;
        n++;
    }
    return n;
}

static void check(const ya_rendered *r)
{
    const ya_span *lists[2] = {r->assistant, r->content};
    size_t sizes[2] = {r->n_assistant, r->n_content};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < sizes[k]; i++)
            if (lists[k][i].begin >= lists[k][i].end || lists[k][i].end > r->text.size ||
                (i && lists[k][i].begin < lists[k][i - 1].end))
                abort();
}

static void render(const char *jinja, const ya_conversation *conversation)
{
    ya_chat *chat;
    ya_rendered r = {0};
    ya_error err = {0};
    if (ya_chat_open(&chat, jinja, NULL, "<s>", "</s>", &err) != YA_OK) {
        if (!err.text[0] || chat)
            abort();
        return;
    }
    if (ya_chat_render(chat, conversation, &r, &err) != YA_OK && !err.text[0])
        abort();
    check(&r);
    err = (ya_error){0};
    if (ya_chat_prepare(chat, NULL, conversation, &r, &err) != YA_OK && !err.text[0])
        abort();
    check(&r);
    ya_rendered_free(&r);
    ya_chat_close(chat);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char tools[] =
        "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}}}]";
    ya_message messages[MESSAGES_MAX] = {
        {.role = "user", .content = " u<think>", .content_size = 9}};
    char *copy = malloc(size + 1);
    if (!copy || size < 2) {
        free(copy);
        return 0;
    }
    memcpy(copy, data, size);
    copy[size] = '\0';
    input in = {copy + 1, copy + size};
    size_t n = take_messages(&in, messages);
    while (in.at < in.end && *in.at != 2)
        in.at++;
    const ya_conversation conversation = {.messages = messages,
                                          .n_messages = n ? n : 1,
                                          .tools = data[0] & 2 ? tools : NULL,
                                          .tools_size = sizeof tools - 1,
                                          .add_generation_prompt = data[0] & 1};
    render(in.at < in.end ? in.at + 1 : "", &conversation);
    free(copy);
    return 0;
}
