#include "token/chat/texts.h"

#include "token/chat/python.h"
#include "token/unicode.h"

#include <string.h>

#include <utf8proc.h>

static bool give(ya_run *run, ya_str *str, ya_value *out)
{
    *out = ya_of_str(str);
    return str || ya_raise_memory(run);
}

static bool give_part(ya_run *run, ya_str *str, size_t begin, size_t end, ya_value *out)
{
    return give(run, ya_str_part(&run->memory, str, begin, end), out);
}

static bool is_among(const ya_str *chars, const char *at, size_t length)
{
    for (size_t i = 0; i < chars->size; i += ya_utf8_length(chars->data[i]))
        if (ya_utf8_length(chars->data[i]) == length && memcmp(chars->data + i, at, length) == 0)
            return true;
    return false;
}

bool ya_text_strip(ya_run *run, ya_str *str, const ya_str *chars, int sides, ya_value *out)
{
    size_t begin = 0, end = str->size, length;
    if (!ya_step(run, str->size / 256))
        return false;
    if (!chars) {
        if (sides & YA_STRIP_LEFT)
            begin = ya_python_spaces(str->data, end);
        if (sides & YA_STRIP_RIGHT)
            end = begin + ya_python_rstrip(str->data + begin, end - begin);
        return give_part(run, str, begin, end, out);
    }
    while ((sides & YA_STRIP_LEFT) && begin < end &&
           is_among(chars, str->data + begin, ya_utf8_length(str->data[begin])))
        begin += ya_utf8_length(str->data[begin]);
    while ((sides & YA_STRIP_RIGHT) && begin < end) {
        (void)ya_utf8_before(str->data + begin, str->data + end, &length);
        if (!is_among(chars, str->data + end - length, length))
            break;
        end -= length;
    }
    return give_part(run, str, begin, end, out);
}

/* An empty text is found before each character and at the end, as in Python. */
static const char *find(const ya_str *str, size_t from, const ya_str *what)
{
    return memmem(str->data + from, str->size - from, what->data, what->size);
}

bool ya_text_replace(ya_run *run, ya_str *str, ya_str *from, ya_str *to, int64_t count,
                     ya_value *out)
{
    ya_writer w = {0};
    size_t at = 0, searched = 0;
    const char *found;
    bool held = true;
    for (; held && count != 0 && searched <= str->size; count--) {
        found = find(str, searched, from);
        if (!found)
            break;
        size_t begin = (size_t)(found - str->data);
        held = ya_write_part(&run->memory, &w, str, at, begin) &&
               ya_write_str(&run->memory, &w, to, 0) && ya_step(run, 1 + to->size / 64) &&
               w.size < YA_RUN_MAX_TEXT;
        at = begin + from->size;
        searched = at + (from->size ? 0 : at < str->size ? ya_utf8_length(str->data[at]) : 1);
    }
    if (!held || !ya_write_part(&run->memory, &w, str, at, str->size) ||
        !ya_step(run, str->size / 64))
        return ya_raise_memory(run);
    if (w.size == str->size && at == 0)
        return give(run, str, out);
    return give(run, ya_written(&run->memory, &w), out);
}

/* ---- Lists of parts ---- */

typedef struct {
    ya_run *run;
    ya_list *list;
    uint32_t room;
} parts;

static bool start_parts(ya_run *run, parts *p)
{
    *p = (parts){run, ya_list_new(&run->memory, 0, YA_LIST), 0};
    return p->list || ya_raise_memory(run);
}

static bool add_part(parts *p, ya_str *str, size_t begin, size_t end)
{
    ya_memory *memory = &p->run->memory;
    if (p->list->n == p->room) {
        uint32_t room = 2 * p->room + 4;
        ya_value *items = ya_memory_grow(memory, p->list->items, p->list->n * sizeof *items,
                                         room * sizeof *items);
        if (!items)
            return ya_raise_memory(p->run);
        p->list->items = items;
        p->room = room;
    }
    ya_str *part = ya_str_part(memory, str, begin, end);
    if (!part)
        return ya_raise_memory(p->run);
    p->list->items[p->list->n++] = ya_of_str(part);
    return ya_step(p->run, 1);
}

