/* Methods of strings, lists, dicts and loops. */
#include "token/chat/python.h"
#include "token/chat/texts.h"

#include "token/unicode.h"

#include <string.h>

#include <utf8proc.h>

#define METHOD(name)                                                                               \
    static bool name(ya_run *run, ya_value self, const ya_args *args, ya_value *out)

/* Argument k as a text, NULL where it was not given or is None. */
static bool text_arg(ya_run *run, const ya_args *args, int k, ya_str **out)
{
    *out = NULL;
    if (!args->has[k] || args->v[k].kind == YA_V_NONE)
        return true;
    return ya_need_str(run, args->v[k], "an argument", out);
}

static bool whole_arg(ya_run *run, const ya_args *args, int k, int64_t missing, int64_t *out)
{
    *out = missing;
    return !args->has[k] || ya_need_whole(run, args->v[k], "an argument", out);
}

/* ---- Strings; self is flat ---- */

static bool strip(ya_run *run, ya_value self, const ya_args *args, int sides, ya_value *out)
{
    ya_str *chars;
    return text_arg(run, args, 0, &chars) && ya_text_strip(run, self.str, chars, sides, out);
}

METHOD(str_strip)
{
    return strip(run, self, args, YA_STRIP_BOTH, out);
}

METHOD(str_lstrip)
{
    return strip(run, self, args, YA_STRIP_LEFT, out);
}

METHOD(str_rstrip)
{
    return strip(run, self, args, YA_STRIP_RIGHT, out);
}

static bool split(ya_run *run, ya_value self, const ya_args *args, bool right, ya_value *out)
{
    ya_str *by;
    int64_t limit;
    return text_arg(run, args, 0, &by) && whole_arg(run, args, 1, -1, &limit) &&
           ya_text_split(run, self.str, by, limit, right, out);
}

METHOD(str_split)
{
    return split(run, self, args, false, out);
}

METHOD(str_rsplit)
{
    return split(run, self, args, true, out);
}

METHOD(str_splitlines)
{
    ya_list *list;
    if (!ya_text_lines(run, self.str, args->has[0] && ya_is_true(args->v[0]), &list))
        return false;
    *out = ya_of_list(list);
    return true;
}

/* Before, itself and behind the first or last place of `by`. */
static bool partition(ya_run *run, ya_value self, const ya_args *args, bool right, ya_value *out)
{
    ya_str *by;
    ya_list *list = ya_list_new(&run->memory, 3, YA_TUPLE);
    if (!list || !ya_need_str(run, args->v[0], "the separator", &by))
        return ya_raise_memory(run);
    if (by->size == 0)
        return ya_raise(run, "empty separator");
    ya_value found;
    if (!ya_text_split(run, self.str, by, 1, right, &found))
        return false;
    ya_str *empty = ya_str_literal(&run->memory, "");
    if (!empty)
        return ya_raise_memory(run);
    list->items[0] = list->items[1] = list->items[2] = ya_of_str(empty);
    if (found.list->n == 2) {
        list->items[0] = found.list->items[0];
        list->items[1] = ya_of_str(by);
        list->items[2] = found.list->items[1];
    } else {
        list->items[right ? 2 : 0] = self;
    }
    *out = ya_of_list(list);
    return true;
}

METHOD(str_partition)
{
    return partition(run, self, args, false, out);
}

METHOD(str_rpartition)
{
    return partition(run, self, args, true, out);
}

static bool has_affix(const ya_str *str, const ya_str *affix, bool end)
{
    return affix->size <= str->size &&
           memcmp(str->data + (end ? str->size - affix->size : 0), affix->data, affix->size) == 0;
}

/* With the part [start:stop] of the text, and a text or a tuple of texts. */
static bool affixes(ya_run *run, ya_value self, const ya_args *args, bool end, ya_value *out)
{
    ya_value one = args->v[0], *items = &one;
    uint32_t n = 1;
    if (args->has[1] &&
        !ya_get_slice(run, self, &args->v[1], args->has[2] ? &args->v[2] : NULL, NULL, &self))
        return false;
    if (one.kind == YA_V_LIST && one.list->form == YA_TUPLE) {
        items = one.list->items;
        n = one.list->n;
    }
    *out = ya_truth(false);
    for (uint32_t i = 0; i < n && !out->truth; i++) {
        ya_str *affix;
        if (!ya_need_str(run, items[i], "what a text begins or ends with", &affix))
            return false;
        *out = ya_truth(has_affix(self.str, affix, end));
    }
    return true;
}

