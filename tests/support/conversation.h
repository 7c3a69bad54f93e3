/* Conversations of JSON: {"messages": [...], "tools": [...]} as Hugging Face takes them. */
#ifndef TESTS_SUPPORT_CONVERSATION_H
#define TESTS_SUPPORT_CONVERSATION_H

#include "token/chat.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { CONVERSATION_MAX = 64 };

typedef struct {
    ya_conversation of;
    ya_message messages[CONVERSATION_MAX];
    char *owned[3 * CONVERSATION_MAX + 1];
    int n_owned;
} conversation;

static inline char *conversation_keep(conversation *c, char *text)
{
    return c->owned[c->n_owned++] = text;
}

/* The texts of a list of parts, joined. */
static inline char *conversation_join(const json_t *parts)
{
    size_t i;
    json_t *part;
    char *joined = calloc(1, 65536);
    json_array_foreach(parts, i, part) if (json_is_string(json_object_get(part, "text")))
        strcat(joined, json_string_value(json_object_get(part, "text")));
    return joined;
}

static inline void conversation_message(conversation *c, const json_t *json, ya_message *m)
{
    const json_t *content = json_object_get(json, "content");
    *m = (ya_message){.role = json_string_value(json_object_get(json, "role"))};
    m->content = json_string_value(content);
    m->content_size = json_string_length(content);
    m->context = json_is_true(json_object_get(json, "context"));
    if (json_is_array(content)) {
        m->parts = conversation_keep(c, json_dumps(content, JSON_COMPACT));
        m->parts_size = strlen(m->parts);
        m->content = conversation_keep(c, conversation_join(content));
        m->content_size = strlen(m->content);
    }
    json_t *rest = json_deep_copy(json);
    json_object_del(rest, "role");
    json_object_del(rest, "content");
    json_object_del(rest, "context");
    if (json_object_size(rest)) {
        m->members = conversation_keep(c, json_dumps(rest, JSON_COMPACT));
        m->members_size = strlen(m->members);
    }
    json_decref(rest);
}

/* Borrows texts of `json`; free_conversation. */
static inline void read_conversation(conversation *c, const json_t *json)
{
    *c = (conversation){.n_owned = 0};
    const json_t *messages = json_object_get(json, "messages");
    size_t n = json_array_size(messages);
    for (size_t i = 0; i < n && i < CONVERSATION_MAX; i++)
        conversation_message(c, json_array_get(messages, i), &c->messages[i]);
    c->of.n_messages = n;
    if (json_is_array(json_object_get(json, "tools"))) {
        c->of.tools = conversation_keep(c, json_dumps(json_object_get(json, "tools"), 0));
        c->of.tools_size = strlen(c->of.tools);
    }
    c->of.add_generation_prompt = json_is_true(json_object_get(json, "add_generation_prompt"));
    c->of.messages = c->messages;
}

static inline void free_conversation(conversation *c)
{
    for (int i = 0; i < c->n_owned; i++)
        free(c->owned[i]);
}

#endif
