/* Attributes, items, slices, and what loops go over. */
#include "token/chat/run.h"

#include "token/unicode.h"

#include <string.h>

bool ya_undefined(ya_run *run, const ya_value *of, ya_value name, ya_value *out)
{
    struct {
        ya_absent absent;
        ya_value of;
    } *made = ya_memory_zero(&run->memory, 1, sizeof *made);
    if (!made)
        return ya_raise_memory(run);
    made->absent.name = name;
    if (of) {
        made->of = *of;
        made->absent.of = &made->of;
    }
    *out = (ya_value){.kind = YA_V_UNDEFINED, .absent = &made->absent};
    return true;
}

/* ---- Attributes ---- */

/* What changes a value is kept away from templates. */
static bool changes(ya_value of, const ya_str *name)
{
    static const char *const lists[] = {"append", "clear",   "extend", "insert", "pop",
                                        "remove", "reverse", "sort",   NULL},
                             *const dicts[] = {"clear",      "pop",    "popitem",
                                               "setdefault", "update", NULL};
    bool list = of.kind == YA_V_LIST && of.list->form == YA_LIST;
    if (!list && of.kind != YA_V_DICT)
        return false;
    for (const char *const *known = list ? lists : dicts; *known; known++)
        if (ya_str_is(name, *known))
            return true;
    return false;
}

/* Python's getattr; *found tells whether there is one. */
static bool own_attr(ya_run *run, ya_value of, const ya_str *name, ya_value *out, bool *found)
{
    *found = true;
    if (of.kind == YA_V_NAMESPACE) {
        const ya_value *value = ya_dict_get(of.dict, ya_of_str((ya_str *)name));
        *found = value != NULL;
        if (value)
            *out = *value;
        return true;
    }
    if (of.kind == YA_V_LOOP && ya_loop_attr(run, of.loop, name, out))
        return true;
    if (run->status)
        return false;
    const ya_function *function = ya_find_method(of, name);
    if (function) {
        ya_method *method = ya_memory_get(&run->memory, sizeof *method);
        if (!method)
            return ya_raise_memory(run);
        *method = (ya_method){of, function};
        *out = (ya_value){.kind = YA_V_METHOD, .method = method};
        return true;
    }
    if (changes(of, name)) {
        bool made = ya_undefined(run, &of, ya_of_str((ya_str *)name), out);
        if (made)
            ((ya_absent *)out->absent)->unsafe = "unsafe";
        return made;
    }
    *found = false;
    return true;
}

static bool is_dict_method(const ya_str *name)
{
    static const char *const names[] = {"get",    "items",      "keys",    "values",
                                        "copy",   "pop",        "clear",   "popitem",
                                        "update", "setdefault", "fromkeys"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ya_str_is(name, names[i]))
            return true;
    return false;
}

bool ya_get_attr(ya_run *run, ya_value of, const ya_str *name, ya_value *out)
{
    bool found;
    if (of.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, of);
    if (of.kind == YA_V_DICT) {
        const ya_value *value = ya_dict_get(of.dict, ya_of_str((ya_str *)name));
        if (value && !is_dict_method(name)) {
            *out = *value;
            return true;
        }
    }
    if (!own_attr(run, of, name, out, &found))
        return false;
    if (found)
        return true;
    const ya_value *value =
        of.kind == YA_V_DICT ? ya_dict_get(of.dict, ya_of_str((ya_str *)name)) : NULL;
    if (!value)
        return ya_undefined(run, &of, ya_of_str((ya_str *)name), out);
    *out = *value;
    return true;
}

/* ---- Items ---- */

static bool character(ya_run *run, ya_str *str, int64_t i, ya_value *out)
{
    size_t begin = ya_str_offset(str, (size_t)i);
    size_t length = ya_utf8_length(str->data[begin]);
    if (!str->ascii && !ya_step(run, begin / 64))
        return false;
    *out = ya_of_str(ya_str_part(&run->memory, str, begin, begin + length));
    return out->str || ya_raise_memory(run);
}

