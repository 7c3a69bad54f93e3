#include "token/chat/parser.h"

#include "token/chat/run.h"
#include "token/unicode.h"

#include <stdio.h>
#include <string.h>

/* ---- Tokens ---- */

ya_status ya_at_fault(ya_error *err, uint32_t line, uint32_t column, const char *format, ...)
{
    char what[512];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    return ya_fail(err, YA_ERR_UNSUPPORTED, "line %u, column %u: %s", line, column, what);
}

ya_status ya_parser_fault(ya_parser *p, const char *format, ...)
{
    char what[512];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    return ya_at_fault(p->err, p->token.line, p->token.column, "%s", what);
}

ya_status ya_parser_next(ya_parser *p)
{
    p->token = p->ahead;
    if (p->token.kind == YA_T_END)
        return YA_OK;
    return ya_lexer_next(&p->lexer, &p->ahead);
}

bool ya_parser_is(const ya_parser *p, const char *operator)
{
    return p->token.kind == YA_T_OPERATOR && strcmp(p->token.text, operator) == 0;
}

bool ya_parser_is_name(const ya_parser *p, const char *name)
{
    return p->token.kind == YA_T_NAME && p->token.size == strlen(name) &&
           memcmp(p->token.text, name, p->token.size) == 0;
}

ya_status ya_parser_expect(ya_parser *p, const char *operator)
{
    if (!ya_parser_is(p, operator))
        return ya_parser_fault(p, "'%s' is expected", operator);
    return ya_parser_next(p);
}

ya_status ya_parser_node(ya_parser *p, ya_node_kind kind, ya_node **out)
{
    ya_node *node = ya_memory_zero(p->memory, 1, sizeof *node);
    if (!node)
        return ya_parser_fault(p, "it takes too much memory");
    node->kind = (uint8_t)kind;
    node->line = p->token.line;
    node->column = p->token.column;
    *out = node;
    return YA_OK;
}

ya_status ya_parser_name(ya_parser *p, const ya_str **out)
{
    if (p->token.kind != YA_T_NAME)
        return ya_parser_fault(p, "a name is expected");
    *out = ya_str_view(p->memory, p->token.text, p->token.size, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN);
    if (!*out)
        return ya_parser_fault(p, "it takes too much memory");
    return ya_parser_next(p);
}

ya_status ya_parser_enter(ya_parser *p)
{
    if (++p->depth > YA_TEMPLATE_MAX_DEPTH)
        return ya_parser_fault(p, "it is nested more than %d deep", YA_TEMPLATE_MAX_DEPTH);
    return YA_OK;
}

/* ---- Statements ---- */

/* Statements up to "{% NAME" with one of the names between spaces in `ends`, where the parser then
 * stands, or (NULL) up to the end of the text. */
static ya_status parse_body(ya_parser *p, const char *ends, ya_node **out);

/* "%}", statements, "{% END %}". */
static ya_status parse_block(ya_parser *p, const char *end, ya_node **out)
{
    ya_status status = parse_body(p, end, out);
    return status ? status : ya_parser_next(p);
}

static ya_status parse_if(ya_parser *p, ya_node *node)
{
    ya_status status = YA_OK;
    int depth = p->depth;
    for (;;) {
        YA_TRY(ya_parse_tuple(p, false, NULL, &node->a));
        YA_TRY(parse_body(p, " elif else endif ", &node->b));
        if (!ya_parser_is_name(p, "elif"))
            break;
        YA_TRY(ya_parser_enter(p));
        YA_TRY(ya_parser_next(p));
        YA_TRY(ya_parser_node(p, YA_N_IF, &node->c));
        node = node->c;
    }
    bool other = ya_parser_is_name(p, "else");
    YA_TRY(ya_parser_next(p));
    if (other)
        YA_TRY(parse_block(p, " endif ", &node->c));
    p->depth = depth;
done:
    return status;
}

