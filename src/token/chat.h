/* Chat templates: those of Llama-2/3, ChatML (SmolLM2, Qwen), Mistral, recognised from the
 * statements of the Jinja text; one with a statement that is not known is refused, with what to
 * pass instead. Equal to transformers' apply_chat_template. */
#ifndef YA_TOKEN_CHAT_H
#define YA_TOKEN_CHAT_H

#include "token/tokenizer.h"

typedef struct ya_chat ya_chat;

/* A message as the template sees it. All texts are borrowed UTF-8 and may hold NULs, but `role`. */
typedef struct {
    const char *role;    /* NUL-terminated */
    const char *content; /* NULL: null */
    size_t content_size;
    const char *parts; /* JSON text of the list of text parts that the content was written as, then
                          `content` is those joined; NULL: it was a string */
    size_t parts_size;
    const char *members; /* JSON text of an object with what else goes to the template as it is:
                            tool_calls, tool_call_id, name, reasoning_content, thinking; or NULL */
    size_t members_size;
    bool context; /* of an assistant's message: it is not learned */
} ya_message;

typedef struct {
    const ya_message *messages;
    size_t n_messages;
    const char *tools; /* JSON text of the list of tools, or NULL */
    size_t tools_size;
    bool add_generation_prompt;
} ya_conversation;

typedef struct {
    ya_buffer text;
    ya_span *assistant; /* what the model is trained to say, with its end-of-turn token */
    size_t n_assistant, room_assistant;
    ya_span *content; /* what comes from the messages' own texts (trimmed as the template does), and
                         roles that are no plain words; none is empty */
    size_t n_content, room_content;
    /* Both ascending and disjoint. */
} ya_rendered;

/* `name` forces a template ("llama3", "llama3.1", "chatml", "smollm2", "qwen2.5", "qwen3",
 * "llama2", "mistral-v1", "mistral-v3"), another is YA_ERR_USAGE; NULL recognises `jinja` (NULL
 * too: YA_ERR_UNSUPPORTED "has no chat template; pass --chat-template NAME: ..."). bos, eos: token
 * texts, may be "". */
ya_status ya_chat_open(ya_chat **out, const char *jinja, const char *name, const char *bos,
                       const char *eos, ya_error *err) YA_CHECK;
void ya_chat_close(ya_chat *chat);

/* The template of the nine that this one is, or is a variant of. */
const char *ya_chat_name(const ya_chat *chat);

/* Renders; a role order that the template raises on is YA_ERR_DATA with the template's own
 * sentence. {0} is an empty rendering; it is reset first. Ill-formed UTF-8 in a message becomes
 * U+FFFD. No messages: YA_ERR_DATA. */
ya_status ya_chat_render(const ya_chat *chat, const ya_conversation *conversation, ya_rendered *out,
                         ya_error *err) YA_CHECK;
void ya_rendered_free(ya_rendered *rendered);

/* Renders and tokenises the text as one (so that ids are those of transformers), except that inside
 * a message's content nothing is taken for a special token, so that a user cannot smuggle in a
 * turn. Appends to `ids`; appends 1 to `trained` (one for each id; may be NULL) for each token that
 * the assistant says (it begins inside an assistant span), end-of-turn included, else 0. */
ya_status ya_chat_encode(const ya_chat *chat, const ya_tokenizer *tokenizer,
                         const ya_conversation *conversation, ya_ids *ids, ya_ids *trained,
                         ya_error *err) YA_CHECK;

#endif