static void turn(ya_list *list)
{
    for (uint32_t i = 0; i < list->n / 2; i++) {
        ya_value kept = list->items[i];
        list->items[i] = list->items[list->n - 1 - i];
        list->items[list->n - 1 - i] = kept;
    }
}

static bool split_spaces(parts *p, ya_str *str, int64_t limit)
{
    size_t at = ya_python_spaces(str->data, str->size), length;
    while (at < str->size) {
        size_t begin = at;
        if (limit-- == 0) {
            return add_part(p, str, begin, str->size);
        }
        while (at < str->size && !ya_python_is_space(ya_utf8_get(str->data + at, &length)))
            at += ya_utf8_length(str->data[at]);
        if (!add_part(p, str, begin, at))
            return false;
        at += ya_python_spaces(str->data + at, str->size - at);
    }
    return true;
}

static bool split_spaces_right(parts *p, ya_str *str, int64_t limit)
{
    size_t end = ya_python_rstrip(str->data, str->size), length;
    while (end > 0) {
        size_t at = end;
        if (limit-- == 0) {
            if (!add_part(p, str, 0, end))
                return false;
            break;
        }
        while (at > 0 && !ya_python_is_space(ya_utf8_before(str->data, str->data + at, &length)))
            at -= length;
        if (!add_part(p, str, at, end))
            return false;
        end = ya_python_rstrip(str->data, at);
    }
    turn(p->list);
    return true;
}

static bool split_right(parts *p, ya_str *str, const ya_str *by, int64_t limit)
{
    size_t end = str->size;
    for (size_t at = end; at >= by->size && limit != 0;) {
        if (memcmp(str->data + at - by->size, by->data, by->size) == 0) {
            if (!add_part(p, str, at, end))
                return false;
            at = end = at - by->size;
            limit--;
        } else {
            at--;
        }
    }
    if (!add_part(p, str, 0, end))
        return false;
    turn(p->list);
    return true;
}

bool ya_text_split(ya_run *run, ya_str *str, const ya_str *by, int64_t limit, bool from_right,
                   ya_value *out)
{
    parts p;
    if (by && by->size == 0)
        return ya_raise(run, "empty separator");
    if (!start_parts(run, &p) || !ya_step(run, str->size / 64))
        return false;
    bool held = true;
    if (!by) {
        held = from_right ? split_spaces_right(&p, str, limit) : split_spaces(&p, str, limit);
    } else if (from_right) {
        held = split_right(&p, str, by, limit);
    } else {
        const char *found;
        size_t at = 0;
        for (; held && limit != 0 && (found = find(str, at, by)); limit--) {
            size_t end = (size_t)(found - str->data);
            held = add_part(&p, str, at, end);
            at = end + by->size;
        }
        held = held && add_part(&p, str, at, str->size);
    }
    *out = ya_of_list(p.list);
    return held;
}

bool ya_text_lines(ya_run *run, ya_str *str, bool keep_ends, ya_list **out)
{
    parts p;
    if (!start_parts(run, &p) || !ya_step(run, str->size / 64))
        return false;
    for (size_t begin = 0, at = 0; begin < str->size;) {
        size_t size = at < str->size ? ya_python_line_break(str->data + at, str->size - at) : 0;
        if (at < str->size && !size) {
            at++;
            continue;
        }
        if (!add_part(&p, str, begin, keep_ends ? at + size : at))
            return false;
        begin = at += size;
    }
    *out = p.list;
    return true;
}

bool ya_text_join(ya_run *run, const ya_str *by, const ya_list *items, bool strings_only,
                  ya_value *out)
{
    ya_writer w = {0};
    for (uint32_t i = 0; i < items->n; i++) {
        if (strings_only && items->items[i].kind != YA_V_STR)
            return ya_raise(run, "sequence item %u: expected str instance, %s found", i,
                            ya_type_name(items->items[i]));
        if (i && !ya_write_str(&run->memory, &w, by, 0))
            return ya_raise_memory(run);
        if (!ya_write_value(run, &w, items->items[i]) || !ya_step(run, 1 + by->size / 64))
            return false;
    }
    return give(run, ya_written(&run->memory, &w), out);
}

