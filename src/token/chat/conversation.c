#include "token/chat/conversation.h"

#include "base/chars.h"
#include "io/json_scan.h"
#include "token/unicode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_DEPTH = 100 };

static bool out_of_memory(ya_run *run)
{
    return ya_raise_memory(run);
}

static bool add_source(ya_run *run, ya_from from, size_t message, const char *text, size_t size,
                       uint32_t *out)
{
    if (run->n_sources == run->room_sources) {
        uint32_t room = 2 * run->room_sources + 16;
        ya_source *sources = ya_memory_grow(
            &run->memory, run->sources, run->n_sources * sizeof *sources, room * sizeof *sources);
        if (!sources || room >= YA_GENERATED)
            return out_of_memory(run);
        run->sources = sources;
        run->room_sources = room;
    }
    *out = run->n_sources;
    run->sources[run->n_sources++] = (ya_source){from, (uint32_t)message, text, (uint32_t)size};
    return true;
}

static bool give_text(ya_run *run, const char *text, size_t size, uint32_t source, uint32_t at,
                      ya_value *out)
{
    *out = ya_of_str(ya_str_view(&run->memory, text, size, source, at));
    return out->str || out_of_memory(run);
}

/* Texts may be any bytes; what is ill-formed becomes U+FFFD. */
static bool well_formed(ya_run *run, const char **text, size_t *size)
{
    ya_buffer repaired = {0};
    if (ya_utf8_valid(*text, *size) == *size)
        return true;
    bool held = ya_utf8_repair(&repaired, *text, *size, NULL) == YA_OK;
    *text = held ? ya_memory_copy(&run->memory, repaired.data, repaired.size) : NULL;
    *size = repaired.size;
    ya_buffer_free(&repaired);
    return *text || out_of_memory(run);
}

/* ---- JSON to values ---- */

/* What of a JSON document comes from where. */
typedef struct {
    ya_run *run;
    uint32_t source;
    uint32_t arguments; /* of the member "arguments", or 0 */
    bool arguments_text;
} reader;

static bool read_value(const reader *r, const ya_json_value *json, int depth, ya_value *out);

static bool read_text(ya_run *run, const ya_json_value *json, uint32_t source, uint32_t at,
                      ya_value *out)
{
    const char *text = json->text;
    size_t size = json->size;
    if (json->escaped) {
        char *to = ya_memory_get(&run->memory, size + 1);
        if (!to)
            return out_of_memory(run);
        size = ya_json_unescape(to, text, size);
        text = to;
    }
    return give_text(run, text, size, source, at, out);
}

static bool read_number(const reader *r, const ya_json_value *json, ya_value *out)
{
    char text[400], *end;
    bool whole = !memchr(json->text, '.', json->size) && !memchr(json->text, 'e', json->size) &&
                 !memchr(json->text, 'E', json->size);
    if (json->size >= sizeof text)
        return ya_raise(r->run, "a number of the conversation has %u digits", json->size);
    memcpy(text, json->text, json->size);
    text[json->size] = '\0';
    if (!whole) {
        *out = ya_real(strtod(text, NULL));
        return true;
    }
    errno = 0;
    *out = ya_integer(strtoll(text, &end, 10));
    if (errno != ERANGE)
        return true;
    bool held = give_text(r->run, json->text, json->size, r->source, YA_AT_UNKNOWN, out);
    out->kind = YA_V_BIG;
    return held;
}

static bool read_array(const reader *r, const ya_json_value *json, int depth, ya_value *out)
{
    ya_json_cursor cursor;
    ya_json_value item;
    ya_memory *memory = &r->run->memory;
    ya_list *list = ya_list_new(memory, 0, YA_LIST);
    uint32_t room = 0;
    if (!list)
        return out_of_memory(r->run);
    list->source = r->source;
    *out = ya_of_list(list);
    (void)ya_json_enter(&cursor, json->text, json->text + json->size, depth);
    while (ya_json_next_item(&cursor, &item)) {
        if (list->n == room) {
            uint32_t more = 2 * room + 4;
            ya_value *items =
                ya_memory_grow(memory, list->items, room * sizeof *items, more * sizeof *items);
            if (!items)
                return out_of_memory(r->run);
            list->items = items;
            room = more;
        }
        if (!read_value(r, &item, depth - 1, &list->items[list->n]))
            return false;
        list->n++;
    }
    return !cursor.bad || ya_raise(r->run, "the conversation's JSON is nested too deep");
}

