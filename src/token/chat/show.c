/* Values as texts: str, repr, JSON. */
#include "token/chat/python.h"
#include "token/chat/run.h"

#include "token/unicode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool put(ya_run *run, ya_writer *w, const char *text, size_t size, uint32_t source)
{
    if (w->size + size > YA_RUN_MAX_TEXT)
        return ya_raise(run, "a text of it has more than %d bytes", YA_RUN_MAX_TEXT);
    return ya_write(&run->memory, w, text, size, source, YA_AT_UNKNOWN) || ya_raise_memory(run);
}

static bool put_text(ya_run *run, ya_writer *w, const char *text, uint32_t source)
{
    return put(run, w, text, strlen(text), source);
}

/* ---- Quoted ---- */

/* What stands for a character inside quotes; 0: itself. */
typedef size_t escape_of(uint32_t c, char quote, char out[16]);

static size_t python_escape(uint32_t c, char quote, char out[16])
{
    if (c == (unsigned char)quote || c == '\\')
        return (size_t)snprintf(out, 16, "\\%c", (char)c);
    if (c == '\n' || c == '\r' || c == '\t')
        return (size_t)snprintf(out, 16, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    if (ya_python_printable(c))
        return 0;
    return (size_t)snprintf(out, 16,
                            c < 0x100     ? "\\x%02x"
                            : c < 0x10000 ? "\\u%04x"
                                          : "\\U%08x",
                            c);
}

static size_t json_escape(uint32_t c, char quote, char out[16])
{
    static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
    (void)quote;
    if (c == '"' || c == '\\')
        return (size_t)snprintf(out, 16, "\\%c", (char)c);
    if (c >= 0x20)
        return 0;
    const char *known = c ? strchr(values, (char)c) : NULL;
    if (known)
        return (size_t)snprintf(out, 16, "\\%c", letters[known - values]);
    return (size_t)snprintf(out, 16, "\\u%04x", c);
}

static size_t json_ascii_escape(uint32_t c, char quote, char out[16])
{
    if (c < 0x7F)
        return json_escape(c, quote, out);
    if (c == 0x7F)
        return 0;
    if (c < 0x10000)
        return (size_t)snprintf(out, 16, "\\u%04x", c);
    c -= 0x10000;
    return (size_t)snprintf(out, 16, "\\u%04x\\u%04x", 0xD800 + (c >> 10), 0xDC00 + (c & 0x3FF));
}

static bool put_run(ya_run *run, ya_writer *w, const char *at, const char *end, uint32_t source,
                    char quote, escape_of *escape)
{
    char out[16];
    const char *plain = at;
    while (at < end) {
        size_t length = 1;
        uint32_t c = (unsigned char)*at < 0x80 ? (unsigned char)*at : ya_utf8_get(at, &length);
        size_t size = escape(c, quote, out);
        if (size &&
            (!put(run, w, plain, (size_t)(at - plain), source) || !put(run, w, out, size, source)))
            return false;
        at += length;
        plain = size ? at : plain;
    }
    return put(run, w, plain, (size_t)(end - plain), source);
}

static bool put_quoted(ya_run *run, ya_writer *w, ya_str *str, char quote, escape_of *escape)
{
    if (!ya_str_flat(&run->memory, str))
        return ya_raise_memory(run);
    const ya_origin *runs = ya_str_runs(str);
    size_t begin = 0;
    if (!put(run, w, &quote, 1, runs[0].source))
        return false;
    for (uint32_t k = 0; k < str->n_runs; begin = runs[k++].end)
        if (!put_run(run, w, str->data + begin, str->data + runs[k].end, runs[k].source, quote,
                     escape))
            return false;
    return put(run, w, &quote, 1, runs[str->n_runs - 1].source) && ya_step(run, str->size / 32);
}

/* ---- str and repr ---- */

static bool put_number(ya_run *run, ya_writer *w, ya_value v, uint32_t source)
{
    char text[YA_FLOAT_TEXT];
    if (v.kind == YA_V_BIG)
        return put(run, w, v.str->data, v.str->size, source);
    if (v.kind == YA_V_INT)
        snprintf(text, sizeof text, "%lld", (long long)v.integer);
    else
        ya_python_float(text, v.real);
    return put_text(run, w, text, source);
}

static bool put_dict(ya_run *run, ya_writer *w, const ya_dict *dict, int depth)
{
    bool held = put(run, w, "{", 1, dict->source);
    for (uint32_t i = 0; held && i < dict->n; i++)
        held = (i == 0 || put(run, w, ", ", 2, dict->source)) &&
               ya_write_repr(run, w, dict->entries[i].key, depth + 1) &&
               put(run, w, ": ", 2, dict->source) &&
               ya_write_repr(run, w, dict->entries[i].value, depth + 1);
    return held && put(run, w, "}", 1, dict->source);
}

static bool put_list(ya_run *run, ya_writer *w, const ya_list *list, int depth)
{
    static const char *const open[] = {"[",           "(", "range(", "dict_keys([", "dict_values([",
                                       "dict_items(["};
    static const char *const close[] = {"]", ")", ")", "])", "])", "])"};
    bool held = put_text(run, w, open[list->form], list->source);
    if (run->sources && list->source && run->sources[list->source].from == YA_FROM_CONTENT)
        run->list_written = true;
    if (list->form == YA_RANGE) { /* its step is only known of two */
        char text[64];
        int64_t first = list->n ? list->items[0].integer : 0;
        if (list->n < 2 || list->items[1].integer != first + 1)
            return ya_raise(run, "a range that is not in steps of 1 cannot be written");
        snprintf(text, sizeof text, "%lld, %lld)", (long long)first, (long long)(first + list->n));
        return held && put_text(run, w, text, list->source);
    }
    for (uint32_t i = 0; held && i < list->n; i++)
        held = (i == 0 || put(run, w, ", ", 2, list->source)) &&
               ya_write_repr(run, w, list->items[i], depth + 1);
    if (held && list->form == YA_TUPLE && list->n == 1)
        held = put(run, w, ",", 1, list->source);
    return held && put_text(run, w, close[list->form], list->source);
}

static bool put_object(ya_run *run, ya_writer *w, ya_value v)
{
    switch (v.kind) {
    case YA_V_NONE:
        return put_text(run, w, "None", YA_SOURCE_TEMPLATE);
    case YA_V_BOOL:
        return put_text(run, w, v.truth ? "True" : "False", YA_SOURCE_TEMPLATE);
    case YA_V_INT:
    case YA_V_FLOAT:
    case YA_V_BIG:
        return put_number(run, w, v, YA_SOURCE_TEMPLATE);
    default:
        /* Python would write an address. */
        return ya_raise(run, "a value of type '%s' cannot be written", ya_type_name(v));
    }
}

bool ya_write_repr(ya_run *run, ya_writer *w, ya_value v, int depth)
{
    if (depth > YA_TEMPLATE_MAX_DEPTH || !ya_step(run, 1))
        return ya_raise(run, "values are nested too deep");
    switch (v.kind) {
    case YA_V_UNDEFINED:
        return put_text(run, w, "Undefined", YA_SOURCE_TEMPLATE);
    case YA_V_STR: {
        ya_str *str;
        if (!ya_need_str(run, v, "it", &str))
            return false;
        bool doubled = memchr(str->data, '\'', str->size) && !memchr(str->data, '"', str->size);
        return put_quoted(run, w, str, doubled ? '"' : '\'', python_escape);
    }
    case YA_V_LIST:
        return put_list(run, w, v.list, depth);
    case YA_V_DICT:
        return put_dict(run, w, v.dict, depth);
    case YA_V_NAMESPACE:
        return put_text(run, w, "<Namespace ", YA_SOURCE_TEMPLATE) &&
               put_dict(run, w, v.dict, depth) && put_text(run, w, ">", YA_SOURCE_TEMPLATE);
    default:
        return put_object(run, w, v);
    }
}

bool ya_write_value(ya_run *run, ya_writer *w, ya_value v)
{
    if (v.kind == YA_V_UNDEFINED)
        return !(v.absent && v.absent->unsafe) || ya_raise_undefined(run, v);
    if (v.kind != YA_V_STR)
        return ya_write_repr(run, w, v, 0);
    if (w->size + v.str->size > YA_RUN_MAX_TEXT)
        return ya_raise(run, "a text of it has more than %d bytes", YA_RUN_MAX_TEXT);
    return (ya_write_str(&run->memory, w, v.str, 0) || ya_raise_memory(run)) &&
           ya_step(run, v.str->size / 64);
}

bool ya_to_str(ya_run *run, ya_value v, ya_str **out)
{
    ya_writer w = {0};
    if (v.kind == YA_V_STR) {
        *out = v.str;
        return ya_str_flat(&run->memory, v.str) || ya_raise_memory(run);
    }
    if (!ya_write_value(run, &w, v))
        return false;
    *out = ya_written(&run->memory, &w);
    return *out || ya_raise_memory(run);
}

static size_t html_escape(uint32_t c, char quote, char out[16])
{
    const char *to = c == '&'    ? "&amp;"
                     : c == '<'  ? "&lt;"
                     : c == '>'  ? "&gt;"
                     : c == '\'' ? "&#39;"
                     : c == '"'  ? "&#34;"
                                 : "";
    (void)quote;
    strcpy(out, to);
    return strlen(to);
}

bool ya_escape(ya_run *run, ya_value *v)
{
    ya_writer w = {0};
    ya_str *str;
    if (!ya_to_str(run, *v, &str))
        return false;
    if (str->safe)
        return true;
    const ya_origin *runs = ya_str_runs(str);
    size_t begin = 0;
    for (uint32_t k = 0; k < str->n_runs; begin = runs[k++].end)
        if (!put_run(run, &w, str->data + begin, str->data + runs[k].end, runs[k].source, 0,
                     html_escape))
            return false;
    *v = ya_of_str(ya_written(&run->memory, &w));
    if (v->str)
        v->str->safe = true;
    return v->str || ya_raise_memory(run);
}

/* ---- JSON ---- */

typedef struct {
    ya_run *run;
    ya_writer *w;
    const ya_json_style *style;
} json_writer;

static bool json_value(json_writer *j, ya_value v, uint32_t source, int depth);

static bool new_line(json_writer *j, int depth, uint32_t source)
{
    const ya_str *indent = j->style->indent;
    if (!indent)
        return true;
    bool held = put(j->run, j->w, "\n", 1, source);
    for (int i = 0; held && i < depth; i++)
        held = put(j->run, j->w, indent->data, indent->size, source);
    return held;
}

static bool separate(json_writer *j, const ya_str *separator, uint32_t source)
{
    return put(j->run, j->w, separator->data, separator->size, source);
}

static bool json_text(json_writer *j, ya_value v)
{
    return put_quoted(j->run, j->w, v.str, '"', j->style->ascii ? json_ascii_escape : json_escape);
}

static bool json_key(json_writer *j, ya_value key, uint32_t source)
{
    if (key.kind == YA_V_STR)
        return json_text(j, key);
    if (key.kind != YA_V_NONE && !ya_is_number(key) && key.kind != YA_V_BIG)
        return ya_raise(j->run, "keys must be str, int, float, bool or None, not %s",
                        ya_type_name(key));
    return put(j->run, j->w, "\"", 1, source) && json_value(j, key, source, 0) &&
           put(j->run, j->w, "\"", 1, source);
}

static bool sorted_entries(ya_run *run, const ya_dict *dict, const ya_dict **out)
{
    ya_value *keys = ya_memory_get(&run->memory, 2 * dict->n * sizeof *keys);
    ya_dict *sorted = ya_dict_new(&run->memory, dict->n);
    if (!keys || !sorted)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < dict->n; i++)
        keys[i] = keys[dict->n + i] = dict->entries[i].key;
    if (!ya_sort(run, keys, keys + dict->n, dict->n, false))
        return false;
    for (uint32_t i = 0; i < dict->n; i++)
        if (!ya_dict_set(&run->memory, sorted, keys[i], *ya_dict_get(dict, keys[i])))
            return ya_raise_memory(run);
    sorted->source = dict->source;
    *out = sorted;
    return true;
}