METHOD(str_startswith)
{
    return affixes(run, self, args, false, out);
}

METHOD(str_endswith)
{
    return affixes(run, self, args, true, out);
}

static bool remove_affix(ya_run *run, ya_value self, const ya_args *args, bool end, ya_value *out)
{
    ya_str *affix;
    if (!ya_need_str(run, args->v[0], "the argument", &affix))
        return false;
    bool there = has_affix(self.str, affix, end);
    size_t n = there ? affix->size : 0;
    *out =
        ya_of_str(ya_str_part(&run->memory, self.str, end ? 0 : n, self.str->size - (end ? n : 0)));
    return out->str || ya_raise_memory(run);
}

METHOD(str_removeprefix)
{
    return remove_affix(run, self, args, false, out);
}

METHOD(str_removesuffix)
{
    return remove_affix(run, self, args, true, out);
}

METHOD(str_replace)
{
    ya_str *from, *to;
    int64_t count;
    return ya_need_str(run, args->v[0], "what is replaced", &from) &&
           ya_need_str(run, args->v[1], "what replaces", &to) &&
           whole_arg(run, args, 2, -1, &count) &&
           ya_text_replace(run, self.str, from, to, count, out);
}

static bool change_case(ya_run *run, ya_value self, ya_case to, ya_value *out)
{
    return ya_text_case(run, self.str, to, out);
}

METHOD(str_lower)
{
    (void)args;
    return change_case(run, self, YA_CASE_LOWER, out);
}

METHOD(str_upper)
{
    (void)args;
    return change_case(run, self, YA_CASE_UPPER, out);
}

METHOD(str_title)
{
    (void)args;
    return change_case(run, self, YA_CASE_TITLE, out);
}

METHOD(str_capitalize)
{
    (void)args;
    return change_case(run, self, YA_CASE_CAPITALIZED, out);
}

METHOD(str_swapcase)
{
    (void)args;
    return change_case(run, self, YA_CASE_SWAPPED, out);
}

/* The character at which a text is found, -1 when it is not. */
static bool search(ya_run *run, ya_value self, const ya_args *args, bool last, int64_t *at)
{
    ya_str *part, *str = self.str;
    int64_t from;
    if (!ya_need_str(run, args->v[0], "what is searched", &part) ||
        !whole_arg(run, args, 1, 0, &from) || !ya_step(run, str->size / 32))
        return false;
    int64_t n = ya_str_length(str);
    from = from < 0 ? (from + n < 0 ? 0 : from + n) : from;
    *at = -1;
    if (from > n)
        return true;
    size_t begin = ya_str_offset(str, (size_t)from), found = SIZE_MAX;
    for (size_t i = begin; i + part->size <= str->size; i++) {
        const char *hit = memmem(str->data + i, str->size - i, part->data, part->size);
        if (!hit)
            break;
        found = (size_t)(hit - str->data);
        if (!last)
            break;
        i = found;
        if (!ya_step(run, 1))
            return false;
    }
    if (found == SIZE_MAX)
        return true;
    *at = 0;
    for (size_t i = 0; i < found; i += ya_utf8_length(str->data[i]))
        ++*at;
    return true;
}

METHOD(str_find)
{
    int64_t at = -1;
    bool held = search(run, self, args, false, &at);
    *out = ya_integer(at);
    return held;
}

METHOD(str_rfind)
{
    int64_t at = -1;
    bool held = search(run, self, args, true, &at);
    *out = ya_integer(at);
    return held;
}

METHOD(str_index)
{
    return str_find(run, self, args, out) &&
           (out->integer >= 0 || ya_raise(run, "substring not found"));
}

METHOD(str_rindex)
{
    return str_rfind(run, self, args, out) &&
           (out->integer >= 0 || ya_raise(run, "substring not found"));
}

