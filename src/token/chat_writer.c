#include "token/chat_writer.h"

#include "base/alloc.h"
#include "token/unicode.h"

#include <ctype.h>
#include <string.h>

ya_slice ya_content_of(const ya_message *m)
{
    return (ya_slice){m->content ? m->content : "", m->content ? m->content_size : 0};
}

bool ya_is_role(const ya_message *m, const char *role)
{
    return strcmp(m->role, role) == 0;
}

bool ya_chat_has(const ya_rendering *r, unsigned feature)
{
    return (r->chat->features & feature) != 0;
}

/* ---- Adding ---- */

ya_status ya_chat_add(ya_rendering *r, const char *text)
{
    return ya_buffer_add(&r->out->text, text, strlen(text), r->err);
}

static ya_status add_span(ya_span **spans, size_t *n, size_t *room, ya_span span, ya_error *err)
{
    if (*n == *room) {
        size_t wanted = 2 * *room + 8;
        ya_span *bigger = ya_realloc_array(*spans, wanted, sizeof *bigger);
        if (!bigger)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu turns of a chat", wanted);
        *spans = bigger;
        *room = wanted;
    }
    (*spans)[(*n)++] = span;
    return YA_OK;
}

/* Text that somebody else wrote. */
ya_status ya_chat_add_content(ya_rendering *r, ya_slice s)
{
    ya_rendered *out = r->out;
    ya_span span = {out->text.size, out->text.size + s.size};
    if (s.size == 0)
        return YA_OK;
    ya_status status = ya_buffer_add(&out->text, s.text, s.size, r->err);
    if (status != YA_OK)
        return status;
    return add_span(&out->content, &out->n_content, &out->room_content, span, r->err);
}

ya_status ya_chat_add_role(ya_rendering *r, const ya_message *m)
{
    for (const char *c = m->role; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
            return ya_chat_add_content(r, (ya_slice){m->role, strlen(m->role)});
    return ya_chat_add(r, m->role);
}

/* The end of what the assistant says, which began at `begin`. */
ya_status ya_chat_end_answer(ya_rendering *r, const ya_message *m, size_t begin)
{
    ya_rendered *out = r->out;
    if (!ya_is_role(m, "assistant"))
        return YA_OK;
    return add_span(&out->assistant, &out->n_assistant, &out->room_assistant,
                    (ya_span){begin, out->text.size}, r->err);
}

/* ---- Python's strings ---- */

/* What str.strip() removes: white space, and the separators U+001C to U+001F. */
static bool is_python_space(uint32_t c)
{
    return (ya_unicode_flags(c) & YA_UC_SPACE) || (c >= 0x1C && c <= 0x1F);
}

ya_slice ya_strip_right(ya_slice s)
{
    size_t length;
    while (s.size && is_python_space(ya_utf8_before(s.text, s.text + s.size, &length)))
        s.size -= length;
    return s;
}

ya_slice ya_strip(ya_slice s)
{
    size_t length;
    s = ya_strip_right(s);
    while (s.size && is_python_space(ya_utf8_get(s.text, &length))) {
        s.text += length;
        s.size -= length;
    }
    return s;
}

ya_slice ya_strip_lines_left(ya_slice s)
{
    while (s.size && *s.text == '\n') {
        s.text++;
        s.size--;
    }
    return s;
}

ya_slice ya_strip_lines_right(ya_slice s)
{
    while (s.size && s.text[s.size - 1] == '\n')
        s.size--;
    return s;
}

const char *ya_slice_find(ya_slice s, const char *what)
{
    return s.size ? memmem(s.text, s.size, what, strlen(what)) : NULL;
}

/* s.split(what)[0] and s.split(what)[-1]. */
ya_slice ya_before_first(ya_slice s, const char *what)
{
    const char *at = ya_slice_find(s, what);
    return at ? (ya_slice){s.text, (size_t)(at - s.text)} : s;
}

ya_slice ya_behind_last(ya_slice s, const char *what)
{
    for (const char *at; (at = ya_slice_find(s, what)) != NULL;) {
        at += strlen(what);
        s = (ya_slice){at, s.size - (size_t)(at - s.text)};
    }
    return s;
}

bool ya_slice_starts(ya_slice s, const char *what)
{
    return s.size >= strlen(what) && memcmp(s.text, what, strlen(what)) == 0;
}

bool ya_slice_ends(ya_slice s, const char *what)
{
    size_t n = strlen(what);
    return s.size >= n && memcmp(s.text + s.size - n, what, n) == 0;
}
