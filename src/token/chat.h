/* Chat templates: any Jinja template as transformers runs it (chat/node.h, chat/run.h); equal to
 * apply_chat_template. Texts know where they come from, so that what is learned, and what is a
 * message's and so never a special token, follows from the template itself. */
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
    ya_span *content; /* what comes from the conversation, and roles that are no plain words; none
                         is empty */
    size_t n_content, room_content;
    /* Both ascending and disjoint. */
    unsigned dropped_reasoning; /* ya_chat_prepare: answers of earlier turns whose reasoning the
                                   template leaves out on purpose, as Qwen3's does */
} ya_rendered;

/* `name` forces a template: a preset (configs/chat/NAME.jinja: "llama3", "chatml", "qwen3"...) or a
 * file with one; another is YA_ERR_USAGE. NULL takes `jinja`; NULL or "" of that is
 * YA_ERR_UNSUPPORTED "has no chat template; pass --chat-template ...". What of a template is not
 * known is YA_ERR_UNSUPPORTED with its line and column. bos, eos: token texts, may be "". */
ya_status ya_chat_open(ya_chat **out, const char *jinja, const char *name, const char *bos,
                       const char *eos, ya_error *err) YA_CHECK;
/* Opens the templates of a tokenizer, that for conversations with tools among them, or `name`. */
ya_status ya_chat_open_for(ya_chat **out, const ya_tokenizer *tokenizer, const char *name,
                           ya_error *err) YA_CHECK;
void ya_chat_close(ya_chat *chat);

/* The preset's name, the file's, or "the model's own". */
const char *ya_chat_name(const ya_chat *chat);

/* Renders as transformers does. Where a template raises it is YA_ERR_DATA with its own sentence;
 * other errors of a template name its line. {0} is an empty rendering; it is reset first.
 * Ill-formed UTF-8 in a message becomes U+FFFD. No messages: YA_ERR_DATA. Any thread. */
ya_status ya_chat_render(const ya_chat *chat, const ya_conversation *conversation, ya_rendered *out,
                         ya_error *err) YA_CHECK;
void ya_rendered_free(ya_rendered *rendered);

/* Renders what is to be learned or answered, and makes sure that it is all there:
 *   - A turn ends with the first token in the template's text at which generation stops
 *     (`tokenizer`; NULL: with what the template writes behind every answer).
 *   - A message's parts go to the template as a list; where it fails or leaves them out, as the
 *     joined text. A text goes as it is, else as a list of one part.
 *   - A call's `arguments` that are JSON in a string are an object where the template writes them
 *     as JSON or goes over them, and the string where it takes them for one; an object becomes
 *     JSON text where the template cannot take it.
 *   - Reasoning goes under the name that the template reads: reasoning_content, thinking,
 *     reasoning.
 * An assistant's message whose content, calls or reasoning, or tools that do not reach the text are
 * YA_ERR_DATA; but see dropped_reasoning. */
ya_status ya_chat_prepare(const ya_chat *chat, const ya_tokenizer *tokenizer,
                          const ya_conversation *conversation, ya_rendered *out,
                          ya_error *err) YA_CHECK;

/* Tokenises a rendering as one text (so that ids are those of transformers), except that in what
 * comes from messages no special token is recognised, so that a user cannot smuggle in a turn;
 * added tokens that are not special (<think>, <tool_call>) are. Appends to `ids`; appends 1 to
 * `trained` (one for each id; may be NULL) for each token that begins in an assistant span, else 0.
 */
ya_status ya_chat_tokenize(const ya_tokenizer *tokenizer, const ya_rendered *rendered, ya_ids *ids,
                           ya_ids *trained, ya_error *err) YA_CHECK;

/* Both. */
ya_status ya_chat_encode(const ya_chat *chat, const ya_tokenizer *tokenizer,
                         const ya_conversation *conversation, ya_ids *ids, ya_ids *trained,
                         ya_error *err) YA_CHECK;

#endif