METHOD(str_count)
{
    ya_str *part;
    int64_t n = 0;
    if (!ya_need_str(run, args->v[0], "what is counted", &part) ||
        !ya_step(run, self.str->size / 32))
        return false;
    const char *at = self.str->data, *end = at + self.str->size;
    if (part->size == 0)
        n = (int64_t)ya_str_length(self.str) + 1;
    while (part->size && (at = memmem(at, (size_t)(end - at), part->data, part->size))) {
        n++;
        at += part->size;
    }
    *out = ya_integer(n);
    return true;
}

METHOD(str_join)
{
    ya_list *items;
    return ya_items(run, args->v[0], &items) && ya_text_join(run, self.str, items, true, out);
}

METHOD(str_format)
{
    return ya_format_braces(run, self, args, out);
}

METHOD(str_zfill)
{
    int64_t width;
    bool sign = self.str->size && (self.str->data[0] == '-' || self.str->data[0] == '+');
    ya_value rest;
    if (!whole_arg(run, args, 0, 0, &width))
        return false;
    if (!sign)
        return ya_text_pad(run, self.str, width, '0', YA_STRIP_LEFT, out);
    ya_str *mark = ya_str_part(&run->memory, self.str, 0, 1),
           *digits = ya_str_part(&run->memory, self.str, 1, self.str->size);
    if (!mark || !digits || !ya_text_pad(run, digits, width - 1, '0', YA_STRIP_LEFT, &rest))
        return ya_raise_memory(run);
    return ya_binary(run, YA_OP_ADD, ya_of_str(mark), rest, out);
}

static bool pad(ya_run *run, ya_value self, const ya_args *args, int sides, ya_value *out)
{
    int64_t width;
    ya_str *fill;
    if (!whole_arg(run, args, 0, 0, &width) || !text_arg(run, args, 1, &fill))
        return false;
    if (fill && ya_str_length(fill) != 1)
        return ya_raise(run, "The fill character must be exactly one character long");
    size_t length;
    uint32_t c = fill ? ya_utf8_get(fill->data, &length) : ' ';
    return ya_text_pad(run, self.str, width, c, sides, out);
}

METHOD(str_center)
{
    return pad(run, self, args, YA_STRIP_BOTH, out);
}

METHOD(str_ljust)
{
    return pad(run, self, args, YA_STRIP_RIGHT, out);
}

METHOD(str_rjust)
{
    return pad(run, self, args, YA_STRIP_LEFT, out);
}

/* Whether all characters (at least one) are of a kind. */
static bool all(ya_run *run, ya_value self, bool (*is)(uint32_t c), ya_value *out)
{
    bool held = self.str->size > 0;
    size_t length;
    for (size_t at = 0; held && at < self.str->size; at += length)
        held = is(ya_utf8_get(self.str->data + at, &length));
    *out = ya_truth(held);
    return ya_step(run, self.str->size / 32);
}

static bool is_decimal(uint32_t c)
{
    return utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ND;
}

static bool is_digit(uint32_t c)
{
    return is_decimal(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0x2070 && c <= 0x2079) ||
           (c >= 0x2080 && c <= 0x2089);
}

static bool is_numeric(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

static bool is_alpha(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

static bool is_alnum(uint32_t c)
{
    return is_alpha(c) || is_numeric(c);
}

METHOD(str_isdecimal)
{
    (void)args;
    return all(run, self, is_decimal, out);
}

METHOD(str_isdigit)
{
    (void)args;
    return all(run, self, is_digit, out);
}

METHOD(str_isnumeric)
{
    (void)args;
    return all(run, self, is_numeric, out);
}

METHOD(str_isalpha)
{
    (void)args;
    return all(run, self, is_alpha, out);
}

METHOD(str_isalnum)
{
    (void)args;
    return all(run, self, is_alnum, out);
}

METHOD(str_isspace)
{
    (void)args;
    return all(run, self, ya_python_is_space, out);
}

static bool is_cased(ya_run *run, ya_value self, bool upper, ya_value *out)
{
    bool cased = false, held = true;
    size_t length;
    for (size_t at = 0; held && at < self.str->size; at += length) {
        utf8proc_int32_t c = (utf8proc_int32_t)ya_utf8_get(self.str->data + at, &length);
        utf8proc_category_t category = utf8proc_category(c);
        bool is_upper = category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
        bool is_lower = category == UTF8PROC_CATEGORY_LL;
        cased |= is_upper || is_lower;
        held = upper ? !is_lower : !is_upper;
    }
    *out = ya_truth(cased && held);
    return ya_step(run, self.str->size / 32);
}

METHOD(str_isupper)
{
    (void)args;
    return is_cased(run, self, true, out);
}

METHOD(str_islower)
{
    (void)args;
    return is_cased(run, self, false, out);
}

/* ---- Lists ---- */

METHOD(list_count)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < self.list->n; i++) {
        bool equal;
        if (!ya_equal(run, self.list->items[i], args->v[0], &equal))
            return false;
        n += equal;
    }
    *out = ya_integer(n);
    return true;
}

