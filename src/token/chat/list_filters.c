/* Filters of lists and dicts. */
#include "token/chat/filters.h"

#include "token/chat/texts.h"

#include <string.h>

/* A list that grows. */
typedef struct {
    ya_run *run;
    ya_list *list;
    uint32_t room;
} growing;

static bool start(growing *g, ya_run *run)
{
    *g = (growing){run, ya_list_new(&run->memory, 0, YA_LIST), 0};
    return g->list || ya_raise_memory(run);
}

static bool add(growing *g, ya_value v)
{
    if (g->list->n == g->room) {
        uint32_t room = 2 * g->room + 8;
        ya_value *items = ya_memory_grow(&g->run->memory, g->list->items,
                                         g->list->n * sizeof *items, room * sizeof *items);
        if (!items)
            return ya_raise_memory(g->run);
        g->list->items = items;
        g->room = room;
    }
    g->list->items[g->list->n++] = v;
    return ya_step(g->run, 1);
}

/* What make_attrgetter("a.b.0") gives of `item`; NONE as path: the item itself. */
static bool attribute_of(ya_run *run, ya_value item, ya_value path, const ya_value *missing,
                         ya_value *out)
{
    *out = item;
    if (path.kind == YA_V_NONE)
        return true;
    if (ya_is_whole(path))
        return ya_get_item(run, item, path, out);
    ya_str *str, *dot = ya_str_literal(&run->memory, ".");
    ya_value parts;
    if (!dot || !ya_need_str(run, path, "an attribute's name", &str) ||
        !ya_text_split(run, str, dot, -1, false, &parts))
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < parts.list->n; i++) {
        ya_value key = parts.list->items[i];
        int64_t index = 0;
        bool digits = key.str->size > 0 && key.str->size < 10;
        for (size_t k = 0; digits && k < key.str->size; k++) {
            digits = key.str->data[k] >= '0' && key.str->data[k] <= '9';
            index = 10 * index + (key.str->data[k] - '0');
        }
        if (!ya_get_item(run, *out, digits ? ya_integer(index) : key, out))
            return false;
        if (out->kind == YA_V_UNDEFINED && missing)
            *out = *missing;
    }
    return true;
}

/* Lower case, unless `case_sensitive`. */
static bool sort_key(ya_run *run, ya_value v, bool case_sensitive, ya_value *out)
{
    *out = v;
    ya_str *str;
    if (case_sensitive || v.kind != YA_V_STR)
        return true;
    return ya_need_str(run, v, "it", &str) && ya_text_case(run, str, YA_CASE_LOWER, out);
}

static bool flag(const ya_args *args, int k)
{
    return args->has[k] && ya_is_true(args->v[k]);
}

static ya_value path_arg(const ya_args *args, int k)
{
    return args->has[k] ? args->v[k] : ya_none();
}

/* ---- Whole lists ---- */

FILTER(f_list)
{
    (void)args;
    ya_list *list, *copy = ya_memory_get(&run->memory, sizeof *copy);
    if (!copy)
        return ya_raise_memory(run);
    if (!ya_items(run, self, &list))
        return false;
    *copy = (ya_list){list->items, list->n, YA_LIST, list->source};
    *out = ya_of_list(copy);
    return true;
}

FILTER(f_join)
{
    ya_list *items;
    ya_str *by = ya_str_literal(&run->memory, "");
    if (!by || (args->has[0] && !ya_to_str(run, args->v[0], &by)) || !ya_items(run, self, &items))
        return ya_raise_memory(run);
    if (args->has[1] && args->v[1].kind != YA_V_NONE) {
        ya_list *of = ya_list_new(&run->memory, items->n, YA_LIST);
        if (!of)
            return ya_raise_memory(run);
        for (uint32_t i = 0; i < items->n; i++)
            if (!attribute_of(run, items->items[i], args->v[1], NULL, &of->items[i]))
                return false;
        items = of;
    }
    return ya_text_join(run, by, items, false, out);
}

