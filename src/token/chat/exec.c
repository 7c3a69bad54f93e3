/* Statements, macros and loops. */
#include "token/chat/run.h"

#include <string.h>

/* ---- Scopes, captures, targets ---- */

static void enter_scope(ya_run *run, const ya_scope *scope)
{
    for (const ya_symbol *s = scope->symbols; s; s = s->next) {
        ya_value *slot = &run->frame->slots[s->slot];
        if (s->param)
            continue;
        if (s->alias)
            *slot = *ya_slot(run, s->outer);
        else if (s->variable >= 0)
            *slot = run->variables[s->variable];
        else if (s->function)
            *slot = (ya_value){.kind = YA_V_FUNCTION, .function = s->function};
        else
            *slot = (ya_value){.kind = YA_V_UNDEFINED};
    }
}

/* What `list` writes, as a text. */
static bool capture(ya_run *run, const ya_node *list, ya_value *out)
{
    ya_writer w = {0}, *outer = run->out;
    run->out = &w;
    bool held = ya_exec(run, list);
    run->out = outer;
    if (!held)
        return false;
    *out = ya_of_str(ya_written(&run->memory, &w));
    return out->str || ya_raise_memory(run);
}

static bool assign_items(ya_run *run, const ya_node *target, ya_value value)
{
    ya_list *list;
    uint32_t n = 0;
    if (value.kind == YA_V_NONE)
        return ya_raise(run, "cannot unpack non-iterable NoneType object");
    if (!ya_items(run, value, &list))
        return false;
    for (const ya_node *item = target->a; item; item = item->next)
        n++;
    if (list->n != n)
        return ya_raise(run, "%u values cannot be unpacked to %u names", list->n, n);
    n = 0;
    for (const ya_node *item = target->a; item; item = item->next)
        if (!ya_assign(run, item, list->items[n++]))
            return false;
    return true;
}

bool ya_assign(ya_run *run, const ya_node *target, ya_value value)
{
    if (target->kind == YA_N_TUPLE)
        return assign_items(run, target, value);
    ya_value *slot = ya_slot(run, target->place);
    if (target->kind == YA_N_NAME) {
        *slot = value;
        return true;
    }
    if (slot->kind != YA_V_NAMESPACE)
        return ya_raise(run, "cannot assign attribute on non-namespace object");
    return ya_dict_set(&run->memory, slot->dict, ya_of_str((ya_str *)target->a->name), value) ||
           ya_raise_memory(run);
}

static bool write_out(ya_run *run, ya_value v)
{
    ya_str *str = v.kind == YA_V_STR ? v.str : NULL;
    if (!str && !ya_to_str(run, v, &str))
        return false;
    if (run->out->size + str->size > YA_RUN_MAX_TEXT)
        return ya_raise(run, "it writes more than %d bytes", YA_RUN_MAX_TEXT);
    return (ya_write_str(&run->memory, run->out, str, run->flags) || ya_raise_memory(run)) &&
           ya_step(run, str->size / 64);
}

/* ---- Macros ---- */

static ya_value not_provided(void)
{
    static const ya_absent absent = {.hint = "a parameter of a macro was not provided"};
    return (ya_value){.kind = YA_V_UNDEFINED, .absent = &absent};
}

/* What is left of the named arguments once the parameters have taken theirs. */
static bool bind_special(ya_run *run, const ya_macro *macro, const ya_args *args, ya_dict *left,
                         ya_value *slots)
{
    static const ya_absent no_caller = {.hint = "No caller defined"};
    uint32_t n_params = macro->n_params;
    uint32_t extra = args->n_rest > n_params ? args->n_rest - n_params : 0;
    if (extra && !macro->uses_varargs)
        return ya_raise(run, "a macro takes not more than %u arguments", n_params);
    if (left->n && !macro->uses_kwargs)
        return ya_raise(run, "a macro takes no keyword argument '%.*s'",
                        (int)left->entries[0].key.str->size, left->entries[0].key.str->data);
    ya_list *rest = ya_list_new(&run->memory, extra, YA_TUPLE);
    if (!rest)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < extra; i++)
        rest->items[i] = args->rest[n_params + i];
    slots[macro->varargs] = ya_of_list(rest);
    slots[macro->kwargs] = ya_of_dict(left);
    if (slots[macro->caller].kind != YA_V_MACRO)
        slots[macro->caller] = (ya_value){.kind = YA_V_UNDEFINED, .absent = &no_caller};
    return true;
}