METHOD(list_index)
{
    for (uint32_t i = 0; i < self.list->n; i++) {
        bool equal;
        if (!ya_equal(run, self.list->items[i], args->v[0], &equal))
            return false;
        if (equal) {
            *out = ya_integer(i);
            return true;
        }
    }
    return ya_raise(run, "a value is not in the list");
}

METHOD(same_again) /* copies of what cannot be changed */
{
    (void)run;
    (void)args;
    *out = self;
    return true;
}

/* ---- Dicts ---- */

METHOD(dict_get)
{
    (void)run;
    ya_value key = args->v[0];
    if (!ya_hashable(key))
        return ya_raise(run, "unhashable type: '%s'", ya_type_name(key));
    if (key.kind == YA_V_STR && !ya_need_str(run, key, "it", &key.str))
        return false;
    const ya_value *value = ya_dict_get(self.dict, key);
    *out = value ? *value : args->has[1] ? args->v[1] : ya_none();
    return true;
}

static bool view(ya_run *run, const ya_dict *dict, ya_form form, ya_value *out)
{
    ya_list *list = ya_list_new(&run->memory, dict->n, form);
    if (!list)
        return ya_raise_memory(run);
    list->source = dict->source;
    ya_list *pairs =
        form == YA_VIEW_ITEMS ? ya_memory_zero(&run->memory, dict->n, sizeof *pairs) : NULL;
    ya_value *both = pairs ? ya_memory_get(&run->memory, 2 * dict->n * sizeof *both) : NULL;
    if (form == YA_VIEW_ITEMS && !both)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < dict->n; i++) {
        const ya_entry *entry = &dict->entries[i];
        list->items[i] = form == YA_VIEW_KEYS ? entry->key : entry->value;
        if (form != YA_VIEW_ITEMS)
            continue;
        both[2 * i] = entry->key;
        both[2 * i + 1] = entry->value;
        pairs[i] = (ya_list){both + 2 * i, 2, YA_TUPLE, dict->source};
        list->items[i] = ya_of_list(&pairs[i]);
    }
    *out = ya_of_list(list);
    return ya_step(run, dict->n / 4);
}

METHOD(dict_items)
{
    (void)args;
    return view(run, self.dict, YA_VIEW_ITEMS, out);
}

METHOD(dict_keys)
{
    (void)args;
    return view(run, self.dict, YA_VIEW_KEYS, out);
}

METHOD(dict_values)
{
    (void)args;
    return view(run, self.dict, YA_VIEW_VALUES, out);
}

/* ---- Loops ---- */

METHOD(loop_cycle)
{
    if (args->n_rest == 0)
        return ya_raise(run, "no items for cycling given");
    *out = args->rest[self.loop->index0 % args->n_rest];
    return true;
}

METHOD(loop_changed)
{
    ya_list *now = ya_list_new(&run->memory, args->n_rest, YA_TUPLE);
    bool equal = false;
    if (!now)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < args->n_rest; i++)
        now->items[i] = args->rest[i];
    if (self.loop->changed &&
        !ya_equal(run, ya_of_list(now), ya_of_list(self.loop->changed), &equal))
        return false;
    if (!equal)
        self.loop->changed = now;
    *out = ya_truth(!equal);
    return true;
}

