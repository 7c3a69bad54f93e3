/* Filters that work on one value. */
#include "token/chat/filters.h"

#include "token/chat/texts.h"
#include "token/unicode.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool give_str(ya_run *run, ya_str *str, ya_value *out)
{
    *out = ya_of_str(str);
    return str || ya_raise_memory(run);
}

/* ---- Texts ---- */

FILTER(f_string)
{
    (void)args;
    ya_str *str;
    return ya_to_str(run, self, &str) && give_str(run, str, out);
}

FILTER(f_trim)
{
    ya_str *str, *chars = NULL;
    if (!ya_to_str(run, self, &str))
        return false;
    if (args->has[0] && args->v[0].kind != YA_V_NONE &&
        !ya_need_str(run, args->v[0], "what is trimmed", &chars))
        return false;
    return ya_text_strip(run, str, chars, YA_STRIP_BOTH, out);
}

static bool change_case(ya_run *run, ya_value self, ya_case to, ya_value *out)
{
    ya_str *str;
    return ya_to_str(run, self, &str) && ya_text_case(run, str, to, out);
}

FILTER(f_upper)
{
    (void)args;
    return change_case(run, self, YA_CASE_UPPER, out);
}

FILTER(f_lower)
{
    (void)args;
    return change_case(run, self, YA_CASE_LOWER, out);
}

FILTER(f_title)
{
    (void)args;
    return change_case(run, self, YA_CASE_WORDS, out);
}

FILTER(f_capitalize)
{
    (void)args;
    return change_case(run, self, YA_CASE_CAPITALIZED, out);
}

FILTER(f_safe)
{
    (void)args;
    ya_str *str, *copy;
    if (!ya_to_str(run, self, &str))
        return false;
    copy = ya_memory_get(&run->memory, sizeof *copy);
    if (copy) {
        *copy = *str;
        copy->safe = true;
    }
    return give_str(run, copy, out);
}

FILTER(f_escape)
{
    (void)args;
    *out = self;
    return ya_escape(run, out);
}

FILTER(f_forceescape)
{
    ya_value plain = self;
    if (self.kind == YA_V_STR && self.str->safe) {
        if (!f_safe(run, self, args, &plain))
            return false;
        plain.str->safe = false;
    }
    return f_escape(run, plain, args, out);
}

FILTER(f_replace)
{
    ya_str *str, *from, *to;
    int64_t count = -1;
    if (!ya_to_str(run, self, &str) || !ya_to_str(run, args->v[0], &from) ||
        !ya_to_str(run, args->v[1], &to))
        return false;
    if (args->has[2] && args->v[2].kind != YA_V_NONE &&
        !ya_need_whole(run, args->v[2], "the count", &count))
        return false;
    return ya_text_replace(run, str, from, to, count, out);
}

FILTER(f_indent)
{
    ya_str *str, *by = NULL;
    int64_t width = 4;
    ya_value spaces;
    ya_list *lines;
    bool first = args->has[1] && ya_is_true(args->v[1]);
    bool blank = args->has[2] && ya_is_true(args->v[2]);
    if (!ya_need_str(run, self, "what is indented", &str))
        return false;
    if (args->has[0] && args->v[0].kind == YA_V_STR) {
        if (!ya_need_str(run, args->v[0], "the width", &by))
            return false;
    } else if (args->has[0] && !ya_need_whole(run, args->v[0], "the width", &width)) {
        return false;
    }
    ya_str *space = ya_str_literal(&run->memory, " "), *feed = ya_str_literal(&run->memory, "\n");
    if (!space || !feed ||
        (!by && !ya_binary(run, YA_OP_MUL, ya_of_str(space), ya_integer(width), &spaces)))
        return ya_raise_memory(run);
    by = by ? by : spaces.str;
    ya_str *whole = ya_str_join(&run->memory, str, feed);
    if (!whole || !ya_str_flat(&run->memory, whole) || !ya_text_lines(run, whole, false, &lines))
        return ya_raise_memory(run);
    ya_writer w = {0};
    for (uint32_t i = 0; i < lines->n; i++) {
        const ya_str *line = lines->items[i].str;
        bool indented = i ? blank || line->size : first;
        if ((i && !ya_write_str(&run->memory, &w, feed, 0)) ||
            (indented && !ya_write_str(&run->memory, &w, by, 0)) ||
            !ya_write_str(&run->memory, &w, line, 0) || !ya_step(run, by->size / 16))
            return ya_raise_memory(run);
    }
    return give_str(run, ya_written(&run->memory, &w), out);
}