static ya_status parse_for(ya_parser *p, ya_node *node)
{
    ya_status status = YA_OK;
    YA_TRY(ya_parse_target(p, false, &node->a));
    if (!ya_parser_is_name(p, "in"))
        return ya_parser_fault(p, "'in' is expected");
    YA_TRY(ya_parser_next(p));
    YA_TRY(ya_parse_tuple(p, false, "recursive", &node->b));
    if (ya_parser_is_name(p, "if")) {
        YA_TRY(ya_parser_next(p));
        YA_TRY(ya_parse_expression(p, &node->d));
    }
    node->recursive = ya_parser_is_name(p, "recursive");
    if (node->recursive)
        YA_TRY(ya_parser_next(p));
    p->n_loops++;
    YA_TRY(parse_body(p, " endfor else ", &node->body));
    p->n_loops--;
    bool other = ya_parser_is_name(p, "else");
    YA_TRY(ya_parser_next(p));
    if (other)
        YA_TRY(parse_block(p, " endfor ", &node->other));
done:
    return status;
}

static ya_status parse_set(ya_parser *p, ya_node *node)
{
    ya_status status = YA_OK;
    YA_TRY(ya_parse_target(p, true, &node->a));
    if (ya_parser_is(p, "=")) {
        YA_TRY(ya_parser_next(p));
        return ya_parse_tuple(p, true, NULL, &node->b);
    }
    node->kind = YA_N_SET_BLOCK;
    if (ya_parser_is(p, "|")) {
        YA_TRY(ya_parser_next(p));
        YA_TRY(ya_parse_filters(p, NULL, &node->b));
    }
    status = parse_block(p, " endset ", &node->body);
done:
    return status;
}

/* "(a, b=1)" */
static ya_status parse_signature(ya_parser *p, ya_macro *macro)
{
    ya_status status = YA_OK;
    ya_node **params = &macro->params, **defaults = &macro->defaults;
    YA_TRY(ya_parser_expect(p, "("));
    while (!ya_parser_is(p, ")")) {
        if (macro->n_params)
            YA_TRY(ya_parser_expect(p, ","));
        YA_TRY(ya_parse_primary(p, params));
        if ((*params)->kind != YA_N_NAME)
            return ya_parser_fault(p, "the name of a parameter is expected");
        (*params)->target = true;
        params = &(*params)->next;
        if (++macro->n_params > 100)
            return ya_parser_fault(p, "a macro has more than 100 parameters");
        if (ya_parser_is(p, "=")) {
            YA_TRY(ya_parser_next(p));
            YA_TRY(ya_parse_expression(p, defaults));
            defaults = &(*defaults)->next;
            macro->n_defaults++;
        } else if (macro->n_defaults) {
            return ya_parser_fault(p, "a parameter without default follows one with a default");
        }
    }
    status = ya_parser_expect(p, ")");
done:
    return status;
}

static ya_status new_macro(ya_parser *p, ya_node *node)
{
    node->macro = ya_memory_zero(p->memory, 1, sizeof *node->macro);
    if (!node->macro)
        return ya_parser_fault(p, "it takes too much memory");
    node->macro->node = node;
    node->macro->compiled = node->macro;
    return YA_OK;
}

/* The body of a macro or of a caller is a function of its own: a `break` in it has no loop. */
static ya_status parse_function_body(ya_parser *p, const char *end, ya_node *node)
{
    int n_loops = p->n_loops;
    p->n_loops = 0;
    ya_status status = parse_block(p, end, &node->body);
    p->n_loops = n_loops;
    return status;
}

static ya_status parse_macro(ya_parser *p, ya_node *node)
{
    ya_status status = YA_OK;
    YA_TRY(new_macro(p, node));
    ya_node *name;
    YA_TRY(ya_parse_primary(p, &name));
    if (name->kind != YA_N_NAME)
        return ya_parser_fault(p, "a macro needs a name");
    name->target = true;
    node->name = node->macro->name = name->name;
    YA_TRY(parse_signature(p, node->macro));
    status = parse_function_body(p, " endmacro ", node);
done:
    return status;
}

