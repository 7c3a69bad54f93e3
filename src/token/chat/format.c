/* "..." % arguments, and "...".format(...). */
#include "token/chat/run.h"

#include "token/chat/texts.h"
#include "token/unicode.h"

#include <stdio.h>
#include <string.h>

/* What stands between % or ':' and the type. */
typedef struct {
    bool left, plus, space, zero, alternate, grouped;
    char align; /* of braces: '<', '>', '^', '=' or 0 */
    uint32_t fill;
    int64_t width, precision; /* -1: none */
    char type;
} spec;

enum { WIDTH_MAX = 10000 };

static bool put_text(ya_run *run, ya_writer *w, const char *text, size_t size)
{
    return ya_write(&run->memory, w, text, size, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN) ||
           ya_raise_memory(run);
}

/* ---- Numbers ---- */

/* Digits with ',' between the thousands of the whole part. */
static void group(char *text, size_t room)
{
    size_t begin = text[0] == '-' || text[0] == '+' || text[0] == ' ';
    size_t whole = begin + strspn(text + begin, "0123456789");
    for (size_t at = whole; at > begin + 3 && strlen(text) + 2 < room;) {
        at -= 3;
        memmove(text + at + 1, text + at, strlen(text + at) + 1);
        text[at] = ',';
    }
}

static bool number_text(ya_run *run, ya_value v, const spec *s, char *text, size_t room)
{
    char format[16] = "%"; /* zeros behind */
    if (s->plus)
        strcat(format, "+");
    else if (s->space)
        strcat(format, " ");
    if (s->alternate)
        strcat(format, "#");
    bool whole = strchr("dixXou", s->type) != NULL;
    if (!ya_is_number(v) || (whole && v.kind == YA_V_FLOAT && s->type != 'd' && s->type != 'i'))
        return ya_raise(run, "%%%c format: a number is required, not %s", s->type, ya_type_name(v));
    if (whole) {
        double real = ya_number(v);
        if (v.kind == YA_V_FLOAT && !(real > -9e18 && real < 9e18))
            return ya_raise(run, "an integer leaves 64 bits");
        int64_t integer = v.kind == YA_V_FLOAT ? (int64_t)v.real : ya_whole(v);
        bool decimal = strchr("diu", s->type) != NULL;
        if (!decimal && integer < 0)
            return ya_raise(run, "negative numbers in another base are not supported");
        size_t at = strlen(format);
        memcpy(format + at, "ll", 3);
        format[at + 2] = decimal ? 'd' : s->type;
        snprintf(text, room, format, (long long)integer);
    } else {
        size_t at = strlen(format);
        memcpy(format + at, ".*", 3);
        format[at + 2] = s->type;
        snprintf(text, room, format, s->precision < 0 ? 6 : (int)s->precision, ya_number(v));
    }
    if (s->grouped)
        group(text, room);
    return true;
}

/* ---- Padding ---- */

static bool put_padded(ya_run *run, ya_writer *w, ya_value text, const spec *s, char align)
{
    char fill[4];
    size_t size = ya_utf8_put(s->fill ? s->fill : ' ', fill);
    int64_t n = s->width - ya_str_length(text.str), before;
    if (s->precision >= 0 && (s->type == 's' || s->type == 'r') &&
        ya_str_length(text.str) > s->precision) {
        ya_value end = ya_integer(s->precision);
        if (!ya_get_slice(run, text, NULL, &end, NULL, &text))
            return false;
        n = s->width - s->precision;
    }
    n = n < 0 ? 0 : n;
    before = align == '<' ? 0 : align == '^' ? n / 2 : n;
    for (int64_t i = 0; i < before; i++)
        if (!put_text(run, w, fill, size))
            return false;
    if (!ya_write_value(run, w, text))
        return false;
    for (int64_t i = before; i < n; i++)
        if (!put_text(run, w, fill, size))
            return false;
    return true;
}

