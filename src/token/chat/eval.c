/* Expressions. */
#include "token/chat/run.h"

#include <string.h>

static bool eval_list(ya_run *run, const ya_node *node, ya_form form, ya_value *out)
{
    uint32_t n = 0;
    for (const ya_node *item = node->a; item; item = item->next)
        n++;
    ya_list *list = ya_list_new(&run->memory, n, form);
    if (!list)
        return ya_raise_memory(run);
    n = 0;
    for (const ya_node *item = node->a; item; item = item->next)
        if (!ya_eval(run, item, &list->items[n++]))
            return false;
    *out = ya_of_list(list);
    return true;
}

static bool set_key(ya_run *run, ya_dict *dict, ya_value key, ya_value value)
{
    if (!ya_hashable(key))
        return ya_raise(run, "unhashable type: '%s'", ya_type_name(key));
    if (key.kind == YA_V_STR && !ya_need_str(run, key, "it", &key.str))
        return false;
    return ya_dict_set(&run->memory, dict, key, value) || ya_raise_memory(run);
}

static bool eval_dict(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_dict *dict = ya_dict_new(&run->memory, 4);
    ya_value key, value;
    if (!dict)
        return ya_raise_memory(run);
    for (const ya_node *item = node->a; item; item = item->next->next)
        if (!ya_eval(run, item, &key) || !ya_eval(run, item->next, &value) ||
            !set_key(run, dict, key, value))
            return false;
    *out = ya_of_dict(dict);
    return true;
}

static bool eval_slice(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_value of, parts[3];
    const ya_node *nodes[3] = {node->b, node->c, node->d};
    if (!ya_eval(run, node->a, &of))
        return false;
    for (int i = 0; i < 3; i++)
        if (nodes[i] && !ya_eval(run, nodes[i], &parts[i]))
            return false;
    run->at = node;
    return ya_get_slice(run, of, nodes[0] ? &parts[0] : NULL, nodes[1] ? &parts[1] : NULL,
                        nodes[2] ? &parts[2] : NULL, out);
}

/* ---- Calls ---- */

static bool spread(ya_run *run, ya_value of, ya_value *items, uint32_t *n, uint32_t room)
{
    ya_list *list;
    if (!ya_items(run, of, &list))
        return false;
    if (list->n > room - *n)
        return ya_raise(run, "a call has more than %u arguments", room);
    for (uint32_t i = 0; i < list->n; i++)
        items[(*n)++] = list->items[i];
    return true;
}

static bool add_named(ya_run *run, ya_args *args, ya_value name, ya_value value)
{
    if (!args->named && !(args->named = ya_dict_new(&run->memory, 4)))
        return ya_raise_memory(run);
    if (name.kind != YA_V_STR)
        return ya_raise(run, "keywords must be strings");
    if (ya_dict_get(args->named, name))
        return ya_raise(run, "a keyword argument is given twice");
    return set_key(run, args->named, name, value);
}

bool ya_evaluate_args(ya_run *run, const ya_node *list, ya_args *args)
{
    enum { ROOM = 256 };
    uint32_t n = 0, room = 0;
    *args = (ya_args){0};
    for (const ya_node *node = list; node; node = node->next)
        room = node->kind == YA_N_SPREAD ? ROOM : room + 1;
    ya_value *items = room ? ya_memory_get(&run->memory, room * sizeof *items) : NULL, value;
    if (room && !items)
        return ya_raise_memory(run);
    for (const ya_node *node = list; node; node = node->next) {
        bool plain = node->kind != YA_N_KEYWORD && node->kind != YA_N_SPREAD &&
                     node->kind != YA_N_SPREAD_DICT;
        if (!ya_eval(run, plain ? node : node->a, &value))
            return false;
        bool held = true;
        if (plain && n < room)
            items[n++] = value;
        else if (node->kind == YA_N_KEYWORD)
            held = add_named(run, args, ya_of_str((ya_str *)node->name), value);
        else if (node->kind == YA_N_SPREAD)
            held = spread(run, value, items, &n, room);
        else if (value.kind != YA_V_DICT)
            held = ya_raise(run, "what follows ** must be a dict");
        for (uint32_t i = 0; held && node->kind == YA_N_SPREAD_DICT && i < value.dict->n; i++)
            held = add_named(run, args, value.dict->entries[i].key, value.dict->entries[i].value);
        if (!held)
            return false;
    }
    args->rest = items;
    args->n_rest = n;
    return true;
}

/* The number of a parameter named `name` in "a! b c", or -1. */
static int param_number(const char *params, const ya_str *name)
{
    for (int i = 0; *params; i++) {
        size_t size = strcspn(params, " !");
        if (size == name->size && memcmp(params, name->data, size) == 0)
            return i;
        params += strcspn(params, " ");
        params += *params == ' ';
    }
    return -1;
}