FILTER(f_first)
{
    static const ya_absent none = {.hint = "No first item, sequence was empty."};
    (void)args;
    ya_list *list;
    if (!ya_items(run, self, &list))
        return false;
    *out = list->n ? list->items[0] : (ya_value){.kind = YA_V_UNDEFINED, .absent = &none};
    if (self.kind == YA_V_ITERATOR && list->n)
        self.iterator->at -= list->n - 1;
    return true;
}

FILTER(f_last)
{
    static const ya_absent none = {.hint = "No last item, sequence was empty."};
    (void)args;
    ya_list *list;
    if (self.kind == YA_V_ITERATOR)
        return ya_raise(run, "'generator' object is not reversible");
    if (!ya_items(run, self, &list))
        return false;
    *out = list->n ? list->items[list->n - 1] : (ya_value){.kind = YA_V_UNDEFINED, .absent = &none};
    return true;
}

FILTER(f_reverse)
{
    (void)args;
    static const ya_value back = {.kind = YA_V_INT, .integer = -1};
    if (self.kind == YA_V_STR)
        return ya_get_slice(run, self, NULL, NULL, &back, out);
    ya_list *list, *turned;
    bool iterator = self.kind != YA_V_ITERATOR;
    if (!ya_items(run, self, &list))
        return false;
    turned = ya_list_new(&run->memory, list->n, YA_LIST);
    if (!turned)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < list->n; i++)
        turned->items[i] = list->items[list->n - 1 - i];
    *out = ya_of_list(turned);
    return !iterator || ya_iterator_of(run, turned, out);
}

static bool items_and_keys(ya_run *run, ya_value self, ya_value path, bool case_sensitive,
                           ya_list **items, ya_value **keys)
{
    ya_list *list;
    if (!ya_items(run, self, &list))
        return false;
    *items = ya_list_new(&run->memory, list->n, YA_LIST);
    *keys = ya_memory_zero(&run->memory, list->n, sizeof **keys);
    if (!*items || !*keys)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < list->n; i++) {
        (*items)->items[i] = list->items[i];
        if (!attribute_of(run, list->items[i], path, NULL, &(*keys)[i]) ||
            !sort_key(run, (*keys)[i], case_sensitive, &(*keys)[i]))
            return false;
    }
    return true;
}

FILTER(f_sort)
{
    ya_list *items;
    ya_value *keys, path = path_arg(args, 2);
    if (path.kind == YA_V_STR && ya_str_flat(&run->memory, path.str) &&
        memchr(path.str->data, ',', path.str->size))
        return ya_raise(run, "sort by several attributes is not supported");
    if (!items_and_keys(run, self, path, flag(args, 1), &items, &keys) ||
        !ya_sort(run, items->items, keys, items->n, flag(args, 0)))
        return false;
    *out = ya_of_list(items);
    return true;
}

FILTER(f_unique)
{
    ya_list *items;
    ya_value *keys;
    growing g;
    if (!items_and_keys(run, self, path_arg(args, 1), flag(args, 0), &items, &keys) ||
        !start(&g, run))
        return false;
    ya_dict *seen = ya_dict_new(&run->memory, 8);
    for (uint32_t i = 0; seen && i < items->n; i++) {
        if (!ya_hashable(keys[i]))
            return ya_raise(run, "unhashable type: '%s'", ya_type_name(keys[i]));
        if (ya_dict_get(seen, keys[i]))
            continue;
        if (!ya_dict_set(&run->memory, seen, keys[i], ya_none()) || !add(&g, items->items[i]))
            return ya_raise_memory(run);
    }
    return seen ? ya_iterator_of(run, g.list, out) : ya_raise_memory(run);
}

static bool extreme(ya_run *run, ya_value self, const ya_args *args, ya_op op, ya_value *out)
{
    static const ya_absent none = {.hint = "No aggregated item, sequence was empty."};
    ya_list *items;
    ya_value *keys;
    if (!items_and_keys(run, self, path_arg(args, 1), flag(args, 0), &items, &keys))
        return false;
    uint32_t best = 0;
    for (uint32_t i = 1; i < items->n; i++) {
        bool better;
        if (!ya_order(run, op, keys[i], keys[best], &better))
            return false;
        best = better ? i : best;
    }
    *out = items->n ? items->items[best] : (ya_value){.kind = YA_V_UNDEFINED, .absent = &none};
    return true;
}