static ya_status parse_call_block(ya_parser *p, ya_node *node)
{
    ya_status status = YA_OK;
    YA_TRY(new_macro(p, node));
    if (ya_parser_is(p, "("))
        YA_TRY(parse_signature(p, node->macro));
    YA_TRY(ya_parse_expression(p, &node->a));
    if (node->a->kind != YA_N_CALL)
        return ya_parser_fault(p, "a call is expected behind 'call'");
    status = parse_function_body(p, " endcall ", node);
done:
    return status;
}

static ya_status parse_with(ya_parser *p, ya_node *node)
{
    ya_status status = YA_OK;
    ya_node **targets = &node->a, **values = &node->b;
    while (p->token.kind != YA_T_BLOCK_END) {
        if (node->a)
            YA_TRY(ya_parser_expect(p, ","));
        YA_TRY(ya_parse_target(p, false, targets));
        YA_TRY(ya_parser_expect(p, "="));
        YA_TRY(ya_parse_expression(p, values));
        targets = &(*targets)->next;
        values = &(*values)->next;
    }
    status = parse_block(p, " endwith ", &node->body);
done:
    return status;
}

static ya_status parse_filter_block(ya_parser *p, ya_node *node)
{
    ya_status status = ya_parse_filters(p, NULL, &node->a);
    return status ? status : parse_block(p, " endfilter ", &node->body);
}

static ya_status parse_generation(ya_parser *p, ya_node *node)
{
    p->template->generation = true;
    return parse_block(p, " endgeneration ", &node->body);
}

static ya_status parse_jump(ya_parser *p, ya_node *node)
{
    (void)node;
    return p->n_loops ? YA_OK : ya_parser_fault(p, "'break' or 'continue' outside a loop");
}

static ya_status parse_statement(ya_parser *p, ya_node **out)
{
    static const struct {
        const char *name;
        ya_node_kind kind;
        ya_status (*parse)(ya_parser *p, ya_node *node);
    } tags[] = {{"if", YA_N_IF, parse_if},
                {"for", YA_N_FOR, parse_for},
                {"set", YA_N_SET, parse_set},
                {"macro", YA_N_MACRO, parse_macro},
                {"call", YA_N_CALL_BLOCK, parse_call_block},
                {"filter", YA_N_FILTER_BLOCK, parse_filter_block},
                {"with", YA_N_WITH, parse_with},
                {"generation", YA_N_GENERATION, parse_generation},
                {"break", YA_N_BREAK, parse_jump},
                {"continue", YA_N_CONTINUE, parse_jump}};
    ya_status status = YA_OK;
    if (p->token.kind != YA_T_NAME)
        return ya_parser_fault(p, "the name of a statement is expected");
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (ya_parser_is_name(p, tags[i].name)) {
            YA_TRY(ya_parser_node(p, tags[i].kind, out));
            YA_TRY(ya_parser_next(p));
            return tags[i].parse(p, *out);
        }
    status = ya_parser_fault(p, "the statement '%.*s' is not known or out of place",
                             (int)p->token.size, p->token.text);
done:
    return status;
}

static bool is_among(const ya_parser *p, const char *names)
{
    char name[32];
    if (!names || p->token.kind != YA_T_NAME || p->token.size > sizeof name - 3)
        return false;
    snprintf(name, sizeof name, " %.*s ", (int)p->token.size, p->token.text);
    return strstr(names, name) != NULL;
}