static bool bind(ya_run *run, const ya_function *f, ya_args *args)
{
    int n_params = 0;
    for (const char *at = f->params; *at; at += *at == ' ') {
        n_params++;
        at += strcspn(at, " ");
    }
    if ((int)args->n_rest > n_params)
        return ya_raise(run, "%s() takes %d arguments but %u were given", f->name, n_params,
                        args->n_rest);
    for (uint32_t i = 0; i < args->n_rest; i++) {
        args->v[i] = args->rest[i];
        args->has[i] = true;
    }
    for (uint32_t i = 0; args->named && i < args->named->n; i++) {
        const ya_str *name = args->named->entries[i].key.str;
        int k = param_number(f->params, name);
        if (k < 0 || args->has[k])
            return ya_raise(run, "%s() got an unexpected keyword argument '%.*s'", f->name,
                            (int)name->size, name->data);
        args->v[k] = args->named->entries[i].value;
        args->has[k] = true;
    }
    int k = 0;
    for (const char *at = f->params; *at; at += *at == ' ', k++) {
        size_t size = strcspn(at, " ");
        if (at[size - 1] == '!' && !args->has[k])
            return ya_raise(run, "%s() misses the argument '%.*s'", f->name, (int)size - 1, at);
        at += size;
    }
    return true;
}

bool ya_call_function(ya_run *run, const ya_function *f, ya_value self, ya_args *args,
                      ya_value *out)
{
    if (!ya_step(run, 1))
        return false;
    if (self.kind == YA_V_STR) {
        if (!ya_str_flat(&run->memory, self.str))
            return ya_raise_memory(run);
        if (self.str->parsed && ya_is_dict_method(f))
            self = *self.str->parsed;
    }
    return (!f->params || bind(run, f, args)) && f->call(run, self, args, out);
}

bool ya_call_value(ya_run *run, ya_value callee, ya_args *args, ya_value *out)
{
    switch (callee.kind) {
    case YA_V_UNDEFINED:
        return ya_raise_undefined(run, callee);
    case YA_V_MACRO:
        return ya_call_macro(run, callee.macro, args, out);
    case YA_V_FUNCTION:
        return ya_call_function(run, callee.function, ya_none(), args, out);
    case YA_V_METHOD:
        return ya_call_function(run, callee.method->function, callee.method->self, args, out);
    case YA_V_LOOP:
        if (args->n_rest != 1 || args->named)
            return ya_raise(run, "loop() takes 1 argument");
        return ya_call_loop(run, callee.loop, args->rest[0], out);
    default:
        return ya_raise(run, "'%s' object is not callable", ya_type_name(callee));
    }
}

/* Methods are called without being made values. */
static bool eval_call(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_value self, callee;
    const ya_function *method = NULL;
    ya_args args;
    if (node->a->kind == YA_N_ATTR) {
        if (!ya_eval(run, node->a->a, &self))
            return false;
        run->at = node->a;
        method = ya_find_method(self, node->a->name);
        if (!method && !ya_get_attr(run, self, node->a->name, &callee))
            return false;
    } else if (!ya_eval(run, node->a, &callee)) {
        return false;
    }
    if (!ya_evaluate_args(run, node->args, &args))
        return false;
    run->at = node;
    return method ? ya_call_function(run, method, self, &args, out)
                  : ya_call_value(run, callee, &args, out);
}

bool ya_filter_text(ya_run *run, const ya_node *filter, ya_value text, ya_value *out)
{
    ya_args args;
    if (filter->a && !ya_filter_text(run, filter->a, text, &text))
        return false;
    if (!ya_evaluate_args(run, filter->args, &args))
        return false;
    run->at = filter;
    return ya_call_function(run, filter->function, text, &args, out);
}

static bool eval_filter(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_value self;
    ya_args args;
    if (!ya_eval(run, node->a, &self) || !ya_evaluate_args(run, node->args, &args))
        return false;
    run->at = node;
    return ya_call_function(run, node->function, self, &args, out);
}

/* ---- Operators ---- */

static bool eval_binary(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_value a, b;
    if (!ya_eval(run, node->a, &a) || !ya_eval(run, node->b, &b))
        return false;
    run->at = node;
    return ya_binary(run, (ya_op)node->op, a, b, out);
}

static bool eval_concat(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_value part;
    ya_writer w = {0};
    for (const ya_node *item = node->a; item; item = item->next)
        if (!ya_eval(run, item, &part) || !ya_write_value(run, &w, part))
            return false;
    *out = ya_of_str(ya_written(&run->memory, &w));
    return out->str || ya_raise_memory(run);
}