/* of[index] of a sequence; *found tells whether there is one. */
static bool at_index(ya_run *run, ya_value of, int64_t i, ya_value *out, bool *found)
{
    *found = false;
    if (of.kind == YA_V_STR && !ya_need_str(run, of, "it", &of.str))
        return false;
    bool list = of.kind == YA_V_LIST && of.list->form <= YA_RANGE;
    if (of.kind != YA_V_STR && !list)
        return true;
    int64_t n = list ? of.list->n : ya_str_length(of.str);
    if (i < 0)
        i += n;
    *found = i >= 0 && i < n;
    if (!*found)
        return true;
    if (!list)
        return character(run, of.str, i, out);
    *out = of.list->items[i];
    return true;
}

bool ya_get_item(ya_run *run, ya_value of, ya_value key, ya_value *out)
{
    bool found = false;
    if (of.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, of);
    if (key.kind == YA_V_STR && !ya_need_str(run, key, "it", &key.str))
        return false;
    if (of.kind == YA_V_STR && of.str->parsed)
        of = *of.str->parsed;
    if (of.kind == YA_V_DICT && ya_hashable(key)) {
        const ya_value *value = ya_dict_get(of.dict, key);
        if (value) {
            *out = *value;
            return true;
        }
    } else if (ya_is_whole(key) && !at_index(run, of, ya_whole(key), out, &found)) {
        return false;
    }
    if (!found && key.kind == YA_V_STR && !own_attr(run, of, key.str, out, &found))
        return false;
    return found || ya_undefined(run, &of, key, out);
}

/* ---- Slices ---- */

static bool bound(ya_run *run, const ya_value *v, int64_t missing, int64_t n, int64_t low,
                  int64_t *out)
{
    *out = missing;
    if (!v || v->kind == YA_V_NONE)
        return true;
    if (!ya_need_whole(run, *v, "a slice's bound", out))
        return false;
    if (*out < 0)
        *out = *out + n < low ? low : *out + n;
    else if (*out > n + low)
        *out = n + low;
    return true;
}

static bool slice_str(ya_run *run, ya_str *str, int64_t from, int64_t n, int64_t step,
                      ya_value *out)
{
    ya_writer w = {0};
    if (step == 1) {
        size_t begin = ya_str_offset(str, (size_t)from),
               end = ya_str_offset(str, (size_t)(from + n));
        *out = ya_of_str(ya_str_part(&run->memory, str, begin, end));
        return (out->str || ya_raise_memory(run)) && (str->ascii || ya_step(run, end / 64));
    }
    ya_value one;
    for (int64_t i = 0; i < n; i++)
        if (!ya_step(run, 1) || !character(run, str, from + i * step, &one) ||
            !ya_write_str(&run->memory, &w, one.str, 0))
            return ya_raise_memory(run);
    *out = ya_of_str(ya_written(&run->memory, &w));
    return out->str || ya_raise_memory(run);
}

static bool slice_list(ya_run *run, const ya_list *of, int64_t from, int64_t n, int64_t step,
                       ya_value *out)
{
    ya_list *list = ya_memory_get(&run->memory, sizeof *list);
    if (!list)
        return ya_raise_memory(run);
    *list = (ya_list){of->items + from, (uint32_t)n, of->form, of->source};
    *out = ya_of_list(list);
    if (step == 1 || n == 0)
        return true;
    list->items = ya_memory_get(&run->memory, (size_t)n * sizeof *list->items);
    if (!list->items)
        return ya_raise_memory(run);
    for (int64_t i = 0; i < n; i++)
        list->items[i] = of->items[from + i * step];
    return ya_step(run, (uint64_t)n / 8);
}

bool ya_get_slice(ya_run *run, ya_value of, const ya_value *from, const ya_value *to,
                  const ya_value *step, ya_value *out)
{
    int64_t by = 1, begin, end;
    if (of.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, of);
    bool list = of.kind == YA_V_LIST && of.list->form <= YA_RANGE;
    if (!list && of.kind != YA_V_STR)
        return ya_raise(run, "'%s' object cannot be sliced", ya_type_name(of));
    if (!list && !ya_need_str(run, of, "it", &of.str))
        return false;
    if (step && step->kind != YA_V_NONE && !ya_need_whole(run, *step, "a slice's step", &by))
        return false;
    if (by == 0)
        return ya_raise(run, "slice step cannot be zero");
    int64_t n = list ? of.list->n : ya_str_length(of.str);
    int64_t low = by < 0 ? -1 : 0; /* where a walk may stop before the first */
    if (!bound(run, from, by < 0 ? n - 1 : 0, n, low, &begin) ||
        !bound(run, to, by < 0 ? -1 : n, n, low, &end))
        return false;
    if (by > n)
        by = n + 1;
    if (by < -n)
        by = -n - 1;
    int64_t count = by > 0 ? (end - begin + by - 1) / by : (begin - end - by - 1) / -by;
    if ((by > 0 && begin >= end) || (by < 0 && begin <= end))
        count = begin = 0;
    return list ? slice_list(run, of.list, begin, count, by, out)
                : slice_str(run, of.str, begin, count, by, out);
}