FILTER(f_center)
{
    ya_str *str;
    int64_t width = 80;
    return ya_to_str(run, self, &str) &&
           (!args->has[0] || ya_need_whole(run, args->v[0], "the width", &width)) &&
           ya_text_pad(run, str, width, ' ', YA_STRIP_BOTH, out);
}

/* Bytes of the word characters that a text begins with. */
static size_t word_size(const char *text, size_t size)
{
    size_t at = 0, length;
    while (at < size && (ya_unicode_flags(ya_utf8_get(text + at, &length)) & YA_UC_WORD))
        at += length;
    return at;
}

FILTER(f_wordcount)
{
    (void)args;
    ya_str *str;
    size_t n = 0, at = 0;
    if (!ya_to_str(run, self, &str) || !ya_step(run, str->size / 16))
        return false;
    while (at < str->size) { /* \w+ */
        size_t size = word_size(str->data + at, str->size - at);
        n += size > 0;
        at += size ? size : ya_utf8_length(str->data[at]);
    }
    *out = ya_integer((int64_t)n);
    return true;
}

FILTER(f_truncate)
{
    ya_str *str, *end = ya_str_literal(&run->memory, "...");
    int64_t length = 255, leeway = 5;
    bool kill = args->has[1] && ya_is_true(args->v[1]);
    if (!end || !ya_to_str(run, self, &str))
        return ya_raise_memory(run);
    if ((args->has[0] && !ya_need_whole(run, args->v[0], "the length", &length)) ||
        (args->has[2] && !ya_need_str(run, args->v[2], "the end", &end)) ||
        (args->has[3] && args->v[3].kind != YA_V_NONE &&
         !ya_need_whole(run, args->v[3], "the leeway", &leeway)))
        return false;
    int64_t ends = ya_str_length(end), keep = length - ends;
    if (keep < 0 || leeway < 0)
        return ya_raise(run, "expected length >= %lld, got %lld", (long long)ends,
                        (long long)length);
    if (ya_str_length(str) <= length + leeway)
        return give_str(run, str, out);
    size_t cut = ya_str_offset(str, (size_t)keep);
    if (!kill) {
        const char *space = memrchr(str->data, ' ', cut);
        cut = space ? (size_t)(space - str->data) : cut;
    }
    ya_str *part = ya_str_part(&run->memory, str, 0, cut);
    return give_str(run, part ? ya_str_join(&run->memory, part, end) : NULL, out);
}

FILTER(f_urlencode)
{
    (void)args;
    ya_str *str;
    ya_writer w = {0};
    char code[4];
    if (self.kind != YA_V_STR && self.kind != YA_V_NONE && !ya_is_number(self))
        return ya_raise(run, "urlencode of a %s is not supported", ya_type_name(self));
    if (!ya_to_str(run, self, &str) || !ya_step(run, str->size / 8))
        return false;
    for (size_t i = 0; i < str->size; i++) {
        unsigned char c = (unsigned char)str->data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     (c && strchr("_.-~/", c));
        snprintf(code, sizeof code, "%%%02X", c);
        if (!ya_write(&run->memory, &w, plain ? &str->data[i] : code, plain ? 1 : 3,
                      ya_str_runs(str)[0].source, YA_AT_UNKNOWN))
            return ya_raise_memory(run);
    }
    return give_str(run, ya_written(&run->memory, &w), out);
}

FILTER(f_format)
{
    ya_list *list = ya_list_new(&run->memory, args->n_rest, YA_TUPLE);
    if (!list)
        return ya_raise_memory(run);
    if (args->n_rest && args->named)
        return ya_raise(run, "can't handle positional and keyword arguments at the same time");
    for (uint32_t i = 0; i < args->n_rest; i++)
        list->items[i] = args->rest[i];
    ya_str *str;
    return ya_to_str(run, self, &str) &&
           ya_format_percent(run, ya_of_str(str),
                             args->named ? ya_of_dict(args->named) : ya_of_list(list), out);
}

