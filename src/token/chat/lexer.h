/* The tokens of a template, one at a time, as jinja2.lexer cuts them with trim_blocks and
 * lstrip_blocks. */
#ifndef YA_TOKEN_CHAT_LEXER_H
#define YA_TOKEN_CHAT_LEXER_H

#include "token/chat/node.h"

typedef enum {
    YA_T_END,
    YA_T_DATA,
    YA_T_VARIABLE_BEGIN,
    YA_T_VARIABLE_END,
    YA_T_BLOCK_BEGIN,
    YA_T_BLOCK_END,
    YA_T_NAME,
    YA_T_STRING,
    YA_T_INTEGER,
    YA_T_FLOAT,
    YA_T_OPERATOR
} ya_token_kind;

typedef struct {
    ya_token_kind kind;
    const char *text; /* of data, names, operators as written */
    size_t size;
    ya_value value; /* of strings and numbers */
    uint32_t line, column;
} ya_token;

typedef struct {
    ya_memory *memory;
    ya_error *err;
    const char *text, *end, *at;
    const char *line_begin;
    uint32_t line;
    enum { YA_LEX_DATA, YA_LEX_VARIABLE, YA_LEX_BLOCK } state;
    bool line_starting; /* what was read last ended with a line feed */
    char pending;       /* the tag that begins where data ended: '{', '%' or 0 */
    size_t n_open;
    char open[256]; /* brackets to be closed */
} ya_lexer;

/* `text` as normalised: line ends are LF, one at the end taken off. */
void ya_lexer_start(ya_lexer *lexer, ya_memory *memory, const char *text, size_t size,
                    ya_error *err);
ya_status ya_lexer_next(ya_lexer *lexer, ya_token *token) YA_CHECK;

#endif