static bool put_number(ya_run *run, ya_writer *w, ya_value v, const spec *s, char align)
{
    char text[512];
    if (!number_text(run, v, s, text, sizeof text))
        return false;
    size_t sign = strspn(text, "+- ");
    if (align == '=') { /* zeros behind the sign */
        char fill[4];
        size_t size = ya_utf8_put(s->fill ? s->fill : '0', fill);
        if (!put_text(run, w, text, sign))
            return false;
        for (int64_t n = s->width - (int64_t)strlen(text); n > 0; n--)
            if (!put_text(run, w, fill, size))
                return false;
        return put_text(run, w, text + sign, strlen(text + sign));
    }
    char *copy = ya_memory_copy(&run->memory, text, strlen(text));
    ya_str *str = copy ? ya_str_literal(&run->memory, copy) : NULL;
    return str ? put_padded(run, w, ya_of_str(str), s, align) : ya_raise_memory(run);
}

static bool read_width(ya_run *run, const char **at, const char *end, int64_t *out)
{
    int64_t n = 0;
    bool any = false;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
        n = 10 * n + (**at - '0');
        any = true;
        if (n > WIDTH_MAX)
            return ya_raise(run, "a width of a format is above %d", WIDTH_MAX);
    }
    *out = any ? n : *out;
    return true;
}

/* ---- Percent ---- */

typedef struct {
    ya_run *run;
    ya_value arguments;
    uint32_t at; /* of a tuple */
    bool used;
} percent;

static bool next_argument(percent *p, ya_value *out)
{
    bool tuple = p->arguments.kind == YA_V_LIST && p->arguments.list->form == YA_TUPLE;
    uint32_t n = tuple ? p->arguments.list->n : 1;
    if (p->at >= n)
        return ya_raise(p->run, "not enough arguments for format string");
    *out = tuple ? p->arguments.list->items[p->at] : p->arguments;
    p->at++;
    return true;
}

static bool named_argument(percent *p, const char *name, size_t size, ya_value *out)
{
    ya_str *key = ya_str_view(&p->run->memory, name, size, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN);
    if (!key)
        return ya_raise_memory(p->run);
    if (p->arguments.kind != YA_V_DICT)
        return ya_raise(p->run, "format requires a mapping");
    const ya_value *value = ya_dict_get(p->arguments.dict, ya_of_str(key));
    if (!value)
        return ya_raise(p->run, "the format's name '%.*s' is not there", (int)size, name);
    *out = *value;
    p->used = true;
    return true;
}

static bool put_conversion(ya_run *run, ya_writer *w, ya_value v, const spec *s)
{
    char align = s->left ? '<' : '>';
    if (strchr("diouxXeEfFgG", s->type))
        return put_number(run, w, v, s, s->zero && !s->left ? '=' : align);
    ya_str *str;
    if (s->type == 'r') {
        ya_writer shown = {0};
        if (!ya_write_repr(run, &shown, v, 0) || !(str = ya_written(&run->memory, &shown)))
            return ya_raise_memory(run);
    } else if (s->type != 's') {
        return ya_raise(run, "the format character '%c' is not supported", s->type);
    } else if (!ya_to_str(run, v, &str)) {
        return false;
    }
    return put_padded(run, w, ya_of_str(str), s, align);
}

static bool convert(percent *p, ya_writer *w, const char **at, const char *end)
{
    ya_run *run = p->run;
    spec s = {.width = 0, .precision = -1};
    ya_value v;
    bool named = *at < end && **at == '(';
    if (named) {
        const char *close = memchr(*at, ')', (size_t)(end - *at));
        if (!close)
            return ya_raise(run, "incomplete format key");
        if (!named_argument(p, *at + 1, (size_t)(close - *at - 1), &v))
            return false;
        *at = close + 1;
    }
    for (; *at < end && **at && strchr("-+ 0#", **at); ++*at) {
        s.left |= **at == '-';
        s.plus |= **at == '+';
        s.space |= **at == ' ';
        s.zero |= **at == '0';
        s.alternate |= **at == '#';
    }
    if (!read_width(run, at, end, &s.width))
        return false;
    if (*at < end && **at == '.') {
        ++*at;
        s.precision = 0;
        if (!read_width(run, at, end, &s.precision))
            return false;
    }
    if (*at >= end || !**at)
        return ya_raise(run, "incomplete format");
    s.type = *(*at)++;
    if (s.type == '%')
        return put_text(run, w, "%", 1);
    if (s.precision > 100)
        return ya_raise(run, "a precision of a format is above 100");
    return (named || next_argument(p, &v)) && put_conversion(run, w, v, &s);
}

