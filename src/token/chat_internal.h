/* What the files of the chat templates share. */
#ifndef YA_TOKEN_CHAT_INTERNAL_H
#define YA_TOKEN_CHAT_INTERNAL_H

#include "token/chat.h"

typedef enum {
    YA_CHAT_HEADER,  /* <|start_header_id|>role<|end_header_id|>: Llama 3 */
    YA_CHAT_CHATML,  /* <|im_start|>role for any role */
    YA_CHAT_QWEN25,  /* ChatML with tool responses */
    YA_CHAT_QWEN3,   /* the same with <think> blocks */
    YA_CHAT_LLAMA2,  /* [INST] with <<SYS>> */
    YA_CHAT_MISTRAL, /* [INST] */
    YA_CHAT_FAMILIES
} ya_chat_family;

/* Features of a variant. */
enum {
    YA_CHAT_BOS = 1 << 0,           /* CHATML: BOS first */
    YA_CHAT_DATES = 1 << 1,         /* HEADER: a system turn with dates always */
    YA_CHAT_NOW = 1 << 2,           /* HEADER: today's date */
    YA_CHAT_IPYTHON = 1 << 3,       /* HEADER: tool messages as JSON by "ipython" */
    YA_CHAT_TRIM = 1 << 4,          /* contents (MISTRAL: the assistant's) without outer space */
    YA_CHAT_ALTERNATE = 1 << 5,     /* MISTRAL: raises unless user and assistant alternate */
    YA_CHAT_ALTERNATE_ALL = 1 << 6, /* ... all turns checked before any is rendered */
    YA_CHAT_ROLES = 1 << 7,         /* MISTRAL: raises on other roles */
    YA_CHAT_SYSTEM = 1 << 8,        /* MISTRAL: a system message may come first */
    YA_CHAT_SYSTEM_FIRST = 1 << 9,  /* ... and goes with the first user turn, not the last */
    YA_CHAT_SPACE = 1 << 10,        /* MISTRAL: ' ' before the answer */
    YA_CHAT_TAIL = 1 << 11,         /* MISTRAL: ' ' behind the eos */
    YA_CHAT_TOOLS = 1 << 12,        /* MISTRAL: tool turns are left out of the order; they raise */
    YA_CHAT_SYSTEM_TURN = 1 << 13,  /* LLAMA2: later system messages are rendered */
};

/* Texts of a variant; all owned, NULL for none. */
typedef enum {
    YA_CHAT_DEFAULT_SYSTEM, /* CHATML, QWEN25: the system message of a chat without one */
    YA_CHAT_DATE,           /* HEADER */
    YA_CHAT_OPEN,           /* MISTRAL: "[INST] " */
    YA_CHAT_CLOSE,          /* MISTRAL: " [/INST]" */
    YA_CHAT_ORDER_ERROR,    /* what is raised when turns do not alternate */
    YA_CHAT_ROLE_ERROR,     /* on a role that is not known */
    YA_CHAT_TEXTS
} ya_chat_text;

struct ya_chat {
    ya_chat_family family;
    unsigned features;
    char *texts[YA_CHAT_TEXTS];
    const char *name; /* static */
    char *bos, *eos;
};

/* The statements of a Jinja text in normal form, NUL-terminated, one behind the other: a letter for
 * the kind ('=' output, '%' block), then the code without needless white space, 'x' for every
 * quoting, x['name'] for x.name, adjacent texts joined; branches for tools are left out. */
typedef struct {
    ya_buffer text;
    ya_ids starts;
} ya_statements;

/* YA_ERR_UNSUPPORTED when the text prints something outside of its tags, or is no Jinja. */
ya_status ya_chat_scan(const char *jinja, ya_statements *out, ya_error *err) YA_CHECK;
void ya_statements_free(ya_statements *statements);

/* Fills family, features, texts and name of a zeroed chat from the statements, or from a name. */
ya_status ya_chat_recognise(ya_chat *chat, const ya_statements *statements, ya_error *err) YA_CHECK;
ya_status ya_chat_preset(ya_chat *chat, const char *name, ya_error *err) YA_CHECK;

#define YA_CHAT_NAMES                                                                              \
    "llama3, llama3.1, chatml, smollm2, qwen2.5, qwen3, llama2, mistral-v1, mistral-v3"

#endif
