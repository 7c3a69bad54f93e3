#include "token/chat/run.h"

#include <stdio.h>
#include <string.h>

bool ya_raise(ya_run *run, const char *format, ...)
{
    char what[700];
    va_list list;
    if (run->status)
        return false;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    run->status = run->at ? ya_fail(run->err, YA_ERR_DATA, "the chat template, line %u: %s",
                                    run->at->line, what)
                          : ya_fail(run->err, YA_ERR_DATA, "%s", what);
    return false;
}

bool ya_raise_memory(ya_run *run)
{
    if (!run->status)
        run->status =
            ya_fail(run->err, YA_ERR_MEMORY,
                    "out of memory for a chat: the template, line %u, may take %zu bytes at most",
                    run->at ? run->at->line : 0, run->memory.limit);
    return false;
}

bool ya_step(ya_run *run, uint64_t n)
{
    run->steps += n;
    if (run->steps > run->max_steps)
        return ya_raise(run, "it takes more than %llu steps", (unsigned long long)run->max_steps);
    return true;
}

const char *ya_type_name(ya_value v)
{
    static const char *const names[] = {[YA_V_UNDEFINED] = "Undefined",
                                        [YA_V_NONE] = "NoneType",
                                        [YA_V_BOOL] = "bool",
                                        [YA_V_INT] = "int",
                                        [YA_V_FLOAT] = "float",
                                        [YA_V_BIG] = "int",
                                        [YA_V_STR] = "str",
                                        [YA_V_LIST] = "list",
                                        [YA_V_DICT] = "dict",
                                        [YA_V_NAMESPACE] = "Namespace",
                                        [YA_V_ITERATOR] = "generator",
                                        [YA_V_LOOP] = "LoopContext",
                                        [YA_V_MACRO] = "Macro",
                                        [YA_V_FUNCTION] = "function",
                                        [YA_V_METHOD] = "builtin_function_or_method"};
    static const char *const forms[] = {"list",      "tuple",       "range",
                                        "dict_keys", "dict_values", "dict_items"};
    return v.kind == YA_V_LIST ? forms[v.list->form] : names[v.kind];
}

bool ya_raise_undefined(ya_run *run, ya_value v)
{
    const ya_absent *absent = v.absent;
    if (!absent)
        return ya_raise(run, "an undefined value is used");
    if (absent->hint)
        return ya_raise(run, "%s", absent->hint);
    ya_str *name = NULL;
    if (!ya_to_str(run, absent->name, &name))
        return false;
    int size = name->size < 200 ? (int)name->size : 200;
    if (!absent->of)
        return ya_raise(run, "'%.*s' is undefined", size, name->data);
    const char *type = absent->of->kind == YA_V_NONE ? "None" : ya_type_name(*absent->of);
    if (absent->unsafe)
        return ya_raise(run, "access to attribute '%.*s' of '%s' object is unsafe", size,
                        name->data, type);
    if (absent->name.kind == YA_V_STR)
        return ya_raise(run, "'%s%s' has no attribute '%.*s'", type,
                        absent->of->kind == YA_V_NONE ? "" : " object", size, name->data);
    return ya_raise(run, "%s object has no element %.*s", type, size, name->data);
}

bool ya_need_str(ya_run *run, ya_value v, const char *what, ya_str **out)
{
    if (v.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, v);
    if (v.kind != YA_V_STR)
        return ya_raise(run, "%s must be a string, not %s", what, ya_type_name(v));
    *out = v.str;
    return ya_str_flat(&run->memory, v.str) || ya_raise_memory(run);
}

bool ya_need_whole(ya_run *run, ya_value v, const char *what, int64_t *out)
{
    if (v.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, v);
    if (!ya_is_whole(v))
        return ya_raise(run, "%s must be an integer, not %s", what, ya_type_name(v));
    *out = ya_whole(v);
    return true;
}
