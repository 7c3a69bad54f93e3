#include "io/json_stream.h"

#include "io/value_scan.h"

enum { VALUE_BYTES = YA_LINE_MAX_BYTES + 2 /* the most a window ever holds, as of lines */ };

/* Bytes from the byte at hand to the end of the window. */
static size_t ahead(const ya_json_stream *s)
{
    return s->window->end - s->window->begin - s->at;
}

static char *at_hand(const ya_json_stream *s)
{
    return s->window->data + s->window->begin + s->at;
}

/* What lies before the byte at hand is needed no more. */
static void drop(ya_json_stream *s)
{
    if (s->keep)
        return;
    s->window->begin += s->at;
    s->at = 0;
}

/* More bytes ahead; *more is false at the end. */
static ya_status read_on(ya_json_stream *s, bool *more, ya_error *err)
{
    ya_window *w = s->window;
    size_t before = ahead(s);
    s->cut = s->keep && w->end - w->begin >= s->keep;
    *more = false;
    if (w->at_end || s->cut)
        return YA_OK;
    ya_status status = ya_window_fill(w, s->keep ? s->keep : VALUE_BYTES, err);
    *more = !status && ahead(s) > before;
    return status;
}

ya_status ya_json_stream_peek(ya_json_stream *s, int *c, ya_error *err)
{
    for (bool more = true; more;) {
        const char *at = at_hand(s), *end = at + ahead(s);
        while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
            s->number += *at++ == '\n';
        s->at += (size_t)(at - at_hand(s));
        *c = at < end ? (unsigned char)*at : -1;
        if (at < end)
            return YA_OK;
        drop(s);
        ya_status status = read_on(s, &more, err);
        if (status)
            return status;
    }
    return YA_OK;
}

bool ya_json_begins_value(int c)
{
    return c >= 0 && c != ',' && c != ':' && c != ']' && c != '}';
}

void ya_json_stream_take(ya_json_stream *s)
{
    s->at++;
}

/* Scans on from the byte at hand to the end of the value, or *whole = false. Of the bytes before
 * the byte at hand at least the first `kept` from the window's begin stay (while reading). */
static ya_status scan_on(ya_json_stream *s, ya_value_scan *scan, size_t kept, bool *whole,
                         ya_error *err)
{
    ya_window *w = s->window;
    for (bool more = true; more;) {
        char *at = at_hand(s);
        char *behind = ya_scan_value(scan, at, at + ahead(s));
        *whole = behind != NULL;
        s->at += behind ? (size_t)(behind - at) : ahead(s);
        if (behind)
            break;
        if (!s->keep && kept < VALUE_BYTES) { /* skipping */
            s->at = kept;
            w->end = w->begin + kept;
        } else if (!s->keep && s->at == VALUE_BYTES) {
            break;
        }
        ya_status status = read_on(s, &more, err);
        if (status)
            return status;
    }
    *whole = *whole || (scan->scalar && !s->cut && s->window->at_end);
    return YA_OK;
}

ya_status ya_json_stream_skip(ya_json_stream *s, bool opened, bool *whole, ya_error *err)
{
    ya_value_scan scan = {.depth = opened};
    drop(s);
    ya_status status = scan_on(s, &scan, 0, whole, err);
    s->number += scan.n_lines;
    return status;
}

ya_status ya_json_stream_value(ya_json_stream *s, ya_line *line, ya_error *err)
{
    ya_value_scan scan = {.one_line = s->keep == 0};
    bool whole;
    ya_status status;
    drop(s);
    *line = (ya_line){.number = s->number};
    size_t from = s->at;
    YA_TRY(scan_on(s, &scan, VALUE_BYTES, &whole, err));
    line->size = s->at - from;
    line->too_long = line->size > YA_LINE_MAX_BYTES;
    if (!whole && line->too_long && !s->keep)
        YA_TRY(scan_on(s, &scan, YA_LINE_KEPT_BYTES, &whole, err));
    s->number += scan.n_lines;
    if (line->too_long)
        line->size = YA_LINE_KEPT_BYTES;
    if (whole)
        line->text = s->window->data + s->window->begin + from;
done:
    return status;
}

static ya_status broken(ya_json_member *member, const char *expected, int found)
{
    member->kind = YA_MEMBER_BROKEN;
    member->expected = expected;
    member->found = found;
    return YA_OK;
}

/* At the member's name. */
static ya_status read_name(ya_json_stream *s, ya_json_member *member, int *c, ya_error *err)
{
    ya_line name;
    ya_status status;
    YA_TRY(ya_json_stream_peek(s, c, err));
    if (*c != '"')
        return broken(member, "the name of a member", *c);
    YA_TRY(ya_json_stream_value(s, &name, err));
    if (!name.text)
        return broken(member, "the end of a member's name", -1);
    member->name = ya_show(name.text + 1, name.size - 2);
    YA_TRY(ya_json_stream_peek(s, c, err));
    if (*c != ':')
        return broken(member, "\":\" behind the name of a member", *c);
    ya_json_stream_take(s);
    status = ya_json_stream_peek(s, c, err);
done:
    return status;
}

ya_status ya_json_stream_member(ya_json_stream *s, bool first, ya_json_member *member,
                                ya_error *err)
{
    int c;
    bool whole, is_array;
    ya_status status;
    *member = (ya_json_member){.kind = YA_MEMBER_NONE};
    YA_TRY(ya_json_stream_peek(s, &c, err));
    if (c == '}' || (!first && c == ','))
        ya_json_stream_take(s);
    else if (!first)
        return broken(member, "\",\" or \"}\"", c);
    if (c == '}')
        return YA_OK;
    member->kind = YA_MEMBER_OTHER;
    YA_TRY(read_name(s, member, &c, err));
    if (member->kind == YA_MEMBER_BROKEN)
        return YA_OK;
    if (!ya_json_begins_value(c))
        return broken(member, "the value of a member", c);
    is_array = c == '[';
    if (is_array) {
        ya_json_stream_take(s);
        YA_TRY(ya_json_stream_peek(s, &c, err));
        if (c == '{')
            member->kind = YA_MEMBER_LIST;
    }
    if (member->kind == YA_MEMBER_LIST)
        return YA_OK;
    YA_TRY(ya_json_stream_skip(s, is_array, &whole, err));
    if (!whole)
        return broken(member, "the end of a member's value", -1);
done:
    return status;
}
