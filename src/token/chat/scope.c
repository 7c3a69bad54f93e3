/* Names to slots, after jinja2.idtracking: see node.h. A scope is first looked through as a whole,
 * then the scopes inside it. */
#include "token/chat/node.h"
#include "token/chat/run.h"

#include <string.h>

typedef struct {
    ya_template *template;
    ya_memory *memory;
    ya_error *err;
    int depth;
} resolver;

enum { SLOTS_MAX = 4096 };

static ya_status out_of_memory(resolver *r)
{
    return ya_fail(r->err, YA_ERR_MEMORY, "out of memory for a chat template");
}

/* ---- Symbols ---- */

static ya_symbol *own_symbol(const ya_scope *scope, const ya_str *name)
{
    for (ya_symbol *s = scope->symbols; s; s = s->next)
        if (s->name->size == name->size && memcmp(s->name->data, name->data, name->size) == 0)
            return s;
    return NULL;
}

static ya_symbol *find_symbol(const ya_scope *scope, const ya_str *name, const ya_scope **home)
{
    for (; scope; scope = scope->parent) {
        ya_symbol *symbol = own_symbol(scope, name);
        if (symbol) {
            *home = scope;
            return symbol;
        }
    }
    return NULL;
}

static ya_status define(resolver *r, ya_scope *scope, const ya_str *name, bool param,
                        ya_symbol **out)
{
    ya_symbol *symbol = ya_memory_zero(r->memory, 1, sizeof *symbol);
    if (!symbol)
        return out_of_memory(r);
    if (scope->function->n_slots >= SLOTS_MAX)
        return ya_fail(r->err, YA_ERR_UNSUPPORTED, "it has more than %d variables", SLOTS_MAX);
    symbol->name = name;
    symbol->param = param;
    symbol->slot = scope->function->n_slots++;
    symbol->variable = -1;
    *scope->end = symbol;
    scope->end = &symbol->next;
    *out = symbol;
    return YA_OK;
}

static ya_place place_of(const ya_scope *from, const ya_scope *home, const ya_symbol *symbol)
{
    return (ya_place){(uint16_t)(from->function->depth - home->function->depth), symbol->slot};
}

/* A name that is read or (`store`) set in `scope`. */
static ya_status use(resolver *r, ya_scope *scope, const ya_str *name, bool store)
{
    const ya_scope *home;
    ya_symbol *outer = find_symbol(scope, name, &home), *own = NULL;
    if (outer && (!store || home == scope))
        return YA_OK;
    ya_status status = define(r, scope, name, false, &own);
    if (status)
        return status;
    if (outer) {
        own->alias = true;
        own->outer = place_of(scope, home, outer);
        return YA_OK;
    }
    own->variable = ya_find_variable(name);
    own->function = own->variable < 0 ? ya_find_global(name) : NULL;
    return YA_OK;
}

static ya_status new_scope(resolver *r, ya_scope *parent, ya_code *function, ya_scope **out)
{
    ya_scope *scope = ya_memory_zero(r->memory, 1, sizeof *scope);
    if (!scope)
        return out_of_memory(r);
    scope->parent = parent;
    scope->function = function;
    scope->end = &scope->symbols;
    *out = scope;
    return YA_OK;
}

static ya_status add_param(resolver *r, ya_scope *scope, const char *name, int *slot)
{
    ya_str *str = ya_str_literal(r->memory, name);
    ya_symbol *symbol = NULL;
    if (!str)
        return out_of_memory(r);
    ya_status status = define(r, scope, str, true, &symbol);
    if (!status)
        *slot = symbol->slot;
    return status;
}

/* ---- Looking a scope through ---- */

static ya_status collect(resolver *r, ya_scope *scope, const ya_node *list);

