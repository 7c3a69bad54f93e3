/* A Jinja text to statements. Only what decides how a chat is rendered is kept: see
 * ya_statements. The environment is that of transformers: trim_blocks and lstrip_blocks on. */
#include "token/chat_internal.h"

#include <ctype.h>
#include <string.h>

void ya_statements_free(ya_statements *s)
{
    ya_buffer_free(&s->text);
    ya_ids_free(&s->starts);
}

/* ---- Normal form of the code in a tag ---- */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static ya_status add(ya_buffer *out, char c, ya_error *err)
{
    return ya_buffer_add(out, &c, 1, err);
}

static ya_status add_literal_char(ya_buffer *out, char c, ya_error *err)
{
    if (c == '\n')
        return ya_buffer_add(out, "\\n", 2, err);
    if (c == '\\' || c == '\'') {
        char escaped[2] = {'\\', c};
        return ya_buffer_add(out, escaped, 2, err);
    }
    return add(out, c, err);
}

/* The literal that begins at *at, re-quoted; joined to one before it when only a '+' is between. */
static ya_status add_literal(ya_buffer *out, size_t start, const char **at, const char *end,
                             ya_error *err)
{
    ya_status status = YA_OK;
    char quote = *(*at)++;
    if (out->size >= start + 3 && memcmp(out->data + out->size - 2, "'+", 2) == 0)
        out->size -= 2;
    else
        YA_TRY(add(out, '\'', err));
    for (; *at < end && **at != quote; ++*at) {
        char c = **at;
        if (c == '\\' && *at + 1 < end) {
            c = *++*at;
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        }
        YA_TRY(add_literal_char(out, c, err));
    }
    if (*at < end)
        ++*at;
    status = add(out, '\'', err);
done:
    return status;
}

static bool ends_with_word(const ya_buffer *out, size_t start, const char *word)
{
    size_t n = strlen(word);
    return out->size >= start + n && memcmp(out->data + out->size - n, word, n) == 0 &&
           (out->size == start + n || !is_word(out->data[out->size - n - 1]));
}

/* x.name becomes x['name'] unless it is called, or x is jinja's loop or a namespace. */
static ya_status add_dot(ya_buffer *out, size_t start, const char **at, const char *end,
                         ya_error *err)
{
    ya_status status = YA_OK;
    const char *name = *at + 1, *stop = name;
    while (stop < end && is_word(*stop))
        stop++;
    bool plain = ends_with_word(out, start, "loop") || ends_with_word(out, start, "ns") ||
                 stop == name || (stop < end && *stop == '(');
    if (plain) {
        ++*at;
        return add(out, '.', err);
    }
    YA_TRY(ya_buffer_add(out, "['", 2, err));
    YA_TRY(ya_buffer_add(out, name, (size_t)(stop - name), err));
    YA_TRY(ya_buffer_add(out, "']", 2, err));
    *at = stop;
done:
    return status;
}

static ya_status add_code(ya_buffer *out, const char *at, const char *end, ya_error *err)
{
    ya_status status = YA_OK;
    size_t start = out->size;
    bool space = false;
    while (at < end) {
        if (isspace((unsigned char)*at)) {
            space = true;
            at++;
            continue;
        }
        if (space && is_word(*at) && out->size > start && is_word(out->data[out->size - 1]))
            YA_TRY(add(out, ' ', err));
        space = false;
        if (*at == '\'' || *at == '"')
            YA_TRY(add_literal(out, start, &at, end, err));
        else if (*at == '.')
            YA_TRY(add_dot(out, start, &at, end, err));
        else
            YA_TRY(add(out, *at++, err));
    }
done:
    return status;
}

/* ---- Branches that a chat without tools never takes ---- */

enum { MAX_NESTING = 32 };

typedef struct {
    bool dropped[MAX_NESTING];        /* of each if we are in: this branch is left out */
    bool assistant_done[MAX_NESTING]; /* an earlier branch took the assistant's turns */
    int depth;
} branches;