FILTER(f_tojson)
{
    ya_value ascii = args->v[0], indent = args->v[1], separators = args->v[2];
    ya_json_style style = {.ascii = args->has[0] && ya_is_true(ascii),
                           .sort = args->has[3] && ya_is_true(args->v[3])};
    ya_writer w = {0};
    ya_str *by = NULL;
    if (args->has[1] && indent.kind != YA_V_NONE) {
        if (ya_is_whole(indent)) {
            ya_value spaces;
            ya_str *space = ya_str_literal(&run->memory, " ");
            if (!space || !ya_binary(run, YA_OP_MUL, ya_of_str(space), indent, &spaces))
                return ya_raise_memory(run);
            by = spaces.str;
        } else if (!ya_need_str(run, indent, "the indent", &by)) {
            return false;
        }
    }
    style.indent = by;
    ya_str *item = ya_str_literal(&run->memory, by ? "," : ", "),
           *key = ya_str_literal(&run->memory, ": ");
    if (!item || !key)
        return ya_raise_memory(run);
    if (args->has[2] && separators.kind != YA_V_NONE) {
        ya_list *two;
        if (!ya_items(run, separators, &two))
            return false;
        if (two->n != 2 || !ya_need_str(run, two->items[0], "a separator", &item) ||
            !ya_need_str(run, two->items[1], "a separator", &key))
            return ya_raise(run, "tojson needs two separators");
    }
    style.item = item;
    style.key = key;
    return ya_write_json(run, &w, self, &style) && give_str(run, ya_written(&run->memory, &w), out);
}

/* ---- Numbers ---- */

FILTER(f_abs)
{
    (void)args;
    if (self.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, self);
    if (!ya_is_number(self))
        return ya_raise(run, "bad operand type for abs(): '%s'", ya_type_name(self));
    if (self.kind == YA_V_FLOAT) {
        *out = ya_real(fabs(self.real));
        return true;
    }
    *out = ya_integer(ya_whole(self));
    return out->integer >= 0 || ya_binary(run, YA_OP_SUB, ya_integer(0), *out, out);
}

/* A text as Python's int or float reads it, white space around and '_' between digits. */
static bool read_number(ya_run *run, ya_str *str, int base, ya_value *out, bool *read)
{
    char clean[128];
    size_t n = 0;
    ya_value trimmed;
    *read = false;
    if (!ya_text_strip(run, str, NULL, YA_STRIP_BOTH, &trimmed))
        return false;
    const ya_str *text = trimmed.str;
    for (size_t i = 0; i < text->size && n + 1 < sizeof clean; i++) {
        bool between = i && i + 1 < text->size && text->data[i] == '_' &&
                       text->data[i - 1] != '_' && text->data[i + 1] != '_';
        if (!between)
            clean[n++] = text->data[i];
    }
    clean[n] = '\0';
    if (n == 0 || n + 1 == sizeof clean || strpbrk(clean, " \t\n_") || strlen(clean) != n)
        return true;
    char *end;
    if (base) {
        errno = 0;
        long long integer = strtoll(clean, &end, base);
        *out = ya_integer(integer);
        if (errno == ERANGE)
            return ya_raise(run, "an integer leaves 64 bits");
    } else {
        if (strpbrk(clean, "xXpP("))
            return true;
        *out = ya_real(strtod(clean, &end));
    }
    *read = *end == '\0' && end != clean;
    return true;
}

static bool real_to_whole(ya_run *run, double real, ya_value *out, bool *read)
{
    *read = isfinite(real);
    if (!*read)
        return true;
    if (fabs(real) >= 9.2e18)
        return ya_raise(run, "an integer leaves 64 bits");
    *out = ya_integer((int64_t)real);
    return true;
}

FILTER(f_int)
{
    int64_t base = 10;
    bool read = false;
    if (args->has[1] && !ya_need_whole(run, args->v[1], "the base", &base))
        return false;
    if (base != 0 && (base < 2 || base > 36))
        base = 10;
    if (self.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, self);
    if (ya_is_whole(self)) {
        *out = ya_integer(ya_whole(self));
        return true;
    }
    if (self.kind == YA_V_FLOAT && !real_to_whole(run, self.real, out, &read))
        return false;
    if (self.kind == YA_V_STR) {
        if (!read_number(run, self.str, base ? (int)base : 10, out, &read))
            return false;
        ya_value real;
        if (!read && (!read_number(run, self.str, 0, &real, &read) ||
                      (read && !real_to_whole(run, real.real, out, &read))))
            return false;
    }
    if (!read)
        *out = args->has[0] ? args->v[0] : ya_integer(0);
    return true;
}

