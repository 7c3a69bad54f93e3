#include "token/chat/parser.h"
#include "token/chat/run.h"

#include <string.h>

/* ---- Literals ---- */

static ya_status parse_items(ya_parser *p, const char *close, bool pairs, ya_node **out)
{
    ya_status status = YA_OK;
    ya_node **end = out;
    YA_TRY(ya_parser_next(p));
    while (!ya_parser_is(p, close)) {
        if (*out)
            YA_TRY(ya_parser_expect(p, ","));
        if (ya_parser_is(p, close))
            break;
        YA_TRY(ya_parse_expression(p, end));
        end = &(*end)->next;
        if (pairs) {
            YA_TRY(ya_parser_expect(p, ":"));
            YA_TRY(ya_parse_expression(p, end));
            end = &(*end)->next;
        }
    }
    status = ya_parser_expect(p, close);
done:
    return status;
}

static void mention(ya_parser *p, ya_node *node)
{
    node->mention = p->template->mentioned;
    p->template->mentioned = node;
}

static ya_status parse_string(ya_parser *p, ya_node *node)
{
    ya_status status = YA_OK;
    node->value = p->token.value;
    YA_TRY(ya_parser_next(p));
    for (; p->token.kind == YA_T_STRING;) {
        ya_str *both = ya_str_join(p->memory, node->value.str, p->token.value.str);
        if (!both || !ya_str_flat(p->memory, both))
            return ya_parser_fault(p, "it takes too much memory");
        node->value = ya_of_str(both);
        YA_TRY(ya_parser_next(p));
    }
    mention(p, node);
done:
    return status;
}