bool ya_format_percent(ya_run *run, ya_value format, ya_value arguments, ya_value *out)
{
    percent p = {.run = run, .arguments = arguments};
    ya_writer w = {0};
    ya_str *str;
    if (!ya_need_str(run, format, "a format", &str) || !ya_step(run, str->size / 16))
        return false;
    const char *end = str->data + str->size;
    for (const char *at = str->data; at < end;) {
        const char *mark = memchr(at, '%', (size_t)(end - at));
        size_t begin = (size_t)(at - str->data),
               stop = mark ? (size_t)(mark - str->data) : str->size;
        if (!ya_write_part(&run->memory, &w, str, begin, stop))
            return ya_raise_memory(run);
        at = mark ? mark + 1 : end;
        if (mark && !convert(&p, &w, &at, end))
            return false;
    }
    bool tuple = arguments.kind == YA_V_LIST && arguments.list->form == YA_TUPLE;
    bool mapping = arguments.kind == YA_V_DICT || arguments.kind == YA_V_UNDEFINED ||
                   (arguments.kind == YA_V_LIST && !tuple);
    if (tuple ? p.at < arguments.list->n : p.at < 1 && !mapping && !p.used)
        return ya_raise(run, "not all arguments converted during string formatting");
    *out = ya_of_str(ya_written(&run->memory, &w));
    return out->str || ya_raise_memory(run);
}

/* ---- Braces ---- */

typedef struct {
    ya_run *run;
    const ya_args *args;
    uint32_t next; /* of fields without number */
    bool numbered, counted;
} braces;

/* The argument that a field's name begins with; *at moves behind it. */
static bool field_argument(braces *b, const char **at, const char *end, ya_value *out)
{
    const char *begin = *at;
    while (*at < end && !strchr(".[!:", **at))
        ++*at;
    size_t size = (size_t)(*at - begin);
    uint32_t index = 0;
    bool digits = size < 6;
    for (size_t i = 0; digits && i < size; i++) {
        digits = begin[i] >= '0' && begin[i] <= '9';
        index = 10 * index + (uint32_t)(begin[i] - '0');
    }
    if (!digits) {
        ya_str *name = ya_str_view(&b->run->memory, begin, size, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN);
        const ya_value *value =
            name && b->args->named ? ya_dict_get(b->args->named, ya_of_str(name)) : NULL;
        if (!value)
            return ya_raise(b->run, "the format's name '%.*s' is not there", (int)size, begin);
        *out = *value;
        return true;
    }
    b->counted |= size == 0;
    b->numbered |= size > 0;
    if (b->counted && b->numbered)
        return ya_raise(b->run, "a format mixes numbered fields and others");
    index = size ? index : b->next++;
    if (index >= b->args->n_rest)
        return ya_raise(b->run, "Replacement index %u out of range for positional args tuple",
                        index);
    *out = b->args->rest[index];
    return true;
}

