#include "token/chat/lexer.h"

#include "base/chars.h"
#include "token/chat/python.h"
#include "token/unicode.h"

#include <stdlib.h>
#include <string.h>

void ya_lexer_start(ya_lexer *l, ya_memory *memory, const char *text, size_t size, ya_error *err)
{
    *l = (ya_lexer){.memory = memory,
                    .err = err,
                    .text = text,
                    .at = text,
                    .end = text + size,
                    .line_begin = text,
                    .line = 1,
                    .line_starting = true};
}

/* Moves to `to`, counting lines. */
static void advance(ya_lexer *l, const char *to)
{
    const char *feed;
    while ((feed = memchr(l->at, '\n', (size_t)(to - l->at)))) {
        l->line++;
        l->at = l->line_begin = feed + 1;
    }
    l->at = to;
}

static void place(const ya_lexer *l, ya_token *token)
{
    token->line = l->line;
    token->column =
        (uint32_t)(ya_count_characters(l->line_begin, (size_t)(l->at - l->line_begin)) + 1);
}

static ya_status fault(ya_lexer *l, const char *what)
{
    ya_token here;
    place(l, &here);
    return ya_at_fault(l->err, here.line, here.column, "%s", what);
}

static bool starts(const ya_lexer *l, const char *at, const char *with)
{
    size_t size = strlen(with);
    return (size_t)(l->end - at) >= size && memcmp(at, with, size) == 0;
}

static const char *skip_space(const ya_lexer *l, const char *at)
{
    return at + ya_python_spaces(at, (size_t)(l->end - at));
}

/* ---- Text between tags ---- */

/* The next "{{", "{%" or "{#" at or behind `at`, or the end. */
static const char *find_tag(const ya_lexer *l, const char *at)
{
    for (; at < l->end; at++) {
        at = memchr(at, '{', (size_t)(l->end - at));
        if (!at)
            return l->end;
        if (at + 1 < l->end && (at[1] == '{' || at[1] == '%' || at[1] == '#'))
            return at;
    }
    return l->end;
}

/* Where the text [begin, tag) ends once the white space before a tag with `sign` is off. */
static const char *strip_before(const ya_lexer *l, const char *begin, const char *tag, char sign,
                                bool variable)
{
    if (sign == '-')
        return begin + ya_python_rstrip(begin, (size_t)(tag - begin));
    if (sign == '+' || variable)
        return tag;
    const char *line = tag;
    while (line > begin && line[-1] != '\n')
        line--;
    if (line == begin && !l->line_starting)
        return tag;
    return ya_python_spaces(line, (size_t)(tag - line)) == (size_t)(tag - line) ? line : tag;
}

/* Behind the end of a block or comment at `at`, which begins with its sign. */
static const char *behind_end(const ya_lexer *l, const char *at, const char *close)
{
    if (*at == '-')
        return skip_space(l, at + 1 + strlen(close));
    if (*at == '+')
        return at + 1 + strlen(close);
    at += strlen(close);
    return at < l->end && *at == '\n' ? at + 1 : at;
}

static bool is_end(const ya_lexer *l, const char *at, const char *close)
{
    return starts(l, at, close) || ((*at == '-' || *at == '+') && starts(l, at + 1, close));
}

static ya_status skip_comment(ya_lexer *l, const char *inside)
{
    for (const char *at = inside; at < l->end; at++)
        if (is_end(l, at, "#}")) {
            advance(l, behind_end(l, at, "#}"));
            l->line_starting = l->at[-1] == '\n';
            return YA_OK;
        }
    return fault(l, "a comment {# is not closed");
}

/* Behind "{%- raw -%}" when it begins at `tag`, else NULL. */
static const char *raw_begins(const ya_lexer *l, const char *tag)
{
    const char *at = tag + 2;
    at += at < l->end && (*at == '-' || *at == '+');
    at = skip_space(l, at);
    if (!starts(l, at, "raw"))
        return NULL;
    at = skip_space(l, at + 3);
    if (starts(l, at, "-%}"))
        return skip_space(l, at + 3);
    return starts(l, at, "%}") ? at + 2 : NULL;
}

static ya_status take_raw(ya_lexer *l, const char *inside, ya_token *token)
{
    if (inside == l->end) { /* Jinja forgives this one */
        advance(l, inside);
        return YA_OK;
    }
    for (const char *at = inside; at < l->end; at++) {
        if (!starts(l, at, "{%"))
            continue;
        const char *word = at + 2;
        char sign = word < l->end && (*word == '-' || *word == '+') ? *word++ : 0;
        word = skip_space(l, word);
        if (!starts(l, word, "endraw"))
            continue;
        word = skip_space(l, word + 6);
        if (word >= l->end || !is_end(l, word, "%}"))
            continue;
        l->line_starting = inside[-1] == '\n';
        advance(l, inside);
        place(l, token);
        *token = (ya_token){
            YA_T_DATA, inside,      (size_t)(strip_before(l, inside, at, sign, false) - inside),
            ya_none(), token->line, token->column};
        advance(l, behind_end(l, word, "%}"));
        l->line_starting = l->at[-1] == '\n';
        return YA_OK;
    }
    return fault(l, "{% raw %} is not closed");
}

