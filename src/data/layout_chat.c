/* Layouts that are conversations. */
#include "data/layout_internal.h"

#include "data/messages.h"
#include "data/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Conversations: ------------------------------------------------------------------------------- */

ya_outcome ya_layout_join_messages(ya_layout_reading *r)
{
    ya_raw *raw = r->raw;
    size_t size = 0;
    for (size_t i = 0; i < raw->n_messages; i++)
        size += raw->messages[i].content_size + 1;
    char *text = ya_raw_take(raw, size), *at = text;
    for (size_t i = 0; i < raw->n_messages; i++) {
        if (!raw->messages[i].content)
            continue;
        if (at > text)
            *at++ = '\n';
        at = ya_layout_put(at, raw->messages[i].content, raw->messages[i].content_size);
    }
    return ya_layout_set_text(r, (ya_layout_slice){text, (size_t)(at - text)});
}

/* A system message of the record, and its tools. */
static bool add_system_and_tools(ya_layout_reading *r)
{
    ya_raw *raw = r->raw;
    ya_layout_slice system;
    if (!YA_LAYOUT_FIRST(r, &system, YA_RAW_SYSTEM, YA_RAW_SYSTEM_PROMPT))
        return false;
    if (!ya_layout_is_blank(system.text, system.size) &&
        ya_layout_stop(r, ya_messages_put_system(raw, system.text, system.size, r->err)) !=
            YA_TAKEN)
        return false;
    ya_raw_field field = ya_layout_there(raw, YA_RAW_TOOLS) ? YA_RAW_TOOLS : YA_RAW_FUNCTIONS;
    const ya_raw_member *tools = ya_layout_there(raw, field);
    ya_json_value list;
    if (!tools || (tools->value.type == YA_JSON_STRING && tools->value.size == 0))
        return true;
    if (!ya_raw_array(raw, &tools->value, &list)) {
        ya_layout_refuse(r, YA_LINE_MESSAGES, "%.*s is %s, expected a list of tools",
                         (int)tools->name_size, tools->name,
                         ya_json_type_name((ya_json_type)tools->value.type));
        return false;
    }
    raw->used |= YA_FIELD_BIT(field);
    if (ya_json_skip_space(list.text + 1, list.text + list.size) < list.text + list.size - 1) {
        raw->tools = list.text;
        raw->tools_size = list.size;
    }
    return true;
}

/* What the assistant says is learned, so it must say something. */
static ya_outcome check_answers(ya_layout_reading *r)
{
    const ya_raw *raw = r->raw;
    for (size_t i = 0; r->how == YA_READ_TRAINING && i < raw->n_messages; i++) {
        const ya_message *m = &raw->messages[i];
        if (ya_message_is(m, "assistant") && !m->context && ya_message_is_empty(m))
            return ya_layout_refuse(r, YA_LINE_ANSWER, "message %zu, of the assistant, is empty",
                                    i + 1);
    }
    return YA_TAKEN;
}

ya_outcome ya_layout_finish_chat(ya_layout_reading *r)
{
    if (!add_system_and_tools(r) || check_answers(r) != YA_TAKEN)
        return YA_REFUSED;
    r->raw->kind = YA_RECORD_CHAT;
    return ya_layout_join_messages(r);
}

ya_outcome ya_layout_messages(ya_layout_reading *r, ya_raw_field field, bool context)
{
    bool good;
    const ya_raw_member *member = ya_layout_there(r->raw, field);
    if (ya_layout_stop(r, ya_messages_read(r->raw, &member->value, context, &good, r->err)) !=
        YA_TAKEN)
        return YA_REFUSED;
    r->raw->used |= YA_FIELD_BIT(field);
    if (!good)
        *r->reason = YA_LINE_MESSAGES;
    return good ? YA_TAKEN : YA_REFUSED;
}