/* [[fill]align][sign][#][0][width][,][.precision][type] */
static bool read_spec(ya_run *run, const char *at, const char *end, spec *s)
{
    if (at < end && !memchr(at, '{', (size_t)(end - at))) {
        size_t length = ya_utf8_length(*at);
        if (at + length < end && strchr("<>^=", at[length])) {
            s->fill = ya_utf8_get(at, &length);
            s->align = at[length];
            at += length + 1;
        } else if (strchr("<>^=", *at)) {
            s->align = *at++;
        }
    }
    for (; at < end && strchr("+- ", *at); at++) {
        s->plus |= *at == '+';
        s->space |= *at == ' ';
    }
    s->zero = at < end && *at == '0';
    if (!read_width(run, &at, end, &s->width))
        return false;
    s->grouped = at < end && *at == ',';
    at += s->grouped;
    if (at < end && *at == '.') {
        at++;
        if (!read_width(run, &at, end, &s->precision))
            return false;
    }
    if (at < end)
        s->type = *at++;
    if (at < end || (s->type && !strchr("sdfFeExXo", s->type)) || s->precision > 100)
        return ya_raise(run, "a format specification that is not supported");
    return true;
}

static bool put_field(ya_run *run, ya_writer *w, ya_value v, spec *s)
{
    bool number = ya_is_number(v) && v.kind != YA_V_BOOL;
    if (s->type == 's' ? number : s->type && !ya_is_number(v))
        return ya_raise(run, "the format code '%c' does not suit a value of type '%s'", s->type,
                        ya_type_name(v));
    if (number && !s->type && v.kind == YA_V_INT)
        s->type = 'd';
    if (number && s->type) {
        char align = s->align ? s->align : s->zero ? '=' : '>';
        return put_number(run, w, v, s, align);
    }
    if (number && (s->precision >= 0 || s->zero || s->grouped || s->plus))
        return ya_raise(run, "a format specification that is not supported");
    ya_str *str;
    if (!ya_to_str(run, v, &str))
        return false;
    s->type = 's';
    return put_padded(run, w, ya_of_str(str), s, s->align ? s->align : number ? '>' : '<');
}

static bool field(braces *b, ya_writer *w, const char *at, const char *end)
{
    spec s = {.precision = -1};
    ya_value v;
    if (!field_argument(b, &at, end, &v))
        return false;
    if (at < end && (*at == '.' || *at == '['))
        return ya_raise(b->run, "attributes in a format are not supported");
    if (at + 1 < end && *at == '!') {
        if (at[1] != 's')
            return ya_raise(b->run, "a conversion in a format that is not supported");
        ya_str *str;
        if (!ya_to_str(b->run, v, &str))
            return false;
        v = ya_of_str(str);
        at += 2;
    }
    if (at < end && *at == ':')
        at++;
    return read_spec(b->run, at, end, &s) && put_field(b->run, w, v, &s);
}

/* Bytes before the next brace. */
static size_t before_brace(const char *at, const char *end)
{
    const char *stop = at;
    while (stop < end && *stop != '{' && *stop != '}')
        stop++;
    return (size_t)(stop - at);
}

bool ya_format_braces(ya_run *run, ya_value format, const ya_args *args, ya_value *out)
{
    braces b = {.run = run, .args = args};
    ya_writer w = {0};
    const ya_str *str = format.str;
    const char *end = str->data + str->size;
    if (!ya_step(run, str->size / 16))
        return false;
    for (const char *at = str->data; at < end;) {
        size_t plain = before_brace(at, end);
        size_t begin = (size_t)(at - str->data);
        if (!ya_write_part(&run->memory, &w, str, begin, begin + plain))
            return ya_raise_memory(run);
        at += plain;
        if (at == end)
            break;
        if (at + 1 < end && at[1] == *at) {
            if (!put_text(run, &w, at, 1))
                return false;
            at += 2;
            continue;
        }
        const char *close = *at == '{' ? memchr(at, '}', (size_t)(end - at)) : NULL;
        if (!close)
            return ya_raise(run, "Single '%c' encountered in format string", *at);
        if (!field(&b, &w, at + 1, close))
            return false;
        at = close + 1;
    }
    *out = ya_of_str(ya_written(&run->memory, &w));
    return out->str || ya_raise_memory(run);
}