/* The arguments of a call: an object, or its JSON as a text, which then knows its object. */
static bool read_arguments(const reader *r, const ya_json_value *json, int depth, ya_value *out)
{
    reader inner = {r->run, r->arguments, 0, false};
    ya_json_value object;
    if (json->type != YA_JSON_STRING && !r->arguments_text)
        return read_value(&inner, json, depth, out);
    if (json->type != YA_JSON_STRING)
        return give_text(r->run, json->text, json->size, r->arguments, YA_AT_UNKNOWN, out);
    if (!read_text(r->run, json, r->arguments, YA_AT_UNKNOWN, out))
        return false;
    const char *text = out->str->data, *text_end = text + out->str->size;
    const char *end = ya_json_scan(text, text_end, depth, &object);
    if (!end || ya_json_skip_space(end, text_end) != text_end || object.type != YA_JSON_OBJECT)
        return true;
    ya_value *parsed = ya_memory_get(&r->run->memory, sizeof *parsed);
    out->str->parsed = parsed;
    return parsed ? read_value(&inner, &object, depth, parsed) : out_of_memory(r->run);
}

static bool read_object(const reader *r, const ya_json_value *json, int depth, ya_value *out)
{
    ya_json_cursor cursor;
    ya_json_value name, item;
    ya_dict *dict = ya_dict_new(&r->run->memory, 4);
    if (!dict)
        return out_of_memory(r->run);
    dict->source = r->source;
    *out = ya_of_dict(dict);
    (void)ya_json_enter(&cursor, json->text, json->text + json->size, depth);
    while (ya_json_next_member(&cursor, &name, &item)) {
        ya_value key = ya_none(), value = ya_none();
        if (!read_text(r->run, &name, r->source, YA_AT_UNKNOWN, &key))
            return false;
        bool arguments = r->arguments && ya_str_is(key.str, "arguments");
        if (!(arguments ? read_arguments(r, &item, depth - 1, &value)
                        : read_value(r, &item, depth - 1, &value)))
            return false;
        if (!ya_dict_set(&r->run->memory, dict, key, value))
            return out_of_memory(r->run);
    }
    return !cursor.bad || ya_raise(r->run, "the conversation's JSON is nested too deep");
}

static bool read_value(const reader *r, const ya_json_value *json, int depth, ya_value *out)
{
    switch ((ya_json_type)json->type) {
    case YA_JSON_STRING:
        return read_text(r->run, json, r->source, YA_AT_UNKNOWN, out);
    case YA_JSON_NUMBER:
        return read_number(r, json, out);
    case YA_JSON_BOOLEAN:
        *out = ya_truth(json->text[0] == 't');
        return true;
    case YA_JSON_NULL:
        *out = ya_none();
        return true;
    case YA_JSON_ARRAY:
        return read_array(r, json, depth, out);
    case YA_JSON_OBJECT:
        return read_object(r, json, depth, out);
    }
    return false;
}

static bool scan_whole(ya_run *run, const char *text, size_t size, ya_json_type type,
                       const char *what, ya_json_value *out)
{
    const char *end = ya_json_scan(text, text + size, JSON_DEPTH, out);
    if (end && ya_json_skip_space(end, text + size) == text + size &&
        (ya_json_type)out->type == type)
        return true;
    return ya_raise(run, "%s of the conversation are no JSON %s", what,
                    type == YA_JSON_ARRAY ? "list" : "object");
}

/* ---- Messages ---- */

static bool set(ya_run *run, ya_dict *dict, const char *name, ya_value value)
{
    ya_str *key = ya_str_literal(&run->memory, name);
    return (key && ya_dict_set(&run->memory, dict, ya_of_str(key), value)) || out_of_memory(run);
}

static bool is_word(const char *role)
{
    for (; *role; role++)
        if (!ya_is_letter(*role) && !ya_is_digit(*role) && *role != '_' && *role != '-')
            return false;
    return true;
}