/* A target: `param` ones belong to who enters the scope. */
static ya_status collect_target(resolver *r, ya_scope *scope, const ya_node *target, bool param)
{
    ya_status status = YA_OK;
    ya_symbol *symbol = NULL;
    if (target->kind == YA_N_NS_REF)
        return use(r, scope, target->name, false);
    if (target->kind == YA_N_NAME)
        return !param                            ? use(r, scope, target->name, true)
               : own_symbol(scope, target->name) ? YA_OK
                                                 : define(r, scope, target->name, true, &symbol);
    for (const ya_node *item = target->a; item; item = item->next)
        YA_TRY(collect_target(r, scope, item, param));
done:
    return status;
}

/* What of a statement belongs to the scope it stands in. */
static ya_status collect_statement(resolver *r, ya_scope *scope, const ya_node *node)
{
    ya_status status = YA_OK;
    switch (node->kind) {
    case YA_N_FOR:
        return collect(r, scope, node->b);
    case YA_N_SET:
        YA_TRY(collect(r, scope, node->b));
        return collect_target(r, scope, node->a, false);
    case YA_N_SET_BLOCK:
        return collect_target(r, scope, node->a, false);
    case YA_N_MACRO:
        return use(r, scope, node->name, true);
    case YA_N_WITH:
        return collect(r, scope, node->b);
    case YA_N_GENERATION:
    case YA_N_FILTER_BLOCK:
    case YA_N_CALL_BLOCK:
        return node->a ? collect(r, scope, node->a) : YA_OK;
    default:
        break;
    }
    YA_TRY(collect(r, scope, node->a));
    YA_TRY(collect(r, scope, node->b));
    YA_TRY(collect(r, scope, node->c));
    YA_TRY(collect(r, scope, node->d));
    status = collect(r, scope, node->args);
done:
    return status;
}

static ya_status collect(resolver *r, ya_scope *scope, const ya_node *list)
{
    ya_status status = YA_OK;
    for (const ya_node *node = list; node; node = node->next) {
        if (node->kind == YA_N_NAME)
            YA_TRY(use(r, scope, node->name, false));
        YA_TRY(collect_statement(r, scope, node));
    }
done:
    return status;
}

/* ---- Then what is inside ---- */

static ya_status resolve(resolver *r, ya_scope *scope, ya_node *list);

static ya_status resolve_name(resolver *r, const ya_scope *scope, ya_node *node)
{
    const ya_scope *home;
    ya_symbol *symbol = find_symbol(scope, node->name, &home);
    if (!symbol)
        return ya_fail(r->err, YA_ERR_UNSUPPORTED, "a name was not found"); /* never */
    symbol->used = true;
    node->place = place_of(scope, home, symbol);
    return YA_OK;
}

static ya_status resolve_inner(resolver *r, ya_scope *parent, ya_node *body, ya_scope **out)
{
    ya_status status = YA_OK;
    YA_TRY(new_scope(r, parent, parent->function, out));
    YA_TRY(collect(r, *out, body));
    status = resolve(r, *out, body);
done:
    return status;
}

/* A target again, to be resolved in another scope. */
static ya_status copy_target(resolver *r, const ya_node *target, ya_node **out)
{
    ya_status status = YA_OK;
    *out = ya_memory_get(r->memory, sizeof **out);
    if (!*out)
        return out_of_memory(r);
    **out = *target;
    (*out)->next = NULL;
    ya_node **end = &(*out)->a;
    for (const ya_node *item = target->a; item; item = item->next) {
        YA_TRY(copy_target(r, item, end));
        end = &(*end)->next;
    }
done:
    return status;
}

static ya_status resolve_for(resolver *r, ya_scope *scope, ya_node *node)
{
    ya_status status = YA_OK;
    int loop;
    YA_TRY(resolve(r, scope, node->b));
    YA_TRY(new_scope(r, scope, scope->function, &node->scope));
    YA_TRY(add_param(r, node->scope, "loop", &loop));
    YA_TRY(collect_target(r, node->scope, node->a, true));
    YA_TRY(collect(r, node->scope, node->body));
    YA_TRY(resolve(r, node->scope, node->a));
    YA_TRY(resolve(r, node->scope, node->body));
    if (node->other)
        YA_TRY(resolve_inner(r, scope, node->other, &node->other_scope));
    if (node->d) {
        /* The test has variables of its own: node->c is its target. */
        YA_TRY(new_scope(r, scope, scope->function, &node->test_scope));
        YA_TRY(copy_target(r, node->a, &node->c));
        YA_TRY(collect_target(r, node->test_scope, node->c, true));
        YA_TRY(collect(r, node->test_scope, node->d));
        YA_TRY(resolve(r, node->test_scope, node->c));
        YA_TRY(resolve(r, node->test_scope, node->d));
    }
done:
    return status;
}

