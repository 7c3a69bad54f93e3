/* A conversation as the values that a template sees. */
#ifndef YA_TOKEN_CHAT_CONVERSATION_H
#define YA_TOKEN_CHAT_CONVERSATION_H

#include "token/chat.h"
#include "token/chat/run.h"

/* How messages are given where there is a choice. */
typedef struct {
    enum { YA_CONTENT_GIVEN, YA_CONTENT_TEXT, YA_CONTENT_PARTS } content;
    bool arguments_text;        /* a call's arguments as JSON text, also those given as an object */
    const char *reasoning_name; /* reasoning also under this name, or NULL */
} ya_chat_form;

/* Sets the variables and sources of `run`; texts are borrowed from the conversation. */
ya_status ya_take_conversation(ya_run *run, const ya_conversation *conversation,
                               const ya_chat_form *form) YA_CHECK;

#endif