static bool bind_params(ya_run *run, const ya_macro *macro, const ya_args *args, ya_value *slots)
{
    uint32_t i = 0;
    ya_dict *left = ya_dict_new(&run->memory, 0);
    if (!left)
        return ya_raise_memory(run);
    for (const ya_node *param = macro->params; param; param = param->next, i++)
        slots[param->place.slot] = i < args->n_rest ? args->rest[i] : (ya_value){.kind = YA_V_LOOP};
    for (uint32_t k = 0; args->named && k < args->named->n; k++) {
        const ya_entry *entry = &args->named->entries[k];
        const ya_node *param = macro->params;
        while (param && !ya_same_key(ya_of_str((ya_str *)param->name), entry->key))
            param = param->next;
        bool caller = macro->uses_caller && ya_str_is(entry->key.str, "caller");
        ya_value *slot = param ? &slots[param->place.slot] : caller ? &slots[macro->caller] : NULL;
        if (param && !(slot->kind == YA_V_LOOP && !slot->loop))
            return ya_raise(run, "a macro got two values for the argument '%.*s'",
                            (int)entry->key.str->size, entry->key.str->data);
        if (slot)
            *slot = entry->value;
        else if (!ya_dict_set(&run->memory, left, entry->key, entry->value))
            return ya_raise_memory(run);
    }
    return bind_special(run, macro, args, left, slots);
}

/* Defaults are evaluated in the macro, from the left. */
static bool fill_defaults(ya_run *run, const ya_macro *macro)
{
    uint32_t i = 0, first = macro->n_params - macro->n_defaults;
    const ya_node *standard = macro->defaults;
    for (const ya_node *param = macro->params; param; param = param->next, i++) {
        ya_value *slot = &run->frame->slots[param->place.slot];
        if (slot->kind == YA_V_LOOP && !slot->loop) {
            *slot = not_provided();
            if (i >= first && !ya_eval(run, standard, slot))
                return false;
        }
        if (i >= first)
            standard = standard->next;
    }
    return true;
}

bool ya_call_macro(ya_run *run, const ya_macro *made, ya_args *args, ya_value *out)
{
    const ya_macro *macro = made->compiled;
    ya_frame *outer = run->frame;
    size_t n_slots = macro->code.n_slots;
    ya_frame *frame = ya_memory_zero(&run->memory, 1, sizeof *frame + n_slots * sizeof(ya_value));
    if (!frame)
        return ya_raise_memory(run);
    frame->up = made->home;
    if (!ya_step(run, n_slots / 4 + 1) || !bind_params(run, macro, args, frame->slots))
        return false;
    run->frame = frame;
    run->depth += 4; /* calls cost more of the stack than expressions */
    enter_scope(run, macro->node->scope);
    bool held = fill_defaults(run, macro) && capture(run, macro->node->body, out);
    run->depth -= 4;
    run->frame = outer;
    return held;
}

static bool make_macro(ya_run *run, const ya_node *node, ya_value *out)
{
    ya_macro *made = ya_memory_get(&run->memory, sizeof *made);
    if (!made)
        return ya_raise_memory(run);
    *made = *node->macro;
    made->home = run->frame;
    *out = (ya_value){.kind = YA_V_MACRO, .macro = made};
    return true;
}

static bool exec_call_block(ya_run *run, const ya_node *node)
{
    static const ya_str name = {.data = "caller", .size = 6, .n_runs = 1};
    const ya_node *call = node->a;
    ya_value callee, caller, text;
    ya_args args;
    if (!ya_eval(run, call->a, &callee) || !ya_evaluate_args(run, call->args, &args) ||
        !make_macro(run, node, &caller))
        return false;
    if (!args.named && !(args.named = ya_dict_new(&run->memory, 1)))
        return ya_raise_memory(run);
    run->at = node;
    return (ya_dict_set(&run->memory, args.named, ya_of_str((ya_str *)&name), caller) ||
            ya_raise_memory(run)) &&
           ya_call_value(run, callee, &args, &text) && write_out(run, text);
}

/* ---- Loops ---- */

/* Whether the loop's `if` lets an item through. */
static bool passes(ya_run *run, const ya_node *node, ya_value item, bool *pass)
{
    ya_value v;
    enter_scope(run, node->test_scope);
    if (!ya_assign(run, node->c, item) || !ya_eval(run, node->d, &v))
        return false;
    *pass = ya_is_true(v);
    return true;
}

/* The next item of the list that the loop takes; *got false at the end. */
static bool pull(ya_run *run, ya_loop *loop, ya_value *item, bool *got)
{
    for (*got = false; !*got && loop->at < loop->list->n;) {
        *item = loop->list->items[loop->at++];
        *got = true;
        if (!ya_step(run, 1) ||
            (loop->node->d && !loop->tried && !passes(run, loop->node, *item, got)))
            return false;
    }
    return true;
}

