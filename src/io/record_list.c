#include "io/record_list.h"

#include <stdio.h>

static const char *path_of(const ya_record_list *l)
{
    return l->stream.window->path;
}

/* What is at hand is not what it should be. */
static ya_status unexpected(const ya_record_list *l, const char *expected, int found, ya_error *err)
{
    unsigned long long number = l->stream.number;
    if (found < 0)
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s:%llu: the file ends where %s was expected: it is truncated", path_of(l),
                       number, expected);
    char shown[20] = "a quotation mark";
    if (found != '"')
        snprintf(shown, sizeof shown, found > 0x20 && found < 0x7F ? "\"%c\"" : "byte %d", found);
    return ya_fail(err, YA_ERR_FORMAT, "%s:%llu: expected %s, found %s", path_of(l), number,
                   expected, shown);
}

ya_status ya_fail_two_lists(const char *path, const char *first, const char *second, ya_error *err)
{
    return ya_fail(err, YA_ERR_DATA,
                   "%s holds two lists of records, %s and %s: split it, for example with  "
                   "jq -c '.[\"%s\"][]' FILE > %s.jsonl",
                   path, first, second, first, first);
}

ya_status ya_record_list_begin(ya_record_list *l, ya_window *window, ya_holds holds, ya_error *err)
{
    int c;
    *l = (ya_record_list){.stream = {.window = window, .number = 1}};
    ya_status status = ya_json_stream_peek(&l->stream, &c, err);
    l->begins = l->stream.number;
    if (status || holds == YA_HOLDS_OBJECTS)
        return status;
    ya_json_stream_take(&l->stream);
    l->contained = holds == YA_HOLDS_CONTAINER;
    l->place = l->contained ? YA_LIST_BEFORE : YA_LIST_FIRST;
    return YA_OK;
}

/* Behind the last bracket nothing may follow. */
static ya_status end(ya_record_list *l, ya_error *err)
{
    int c;
    ya_status status = ya_json_stream_peek(&l->stream, &c, err);
    l->place = YA_LIST_END;
    if (!status && c >= 0)
        status = unexpected(l,
                            l->contained ? "nothing behind the object that holds the list"
                                         : "nothing behind the \"]\" of the list",
                            c, err);
    return status;
}

/* Among the members of the object that holds the list: to the first record, or to the end. */
static ya_status next_member(ya_record_list *l, ya_error *err)
{
    ya_json_member member = {.kind = YA_MEMBER_OTHER};
    ya_status status = YA_OK;
    bool first = l->place == YA_LIST_BEFORE, found = !first;
    while (!status && member.kind == YA_MEMBER_OTHER) {
        status = ya_json_stream_member(&l->stream, first, &member, err);
        first = false;
    }
    if (status)
        return status;
    if (member.kind == YA_MEMBER_BROKEN)
        return unexpected(l, member.expected, member.found, err);
    if (member.kind == YA_MEMBER_NONE)
        return end(l, err);
    if (found)
        return ya_fail_two_lists(path_of(l), l->name.text, member.name.text, err);
    l->name = member.name;
    l->begins = l->stream.number;
    l->place = YA_LIST_FIRST;
    return YA_OK;
}

/* To the first byte of the next record; *due is false when the list has no more. */
static ya_status next_item(ya_record_list *l, bool *due, ya_error *err)
{
    ya_status status;
    int c;
    *due = true;
    YA_TRY(ya_json_stream_peek(&l->stream, &c, err));
    if (l->place == YA_LIST_OBJECTS) {
        *due = c >= 0;
        return c == '{' || c < 0 ? YA_OK : unexpected(l, "the \"{\" of a record", c, err);
    }
    if (c == ']') {
        *due = false;
        ya_json_stream_take(&l->stream);
        l->place = YA_LIST_BEHIND;
        return l->contained ? YA_OK : end(l, err);
    }
    if (l->place == YA_LIST_NEXT) {
        if (c != ',')
            return unexpected(l, "\",\" or \"]\" behind a record", c, err);
        ya_json_stream_take(&l->stream);
        YA_TRY(ya_json_stream_peek(&l->stream, &c, err));
    }
    if (!ya_json_begins_value(c))
        return unexpected(l, "a record", c, err);
done:
    return status;
}

static ya_status read_record(ya_record_list *l, ya_line *line, ya_error *err)
{
    ya_status status = ya_json_stream_value(&l->stream, line, err);
    if (l->place != YA_LIST_OBJECTS)
        l->place = YA_LIST_NEXT;
    if (!status && !line->text)
        status = ya_fail(err, YA_ERR_FORMAT,
                         "%s:%llu: the file ends within the record that begins here: it is "
                         "truncated, or a quotation mark or bracket is not closed",
                         path_of(l), (unsigned long long)line->number);
    return status;
}

ya_status ya_record_list_next(ya_record_list *l, ya_line *line, ya_error *err)
{
    bool due = false;
    ya_status status = YA_OK;
    while (l->place != YA_LIST_END && !due) {
        if (l->place == YA_LIST_BEFORE || l->place == YA_LIST_BEHIND)
            YA_TRY(next_member(l, err));
        else
            YA_TRY(next_item(l, &due, err));
        if (l->place == YA_LIST_OBJECTS && !due)
            l->place = YA_LIST_END;
    }
    if (due)
        return read_record(l, line, err);
done:
    *line = (ya_line){.number = l->stream.number};
    return status;
}