static bool eval_compare(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_value left, right;
    bool holds = true;
    if (!ya_eval(run, node->a, &left))
        return false;
    for (const ya_node *operand = node->b; operand && holds; operand = operand->next) {
        if (!ya_eval(run, operand->a, &right))
            return false;
        run->at = node;
        if (!ya_compare_values(run, (ya_op)operand->op, left, right, &holds))
            return false;
        left = right;
    }
    *out = ya_truth(holds);
    return true;
}

static bool truth_of(ya_run *run, ya_value v, bool *truth)
{
    *truth = ya_is_true(v);
    if (v.kind == YA_V_UNDEFINED && v.absent && v.absent->unsafe)
        return ya_raise_undefined(run, v);
    return true;
}

static bool eval_logic(ya_run *run, const ya_node *node, ya_value *out)
{
    bool truth;
    if (!ya_eval(run, node->a, out) || !truth_of(run, *out, &truth))
        return false;
    return truth == (node->kind == YA_N_OR) || ya_eval(run, node->b, out);
}

static bool eval_cond(ya_run *run, const ya_node *node, ya_value *out)
{
    static const ya_absent absent = {
        .hint = "an inline if-expression evaluated to false and no else section was defined"};
    bool truth;
    if (!ya_eval(run, node->b, out) || !truth_of(run, *out, &truth))
        return false;
    if (truth)
        return ya_eval(run, node->a, out);
    *out = (ya_value){.kind = YA_V_UNDEFINED, .absent = &absent};
    return !node->c || ya_eval(run, node->c, out);
}

static bool eval_sign(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_value v;
    if (!ya_eval(run, node->a, &v))
        return false;
    run->at = node;
    if (v.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, v);
    if (!ya_is_number(v))
        return ya_raise(run, "bad operand type for unary %c: '%s'",
                        node->kind == YA_N_NEG ? '-' : '+', ya_type_name(v));
    if (node->kind == YA_N_POS)
        return ya_binary(run, YA_OP_ADD, ya_integer(0), v, out);
    if (v.kind == YA_V_FLOAT) {
        *out = ya_real(-v.real);
        return true;
    }
    return ya_binary(run, YA_OP_SUB, ya_integer(0), v, out);
}

static bool eval_name(ya_run *run, const ya_node *node, ya_value *out)
{
    *out = *ya_slot(run, node->place);
    if (out->kind == YA_V_UNDEFINED && !out->absent)
        return ya_undefined(run, NULL, ya_of_str((ya_str *)node->name), out);
    return true;
}

static bool eval_node(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_value v, key;
    switch (node->kind) {
    case YA_N_CONST:
        *out = node->value;
        return true;
    case YA_N_NAME:
        return eval_name(run, node, out);
    case YA_N_LIST:
    case YA_N_TUPLE:
        return eval_list(run, node, node->kind == YA_N_LIST ? YA_LIST : YA_TUPLE, out);
    case YA_N_DICT:
        return eval_dict(run, node, out);
    case YA_N_ATTR:
        if (!ya_eval(run, node->a, &v))
            return false;
        run->at = node;
        return ya_get_attr(run, v, node->name, out);
    case YA_N_ITEM:
        if (!ya_eval(run, node->a, &v) || !ya_eval(run, node->b, &key))
            return false;
        run->at = node;
        return ya_get_item(run, v, key, out);
    case YA_N_SLICE:
        return eval_slice(run, node, out);
    case YA_N_CALL:
        return eval_call(run, node, out);
    case YA_N_FILTER:
    case YA_N_TEST:
        return eval_filter(run, node, out);
    case YA_N_NOT: {
        bool truth;
        if (!ya_eval(run, node->a, &v) || !truth_of(run, v, &truth))
            return false;
        *out = ya_truth(!truth);
        return true;
    }
    case YA_N_NEG:
    case YA_N_POS:
        return eval_sign(run, node, out);
    case YA_N_BINARY:
        return eval_binary(run, node, out);
    case YA_N_CONCAT:
        return eval_concat(run, node, out);
    case YA_N_COMPARE:
        return eval_compare(run, node, out);
    case YA_N_AND:
    case YA_N_OR:
        return eval_logic(run, node, out);
    case YA_N_COND:
        return eval_cond(run, node, out);
    default:
        return ya_raise(run, "an expression of an unknown kind");
    }
}

bool ya_eval(ya_run *run, const ya_node *node, ya_value *out)
{
    if (run->depth >= YA_RUN_MAX_DEPTH)
        return ya_raise(run, "it is nested more than %d deep", YA_RUN_MAX_DEPTH);
    run->at = node;
    run->depth++;
    bool held = ya_step(run, 1) && eval_node(run, node, out);
    run->depth--;
    return held;
}