/* ---- All ---- */

static const ya_function str_methods[] = {{"strip", "chars", str_strip},
                                          {"lstrip", "chars", str_lstrip},
                                          {"rstrip", "chars", str_rstrip},
                                          {"split", "sep maxsplit", str_split},
                                          {"startswith", "prefix! start end", str_startswith},
                                          {"endswith", "suffix! start end", str_endswith},
                                          {"replace", "old! new! count", str_replace},
                                          {"lower", "", str_lower},
                                          {"upper", "", str_upper},
                                          {"title", "", str_title},
                                          {"capitalize", "", str_capitalize},
                                          {"join", "iterable!", str_join},
                                          {"format", NULL, str_format},
                                          {"find", "sub! start", str_find},
                                          {"rfind", "sub! start", str_rfind},
                                          {"index", "sub! start", str_index},
                                          {"rindex", "sub! start", str_rindex},
                                          {"count", "sub!", str_count},
                                          {"rsplit", "sep maxsplit", str_rsplit},
                                          {"splitlines", "keepends", str_splitlines},
                                          {"partition", "sep!", str_partition},
                                          {"rpartition", "sep!", str_rpartition},
                                          {"removeprefix", "prefix!", str_removeprefix},
                                          {"removesuffix", "suffix!", str_removesuffix},
                                          {"isdigit", "", str_isdigit},
                                          {"isdecimal", "", str_isdecimal},
                                          {"isnumeric", "", str_isnumeric},
                                          {"isalpha", "", str_isalpha},
                                          {"isalnum", "", str_isalnum},
                                          {"isspace", "", str_isspace},
                                          {"isupper", "", str_isupper},
                                          {"islower", "", str_islower},
                                          {"swapcase", "", str_swapcase},
                                          {"casefold", "", str_lower},
                                          {"zfill", "width!", str_zfill},
                                          {"center", "width! fillchar", str_center},
                                          {"ljust", "width! fillchar", str_ljust},
                                          {"rjust", "width! fillchar", str_rjust},
                                          {NULL, NULL, NULL}};
static const ya_function list_methods[] = {{"index", "value!", list_index},
                                           {"count", "value!", list_count},
                                           {"copy", "", same_again},
                                           {NULL, NULL, NULL}};
static const ya_function dict_methods[] = {
    {"get", "key! default", dict_get}, {"items", "", dict_items}, {"keys", "", dict_keys},
    {"values", "", dict_values},       {"copy", "", same_again},  {NULL, NULL, NULL}};
static const ya_function loop_methods[] = {
    {"cycle", NULL, loop_cycle}, {"changed", NULL, loop_changed}, {NULL, NULL, NULL}};

static const ya_function *find(const ya_function *set, const ya_str *name)
{
    while (set->name && (set->name[0] != name->data[0] || !ya_str_is(name, set->name)))
        set++;
    return set->name ? set : NULL;
}

const ya_function *ya_find_method(ya_value self, const ya_str *name)
{
    switch (self.kind) {
    case YA_V_STR:
        if (self.str->parsed) {
            const ya_function *method = find(dict_methods, name);
            if (method && self.str->parsed->kind == YA_V_DICT)
                return method;
        }
        return find(str_methods, name);
    case YA_V_LIST:
        return self.list->form > YA_RANGE ? NULL : find(list_methods, name);
    case YA_V_DICT:
        return find(dict_methods, name);
    case YA_V_LOOP:
        return find(loop_methods, name);
    default:
        return NULL;
    }
}

bool ya_is_dict_method(const ya_function *function)
{
    for (const ya_function *method = dict_methods; method->name; method++)
        if (method == function)
            return true;
    return false;
}

bool ya_is_method(const ya_str *name)
{
    static const char *const unsafe[] = {"append",  "clear",      "extend",  "insert",
                                         "pop",     "remove",     "reverse", "sort",
                                         "popitem", "setdefault", "update"};
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
        if (ya_str_is(name, unsafe[i]))
            return true;
    return find(str_methods, name) || find(list_methods, name) || find(dict_methods, name) ||
           find(loop_methods, name);
}