static bool json_dict(json_writer *j, const ya_dict *dict, int depth)
{
    uint32_t source = dict->source;
    if (dict->n == 0)
        return put(j->run, j->w, "{}", 2, source);
    if (j->style->sort && !sorted_entries(j->run, dict, &dict))
        return false;
    bool held = put(j->run, j->w, "{", 1, source);
    for (uint32_t i = 0; held && i < dict->n; i++)
        held = (i == 0 || separate(j, j->style->item, source)) && new_line(j, depth + 1, source) &&
               json_key(j, dict->entries[i].key, source) && separate(j, j->style->key, source) &&
               json_value(j, dict->entries[i].value, source, depth + 1);
    return held && new_line(j, depth, source) && put(j->run, j->w, "}", 1, source);
}

static bool json_list(json_writer *j, const ya_list *list, int depth)
{
    uint32_t source = list->source;
    if (list->n == 0)
        return put(j->run, j->w, "[]", 2, source);
    bool held = put(j->run, j->w, "[", 1, source);
    for (uint32_t i = 0; held && i < list->n; i++)
        held = (i == 0 || separate(j, j->style->item, source)) && new_line(j, depth + 1, source) &&
               json_value(j, list->items[i], source, depth + 1);
    return held && new_line(j, depth, source) && put(j->run, j->w, "]", 1, source);
}