FILTER(f_min)
{
    return extreme(run, self, args, YA_OP_LT, out);
}

FILTER(f_max)
{
    return extreme(run, self, args, YA_OP_GT, out);
}

FILTER(f_sum)
{
    ya_list *items;
    *out = args->has[1] ? args->v[1] : ya_integer(0);
    if (!ya_items(run, self, &items))
        return false;
    for (uint32_t i = 0; i < items->n; i++) {
        ya_value v;
        if (!attribute_of(run, items->items[i], path_arg(args, 0), NULL, &v) ||
            !ya_binary(run, YA_OP_ADD, *out, v, out))
            return false;
    }
    return true;
}

/* Rows of `n`; the last one is filled up. */
FILTER(f_batch)
{
    ya_list *items;
    int64_t n;
    growing rows;
    if (!ya_need_whole(run, args->v[0], "the count", &n) || !ya_items(run, self, &items) ||
        !start(&rows, run))
        return false;
    if (n < 1 || n > 1 << 20)
        return ya_raise(run, "batch needs a count of at least 1");
    for (uint32_t at = 0; at < items->n; at += (uint32_t)n) {
        growing row;
        if (!start(&row, run))
            return false;
        for (uint32_t i = at; i < items->n && i < at + n; i++)
            if (!add(&row, items->items[i]))
                return false;
        while (args->has[1] && args->v[1].kind != YA_V_NONE && row.list->n < n)
            if (!add(&row, args->v[1]))
                return false;
        if (!add(&rows, ya_of_list(row.list)))
            return false;
    }
    return ya_iterator_of(run, rows.list, out);
}

/* ---- Dicts ---- */

static bool pairs_of(ya_run *run, ya_value dict, ya_value *out)
{
    static const ya_str name = {.data = "items", .size = 5, .n_runs = 1};
    const ya_function *items = ya_find_method(dict, &name);
    ya_args none = {0};
    if (dict.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, dict);
    if (!items)
        return ya_raise(run, "'%s' object has no attribute 'items'", ya_type_name(dict));
    return ya_call_function(run, items, dict, &none, out);
}

FILTER(f_items)
{
    (void)args;
    ya_value pairs;
    ya_list *empty = ya_list_new(&run->memory, 0, YA_LIST);
    if (!empty)
        return ya_raise_memory(run);
    if (self.kind == YA_V_UNDEFINED)
        return ya_iterator_of(run, empty, out);
    return pairs_of(run, self, &pairs) && ya_iterator_of(run, pairs.list, out);
}

FILTER(f_dictsort)
{
    ya_value pairs;
    ya_str *by = NULL;
    if (args->has[1] && !ya_need_str(run, args->v[1], "what is sorted by", &by))
        return false;
    if (by && !ya_str_is(by, "key") && !ya_str_is(by, "value"))
        return ya_raise(run, "You can only sort by either \"key\" or \"value\"");
    if (!pairs_of(run, self, &pairs))
        return false;
    ya_list *list = pairs.list;
    ya_value *keys = ya_memory_zero(&run->memory, list->n, sizeof *keys);
    if (!keys)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < list->n; i++)
        if (!sort_key(run, list->items[i].list->items[by && ya_str_is(by, "value")], flag(args, 0),
                      &keys[i]))
            return false;
    list->form = YA_LIST;
    *out = pairs;
    return ya_sort(run, list->items, keys, list->n, flag(args, 2));
}

/* ---- Of each item ---- */