static bool add_role(ya_run *run, ya_dict *dict, const char *role, size_t i)
{
    uint32_t source = YA_SOURCE_TEMPLATE;
    size_t size = strlen(role);
    ya_value value = ya_none();
    return well_formed(run, &role, &size) &&
           (is_word(role) || add_source(run, YA_FROM_ROLE, i, NULL, 0, &source)) &&
           give_text(run, role, size, source, YA_AT_UNKNOWN, &value) &&
           set(run, dict, "role", value);
}

/* The text of each part knows where it lies in the joined text. */
static bool add_part_texts(ya_run *run, const ya_value *list, uint32_t source)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < list->list->n; i++) {
        ya_value part = list->list->items[i];
        const ya_value *text = part.kind == YA_V_DICT ? ya_dict_text(part.dict, "text") : NULL;
        if (text && text->kind == YA_V_STR) {
            text->str->one = (ya_origin){text->str->size, source, at};
            at += text->str->size;
        }
    }
    run->sources[source].size = at;
    return true;
}

static bool one_part(ya_run *run, ya_value text, ya_value *out)
{
    ya_list *list = ya_list_new(&run->memory, 1, YA_LIST);
    ya_dict *part = ya_dict_new(&run->memory, 2);
    ya_value type = ya_none();
    if (!list || !part)
        return out_of_memory(run);
    if (!give_text(run, "text", 4, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN, &type) ||
        !set(run, part, "type", type) || !set(run, part, "text", text))
        return false;
    list->source = part->source = text.str->one.source;
    list->items[0] = ya_of_dict(part);
    *out = ya_of_list(list);
    return true;
}

static bool add_content(ya_run *run, ya_dict *dict, const ya_message *m, size_t i,
                        const ya_chat_form *form)
{
    const char *text = m->content ? m->content : "";
    size_t size = m->content ? m->content_size : 0;
    uint32_t source = 0;
    ya_value value = ya_none();
    ya_json_value json;
    if (!well_formed(run, &text, &size) ||
        !add_source(run, YA_FROM_CONTENT, i, text, size, &source))
        return false;
    if (m->parts && form->content != YA_CONTENT_TEXT) {
        reader r = {run, source, 0, false};
        if (!scan_whole(run, m->parts, m->parts_size, YA_JSON_ARRAY, "parts of a message", &json) ||
            !read_value(&r, &json, JSON_DEPTH, &value) || !add_part_texts(run, &value, source))
            return false;
    } else if (m->content || form->content == YA_CONTENT_TEXT) {
        if (!give_text(run, text, size, source, 0, &value) ||
            (form->content == YA_CONTENT_PARTS && !one_part(run, value, &value)))
            return false;
    }
    return set(run, dict, "content", value);
}

static bool read_calls(ya_run *run, const ya_json_value *json, size_t i, const ya_chat_form *form,
                       ya_value *out)
{
    ya_json_cursor cursor;
    ya_json_value item;
    reader whole = {.run = run};
    if (!add_source(run, YA_FROM_OTHER, i, NULL, 0, &whole.source))
        return false;
    if (json->type != YA_JSON_ARRAY)
        return read_value(&whole, json, JSON_DEPTH, out);
    uint32_t n = 0;
    (void)ya_json_enter(&cursor, json->text, json->text + json->size, JSON_DEPTH);
    while (ya_json_next_item(&cursor, &item))
        n++;
    ya_list *list = ya_list_new(&run->memory, n, YA_LIST);
    if (!list)
        return out_of_memory(run);
    list->source = whole.source;
    n = 0;
    (void)ya_json_enter(&cursor, json->text, json->text + json->size, JSON_DEPTH);
    while (ya_json_next_item(&cursor, &item)) {
        reader r = {.run = run, .arguments_text = form->arguments_text};
        if (!add_source(run, YA_FROM_CALL, i, item.text, item.size, &r.source) ||
            !add_source(run, YA_FROM_ARGUMENTS, i, NULL, 0, &r.arguments) ||
            !read_value(&r, &item, JSON_DEPTH - 1, &list->items[n++]))
            return false;
    }
    *out = ya_of_list(list);
    return true;
}