static ya_outcome read_list(ya_layout_reading *r, ya_raw_field field)
{
    const ya_raw_member *member = ya_layout_there(r->raw, field);
    if (ya_layout_messages(r, field, false) != YA_TAKEN)
        return YA_REFUSED;
    if (r->raw->n_messages > 0)
        return ya_layout_finish_chat(r);
    r->raw->used = 0;
    ya_layout_refuse(r, YA_LINE_TEXT, "%.*s is an empty list", (int)member->name_size,
                     member->name);
    return YA_PASSED;
}

ya_outcome ya_layout_read_chat(ya_layout_reading *r)
{
    return read_list(r, YA_RAW_MESSAGES);
}

ya_outcome ya_layout_read_sharegpt(ya_layout_reading *r)
{
    return read_list(r, YA_RAW_CONVERSATIONS);
}

static bool add_message(ya_layout_reading *r, const char *role, ya_layout_slice text)
{
    return ya_layout_stop(r, ya_messages_add(r->raw, role, text.text, text.size, r->err)) ==
           YA_TAKEN;
}

/* A question and its answer as a conversation. */
static ya_outcome add_exchange(ya_layout_reading *r, ya_layout_slice question,
                               ya_layout_slice answer)
{
    if (ya_layout_is_blank(answer.text, answer.size))
        return ya_layout_refuse(r, YA_LINE_ANSWER, "the answer is empty");
    if (!add_message(r, "user", question) || !add_message(r, "assistant", answer))
        return YA_REFUSED;
    return ya_layout_finish_chat(r);
}

/* Alpaca: -------------------------------------------------------------------------------------- */

/* [user, assistant] */
static bool read_turn(ya_layout_reading *r, const ya_json_value *turn)
{
    static const char *const roles[] = {"user", "assistant"};
    ya_json_cursor cursor;
    ya_json_value item;
    int n = 0;
    bool good = turn->type == YA_JSON_ARRAY;
    if (good)
        ya_json_enter(&cursor, turn->text, turn->text + turn->size, YA_RECORD_MAX_DEPTH);
    for (; good && ya_json_next_item(&cursor, &item); n++) {
        ya_layout_slice text = {"", 0};
        good = n < 2 && item.type == YA_JSON_STRING;
        if (good)
            ya_raw_string(r->raw, &item, &text.text, &text.size);
        if (good && !add_message(r, roles[n], text))
            return false;
    }
    if (!good || n != 2) {
        ya_layout_refuse(r, YA_LINE_MESSAGES,
                         "history is no list of [user, assistant] pairs of strings");
        return false;
    }
    return true;
}

static bool read_history(ya_layout_reading *r)
{
    const ya_raw_member *history = ya_layout_there(r->raw, YA_RAW_HISTORY);
    ya_json_cursor cursor;
    ya_json_value list, turn;
    if (!history || (history->value.type == YA_JSON_STRING && history->value.size == 0))
        return true;
    if (!ya_raw_array(r->raw, &history->value, &list)) {
        ya_layout_refuse(r, YA_LINE_MESSAGES,
                         "history is %s, expected a list of [user, assistant] pairs",
                         ya_json_type_name((ya_json_type)history->value.type));
        return false;
    }
    r->raw->used |= YA_LAYOUT_BIT(HISTORY);
    ya_json_enter(&cursor, list.text, list.text + list.size, YA_RECORD_MAX_DEPTH);
    while (ya_json_next_item(&cursor, &turn))
        if (!read_turn(r, &turn))
            return false;
    return true;
}

ya_outcome ya_layout_read_alpaca(ya_layout_reading *r)
{
    ya_layout_slice instruction, input, output;
    if (!ya_layout_string(r, YA_RAW_INSTRUCTION, &instruction) ||
        !YA_LAYOUT_FIRST(r, &input, YA_RAW_INPUT, YA_RAW_CONTEXT) ||
        !YA_LAYOUT_FIRST(r, &output, YA_RAW_OUTPUT, YA_RAW_RESPONSE) || !read_history(r))
        return YA_REFUSED;
    return add_exchange(r, ya_layout_join(r->raw, instruction, "\n", input), output);
}