static bool is_used(const ya_scope *scope, int slot)
{
    const ya_symbol *symbol = scope->symbols;
    while (symbol->slot != slot)
        symbol = symbol->next;
    return symbol->used;
}

static ya_status resolve_macro(resolver *r, ya_scope *scope, ya_node *node)
{
    ya_status status = YA_OK;
    ya_macro *macro = node->macro;
    macro->code.depth = (uint16_t)(scope->function->depth + 1);
    YA_TRY(new_scope(r, scope, &macro->code, &node->scope));
    for (const ya_node *param = macro->params; param; param = param->next)
        YA_TRY(collect_target(r, node->scope, param, true));
    YA_TRY(add_param(r, node->scope, "caller", &macro->caller));
    YA_TRY(add_param(r, node->scope, "varargs", &macro->varargs));
    YA_TRY(add_param(r, node->scope, "kwargs", &macro->kwargs));
    YA_TRY(collect(r, node->scope, macro->defaults));
    YA_TRY(collect(r, node->scope, node->body));
    YA_TRY(resolve(r, node->scope, macro->params));
    YA_TRY(resolve(r, node->scope, macro->defaults));
    YA_TRY(resolve(r, node->scope, node->body));
    macro->uses_caller = is_used(node->scope, macro->caller);
    macro->uses_varargs = is_used(node->scope, macro->varargs);
    macro->uses_kwargs = is_used(node->scope, macro->kwargs);
done:
    return status;
}

static ya_status resolve_with(resolver *r, ya_scope *scope, ya_node *node)
{
    ya_status status = YA_OK;
    YA_TRY(resolve(r, scope, node->b));
    YA_TRY(new_scope(r, scope, scope->function, &node->scope));
    for (const ya_node *target = node->a; target; target = target->next)
        YA_TRY(collect_target(r, node->scope, target, true));
    YA_TRY(collect(r, node->scope, node->body));
    YA_TRY(resolve(r, node->scope, node->a));
    status = resolve(r, node->scope, node->body);
done:
    return status;
}

static ya_status resolve_node(resolver *r, ya_scope *scope, ya_node *node)
{
    ya_status status = YA_OK;
    switch (node->kind) {
    case YA_N_NAME:
    case YA_N_NS_REF:
        return resolve_name(r, scope, node);
    case YA_N_FOR:
        return resolve_for(r, scope, node);
    case YA_N_MACRO:
        YA_TRY(resolve_macro(r, scope, node));
        return resolve_name(r, scope, node);
    case YA_N_CALL_BLOCK:
        YA_TRY(resolve(r, scope, node->a));
        return resolve_macro(r, scope, node);
    case YA_N_WITH:
        return resolve_with(r, scope, node);
    case YA_N_SET_BLOCK:
    case YA_N_FILTER_BLOCK:
    case YA_N_GENERATION:
        YA_TRY(resolve(r, scope, node->a));
        YA_TRY(resolve_inner(r, scope, node->body, &node->scope));
        return resolve(r, node->scope, node->b);
    default:
        break;
    }
    YA_TRY(resolve(r, scope, node->a));
    YA_TRY(resolve(r, scope, node->b));
    YA_TRY(resolve(r, scope, node->c));
    YA_TRY(resolve(r, scope, node->d));
    status = resolve(r, scope, node->args);
done:
    return status;
}

static ya_status resolve(resolver *r, ya_scope *scope, ya_node *list)
{
    ya_status status = YA_OK;
    for (ya_node *node = list; node; node = node->next)
        YA_TRY(resolve_node(r, scope, node));
done:
    return status;
}

