#include "data/messages.h"

#include "base/alloc.h"
#include "data/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ROLE_ROOM = 24, SHOWN = 40 };

/* What a role is called elsewhere. Others are taken as they are: the template judges them. */
static const char *const role_names[][2] = {
    {"system", "system"},      {"developer", "developer"}, {"user", "user"},
    {"human", "user"},         {"assistant", "assistant"}, {"gpt", "assistant"},
    {"model", "assistant"},    {"bot", "assistant"},       {"chatgpt", "assistant"},
    {"bing", "assistant"},     {"bard", "assistant"},      {"tool", "tool"},
    {"observation", "tool"},   {"function", "function"},   {"function_response", "tool"},
    {"function_call", "call"},
};

/* A message as it is read. */
typedef struct {
    ya_json_value role, content;
    int role_part, content_part; /* which of `parts` gave them; -1: none so far */
    bool context;
    char *members; /* what else goes to the template, as JSON; taken from the scratch */
    size_t size, room;
    bool full; /* there was no room: real calls have names, and with these they always fit */
} reading;

static bool bad(ya_raw *raw, const char *format, ...) YA_PRINTF(2, 3);
static bool bad(ya_raw *raw, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ya_fail(&raw->why, YA_ERR_DATA, "message %zu %s", raw->n_messages + 1, text);
    return false;
}

static bool is_name(const char *text, size_t size, const char *name)
{
    return strlen(name) == size && memcmp(text, name, size) == 0;
}

bool ya_message_is(const ya_message *message, const char *role)
{
    return strcmp(message->role, role) == 0;
}

bool ya_message_is_empty(const ya_message *message)
{
    const char *text = message->content ? message->content : "";
    size_t size = message->content_size;
    ya_text_trim(&text, &size);
    return size == 0 && !message->members;
}

bool ya_raw_array(ya_raw *raw, const ya_json_value *value, ya_json_value *array)
{
    *array = *value;
    if (value->type != YA_JSON_STRING)
        return value->type == YA_JSON_ARRAY;
    const char *text;
    size_t size;
    ya_raw_string(raw, value, &text, &size);
    const char *end = text + size, *at = ya_json_scan(text, end, YA_RECORD_MAX_DEPTH, array);
    return at && ya_json_skip_space(at, end) == end && array->type == YA_JSON_ARRAY;
}

/* Members that go to the template: ------------------------------------------------------------- */

static void put(reading *m, const char *text, size_t size)
{
    if (size > m->room - m->size) {
        m->full = true;
        return;
    }
    memcpy(m->members + m->size, text, size);
    m->size += size;
}

static void put_text(reading *m, const char *text)
{
    put(m, text, strlen(text));
}

static void put_value(reading *m, const ya_json_value *value)
{
    const char *quote = value->type == YA_JSON_STRING ? "\"" : "";
    put_text(m, quote);
    put(m, value->text, value->size);
    put_text(m, quote);
}

/* "name": value, as written. */
static void put_member(reading *m, const ya_json_value *name, const ya_json_value *value)
{
    put_text(m, m->size > 1 ? "," : "");
    put_value(m, name);
    put_text(m, ":");
    put_value(m, value);
}

/* One call or a list of them, as tool_calls. */
static void put_call(reading *m, const ya_json_value *call, bool first)
{
    put_text(m, first ? "" : ",");
    put_text(m, "{\"type\":\"function\",\"function\":");
    put_value(m, call);
    put_text(m, "}");
}

static void put_calls(reading *m, const ya_json_value *calls)
{
    put_text(m, m->size > 1 ? ",\"tool_calls\":[" : "\"tool_calls\":[");
    if (calls->type == YA_JSON_OBJECT) {
        put_call(m, calls, true);
    } else {
        ya_json_cursor cursor;
        ya_json_value call;
        bool first = true;
        ya_json_enter(&cursor, calls->text, calls->text + calls->size, YA_RECORD_MAX_DEPTH);
        for (; ya_json_next_item(&cursor, &call); first = false)
            put_call(m, &call, first);
    }
    put_text(m, "]");
}

