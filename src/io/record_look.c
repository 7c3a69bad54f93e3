/* Telling from its beginning what a file of JSON holds. */
#include "base/chars.h"
#include "io/record_list.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_ARRAY = YA_WINDOW_FIRST, LOOK_OBJECT = 8 << 20 };

/* An object, as far as it was looked at. */
typedef struct {
    bool whole;     /* its closing bracket was found */
    bool broken;    /* before that, its members are not written as members */
    bool is_record; /* it has a member of a record's */
    int n_lists;    /* members that are arrays of objects */
    ya_shown list, other_list;
    char others[sizeof((ya_record_note *)0)->others]; /* names of the other members, "a, b" */
} look;

static bool is_among(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Appends to "a, b"; what has no room is left out. */
static void add_name(char *names, size_t room, const char *name)
{
    size_t used = strlen(names);
    snprintf(names + used, room - used, "%s%s", used ? ", " : "", name);
}

/* The object whose { is at hand. */
static ya_status look_at_object(ya_json_stream *s, const char *const *members, look *l,
                                ya_error *err)
{
    ya_json_member member;
    bool whole;
    ya_status status = YA_OK;
    *l = (look){0};
    ya_json_stream_take(s);
    for (bool first = true;; first = false) {
        YA_TRY(ya_json_stream_member(s, first, &member, err));
        l->whole = member.kind == YA_MEMBER_NONE;
        l->broken = member.kind == YA_MEMBER_BROKEN && member.found >= 0;
        if (l->whole || member.kind == YA_MEMBER_BROKEN)
            break;
        l->is_record = l->is_record || is_among(members, member.name.text);
        if (member.kind != YA_MEMBER_LIST) {
            add_name(l->others, sizeof l->others, member.name.text);
            continue;
        }
        if (l->n_lists < 2)
            *(l->n_lists ? &l->other_list : &l->list) = member.name;
        l->n_lists++;
        YA_TRY(ya_json_stream_skip(s, true, &whole, err));
        if (!whole)
            break;
    }
done:
    return status;
}

/* Whether the line behind the one that begins at hand begins with an object. */
static bool second_line_is_object(const ya_window *w)
{
    const char *end = w->data + w->end, *first = ya_skip_space(w->data + w->begin, end);
    const char *lf = memchr(first, '\n', (size_t)(end - first));
    return lf && lf + 1 < end && lf[1] == '{';
}

/* What follows decides: records of the same kind, or nothing. */
static ya_status judge_object(ya_json_stream *s, const look *l, ya_holds *holds, ya_error *err)
{
    bool on_one_line = s->number == 1;
    int next = -1;
    bool broken_line = l->broken && (on_one_line || second_line_is_object(s->window));
    *holds = on_one_line || broken_line ? YA_HOLDS_LINES : YA_HOLDS_OBJECTS;
    if (broken_line || l->is_record || l->n_lists == 0)
        return YA_OK;
    if (l->whole) {
        ya_status status = ya_json_stream_peek(s, &next, err);
        if (status)
            return status;
    }
    if (next >= 0) /* another object, or something that is wrong behind a record */
        return YA_OK;
    if (l->n_lists > 1)
        return ya_fail_two_lists(s->window->path, l->list.text, l->other_list.text, err);
    *holds = YA_HOLDS_CONTAINER;
    return YA_OK;
}

/* One array, or lines of which each is an array? */
static ya_status judge_array(ya_json_stream *s, ya_holds *holds, ya_error *err)
{
    ya_line array;
    int next = -1;
    ya_status status;
    YA_TRY(ya_json_stream_value(s, &array, err));
    bool on_one_line = s->number == 1;
    if (array.text)
        YA_TRY(ya_json_stream_peek(s, &next, err));
    bool follows = s->number > 1 && (next == '{' || next == '[');
    *holds = on_one_line && follows ? YA_HOLDS_LINES : YA_HOLDS_ARRAY;
done:
    return status;
}

ya_status ya_record_list_look(ya_window *window, const char *const *members, ya_holds *holds,
                              ya_record_note *note, ya_error *err)
{
    ya_json_stream stream = {.window = window, .number = 1, .keep = LOOK_OBJECT};
    look l;
    int c;
    ya_status status;
    YA_TRY(ya_json_stream_peek(&stream, &c, err));
    stream.number = 1; /* of the first line that is not blank */
    if (c == '{') {
        YA_TRY(look_at_object(&stream, members, &l, err));
        status = judge_object(&stream, &l, holds, err);
        if (!status && *holds == YA_HOLDS_CONTAINER) {
            note->list = l.list;
            memcpy(note->others, l.others, sizeof l.others);
        }
    } else {
        stream.keep = LOOK_ARRAY;
        status = judge_array(&stream, holds, err);
    }
done:
    return status;
}
