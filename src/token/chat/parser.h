/* A template text to its tree: expressions (parse_expression.c) and statements (parser.c), as
 * jinja2.parser reads them. */
#ifndef YA_TOKEN_CHAT_PARSER_H
#define YA_TOKEN_CHAT_PARSER_H

#include "token/chat/lexer.h"

typedef struct {
    ya_template *template;
    ya_memory *memory;
    ya_error *err;
    ya_lexer lexer;
    ya_token token, ahead; /* where the parser stands, and what comes behind */
    int depth;             /* of nesting */
    int n_loops;           /* around, for break and continue */
} ya_parser;

/* Fails at the parser's place. */
ya_status ya_parser_fault(ya_parser *p, const char *format, ...) YA_PRINTF(2, 3);
ya_status ya_parser_next(ya_parser *p) YA_CHECK;
bool ya_parser_is(const ya_parser *p, const char *operator); /* an operator or bracket */
bool ya_parser_is_name(const ya_parser *p, const char *name);
ya_status ya_parser_expect(ya_parser *p, const char *operator) YA_CHECK;
/* A node at the place of the parser. */
ya_status ya_parser_node(ya_parser *p, ya_node_kind kind, ya_node **out) YA_CHECK;
ya_status ya_parser_name(ya_parser *p, const ya_str **out) YA_CHECK; /* and moves behind it */
/* Deeper by one, with a limit; `leave` is depth--. */
ya_status ya_parser_enter(ya_parser *p) YA_CHECK;

ya_status ya_parse_expression(ya_parser *p, ya_node **out) YA_CHECK;
/* Expressions with commas between; `conditional`: each may have an `if`; `until`: a name that ends
 * it, or NULL. */
ya_status ya_parse_tuple(ya_parser *p, bool conditional, const char *until, ya_node **out) YA_CHECK;
ya_status ya_parse_primary(ya_parser *p, ya_node **out) YA_CHECK;
ya_status ya_parse_postfix(ya_parser *p, ya_node **node) YA_CHECK;
/* "name(args)" of a filter that `node` (NULL: the block) goes through, and those behind '|'. */
ya_status ya_parse_filters(ya_parser *p, ya_node *node, ya_node **out) YA_CHECK;
ya_status ya_parse_target(ya_parser *p, bool namespaces, ya_node **out) YA_CHECK;

#endif