static bool starts_with(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_false(const char *condition)
{
    static const char *const beginnings[] = {"tools is not none",
                                             "tools is defined",
                                             "builtin_tools is defined",
                                             "custom_tools is defined",
                                             "tools_in_user_message and not tools is none",
                                             "message['tool_calls']",
                                             "'tool_calls'in message",
                                             "enable_thinking is defined and",
                                             "documents",
                                             "false==true"};
    /* Tool results need an id that our messages do not have; rendering them raises. */
    if (strcmp(condition, "tools") == 0 ||
        strcmp(condition, "message['role']=='tool_results'or message['role']=='tool'") == 0)
        return true;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (starts_with(condition, beginnings[i]))
            return !strstr(condition, " or ") || starts_with(condition, "builtin_tools");
    return false;
}

static bool inside_dropped(const branches *b, int depth)
{
    for (int i = 0; i < depth; i++)
        if (b->dropped[i])
            return true;
    return false;
}

/* Follows the ifs; returns whether the statement is kept. *bad: nesting that is no Jinja. */
static bool follow(branches *b, const char *statement, bool *bad)
{
    if (starts_with(statement, "%if ") || starts_with(statement, "%if(") ||
        starts_with(statement, "%if'")) {
        const char *condition = statement + 3 + (statement[3] == ' ');
        if (b->depth == MAX_NESTING) {
            *bad = true;
            return false;
        }
        b->assistant_done[b->depth] = strstr(condition, "not message['tool_calls']") != NULL;
        b->dropped[b->depth++] = is_false(condition);
        return !inside_dropped(b, b->depth);
    }
    if (starts_with(statement, "%elif") || strcmp(statement, "%else") == 0) {
        if (b->depth == 0) {
            *bad = true;
            return false;
        }
        const char *condition = statement + 5 + (statement[5] == ' ');
        int i = b->depth - 1;
        b->dropped[i] =
            statement[2] == 'l' && statement[3] == 'i' &&
            (is_false(condition) ||
             (b->assistant_done[i] && strcmp(condition, "message['role']=='assistant'") == 0));
        return !inside_dropped(b, b->depth);
    }
    if (strcmp(statement, "%endif") == 0) {
        *bad |= b->depth == 0;
        b->depth -= b->depth > 0;
        return false; /* says nothing */
    }
    return !inside_dropped(b, b->depth);
}

/* ---- Tags and the text between them ---- */

typedef struct {
    const char *at, *end; /* the whole template */
    bool strip;           /* the tag before ends with '-' */
    bool block;           /* the tag before is a block or a comment */
    branches open;
} scanner;

static const char *skip_text(const char *at, const char *end)
{
    while (at + 1 < end && !(at[0] == '{' && (at[1] == '{' || at[1] == '%' || at[1] == '#')))
        at++;
    return at + 1 < end ? at : end;
}

/* Whether text between two tags prints anything. `next` is the tag behind it or the end. */
static bool prints(const scanner *s, const char *text, const char *next)
{
    bool block_next = next < s->end && next[1] != '{';
    bool strip_next = next + 2 < s->end && next[2] == '-';
    const char *last = next;
    if (s->block && text < last && *text == '\n')
        text++; /* trim_blocks */
    if (next == s->end && text < last && last[-1] == '\n')
        last--; /* keep_trailing_newline is off */
    if (s->strip)
        while (text < last && isspace((unsigned char)*text))
            text++;
    if (strip_next) {
        while (last > text && isspace((unsigned char)last[-1]))
            last--;
    } else if (block_next) { /* lstrip_blocks: only what stands alone before the tag in its line */
        const char *line = last;
        while (line > text && (line[-1] == ' ' || line[-1] == '\t'))
            line--;
        if (line > text ? line[-1] == '\n' : (s->block || line == s->at))
            last = line;
    }
    return text < last;
}

/* The end of the code of a tag: before "}}" or "%}" outside of quotes; NULL when there is none. */
static const char *end_of_code(const char *at, const char *end, char closing)
{
    char quote = '\0';
    for (; at + 1 < end; at++) {
        if (quote) {
            if (*at == '\\')
                at++;
            else if (*at == quote)
                quote = '\0';
        } else if (at[0] == closing && at[1] == '}') {
            return at;
        } else if (closing != '#' && (*at == '\'' || *at == '"')) {
            quote = *at;
        }
    }
    return NULL;
}

static ya_status take_tag(scanner *s, char kind, const char *code, const char *code_end,
                          ya_statements *out, ya_error *err)
{
    ya_status status = YA_OK;
    size_t start = out->text.size;
    bool bad = false;
    YA_TRY(add(&out->text, kind == '{' ? '=' : '%', err));
    YA_TRY(add_code(&out->text, code, code_end, err));
    YA_TRY(ya_buffer_add(&out->text, "", 1, err));
    const char *statement = out->text.data + start;
    bool kept = follow(&s->open, statement, &bad);
    if (bad)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "its ifs are not nested as Jinja's");
    if (kept && strcmp(statement, "%endfor") != 0 && strcmp(statement, "%else") != 0 &&
        strcmp(statement, "%generation") != 0 && strcmp(statement, "%endgeneration") != 0)
        return ya_ids_add(&out->starts, (int32_t)start, err);
    out->text.size = start;
done:
    return status;
}

/* The next tag; *tag NULL at the end. */
static ya_status next_tag(scanner *s, const char *from, const char **after, ya_statements *out,
                          ya_error *err)
{
    const char *tag = skip_text(from, s->end);
    *after = NULL;
    if (prints(s, from, tag))
        return ya_fail(err, YA_ERR_UNSUPPORTED, "it prints \"%.40s\" outside of its tags", from);
    if (tag == s->end)
        return YA_OK;
    const char *code = tag + 2;
    const char *end = end_of_code(code, s->end, tag[1] == '{' ? '}' : tag[1]);
    if (!end)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "the tag \"%.40s\" does not end", tag);
    *after = end + 2;
    s->strip = end > code && end[-1] == '-';
    s->block = tag[1] != '{';
    if (tag[1] == '#')
        return YA_OK;
    code += *code == '-' || *code == '+';
    return take_tag(s, tag[1], code, end > code && end[-1] == '-' ? end - 1 : end, out, err);
}

ya_status ya_chat_scan(const char *jinja, ya_statements *out, ya_error *err)
{
    scanner s = {.at = jinja, .end = jinja + strlen(jinja)};
    ya_status status = YA_OK;
    if (s.end - jinja > INT32_MAX / 4)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "it is too long");
    for (const char *at = jinja; at;) {
        const char *after;
        YA_TRY(next_tag(&s, at, &after, out, err));
        at = after;
    }
done:
    return status;
}