/* Into the tag at `l->at`. */
static void enter_tag(ya_lexer *l, ya_token *token)
{
    bool variable = l->at[1] == '{';
    place(l, token);
    token->kind = variable ? YA_T_VARIABLE_BEGIN : YA_T_BLOCK_BEGIN;
    l->state = variable ? YA_LEX_VARIABLE : YA_LEX_BLOCK;
    const char *at = l->at + 2;
    at += at < l->end && (*at == '-' || *at == '+');
    advance(l, at);
    l->line_starting = false;
}

static ya_status next_data(ya_lexer *l, ya_token *token)
{
    while (l->at < l->end) {
        const char *begin = l->at, *tag = find_tag(l, begin);
        if (tag == begin && l->pending == tag[1]) {
            l->pending = 0;
            enter_tag(l, token);
            return YA_OK;
        }
        char sign = tag + 2 < l->end ? tag[2] : 0;
        const char *stop = tag < l->end ? strip_before(l, begin, tag, sign, tag[1] == '{') : tag;
        place(l, token);
        *token = (ya_token){YA_T_DATA, begin,       (size_t)(stop - begin),
                            ya_none(), token->line, token->column};
        advance(l, tag);
        if (tag == l->end)
            return YA_OK;
        const char *raw = tag[1] == '%' ? raw_begins(l, tag) : NULL;
        if (tag[1] != '#' && !raw) {
            l->pending = tag[1];
            if (token->size)
                return YA_OK;
            continue;
        }
        if (token->size == 0) {
            ya_status status = raw ? take_raw(l, raw, token) : skip_comment(l, tag + 2);
            if (status || (raw && token->size))
                return status;
            continue;
        }
        return YA_OK; /* the comment or raw block comes next, with nothing before it */
    }
    token->kind = YA_T_END;
    place(l, token);
    return YA_OK;
}

/* ---- Inside tags ---- */

static bool is_name_char(const char *at, bool first)
{
    return ya_is_letter(*at) || *at == '_' || (unsigned char)*at >= 0x80 ||
           (!first && ya_is_digit(*at));
}

/* Behind the digits, underscores between them. */
static const char *digits(const ya_lexer *l, const char *at, const char *set)
{
    while (at < l->end && *at &&
           (strchr(set, *at) || (*at == '_' && at + 1 < l->end && at[1] && strchr(set, at[1]))))
        at++;
    return at;
}

static ya_status take_number(ya_lexer *l, ya_token *token)
{
    const char *decimal = "0123456789", *begin = l->at, *at;
    int base = 10;
    if (*begin == '0' && begin + 1 < l->end && strchr("xXoObB", begin[1])) {
        char kind = (char)(begin[1] | 0x20);
        base = kind == 'x' ? 16 : kind == 'o' ? 8 : 2;
        at = digits(l, begin + 2,
                    base == 16  ? "0123456789abcdefABCDEF"
                    : base == 8 ? "01234567"
                                : "01");
    } else {
        at = digits(l, begin, decimal);
    }
    const char *whole = at;
    if (base == 10 && at + 1 < l->end && *at == '.' && ya_is_digit(at[1]))
        at = digits(l, at + 1, decimal);
    if (base == 10 && at < l->end && (*at | 0x20) == 'e') {
        const char *power = at + 1;
        power += power < l->end && (*power == '+' || *power == '-');
        if (power < l->end && ya_is_digit(*power))
            at = digits(l, power, decimal);
    }
    char clean[64];
    size_t n = 0;
    for (const char *c = begin + (base == 10 ? 0 : 2); c < at; c++)
        if (*c != '_') {
            if (n + 1 == sizeof clean)
                return fault(l, "a number is too long");
            clean[n++] = *c;
        }
    clean[n] = '\0';
    token->kind = at == whole ? YA_T_INTEGER : YA_T_FLOAT;
    unsigned long long integer = at == whole ? strtoull(clean, NULL, base) : 0;
    if (integer > INT64_MAX || n > 40)
        return fault(l, "a number is too large");
    token->value = at == whole ? ya_integer((int64_t)integer) : ya_real(strtod(clean, NULL));
    advance(l, at);
    return YA_OK;
}