/* ---- Calls of what there cannot be ---- */

static bool is_stored(const ya_template *t, const ya_str *name)
{
    for (const ya_node *n = t->mentioned; n; n = n->mention)
        if (n->kind == YA_N_NS_REF && n->a->name->size == name->size &&
            memcmp(n->a->name->data, name->data, name->size) == 0)
            return true;
    return false;
}

/* Methods that no value has are refused, unless a namespace may hold a macro of that name. */
static ya_status check_call(resolver *r, const ya_node *call)
{
    const ya_node *callee = call->a;
    if (callee->kind != YA_N_ATTR || ya_is_method(callee->name) ||
        is_stored(r->template, callee->name))
        return YA_OK;
    return ya_at_fault(r->err, callee->line, callee->column, "the method '%.*s' is not known",
                       (int)callee->name->size, callee->name->data);
}

/* Whether the template sets a name anywhere, or asks whether it is defined. */
static bool is_set_or_asked(const ya_template *t, const ya_str *name)
{
    for (const ya_node *n = t->mentioned; n; n = n->mention)
        if (n->kind == YA_N_NAME && (n->target || n->asked) && n->name->size == name->size &&
            memcmp(n->name->data, name->data, name->size) == 0)
            return true;
    return false;
}

/* A function must be one of Jinja's, or be set somewhere in the template. */
static ya_status check_function(resolver *r, const ya_node *callee)
{
    if (callee->kind != YA_N_NAME || ya_str_is(callee->name, "loop") ||
        ya_str_is(callee->name, "caller") || ya_find_global(callee->name) ||
        ya_find_variable(callee->name) >= 0 || is_set_or_asked(r->template, callee->name))
        return YA_OK;
    return ya_at_fault(r->err, callee->line, callee->column, "the function '%.*s' is not known",
                       (int)callee->name->size, callee->name->data);
}

/* Filters and tests that are named by a text, as of map and select. */
static ya_status check_named(resolver *r, const ya_node *filter)
{
    static const char *const names[] = {"map", "select", "reject", "selectattr", "rejectattr"};
    size_t k = 0;
    while (k < 5 && strcmp(filter->function->name, names[k]) != 0)
        k++;
    const ya_node *arg = k > 2 && filter->args ? filter->args->next : filter->args;
    if (k == 5 || !arg || arg->kind != YA_N_CONST || arg->value.kind != YA_V_STR)
        return YA_OK;
    const ya_str *name = arg->value.str;
    if (k == 0 ? ya_find_filter(name) : ya_find_test(name))
        return YA_OK;
    return ya_at_fault(r->err, arg->line, arg->column, "the %s '%.*s' is not known",
                       k == 0 ? "filter" : "test", (int)name->size, name->data);
}

static ya_status check(resolver *r, const ya_node *list)
{
    ya_status status = YA_OK;
    for (const ya_node *n = list; n; n = n->next) {
        if (n->kind == YA_N_CALL) {
            YA_TRY(check_call(r, n));
            YA_TRY(check_function(r, n->a));
        }
        if (n->kind == YA_N_FILTER)
            YA_TRY(check_named(r, n));
        YA_TRY(check(r, n->a));
        YA_TRY(check(r, n->b));
        YA_TRY(check(r, n->c));
        YA_TRY(check(r, n->d));
        YA_TRY(check(r, n->args));
        YA_TRY(check(r, n->body));
        YA_TRY(check(r, n->other));
        if (n->macro)
            YA_TRY(check(r, n->macro->defaults));
    }
done:
    return status;
}

ya_status ya_template_resolve(ya_template *t, ya_error *err)
{
    resolver r = {.template = t, .memory = &t->memory, .err = err};
    ya_status status = YA_OK;
    YA_TRY(new_scope(&r, NULL, &t->code, &t->scope));
    YA_TRY(collect(&r, t->scope, t->body));
    YA_TRY(resolve(&r, t->scope, t->body));
    status = check(&r, t->body);
done:
    return status;
}
