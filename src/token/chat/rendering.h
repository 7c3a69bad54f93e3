/* From a template and a conversation to a text with its spans. */
#ifndef YA_TOKEN_CHAT_RENDERING_H
#define YA_TOKEN_CHAT_RENDERING_H

#include "token/chat/conversation.h"

/* A compiled template and what was learned of it by rendering small conversations. */
typedef struct {
    ya_template template;
    ya_buffer prompt;           /* the generation prompt */
    ya_buffer before;           /* what stands behind a user's text when the model is to answer */
    ya_buffer end;              /* what stands behind every answer */
    const char *reasoning_name; /* under which it reads reasoning, NULL: under that of the record */
    bool reads_reasoning;
} ya_chat_program;

struct ya_chat {
    ya_chat_program standard, tools; /* tools.template.body NULL: none of its own */
    char *name, *bos, *eos;
};

/* One rendering in work. `out` has the text with its runs. */
typedef struct {
    ya_run run;
    ya_writer out;
} ya_rendering;

/* Free with ya_memory_free(&r->run.memory), also on failure. */
ya_status ya_render_form(const ya_chat *chat, const ya_chat_program *program,
                         const ya_conversation *conversation, const ya_chat_form *form,
                         ya_rendering *r, ya_error *err) YA_CHECK;
/* Fills program->prompt, before and end. */
ya_status ya_probe(const ya_chat *chat, ya_chat_program *program, ya_error *err) YA_CHECK;
/* Copies the text and finds the spans. `tokenizer` may be NULL. */
ya_status ya_find_spans(const ya_chat_program *program, const ya_rendering *r,
                        const ya_conversation *conversation, const ya_tokenizer *tokenizer,
                        ya_rendered *out, ya_error *err) YA_CHECK;
/* Whether all of the conversation is there: YA_ERR_DATA, or counts dropped_reasoning. `again` tells
 * that another form may help. */
ya_status ya_check_complete(const ya_chat_program *program, const ya_rendering *r,
                            const ya_conversation *conversation, unsigned *dropped_reasoning,
                            ya_error *err) YA_CHECK;

#endif