bool ya_text_pad(ya_run *run, ya_str *str, int64_t width, uint32_t fill, int sides, ya_value *out)
{
    int64_t n = width - ya_str_length(str);
    char bytes[4];
    size_t size = ya_utf8_put(fill, bytes);
    if (n <= 0)
        return give(run, str, out);
    if (n > YA_RUN_MAX_TEXT / 8 || !ya_step(run, (uint64_t)n))
        return ya_raise(run, "a text is padded to %lld characters", (long long)width);
    int64_t left = sides == YA_STRIP_BOTH   ? n / 2 + (n & width & 1)
                   : sides == YA_STRIP_LEFT ? n
                                            : 0;
    ya_writer w = {0};
    bool held = true;
    for (int64_t i = 0; held && i < n; i++) {
        if (i == left)
            held = ya_write_str(&run->memory, &w, str, 0);
        held = held && ya_write(&run->memory, &w, bytes, size, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN);
    }
    if (left == n)
        held = held && ya_write_str(&run->memory, &w, str, 0);
    return held ? give(run, ya_written(&run->memory, &w), out) : ya_raise_memory(run);
}

/* ---- Case ---- */

static bool has_case(uint32_t c)
{
    return utf8proc_toupper((utf8proc_int32_t)c) != (utf8proc_int32_t)c ||
           utf8proc_tolower((utf8proc_int32_t)c) != (utf8proc_int32_t)c;
}

static bool begins_word(uint32_t c, ya_case to)
{
    if (to == YA_CASE_TITLE)
        return !has_case(c);
    return ya_python_is_space(c) || (c < 0x80 && c && strchr("-({[<", (char)c));
}

static size_t put_case(uint32_t c, ya_case to, bool first, char out[8])
{
    bool up = to == YA_CASE_UPPER || (to >= YA_CASE_TITLE && to <= YA_CASE_CAPITALIZED && first);
    if (to == YA_CASE_SWAPPED)
        up = utf8proc_toupper((utf8proc_int32_t)c) != (utf8proc_int32_t)c;
    if (up && c == 0xDF) {
        bool title = to != YA_CASE_UPPER && to != YA_CASE_WORDS && to != YA_CASE_SWAPPED;
        memcpy(out, title ? "Ss" : "SS", 2);
        return 2;
    }
    if (c < 0x80) {
        bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z';
        out[0] = (char)(up && lower ? c - 32 : !up && upper ? c + 32 : c);
        return 1;
    }
    return ya_utf8_put((uint32_t)(up ? utf8proc_toupper((utf8proc_int32_t)c)
                                     : utf8proc_tolower((utf8proc_int32_t)c)),
                       out);
}

bool ya_text_case(ya_run *run, const ya_str *str, ya_case to, ya_value *out)
{
    ya_writer w = {0};
    const ya_origin *runs = ya_str_runs(str);
    bool first = true, held = ya_step(run, str->size / 16);
    char bytes[8];
    size_t at = 0, length;
    for (uint32_t k = 0; k < str->n_runs; k++)
        while (held && at < runs[k].end) {
            uint32_t c = ya_utf8_get(str->data + at, &length);
            size_t size = put_case(c, to, first, bytes);
            bool kept = size == length && memcmp(bytes, str->data + at, size) == 0;
            size_t from = k ? runs[k - 1].end : 0;
            uint32_t place =
                runs[k].at == YA_AT_UNKNOWN ? YA_AT_UNKNOWN : runs[k].at + (uint32_t)(at - from);
            held = ya_write(&run->memory, &w, bytes, size, runs[k].source,
                            kept || size == length ? place : YA_AT_UNKNOWN);
            first = to != YA_CASE_CAPITALIZED && begins_word(c, to);
            at += length;
        }
    return held ? give(run, ya_written(&run->memory, &w), out) : ya_raise_memory(run);
}