static int hex_value(char c)
{
    return ya_is_digit(c)         ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The code point of \xHH, \uHHHH, \UHHHHHHHH, \OOO behind the backslash; -1: none. */
static int64_t escaped_point(const char **at, const char *end)
{
    char c = **at;
    int n = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    int64_t point = 0;
    if (n == 0) {
        for (n = 0; n < 3 && *at < end && **at >= '0' && **at <= '7'; n++)
            point = 8 * point + (*(*at)++ - '0');
        return n ? point : -1;
    }
    ++*at;
    while (n-- > 0) {
        int digit = *at < end ? hex_value(**at) : -1;
        if (digit < 0)
            return -1;
        point = 16 * point + digit;
        ++*at;
    }
    return point <= YA_UC_LAST && (point < 0xD800 || point > 0xDFFF) ? point : -1;
}

/* The text of a quoted string as Python reads it. */
static ya_status unescape(ya_lexer *l, const char *at, const char *end, ya_token *token)
{
    static const char letters[] = "abfnrtv\\'\"", values[] = "\a\b\f\n\r\t\v\\'\"";
    char *out = ya_memory_get(l->memory, (size_t)(end - at) + 1), *to = out;
    if (!out)
        return fault(l, "it takes too much memory");
    while (at < end) {
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        const char *known = strchr(letters, at[1]);
        if (at[1] == '\n') {
            at += 2;
        } else if (known && at[1]) {
            *to++ = values[known - letters];
            at += 2;
        } else if (at[1] && strchr("xuU01234567", at[1])) {
            at++;
            int64_t point = escaped_point(&at, end);
            if (point < 0)
                return fault(l, "an escape in a string is no character");
            to += ya_utf8_put((uint32_t)point, to);
        } else if (at[1] == 'N') {
            return fault(l, "escapes \\N{...} are not supported");
        } else {
            *to++ = *at++;
        }
    }
    token->kind = YA_T_STRING;
    token->value = ya_of_str(
        ya_str_view(l->memory, out, (size_t)(to - out), YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN));
    return token->value.str ? YA_OK : fault(l, "it takes too much memory");
}

static ya_status take_string(ya_lexer *l, ya_token *token)
{
    const char *at = l->at + 1;
    while (at < l->end && *at != *l->at)
        at += *at == '\\' && at + 1 < l->end ? 2 : 1;
    if (at >= l->end)
        return fault(l, "a string is not closed");
    ya_status status = unescape(l, l->at + 1, at, token);
    advance(l, at + 1);
    return status;
}

static ya_status take_operator(ya_lexer *l, ya_token *token)
{
    static const char *const operators[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "*",
                                            "/",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                            ">",  "<",  "=",  ".",  ":",  "|",  ",", ";", NULL};
    size_t k = 0;
    while (operators[k] && !starts(l, l->at, operators[k]))
        k++;
    if (!operators[k])
        return fault(l, "a character that is not expected there");
    char c = *operators[k];
    if (strchr("([{", c) && !operators[k][1]) {
        if (l->n_open == sizeof l->open)
            return fault(l, "brackets are nested too deep");
        l->open[l->n_open++] = c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (strchr(")]}", c) && (l->n_open == 0 || l->open[--l->n_open] != c)) {
        return fault(l, "a bracket is closed that was not opened");
    }
    token->kind = YA_T_OPERATOR;
    token->text = operators[k];
    token->size = strlen(operators[k]);
    advance(l, l->at + token->size);
    return YA_OK;
}

/* Leaves the tag when its end is here. */
static bool take_end(ya_lexer *l, ya_token *token)
{
    bool block = l->state == YA_LEX_BLOCK;
    const char *close = block ? "%}" : "}}", *at = l->at;
    if (l->n_open || !(starts(l, at, close) || (*at == '-' && starts(l, at + 1, close)) ||
                       (block && *at == '+' && starts(l, at + 1, close))))
        return false;
    token->kind = block ? YA_T_BLOCK_END : YA_T_VARIABLE_END;
    if (block || *at == '-')
        at = behind_end(l, at, close);
    else
        at += 2;
    advance(l, at);
    l->line_starting = at[-1] == '\n';
    l->state = YA_LEX_DATA;
    return true;
}

ya_status ya_lexer_next(ya_lexer *l, ya_token *token)
{
    *token = (ya_token){0};
    if (l->state == YA_LEX_DATA)
        return next_data(l, token);
    advance(l, skip_space(l, l->at));
    place(l, token);
    if (l->at >= l->end)
        return fault(l, l->state == YA_LEX_BLOCK ? "a statement {% is not closed"
                                                 : "an expression {{ is not closed");
    if (take_end(l, token))
        return YA_OK;
    if (ya_is_digit(*l->at))
        return take_number(l, token);
    if (*l->at == '"' || *l->at == '\'')
        return take_string(l, token);
    if (!is_name_char(l->at, true))
        return take_operator(l, token);
    const char *at = l->at;
    while (at < l->end && is_name_char(at, false))
        at++;
    token->kind = YA_T_NAME;
    token->text = l->at;
    token->size = (size_t)(at - l->at);
    advance(l, at);
    return YA_OK;
}