static bool peek(ya_run *run, ya_loop *loop)
{
    return loop->has_after || pull(run, loop, &loop->after, &loop->has_after);
}

/* How many items there are, of which those to come may have to be tried first. */
static bool loop_length(ya_run *run, ya_loop *loop, int64_t *length)
{
    if (loop->node->d && !loop->tried) {
        ya_list *rest = ya_list_new(&run->memory, loop->list->n - loop->at, YA_LIST);
        ya_value item;
        bool got = true;
        if (!rest)
            return ya_raise_memory(run);
        for (rest->n = 0; got;) {
            if (!pull(run, loop, &item, &got))
                return false;
            if (got)
                rest->items[rest->n++] = item;
        }
        loop->list = rest;
        loop->at = 0;
        loop->tried = true;
    }
    *length = loop->index0 + 1 + loop->has_after + loop->list->n - loop->at;
    return true;
}

bool ya_loop_attr(ya_run *run, ya_loop *loop, const ya_str *name, ya_value *out)
{
    static const ya_absent no_before = {.hint = "there is no previous item"},
                           no_after = {.hint = "there is no next item"};
    static const char *const names[] = {"index",  "index0",   "first",     "last",
                                        "length", "revindex", "revindex0", "depth",
                                        "depth0", "previtem", "nextitem"};
    size_t k = 0;
    while (k < sizeof names / sizeof *names && !ya_str_is(name, names[k]))
        k++;
    int64_t length = 0;
    if ((k >= 4 && k <= 6 && !loop_length(run, loop, &length)) ||
        ((k == 3 || k == 10) && !peek(run, loop)))
        return false;
    switch (k) {
    case 0:
    case 1:
        *out = ya_integer(loop->index0 + (k == 0));
        return true;
    case 2:
        *out = ya_truth(loop->index0 == 0);
        return true;
    case 3:
        *out = ya_truth(!loop->has_after);
        return true;
    case 4:
        *out = ya_integer(length);
        return true;
    case 5:
    case 6:
        *out = ya_integer(length - loop->index0 - (k == 6));
        return true;
    case 7:
    case 8:
        *out = ya_integer(loop->depth0 + (k == 7));
        return true;
    case 9:
        *out = loop->has_before ? loop->before
                                : (ya_value){.kind = YA_V_UNDEFINED, .absent = &no_before};
        return true;
    case 10:
        *out =
            loop->has_after ? loop->after : (ya_value){.kind = YA_V_UNDEFINED, .absent = &no_after};
        return true;
    default:
        return false;
    }
}

static bool run_loop(ya_run *run, ya_loop *loop)
{
    const ya_node *node = loop->node;
    ya_value item;
    for (bool got = true;;) {
        if (loop->has_after)
            item = loop->after;
        else if (!pull(run, loop, &item, &got))
            return false;
        if (!got)
            break;
        loop->has_after = false;
        loop->has_before = loop->index0 >= 0;
        loop->before = loop->current;
        loop->current = item;
        loop->index0++;
        enter_scope(run, node->scope);
        run->frame->slots[node->scope->symbols->slot] = (ya_value){.kind = YA_V_LOOP, .loop = loop};
        if (!ya_assign(run, node->a, item) || !ya_exec(run, node->body))
            return false;
        bool stop = run->jump == YA_JUMP_BREAK;
        run->jump = YA_JUMP_NONE;
        if (stop)
            break;
    }
    if (loop->index0 >= 0 || !node->other)
        return true;
    enter_scope(run, node->other_scope);
    return ya_exec(run, node->other);
}

static bool start_loop(ya_run *run, const ya_node *node, ya_value over, int64_t depth0)
{
    ya_loop *loop = ya_memory_zero(&run->memory, 1, sizeof *loop);
    if (!loop)
        return ya_raise_memory(run);
    loop->node = node;
    loop->index0 = -1;
    loop->depth0 = depth0;
    loop->frame = run->frame;
    run->at = node;
    return ya_items(run, over, &loop->list) && run_loop(run, loop);
}