/* One piece of a template; *done at the end of the body. */
static ya_status parse_piece(ya_parser *p, const char *ends, ya_node **out, bool *done)
{
    ya_status status = YA_OK;
    if (p->token.kind == YA_T_DATA) {
        YA_TRY(ya_parser_node(p, YA_N_DATA, out));
        ya_str *data =
            ya_str_view(p->memory, p->token.text, p->token.size, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN);
        if (!data)
            return ya_parser_fault(p, "it takes too much memory");
        (*out)->value = ya_of_str(data);
        return ya_parser_next(p);
    }
    if (p->token.kind == YA_T_VARIABLE_BEGIN) {
        YA_TRY(ya_parser_node(p, YA_N_OUTPUT, out));
        YA_TRY(ya_parser_next(p));
        YA_TRY(ya_parse_tuple(p, true, NULL, &(*out)->a));
        if (p->token.kind != YA_T_VARIABLE_END)
            return ya_parser_fault(p, "'}}' is expected");
        return ya_parser_next(p);
    }
    YA_TRY(ya_parser_next(p)); /* "{%" */
    *done = is_among(p, ends);
    if (*done)
        return YA_OK;
    YA_TRY(parse_statement(p, out));
    if (p->token.kind != YA_T_BLOCK_END)
        return ya_parser_fault(p, "'%%}' is expected");
    status = ya_parser_next(p);
done:
    return status;
}

static ya_status parse_body(ya_parser *p, const char *ends, ya_node **out)
{
    ya_status status = YA_OK;
    uint32_t line = p->token.line, column = p->token.column;
    YA_TRY(ya_parser_enter(p));
    if (ends) {
        if (ya_parser_is(p, ":"))
            YA_TRY(ya_parser_next(p));
        if (p->token.kind != YA_T_BLOCK_END)
            return ya_parser_fault(p, "'%%}' is expected");
        YA_TRY(ya_parser_next(p));
    }
    for (bool done = false; !done && p->token.kind != YA_T_END;) {
        YA_TRY(parse_piece(p, ends, out, &done));
        if (done) {
            p->depth--;
            return YA_OK;
        }
        if (*out)
            out = &(*out)->next;
    }
    p->depth--;
    if (ends)
        return ya_at_fault(p->err, line, column, "the block that begins here has no%send", ends);
done:
    return status;
}

/* ---- All ---- */

/* CR LF and CR become LF, one at the end goes. */
static char *normalise(ya_memory *memory, const char *text, size_t *size)
{
    char *out = ya_memory_get(memory, *size + 1), *to = out;
    if (!out)
        return NULL;
    for (size_t i = 0; i < *size; i++)
        if (text[i] != '\r')
            *to++ = text[i];
        else if (i + 1 == *size || text[i + 1] != '\n')
            *to++ = '\n';
    if (to > out && to[-1] == '\n')
        to--;
    *to = '\0';
    *size = (size_t)(to - out);
    return out;
}

ya_status ya_template_compile(ya_template *t, const char *text, ya_error *err)
{
    enum { MEMORY_MAX = 256 << 20 };
    *t = (ya_template){.memory = {.limit = MEMORY_MAX}};
    ya_parser p = {.template = t, .memory = &t->memory, .err = err};
    ya_status status = YA_OK;
    size_t size = strlen(text);
    if (size > YA_TEMPLATE_MAX_BYTES)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "it has %zu bytes, at most %d are read", size,
                       YA_TEMPLATE_MAX_BYTES);
    if (ya_utf8_valid(text, size) != size)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "it is not UTF-8 at byte %zu",
                       ya_utf8_valid(text, size));
    const char *clean = normalise(&t->memory, text, &size);
    if (!clean)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat template");
    ya_lexer_start(&p.lexer, &t->memory, clean, size, err);
    YA_TRY(ya_lexer_next(&p.lexer, &p.ahead));
    YA_TRY(ya_parser_next(&p));
    YA_TRY(parse_body(&p, NULL, &t->body));
    status = ya_template_resolve(t, err);
done:
    return status;
}

bool ya_template_mentions(const ya_template *t, const char *word, bool inside)
{
    size_t size = strlen(word);
    for (const ya_node *node = t->mentioned; node; node = node->mention) {
        const ya_str *str = node->kind == YA_N_CONST ? node->value.str : node->name;
        if (inside ? memmem(str->data, str->size, word, size) != NULL : ya_str_is(str, word))
            return true;
    }
    return false;
}