/* Questions and documents: --------------------------------------------------------------------- */

static bool take_answer(ya_layout_reading *r, const ya_json_value *value, ya_layout_slice *out);

/* Other answers than the first are named as not used. */
static bool take_first_answer(ya_layout_reading *r, const ya_json_value *list, ya_layout_slice *out)
{
    ya_json_cursor cursor;
    ya_json_value first, other;
    ya_json_enter(&cursor, list->text, list->text + list->size, YA_RECORD_MAX_DEPTH);
    if (!ya_json_next_item(&cursor, &first))
        return true;
    while (ya_json_next_item(&cursor, &other))
        if (other.size != first.size || memcmp(other.text, first.text, first.size) != 0)
            ya_raw_note_unused(r->raw, "answers other than the first", "", 0);
    return first.type == YA_JSON_STRING && take_answer(r, &first, out);
}

/* A string; of an object its `text`; of a list the first. */
static bool take_answer(ya_layout_reading *r, const ya_json_value *value, ya_layout_slice *out)
{
    ya_json_cursor cursor;
    ya_json_value name, item;
    bool found = false;
    *out = (ya_layout_slice){"", 0};
    switch (value->type) {
    case YA_JSON_STRING:
        ya_raw_string(r->raw, value, &out->text, &out->size);
        return true;
    case YA_JSON_ARRAY:
        return take_first_answer(r, value, out);
    case YA_JSON_OBJECT:
        ya_json_enter(&cursor, value->text, value->text + value->size, YA_RECORD_MAX_DEPTH);
        while (ya_json_next_member(&cursor, &name, &item)) {
            bool text = name.size == 4 && memcmp(name.text, "text", 4) == 0;
            if (text && (item.type == YA_JSON_ARRAY || item.type == YA_JSON_STRING))
                found = take_answer(r, &item, out);
            else if (item.type != YA_JSON_NULL)
                ya_raw_note_unused(r->raw, "answer.", name.text, name.size);
        }
        return found;
    default:
        return false;
    }
}

ya_outcome ya_layout_read_question(ya_layout_reading *r)
{
    static const ya_raw_field answers[] = {YA_RAW_ANSWER, YA_RAW_ANSWERS, YA_RAW_RESPONSE,
                                           YA_RAW_OUTPUT};
    ya_layout_slice question, context, answer;
    const ya_raw_member *member = NULL;
    int i;
    for (i = 0; !member; i++)
        member = ya_layout_there(r->raw, answers[i]);
    if (!ya_layout_string(r, YA_RAW_QUESTION, &question) ||
        !YA_LAYOUT_FIRST(r, &context, YA_RAW_CONTEXT, YA_RAW_PASSAGE, YA_RAW_SUPPORT))
        return YA_REFUSED;
    if (!take_answer(r, &member->value, &answer))
        return ya_layout_refuse(r, YA_LINE_ANSWER,
                                "%.*s is %s, expected a string or {\"text\": [...]}",
                                (int)member->name_size, member->name,
                                ya_json_type_name((ya_json_type)member->value.type));
    r->raw->used |= YA_FIELD_BIT(answers[i - 1]);
    return add_exchange(r, ya_layout_join(r->raw, context, "\n\n", question), answer);
}

ya_outcome ya_layout_read_summary(ya_layout_reading *r)
{
    ya_layout_slice document, summary;
    if (!YA_LAYOUT_FIRST(r, &document, YA_RAW_ARTICLE, YA_RAW_DOCUMENT) ||
        !YA_LAYOUT_FIRST(r, &summary, YA_RAW_HIGHLIGHTS, YA_RAW_SUMMARY))
        return YA_REFUSED;
    return add_exchange(r, document, summary);
}