/* Members of a message: ------------------------------------------------------------------------ */

/* What is known of a member by its name. */
typedef enum {
    PART_ROLE,
    PART_CONTENT,
    PART_WEIGHT,
    PART_LEARNED,
    PART_CALL,  /* an object, the older form of tool_calls */
    PART_MEMBER /* the template's */
} part;

static const struct {
    const char *name;
    part part;
} parts[] = {
    {"role", PART_ROLE},           {"from", PART_ROLE},          {"content", PART_CONTENT},
    {"value", PART_CONTENT},       {"weight", PART_WEIGHT},      {"train", PART_LEARNED},
    {"loss", PART_LEARNED},        {"function_call", PART_CALL}, {"tool_calls", PART_MEMBER},
    {"tool_call_id", PART_MEMBER}, {"name", PART_MEMBER},        {"reasoning_content", PART_MEMBER},
    {"reasoning", PART_MEMBER},    {"thinking", PART_MEMBER},    {"tool_plan", PART_MEMBER},
    {"id", PART_MEMBER},
};
enum { N_PARTS = sizeof parts / sizeof *parts };

static int find_part(const char *name, size_t size)
{
    for (int i = 0; i < N_PARTS; i++)
        if (is_name(name, size, parts[i].name))
            return i;
    return -1;
}

/* A weight is 0 or 1: whether the turn is learned. */
static bool read_weight(ya_raw *raw, const char *name, const ya_json_value *value, bool *context)
{
    if (value->type == YA_JSON_BOOLEAN) {
        *context = value->text[0] == 'f';
        return true;
    }
    double weight = value->type == YA_JSON_NUMBER ? ya_raw_number(value) : -1.0;
    if (weight != 0.0 && weight != 1.0)
        return bad(raw, "has %s %.*s, expected 0 (context) or 1 (learned)", name,
                   value->size < SHOWN ? (int)value->size : SHOWN, value->text);
    *context = weight == 0.0;
    return true;
}

/* Of a repeated name the last counts; two names for one thing are a contradiction. */
static bool take(ya_raw *raw, int i, const ya_json_value *value, int *from, ya_json_value *out)
{
    if (value->type == YA_JSON_NULL && *from != i)
        return true;
    if (*from >= 0 && *from != i)
        return bad(raw, "has both %s and %s", parts[*from].name, parts[i].name);
    *out = *value;
    *from = i;
    return true;
}

static bool read_member(ya_raw *raw, reading *m, const ya_json_value *name,
                        const ya_json_value *value)
{
    const char *text;
    size_t size, used = raw->scratch_used;
    ya_raw_string(raw, name, &text, &size);
    int i = find_part(text, size);
    raw->scratch_used = used; /* the name is not kept */
    bool null = value->type == YA_JSON_NULL;
    switch (i < 0 ? PART_MEMBER : parts[i].part) {
    case PART_ROLE:
        return take(raw, i, value, &m->role_part, &m->role);
    case PART_CONTENT:
        return take(raw, i, value, &m->content_part, &m->content);
    case PART_WEIGHT:
    case PART_LEARNED:
        return null || read_weight(raw, parts[i].name, value, &m->context);
    case PART_CALL:
        if (!null && value->type != YA_JSON_OBJECT)
            return bad(raw, "has a function_call that is %s, expected an object",
                       ya_json_type_name((ya_json_type)value->type));
        if (!null)
            put_calls(m, value);
        return true;
    case PART_MEMBER:
        break;
    }
    if (i < 0 && !null) {
        ya_raw_note_unused(raw, "messages[].", name->text, name->size);
    }
    put_member(m, name, value);
    return true;
}

/* Content: ------------------------------------------------------------------------------------- */