FILTER(f_float)
{
    bool read = false;
    if (self.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, self);
    if (ya_is_number(self)) {
        *out = ya_real(ya_number(self));
        return true;
    }
    if (self.kind == YA_V_STR && !read_number(run, self.str, 0, out, &read))
        return false;
    if (!read)
        *out = args->has[0] ? args->v[0] : ya_real(0);
    return true;
}

FILTER(f_round)
{
    int64_t precision = 0;
    ya_str *method = NULL;
    if (args->has[0] && !ya_need_whole(run, args->v[0], "the precision", &precision))
        return false;
    if (args->has[1] && !ya_need_str(run, args->v[1], "the method", &method))
        return false;
    if (self.kind == YA_V_UNDEFINED)
        return ya_raise_undefined(run, self);
    bool common = !method || ya_str_is(method, "common");
    if (!common && !ya_str_is(method, "ceil") && !ya_str_is(method, "floor"))
        return ya_raise(run, "method must be common, ceil or floor");
    if (!ya_is_number(self) || precision < 0 || precision > 15)
        return ya_raise(run, "round is not supported of a %s to %lld places", ya_type_name(self),
                        (long long)precision);
    if (common && ya_is_whole(self)) {
        *out = ya_integer(ya_whole(self));
        return true;
    }
    char text[400];
    double x = ya_number(self), scale = pow(10, (double)precision);
    if (common) { /* printf rounds the exact value, half to even, as Python does */
        snprintf(text, sizeof text, "%.*f", (int)precision, x);
        *out = ya_real(strtod(text, NULL));
    } else {
        *out =
            ya_real((ya_str_is(method, "ceil") ? ceil(x * scale) : floor(x * scale)) / scale + 0.0);
    }
    return true;
}

/* ---- Others ---- */

FILTER(f_default)
{
    bool falsy = args->has[1] && ya_is_true(args->v[1]) && !ya_is_true(self);
    *out = self;
    if (self.kind != YA_V_UNDEFINED && !falsy)
        return true;
    *out = args->v[0];
    return args->has[0] || give_str(run, ya_str_literal(&run->memory, ""), out);
}

FILTER(f_length)
{
    (void)args;
    int64_t length = 0;
    bool held = ya_length(run, self, &length);
    *out = ya_integer(length);
    return held;
}

FILTER(f_attr)
{
    ya_str *name;
    if (self.kind == YA_V_DICT) { /* never its items */
        ya_dict *empty = ya_dict_new(&run->memory, 0);
        if (!empty)
            return ya_raise_memory(run);
        self = ya_of_dict(empty);
    }
    return ya_need_str(run, args->v[0], "the name", &name) && ya_get_attr(run, self, name, out);
}

static const ya_function filters[] = {
    {"string", "", f_string},
    {"trim", "chars", f_trim},
    {"upper", "", f_upper},
    {"lower", "", f_lower},
    {"title", "", f_title},
    {"capitalize", "", f_capitalize},
    {"safe", "", f_safe},
    {"e", "", f_escape},
    {"escape", "", f_escape},
    {"forceescape", "", f_forceescape},
    {"replace", "old! new! count", f_replace},
    {"indent", "width first blank", f_indent},
    {"center", "width", f_center},
    {"wordcount", "", f_wordcount},
    {"truncate", "length killwords end leeway", f_truncate},
    {"urlencode", "", f_urlencode},
    {"format", NULL, f_format},
    {"tojson", "ensure_ascii indent separators sort_keys", f_tojson},
    {"abs", "", f_abs},
    {"int", "default base", f_int},
    {"float", "default", f_float},
    {"round", "precision method", f_round},
    {"default", "default_value boolean", f_default},
    {"d", "default_value boolean", f_default},
    {"length", "", f_length},
    {"count", "", f_length},
    {"attr", "name!", f_attr},
};

const ya_function *ya_find_filter(const ya_str *name)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (ya_str_is(name, filters[i].name))
            return &filters[i];
    return ya_find_list_filter(name);
}