/* The slots belong to the iteration that calls; the inner one has its own values in them. */
bool ya_call_loop(ya_run *run, ya_loop *loop, ya_value over, ya_value *out)
{
    if (!loop->node->recursive)
        return ya_raise(run, "The loop must have the 'recursive' marker to be called recursively.");
    uint16_t n_slots = loop->node->scope->function->n_slots;
    ya_frame *frame = run->frame;
    if (loop->frame != frame)
        return ya_raise(run, "a recursive loop is called from a macro");
    size_t size = n_slots * sizeof *frame->slots;
    ya_value *kept = ya_memory_get(&run->memory, size + 1);
    ya_writer w = {0}, *outer = run->out;
    if (!kept)
        return ya_raise_memory(run);
    if (run->depth > YA_RUN_MAX_DEPTH - 20 || !ya_step(run, n_slots))
        return ya_raise(run, "it is nested more than %d deep", YA_RUN_MAX_DEPTH);
    memcpy(kept, frame->slots, size);
    run->out = &w;
    run->depth += 4;
    bool held = start_loop(run, loop->node, over, loop->depth0 + 1);
    run->depth -= 4;
    run->out = outer;
    memcpy(frame->slots, kept, size);
    if (!held)
        return false;
    *out = ya_of_str(ya_written(&run->memory, &w));
    return out->str || ya_raise_memory(run);
}

/* ---- Statements ---- */

static bool exec_with(ya_run *run, const ya_node *node)
{
    uint32_t n = 0;
    for (const ya_node *value = node->b; value; value = value->next)
        n++;
    ya_value *values = ya_memory_zero(&run->memory, n, sizeof *values);
    if (!values)
        return ya_raise_memory(run);
    n = 0;
    for (const ya_node *value = node->b; value; value = value->next)
        if (!ya_eval(run, value, &values[n++]))
            return false;
    enter_scope(run, node->scope);
    n = 0;
    for (const ya_node *target = node->a; target; target = target->next)
        if (!ya_assign(run, target, values[n++]))
            return false;
    return ya_exec(run, node->body);
}

static bool exec_captured(ya_run *run, const ya_node *node)
{
    ya_value text;
    enter_scope(run, node->scope);
    if (!capture(run, node->body, &text))
        return false;
    const ya_node *filter = node->kind == YA_N_SET_BLOCK ? node->b : node->a;
    if (filter && !ya_filter_text(run, filter, text, &text))
        return false;
    return node->kind == YA_N_SET_BLOCK ? ya_assign(run, node->a, text) : write_out(run, text);
}

static bool exec_generation(ya_run *run, const ya_node *node)
{
    uint32_t outer = run->flags;
    run->flags |= YA_GENERATED;
    enter_scope(run, node->scope);
    bool held = ya_exec(run, node->body);
    run->flags = outer;
    return held;
}

static bool exec_node(ya_run *run, const ya_node *node)
{
    ya_value v;
    switch (node->kind) {
    case YA_N_DATA:
        return write_out(run, node->value);
    case YA_N_OUTPUT:
        return ya_eval(run, node->a, &v) && write_out(run, v);
    case YA_N_IF:
        if (!ya_eval(run, node->a, &v))
            return false;
        if (v.kind == YA_V_UNDEFINED && v.absent && v.absent->unsafe)
            return ya_raise_undefined(run, v);
        return ya_exec(run, ya_is_true(v) ? node->b : node->c);
    case YA_N_FOR:
        return ya_eval(run, node->b, &v) && start_loop(run, node, v, 0);
    case YA_N_SET:
        return ya_eval(run, node->b, &v) && ya_assign(run, node->a, v);
    case YA_N_SET_BLOCK:
    case YA_N_FILTER_BLOCK:
        return exec_captured(run, node);
    case YA_N_MACRO:
        if (!make_macro(run, node, &v))
            return false;
        *ya_slot(run, node->place) = v;
        return true;
    case YA_N_CALL_BLOCK:
        return exec_call_block(run, node);
    case YA_N_WITH:
        return exec_with(run, node);
    case YA_N_GENERATION:
        return exec_generation(run, node);
    case YA_N_BREAK:
    case YA_N_CONTINUE:
        run->jump = node->kind == YA_N_BREAK ? YA_JUMP_BREAK : YA_JUMP_CONTINUE;
        return true;
    default:
        return ya_raise(run, "a statement of an unknown kind");
    }
}

bool ya_exec(ya_run *run, const ya_node *list)
{
    if (run->depth >= YA_RUN_MAX_DEPTH)
        return ya_raise(run, "it is nested more than %d deep", YA_RUN_MAX_DEPTH);
    run->depth++;
    bool held = true;
    for (const ya_node *node = list; held && node && !run->jump; node = node->next) {
        run->at = node;
        held = ya_step(run, 1) && exec_node(run, node);
    }
    run->depth--;
    return held;
}

bool ya_run_template(ya_run *run, ya_writer *out)
{
    const ya_template *t = run->template;
    size_t size = sizeof *run->frame + t->code.n_slots * sizeof(ya_value);
    run->frame = ya_memory_zero(&run->memory, 1, size);
    if (!run->frame)
        return ya_raise_memory(run);
    run->out = out;
    enter_scope(run, t->scope);
    return ya_exec(run, t->body);
}