/* The texts of a list of parts, joined, to `to`; false: a part is no text. */
static bool join_parts(ya_raw *raw, const ya_json_value *list, char *to, size_t *size)
{
    ya_json_cursor cursor, object;
    ya_json_value item, name, value;
    *size = 0;
    ya_json_enter(&cursor, list->text, list->text + list->size, YA_RECORD_MAX_DEPTH);
    while (ya_json_next_item(&cursor, &item)) {
        ya_json_value text = {.type = YA_JSON_NULL};
        if (item.type == YA_JSON_STRING)
            text = item;
        if (item.type == YA_JSON_OBJECT) {
            ya_json_enter(&object, item.text, item.text + item.size, YA_RECORD_MAX_DEPTH);
            while (ya_json_next_member(&object, &name, &value)) {
                if (is_name(name.text, name.size, "text") && value.type == YA_JSON_STRING)
                    text = value;
                else if (is_name(name.text, name.size, "type") &&
                         !(value.type == YA_JSON_STRING && is_name(value.text, value.size, "text")))
                    return bad(raw, "has a part of type %.*s, expected text",
                               value.size < SHOWN ? (int)value.size : SHOWN, value.text);
            }
        }
        if (text.type != YA_JSON_STRING)
            return bad(raw, "has a part that is no text");
        *size += ya_json_unescape(to + *size, text.text, text.size);
    }
    return true;
}

static bool read_content(ya_raw *raw, const reading *m, ya_message *message)
{
    const ya_json_value *content = &m->content;
    if (content->type == YA_JSON_NULL)
        return true;
    if (content->type == YA_JSON_STRING) {
        ya_raw_string(raw, content, &message->content, &message->content_size);
        return true;
    }
    if (content->type != YA_JSON_ARRAY)
        return bad(raw, "has a content that is %s, expected a string, null or a list of text parts",
                   ya_json_type_name((ya_json_type)content->type));
    char *joined = ya_raw_take(raw, content->size);
    if (!join_parts(raw, content, joined, &message->content_size))
        return false;
    ya_raw_give_back(raw, content->size - message->content_size);
    message->content = joined;
    message->parts = content->text;
    message->parts_size = content->size;
    return true;
}

/* Roles: --------------------------------------------------------------------------------------- */

/* A turn of ShareGPT that is a call: its text is the call, as JSON. */
static bool read_call(ya_raw *raw, reading *m, ya_message *message)
{
    const char *text;
    size_t size;
    ya_json_value call;
    if (m->content.type != YA_JSON_STRING)
        return bad(raw, "is a function_call without its text");
    ya_raw_string(raw, &m->content, &text, &size);
    const char *end = text + size, *at = ya_json_scan(text, end, YA_RECORD_MAX_DEPTH, &call);
    bool json = at && ya_json_skip_space(at, end) == end;
    if (!json || (call.type != YA_JSON_OBJECT && call.type != YA_JSON_ARRAY))
        return bad(raw, "is a function_call whose text is not JSON: {\"name\": ..., \"arguments\": "
                        "...}");
    message->role = "assistant";
    put_calls(m, &call);
    return true;
}

/* The role, one of role_names, or as written. */
static bool read_role(ya_raw *raw, reading *m, ya_message *message)
{
    if (m->role.type == YA_JSON_NULL)
        return bad(raw,
                   "has no role: expected {\"role\": ..., \"content\": ...} or {\"from\": ..., "
                   "\"value\": ...}");
    if (m->role.type != YA_JSON_STRING)
        return bad(raw, "has a role that is %s, expected a string",
                   ya_json_type_name((ya_json_type)m->role.type));
    message->role = ya_raw_copy(raw, &m->role);
    for (size_t i = 0; i < sizeof role_names / sizeof *role_names; i++)
        if (strcasecmp(message->role, role_names[i][0]) == 0)
            message->role = role_names[i][1];
    return true;
}