static bool json_value(json_writer *j, ya_value v, uint32_t source, int depth)
{
    if (v.kind == YA_V_STR && v.str->parsed)
        v = *v.str->parsed;
    if (depth > YA_TEMPLATE_MAX_DEPTH || !ya_step(j->run, 1))
        return ya_raise(j->run, "values are nested too deep");
    switch (v.kind) {
    case YA_V_NONE:
        return put_text(j->run, j->w, "null", source);
    case YA_V_BOOL:
        return put_text(j->run, j->w, v.truth ? "true" : "false", source);
    case YA_V_FLOAT:
        if (!isfinite(v.real))
            return put_text(j->run, j->w,
                            isnan(v.real) ? "NaN"
                            : v.real > 0  ? "Infinity"
                                          : "-Infinity",
                            source);
        return put_number(j->run, j->w, v, source);
    case YA_V_INT:
    case YA_V_BIG:
        return put_number(j->run, j->w, v, source);
    case YA_V_STR:
        return json_text(j, v);
    case YA_V_DICT:
        return json_dict(j, v.dict, depth);
    case YA_V_LIST:
        if (v.list->form <= YA_TUPLE)
            return json_list(j, v.list, depth);
        break;
    default:
        break;
    }
    return ya_raise(j->run, "Object of type %s is not JSON serializable", ya_type_name(v));
}

bool ya_write_json(ya_run *run, ya_writer *w, ya_value v, const ya_json_style *style)
{
    json_writer j = {run, w, style};
    return json_value(&j, v, YA_SOURCE_TEMPLATE, 0);
}