/* ---- Going over ---- */

static bool characters(ya_run *run, ya_str *str, ya_list **out)
{
    if (!ya_str_flat(&run->memory, str) ||
        !(*out = ya_list_new(&run->memory, ya_str_length(str), YA_LIST)))
        return ya_raise_memory(run);
    size_t at = 0;
    for (uint32_t i = 0; i < (*out)->n; i++) {
        size_t length = ya_utf8_length(str->data[at]);
        ya_str *one = ya_str_part(&run->memory, str, at, at + length);
        if (!one)
            return ya_raise_memory(run);
        (*out)->items[i] = ya_of_str(one);
        at += length;
    }
    return ya_step(run, (*out)->n);
}

static bool keys(ya_run *run, const ya_dict *dict, ya_list **out)
{
    *out = ya_list_new(&run->memory, dict->n, YA_LIST);
    for (uint32_t i = 0; *out && i < dict->n; i++)
        (*out)->items[i] = dict->entries[i].key;
    return *out ? ya_step(run, dict->n / 8) : ya_raise_memory(run);
}

bool ya_items(ya_run *run, ya_value of, ya_list **out)
{
    if (of.kind == YA_V_STR && of.str->parsed)
        of = *of.str->parsed;
    switch (of.kind) {
    case YA_V_LIST:
        *out = of.list;
        return true;
    case YA_V_STR:
        return characters(run, of.str, out);
    case YA_V_DICT:
        return keys(run, of.dict, out);
    case YA_V_UNDEFINED:
        if (of.absent && of.absent->unsafe)
            return ya_raise_undefined(run, of);
        *out = ya_list_new(&run->memory, 0, YA_LIST);
        return *out || ya_raise_memory(run);
    case YA_V_ITERATOR:
        *out = ya_list_new(&run->memory, 0, YA_LIST);
        if (!*out)
            return ya_raise_memory(run);
        **out = (ya_list){of.iterator->list->items + of.iterator->at,
                          of.iterator->list->n - of.iterator->at, YA_LIST, YA_SOURCE_TEMPLATE};
        of.iterator->at = of.iterator->list->n;
        return true;
    default:
        return ya_raise(run, "'%s' object is not iterable", ya_type_name(of));
    }
}

bool ya_length(ya_run *run, ya_value of, int64_t *out)
{
    switch (of.kind) {
    case YA_V_UNDEFINED:
        *out = 0;
        return !(of.absent && of.absent->unsafe) || ya_raise_undefined(run, of);
    case YA_V_STR:
        if (!ya_str_flat(&run->memory, of.str))
            return ya_raise_memory(run);
        *out = ya_str_length(of.str);
        return ya_step(run, of.str->size / 256);
    case YA_V_LIST:
        *out = of.list->n;
        return true;
    case YA_V_DICT:
        *out = of.dict->n;
        return true;
    case YA_V_LOOP: {
        static const ya_str name = {.data = "length", .size = 6, .n_runs = 1};
        ya_value length;
        bool held = ya_loop_attr(run, of.loop, &name, &length);
        *out = held ? length.integer : 0;
        return held;
    }
    default:
        return ya_raise(run, "object of type '%s' has no len()", ya_type_name(of));
    }
}

bool ya_iterator_of(ya_run *run, ya_list *list, ya_value *out)
{
    ya_iterator *iterator = ya_memory_zero(&run->memory, 1, sizeof *iterator);
    if (!iterator)
        return ya_raise_memory(run);
    iterator->list = list;
    *out = (ya_value){.kind = YA_V_ITERATOR, .iterator = iterator};
    return true;
}