static bool read_message(ya_raw *raw, const ya_json_value *value, bool context, ya_message *message)
{
    enum { MEMBERS_ROOM = 3 }; /* of a message's size */
    ya_json_cursor cursor;
    ya_json_value name, member;
    reading m = {.context = context, .role_part = -1, .content_part = -1};
    m.role.type = m.content.type = YA_JSON_NULL;
    if (value->type != YA_JSON_OBJECT)
        return bad(raw, "is %s, expected an object {\"role\": ..., \"content\": ...}",
                   ya_json_type_name((ya_json_type)value->type));
    m.room = MEMBERS_ROOM * (size_t)value->size;
    m.members = ya_raw_take(raw, m.room);
    put_text(&m, "{");
    ya_json_enter(&cursor, value->text, value->text + value->size, YA_RECORD_MAX_DEPTH);
    while (ya_json_next_member(&cursor, &name, &member))
        if (!read_member(raw, &m, &name, &member))
            return false;
    *message = (ya_message){.context = m.context};
    bool may_be_call = m.role.size == sizeof "function_call" - 1;
    if (!may_be_call) {
        ya_raw_give_back(raw, m.room - m.size - 1);
        m.room = m.size + 1;
    }
    if (!read_role(raw, &m, message))
        return false;
    bool call = ya_message_is(message, "call");
    if (call ? !read_call(raw, &m, message) : !read_content(raw, &m, message))
        return false;
    if (m.size > 1)
        put_text(&m, "}");
    if (m.full)
        return bad(raw, "has calls without names");
    if (m.size > 1) {
        message->members = m.members;
        message->members_size = m.size;
    }
    return true;
}

/* The list: ------------------------------------------------------------------------------------ */

static ya_status make_room(ya_raw *raw, ya_error *err)
{
    if (raw->n_messages < raw->room_messages)
        return YA_OK;
    size_t room = 2 * raw->room_messages + 8;
    ya_message *bigger = ya_realloc_array(raw->messages, room, sizeof *bigger);
    if (!bigger)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu messages", room);
    raw->messages = bigger;
    raw->room_messages = room;
    return YA_OK;
}

ya_status ya_messages_add(ya_raw *raw, const char *role, const char *content, size_t size,
                          ya_error *err)
{
    ya_status status = make_room(raw, err);
    if (!status)
        raw->messages[raw->n_messages++] =
            (ya_message){.role = role, .content = content, .content_size = size};
    return status;
}

ya_status ya_messages_put_system(ya_raw *raw, const char *content, size_t size, ya_error *err)
{
    if (raw->n_messages > 0 && ya_message_is(&raw->messages[0], "system"))
        return YA_OK;
    ya_status status = make_room(raw, err);
    if (status)
        return status;
    memmove(raw->messages + 1, raw->messages, raw->n_messages * sizeof *raw->messages);
    raw->messages[0] = (ya_message){.role = "system", .content = content, .content_size = size};
    raw->n_messages++;
    return YA_OK;
}

ya_status ya_messages_read(ya_raw *raw, const ya_json_value *list, bool context, bool *good,
                           ya_error *err)
{
    ya_json_cursor cursor;
    ya_json_value array, item;
    ya_status status = YA_OK;
    *good = ya_raw_array(raw, list, &array);
    if (!*good) {
        ya_fail(&raw->why, YA_ERR_DATA, "the messages are %s, expected a list of them",
                ya_json_type_name((ya_json_type)list->type));
        return YA_OK;
    }
    ya_json_enter(&cursor, array.text, array.text + array.size, YA_RECORD_MAX_DEPTH);
    while (*good && ya_json_next_item(&cursor, &item)) {
        YA_TRY(make_room(raw, err));
        *good = read_message(raw, &item, context, &raw->messages[raw->n_messages]);
        raw->n_messages += *good;
    }
done:
    return status;
}