/* A filter or test by its name at run time, with the arguments behind it. */
static bool call_named(ya_run *run, const char *what, const ya_function *(*find)(const ya_str *),
                       ya_value name, ya_value item, const ya_args *given, uint32_t skip,
                       ya_value *out)
{
    ya_str *str;
    ya_args args = {
        .rest = given->rest + skip, .n_rest = given->n_rest - skip, .named = given->named};
    if (!ya_need_str(run, name, "a name", &str))
        return false;
    const ya_function *function = find(str);
    if (!function)
        return ya_raise(run, "No %s named '%.*s'.", what, (int)str->size, str->data);
    return ya_call_function(run, function, item, &args, out);
}

FILTER(f_map)
{
    growing g;
    ya_list *items;
    const ya_value *attribute = args->named ? ya_dict_text(args->named, "attribute") : NULL;
    const ya_value *missing = args->named ? ya_dict_text(args->named, "default") : NULL;
    if (!start(&g, run))
        return false;
    if (!ya_is_true(self))
        return ya_iterator_of(run, g.list, out);
    bool named = args->n_rest == 0 && attribute;
    if (!named && args->n_rest == 0)
        return ya_raise(run, "map requires a filter argument");
    if (named && args->named->n > 1u + (missing != NULL))
        return ya_raise(run, "map() got an unexpected keyword argument");
    if (!ya_items(run, self, &items))
        return false;
    for (uint32_t i = 0; i < items->n; i++) {
        ya_value v;
        if (!(named ? attribute_of(run, items->items[i], *attribute,
                                   missing && missing->kind != YA_V_NONE ? missing : NULL, &v)
                    : call_named(run, "filter", ya_find_filter, args->rest[0], items->items[i],
                                 args, 1, &v)) ||
            !add(&g, v))
            return false;
    }
    return ya_iterator_of(run, g.list, out);
}

static bool choose(ya_run *run, ya_value self, const ya_args *args, bool by_attribute, bool keep,
                   ya_value *out)
{
    growing g;
    ya_list *items;
    uint32_t skip = by_attribute;
    if (!start(&g, run))
        return false;
    if (!ya_is_true(self))
        return ya_iterator_of(run, g.list, out);
    if (args->n_rest < skip)
        return ya_raise(run, "Missing parameter for attribute name");
    if (!ya_items(run, self, &items))
        return false;
    for (uint32_t i = 0; i < items->n; i++) {
        ya_value v = items->items[i];
        if (by_attribute && !attribute_of(run, v, args->rest[0], NULL, &v))
            return false;
        if (args->n_rest > skip &&
            !call_named(run, "test", ya_find_test, args->rest[skip], v, args, skip + 1, &v))
            return false;
        if (ya_is_true(v) == keep && !add(&g, items->items[i]))
            return false;
    }
    return ya_iterator_of(run, g.list, out);
}

FILTER(f_select)
{
    return choose(run, self, args, false, true, out);
}

FILTER(f_reject)
{
    return choose(run, self, args, false, false, out);
}

FILTER(f_selectattr)
{
    return choose(run, self, args, true, true, out);
}

FILTER(f_rejectattr)
{
    return choose(run, self, args, true, false, out);
}

static const ya_function filters[] = {
    {"list", "", f_list},
    {"join", "d attribute", f_join},
    {"first", "", f_first},
    {"last", "", f_last},
    {"reverse", "", f_reverse},
    {"sort", "reverse case_sensitive attribute", f_sort},
    {"unique", "case_sensitive attribute", f_unique},
    {"min", "case_sensitive attribute", f_min},
    {"max", "case_sensitive attribute", f_max},
    {"sum", "attribute start", f_sum},
    {"batch", "linecount! fill_with", f_batch},
    {"items", "", f_items},
    {"dictsort", "case_sensitive by reverse", f_dictsort},
    {"map", NULL, f_map},
    {"select", NULL, f_select},
    {"reject", NULL, f_reject},
    {"selectattr", NULL, f_selectattr},
    {"rejectattr", NULL, f_rejectattr},
};

const ya_function *ya_find_list_filter(const ya_str *name)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (ya_str_is(name, filters[i].name))
            return &filters[i];
    return NULL;
}