static bool is_reasoning(const ya_str *name)
{
    return ya_str_is(name, "reasoning_content") || ya_str_is(name, "thinking") ||
           ya_str_is(name, "reasoning");
}

static bool read_member(ya_run *run, const ya_str *name, const ya_json_value *json, size_t i,
                        const ya_chat_form *form, ya_value *out)
{
    reader r = {.run = run};
    if (ya_str_is(name, "tool_calls"))
        return read_calls(run, json, i, form, out);
    bool reasoning = is_reasoning(name) && json->type == YA_JSON_STRING;
    if (!add_source(run, reasoning ? YA_FROM_REASONING : YA_FROM_OTHER, i, NULL, 0, &r.source))
        return false;
    if (!reasoning)
        return read_value(&r, json, JSON_DEPTH, out);
    if (!read_text(run, json, r.source, 0, out))
        return false;
    run->sources[r.source].text = out->str->data;
    run->sources[r.source].size = out->str->size;
    return true;
}

static bool add_members(ya_run *run, ya_dict *dict, const ya_message *m, size_t i,
                        const ya_chat_form *form)
{
    ya_json_cursor cursor;
    ya_json_value whole, name, item;
    const ya_value *reasoning = NULL;
    if (!m->members)
        return true;
    if (!scan_whole(run, m->members, m->members_size, YA_JSON_OBJECT, "members of a message",
                    &whole))
        return false;
    (void)ya_json_enter(&cursor, whole.text, whole.text + whole.size, JSON_DEPTH);
    while (ya_json_next_member(&cursor, &name, &item)) {
        ya_value key = ya_none(), value = ya_none();
        if (!read_text(run, &name, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN, &key) ||
            !read_member(run, key.str, &item, i, form, &value))
            return false;
        if (!ya_dict_set(&run->memory, dict, key, value))
            return out_of_memory(run);
    }
    for (uint32_t k = 0; k < dict->n && !reasoning; k++)
        if (is_reasoning(dict->entries[k].key.str))
            reasoning = &dict->entries[k].value;
    if (reasoning && form->reasoning_name && !ya_dict_text(dict, form->reasoning_name))
        return set(run, dict, form->reasoning_name, *reasoning);
    return true;
}

static bool take(ya_run *run, const ya_conversation *c, const ya_chat_form *form)
{
    uint32_t tools = 0;
    ya_json_value json;
    ya_list *messages = ya_list_new(&run->memory, c->n_messages, YA_LIST);
    if (!messages || !add_source(run, YA_FROM_TEMPLATE, 0, NULL, 0, &tools))
        return out_of_memory(run);
    for (size_t i = 0; i < c->n_messages; i++) {
        const ya_message *m = &c->messages[i];
        ya_dict *dict = ya_dict_new(&run->memory, 4);
        if (!dict)
            return out_of_memory(run);
        messages->items[i] = ya_of_dict(dict);
        if (!add_role(run, dict, m->role, i) || !add_content(run, dict, m, i, form) ||
            !add_members(run, dict, m, i, form))
            return false;
    }
    run->variables[YA_VAR_MESSAGES] = ya_of_list(messages);
    run->variables[YA_VAR_PROMPT] = ya_truth(c->add_generation_prompt);
    run->variables[YA_VAR_DOCUMENTS] = run->variables[YA_VAR_TOOLS] = ya_none();
    if (!c->tools)
        return true;
    reader r = {.run = run};
    return add_source(run, YA_FROM_TOOLS, 0, NULL, 0, &r.source) &&
           scan_whole(run, c->tools, c->tools_size, YA_JSON_ARRAY, "tools", &json) &&
           read_value(&r, &json, JSON_DEPTH, &run->variables[YA_VAR_TOOLS]);
}

ya_status ya_take_conversation(ya_run *run, const ya_conversation *conversation,
                               const ya_chat_form *form)
{
    if (conversation->n_messages == 0)
        return ya_fail(run->err, YA_ERR_DATA, "a chat has no messages");
    return take(run, conversation, form) ? YA_OK : run->status;
}