static ya_status parse_name(ya_parser *p, ya_node *node)
{
    static const struct {
        const char *name;
        ya_value value;
    } constants[] = {{"true", {YA_V_BOOL, {true}}},   {"True", {YA_V_BOOL, {true}}},
                     {"false", {YA_V_BOOL, {false}}}, {"False", {YA_V_BOOL, {false}}},
                     {"none", {YA_V_NONE, {false}}},  {"None", {YA_V_NONE, {false}}}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (ya_parser_is_name(p, constants[i].name)) {
            node->kind = YA_N_CONST;
            node->value = constants[i].value;
            return ya_parser_next(p);
        }
    node->kind = YA_N_NAME;
    ya_status status = ya_parser_name(p, &node->name);
    mention(p, node);
    return status;
}

ya_status ya_parse_primary(ya_parser *p, ya_node **out)
{
    ya_status status = YA_OK;
    ya_node *node;
    YA_TRY(ya_parser_node(p, YA_N_CONST, &node));
    *out = node;
    if (p->token.kind == YA_T_NAME)
        return parse_name(p, node);
    if (p->token.kind == YA_T_STRING)
        return parse_string(p, node);
    if (p->token.kind == YA_T_INTEGER || p->token.kind == YA_T_FLOAT) {
        node->value = p->token.value;
        return ya_parser_next(p);
    }
    YA_TRY(ya_parser_enter(p));
    if (ya_parser_is(p, "(")) {
        YA_TRY(ya_parser_next(p));
        if (ya_parser_is(p, ")"))
            node->kind = YA_N_TUPLE;
        else
            YA_TRY(ya_parse_tuple(p, true, NULL, out));
        YA_TRY(ya_parser_expect(p, ")"));
    } else if (ya_parser_is(p, "[")) {
        node->kind = YA_N_LIST;
        YA_TRY(parse_items(p, "]", false, &node->a));
    } else if (ya_parser_is(p, "{")) {
        node->kind = YA_N_DICT;
        YA_TRY(parse_items(p, "}", true, &node->a));
    } else {
        status = ya_parser_fault(p, "an expression is expected");
    }
    p->depth--;
done:
    return status;
}

/* ---- What follows a value ---- */

static bool ends_tuple(const ya_parser *p, const char *until)
{
    return p->token.kind == YA_T_VARIABLE_END || p->token.kind == YA_T_BLOCK_END ||
           ya_parser_is(p, ")") || (until && ya_parser_is_name(p, until));
}

static ya_status parse_argument(ya_parser *p, ya_node **out)
{
    ya_status status = YA_OK;
    bool spread = ya_parser_is(p, "*"), dict = ya_parser_is(p, "**");
    bool keyword = p->token.kind == YA_T_NAME && p->ahead.kind == YA_T_OPERATOR &&
                   strcmp(p->ahead.text, "=") == 0;
    if (!spread && !dict && !keyword)
        return ya_parse_expression(p, out);
    YA_TRY(ya_parser_node(p, spread ? YA_N_SPREAD : dict ? YA_N_SPREAD_DICT : YA_N_KEYWORD, out));
    if (keyword)
        YA_TRY(ya_parser_name(p, &(*out)->name));
    YA_TRY(ya_parser_next(p));
    status = ya_parse_expression(p, &(*out)->a);
done:
    return status;
}

static ya_status parse_arguments(ya_parser *p, ya_node **out)
{
    ya_status status = YA_OK;
    ya_node **end = out;
    int rank = 0; /* positional, then keywords, *list, **dict */
    YA_TRY(ya_parser_enter(p));
    YA_TRY(ya_parser_expect(p, "("));
    while (!ya_parser_is(p, ")")) {
        if (*out)
            YA_TRY(ya_parser_expect(p, ","));
        if (ya_parser_is(p, ")"))
            break;
        YA_TRY(parse_argument(p, end));
        int kind = (*end)->kind;
        int here = kind == YA_N_SPREAD_DICT ? 3 : kind == YA_N_SPREAD ? 2 : kind == YA_N_KEYWORD;
        if (here < rank && (here == 0 || rank == 3))
            return ya_parser_fault(p, "arguments of a call are in an order that Jinja refuses");
        rank = here > rank ? here : rank;
        end = &(*end)->next;
    }
    status = ya_parser_expect(p, ")");
    p->depth--;
done:
    return status;
}

static ya_status parse_slice(ya_parser *p, ya_node **out)
{
    ya_status status = YA_OK;
    ya_node *node = NULL, *first = NULL;
    if (!ya_parser_is(p, ":")) {
        YA_TRY(ya_parse_expression(p, &first));
        if (!ya_parser_is(p, ":")) {
            *out = first;
            return YA_OK;
        }
    }
    YA_TRY(ya_parser_node(p, YA_N_SLICE, &node));
    *out = node;
    node->b = first;
    ya_node **parts[2] = {&node->c, &node->d};
    for (int i = 0; i < 2 && ya_parser_is(p, ":"); i++) {
        YA_TRY(ya_parser_next(p));
        if (!ya_parser_is(p, ":") && !ya_parser_is(p, "]") && !ya_parser_is(p, ","))
            YA_TRY(ya_parse_expression(p, parts[i]));
    }
done:
    return status;
}

static ya_status parse_subscript(ya_parser *p, ya_node **node)
{
    ya_status status = YA_OK;
    ya_node *of = *node;
    bool dot = ya_parser_is(p, ".");
    YA_TRY(ya_parser_node(p, dot ? YA_N_ATTR : YA_N_ITEM, node));
    (*node)->a = of;
    YA_TRY(ya_parser_next(p));
    if (dot && p->token.kind == YA_T_NAME) {
        YA_TRY(ya_parser_name(p, &(*node)->name));
        mention(p, *node);
        goto done;
    }
    if (dot) {
        if (p->token.kind != YA_T_INTEGER)
            return ya_parser_fault(p, "a name or number is expected behind '.'");
        (*node)->kind = YA_N_ITEM;
        return ya_parse_primary(p, &(*node)->b);
    }
    YA_TRY(parse_slice(p, &(*node)->b));
    if (ya_parser_is(p, ","))
        return ya_parser_fault(p, "several subscripts in one are not supported");
    if ((*node)->b->kind == YA_N_SLICE) {
        ya_node *slice = (*node)->b;
        slice->a = of;
        *node = slice;
    }
    status = ya_parser_expect(p, "]");
done:
    return status;
}

static ya_status parse_call(ya_parser *p, ya_node **node)
{
    ya_node *of = *node;
    ya_status status = ya_parser_node(p, YA_N_CALL, node);
    if (status)
        return status;
    (*node)->a = of;
    return parse_arguments(p, &(*node)->args);
}

/* Each link of a.b.c(d) is a level of the tree, and of the evaluation. */
ya_status ya_parse_postfix(ya_parser *p, ya_node **node)
{
    ya_status status = YA_OK;
    int depth = p->depth;
    for (;;) {
        if (ya_parser_is(p, ".") || ya_parser_is(p, "["))
            YA_TRY(parse_subscript(p, node));
        else if (ya_parser_is(p, "("))
            YA_TRY(parse_call(p, node));
        else
            break;
        YA_TRY(ya_parser_enter(p));
    }
    p->depth = depth;
done:
    return status;
}

static ya_status known(ya_parser *p, ya_node *node, const char *what,
                       const ya_function *(*find)(const ya_str *))
{
    node->function = find(node->name);
    if (node->function)
        return YA_OK;
    return ya_at_fault(p->err, node->line, node->column, "the %s '%.*s' is not known", what,
                       (int)node->name->size, node->name->data);
}

/* Names with dots are of other environments. */
static ya_status parse_callee(ya_parser *p, ya_node *node)
{
    ya_status status = ya_parser_name(p, &node->name);
    if (!status && ya_parser_is(p, "."))
        status = ya_parser_fault(p, "a filter or test with a dot in its name is not known");
    return status;
}

ya_status ya_parse_filters(ya_parser *p, ya_node *node, ya_node **out)
{
    ya_status status = YA_OK;
    int depth = p->depth;
    for (;;) {
        ya_node *filter;
        YA_TRY(ya_parser_enter(p));
        YA_TRY(ya_parser_node(p, YA_N_FILTER, &filter));
        filter->a = node;
        YA_TRY(parse_callee(p, filter));
        YA_TRY(known(p, filter, "filter", ya_find_filter));
        if (ya_parser_is(p, "("))
            YA_TRY(parse_arguments(p, &filter->args));
        node = *out = filter;
        if (!ya_parser_is(p, "|"))
            break;
        YA_TRY(ya_parser_next(p));
    }
    p->depth = depth;
done:
    return status;
}

static bool begins_argument(const ya_parser *p)
{
    ya_token_kind kind = p->token.kind;
    if (kind == YA_T_NAME)
        return !ya_parser_is_name(p, "else") && !ya_parser_is_name(p, "or") &&
               !ya_parser_is_name(p, "and");
    return kind == YA_T_STRING || kind == YA_T_INTEGER || kind == YA_T_FLOAT ||
           ya_parser_is(p, "[") || ya_parser_is(p, "{");
}

static ya_status parse_test(ya_parser *p, ya_node **node)
{
    ya_status status = YA_OK;
    ya_node *test;
    YA_TRY(ya_parser_next(p));
    bool negated = ya_parser_is_name(p, "not");
    if (negated)
        YA_TRY(ya_parser_next(p));
    YA_TRY(ya_parser_node(p, YA_N_TEST, &test));
    test->a = *node;
    (*node)->asked = true;
    YA_TRY(parse_callee(p, test));
    YA_TRY(known(p, test, "test", ya_find_test));
    if (ya_parser_is(p, "(")) {
        YA_TRY(parse_arguments(p, &test->args));
    } else if (begins_argument(p)) {
        if (ya_parser_is_name(p, "is"))
            return ya_parser_fault(p, "tests with 'is' cannot be chained");
        YA_TRY(ya_parse_primary(p, &test->args));
        YA_TRY(ya_parse_postfix(p, &test->args));
    }
    *node = test;
    if (negated) {
        YA_TRY(ya_parser_node(p, YA_N_NOT, node));
        (*node)->a = test;
    }
done:
    return status;
}

/* ---- Operators, from the tightest on ---- */

static ya_status parse_unary(ya_parser *p, bool filters, ya_node **out)
{
    ya_status status = YA_OK;
    int depth = p->depth;
    YA_TRY(ya_parser_enter(p));
    if (ya_parser_is(p, "-") || ya_parser_is(p, "+")) {
        YA_TRY(ya_parser_node(p, ya_parser_is(p, "-") ? YA_N_NEG : YA_N_POS, out));
        YA_TRY(ya_parser_next(p));
        YA_TRY(parse_unary(p, false, &(*out)->a));
    } else {
        YA_TRY(ya_parse_primary(p, out));
    }
    YA_TRY(ya_parse_postfix(p, out));
    while (filters) {
        if (ya_parser_is(p, "|")) {
            YA_TRY(ya_parser_next(p));
            YA_TRY(ya_parse_filters(p, *out, out));
        } else if (ya_parser_is_name(p, "is")) {
            YA_TRY(parse_test(p, out));
        } else if (ya_parser_is(p, "(")) {
            YA_TRY(parse_call(p, out));
        } else {
            break;
        }
        YA_TRY(ya_parser_enter(p));
    }
    p->depth = depth;
done:
    return status;
}

typedef struct {
    const char *text;
    ya_op op;
} operator_of;

static const operator_of sums[] = {{"+", YA_OP_ADD}, {"-", YA_OP_SUB}, {NULL, YA_OP_ADD}},
                         products[] = {{"*", YA_OP_MUL},
                                       {"/", YA_OP_DIV},
                                       {"//", YA_OP_FLOOR},
                                       {"%", YA_OP_MOD},
                                       {NULL, YA_OP_ADD}},
                         powers[] = {{"**", YA_OP_POW}, {NULL, YA_OP_ADD}},
                         orders[] = {{"==", YA_OP_EQ}, {"!=", YA_OP_NE}, {"<", YA_OP_LT},
                                     {"<=", YA_OP_LE}, {">", YA_OP_GT},  {">=", YA_OP_GE},
                                     {NULL, YA_OP_ADD}};

static const operator_of *operator_here(const ya_parser *p, const operator_of *set)
{
    while (set->text && !ya_parser_is(p, set->text))
        set++;
    return set->text ? set : NULL;
}

static ya_status parse_concat(ya_parser *p, ya_node **out);

/* A chain of operators of one rank, from the left; their depth is that of their number. */
static ya_status parse_chain(ya_parser *p, int rank, ya_node **out)
{
    ya_status status = YA_OK;
    const operator_of *set = rank == 0 ? sums : rank == 1 ? products : powers;
    int depth = p->depth;
    ya_node *left = NULL;
    for (const operator_of *op = NULL;;) {
        ya_node *operand = NULL;
        YA_TRY(rank == 0   ? parse_concat(p, &operand)
               : rank == 1 ? parse_chain(p, 2, &operand)
                           : parse_unary(p, true, &operand));
        if (left) {
            ya_node *node;
            YA_TRY(ya_parser_node(p, YA_N_BINARY, &node));
            node->op = (uint8_t)op->op;
            node->a = left;
            node->b = operand;
            operand = node;
        }
        left = *out = operand;
        op = operator_here(p, set);
        if (!op)
            break;
        YA_TRY(ya_parser_enter(p));
        YA_TRY(ya_parser_next(p));
    }
    p->depth = depth;
done:
    return status;
}

static ya_status parse_concat(ya_parser *p, ya_node **out)
{
    ya_status status = YA_OK;
    YA_TRY(parse_chain(p, 1, out));
    if (!ya_parser_is(p, "~"))
        return YA_OK;
    ya_node *node, **end = &(*out)->next;
    YA_TRY(ya_parser_node(p, YA_N_CONCAT, &node));
    node->a = *out;
    *out = node;
    while (ya_parser_is(p, "~")) {
        YA_TRY(ya_parser_next(p));
        YA_TRY(parse_chain(p, 1, end));
        end = &(*end)->next;
    }
done:
    return status;
}

/* The comparison that stands here, `in` and `not in` too. */
static ya_status take_comparison(ya_parser *p, int *op)
{
    const operator_of *order = operator_here(p, orders);
    bool not_in = ya_parser_is_name(p, "not") && p->ahead.kind == YA_T_NAME && p->ahead.size == 2 &&
                  memcmp(p->ahead.text, "in", 2) == 0;
    *op = order                        ? (int)order->op
          : ya_parser_is_name(p, "in") ? YA_OP_IN
          : not_in                     ? YA_OP_NOT_IN
                                       : -1;
    ya_status status = not_in ? ya_parser_next(p) : YA_OK;
    return status || *op < 0 ? status : ya_parser_next(p);
}

static ya_status parse_comparison(ya_parser *p, ya_node **out)
{
    ya_status status = YA_OK;
    int op;
    ya_node *node = NULL, **end = NULL;
    YA_TRY(parse_chain(p, 0, out));
    for (;;) {
        YA_TRY(take_comparison(p, &op));
        if (op < 0)
            break;
        if (!node) {
            YA_TRY(ya_parser_node(p, YA_N_COMPARE, &node));
            node->a = *out;
            *out = node;
            end = &node->b;
        }
        YA_TRY(ya_parser_node(p, YA_N_OPERAND, end));
        (*end)->op = (uint8_t)op;
        YA_TRY(parse_chain(p, 0, &(*end)->a));
        end = &(*end)->next;
    }
done:
    return status;
}

static ya_status parse_not(ya_parser *p, ya_node **out)
{
    ya_status status = YA_OK;
    if (!ya_parser_is_name(p, "not"))
        return parse_comparison(p, out);
    YA_TRY(ya_parser_enter(p));
    YA_TRY(ya_parser_node(p, YA_N_NOT, out));
    YA_TRY(ya_parser_next(p));
    status = parse_not(p, &(*out)->a);
    p->depth--;
done:
    return status;
}

/* `and` of nots, or with `any` `or` of ands. */
static ya_status parse_logic(ya_parser *p, bool any, ya_node **out)
{
    ya_status status = YA_OK;
    int depth = p->depth;
    YA_TRY(any ? parse_logic(p, false, out) : parse_not(p, out));
    while (ya_parser_is_name(p, any ? "or" : "and")) {
        ya_node *node;
        YA_TRY(ya_parser_enter(p));
        YA_TRY(ya_parser_node(p, any ? YA_N_OR : YA_N_AND, &node));
        YA_TRY(ya_parser_next(p));
        node->a = *out;
        *out = node;
        YA_TRY(any ? parse_logic(p, false, &node->b) : parse_not(p, &node->b));
    }
    p->depth = depth;
done:
    return status;
}

ya_status ya_parse_expression(ya_parser *p, ya_node **out)
{
    ya_status status = YA_OK;
    int depth = p->depth;
    YA_TRY(ya_parser_enter(p));
    YA_TRY(parse_logic(p, true, out));
    while (ya_parser_is_name(p, "if")) {
        ya_node *node;
        YA_TRY(ya_parser_enter(p));
        YA_TRY(ya_parser_node(p, YA_N_COND, &node));
        YA_TRY(ya_parser_next(p));
        node->a = *out;
        *out = node;
        YA_TRY(parse_logic(p, true, &node->b));
        if (ya_parser_is_name(p, "else")) {
            YA_TRY(ya_parser_next(p));
            YA_TRY(ya_parse_expression(p, &node->c));
        }
    }
    p->depth = depth;
done:
    return status;
}

ya_status ya_parse_tuple(ya_parser *p, bool conditional, const char *until, ya_node **out)
{
    ya_status status = YA_OK;
    ya_node *tuple = NULL, **end = out;
    *out = NULL;
    for (;;) {
        if (*out && ends_tuple(p, until))
            break;
        YA_TRY(conditional ? ya_parse_expression(p, end) : parse_logic(p, true, end));
        end = &(*end)->next;
        if (!ya_parser_is(p, ","))
            break;
        if (!tuple)
            YA_TRY(ya_parser_node(p, YA_N_TUPLE, &tuple));
        YA_TRY(ya_parser_next(p));
    }
    if (tuple) {
        tuple->a = *out;
        *out = tuple;
    }
done:
    return status;
}

/* ---- Targets of assignments ---- */

static ya_status parse_one_target(ya_parser *p, bool namespaces, ya_node **out)
{
    ya_status status = YA_OK;
    if (ya_parser_is(p, "(")) {
        YA_TRY(ya_parser_enter(p));
        YA_TRY(ya_parser_next(p));
        YA_TRY(ya_parse_target(p, namespaces, out));
        p->depth--;
        return ya_parser_expect(p, ")");
    }
    if (p->token.kind != YA_T_NAME)
        return ya_parser_fault(p, "a name to assign to is expected");
    YA_TRY(ya_parse_primary(p, out));
    if ((*out)->kind != YA_N_NAME)
        return ya_parser_fault(p, "a constant cannot be assigned to");
    (*out)->target = true;
    if (namespaces && ya_parser_is(p, ".")) {
        (*out)->kind = YA_N_NS_REF;
        YA_TRY(ya_parser_next(p));
        YA_TRY(ya_parser_node(p, YA_N_CONST, &(*out)->a));
        YA_TRY(ya_parser_name(p, &(*out)->a->name));
    }
done:
    return status;
}

ya_status ya_parse_target(ya_parser *p, bool namespaces, ya_node **out)
{
    ya_status status = YA_OK;
    ya_node *tuple = NULL, **end = out;
    *out = NULL;
    for (;;) {
        if (*out && (ya_parser_is_name(p, "in") || ya_parser_is(p, "=") || ends_tuple(p, NULL)))
            break;
        YA_TRY(parse_one_target(p, namespaces, end));
        end = &(*end)->next;
        if (!ya_parser_is(p, ","))
            break;
        if (!tuple)
            YA_TRY(ya_parser_node(p, YA_N_TUPLE, &tuple));
        YA_TRY(ya_parser_next(p));
    }
    if (tuple) {
        tuple->a = *out;
        *out = tuple;
    }
done:
    return status;
}
