/* A layout is a row: which fields it must have, and a function that reads them. The rows are tried
 * in order; the first whose fields are there decides. */
#include "data/layout.h"

#include "data/messages.h"
#include "data/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHORT_TEXT = 50 /* characters: the text of an archive should be longer */ };

typedef enum {
    TAKEN,
    REFUSED, /* with a reason and a sentence */
    PASSED   /* something else may be in it */
} outcome;

typedef struct {
    ya_raw *raw;
    ya_reading how;
    ya_line_reason *reason;
    ya_error *err;
    ya_status status; /* of what cannot go on */
} reading;

#define BIT(field) YA_FIELD_BIT(YA_RAW_##field)

/* Sentences: ----------------------------------------------------------------------------------- */

static outcome refuse(reading *r, ya_line_reason reason, const char *format, ...) YA_PRINTF(3, 4);
static outcome refuse(reading *r, ya_line_reason reason, const char *format, ...)
{
    char text[YA_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ya_fail(&r->raw->why, YA_ERR_DATA, "%s", text);
    *r->reason = reason;
    return REFUSED;
}

static outcome stop(reading *r, ya_status status)
{
    r->status = status;
    return status ? REFUSED : TAKEN;
}

/* Values: -------------------------------------------------------------------------------------- */

/* The member of that role when it has a value. */
static const ya_raw_member *there(const ya_raw *raw, ya_raw_field field)
{
    const ya_raw_member *member = ya_raw_known(&raw->fields, field);
    return member && member->value.type != YA_JSON_NULL ? member : NULL;
}

static bool is_blank(const char *text, size_t size)
{
    ya_text_trim(&text, &size);
    return size == 0;
}

typedef struct {
    const char *text;
    size_t size;
} slice;

static bool is_array(reading *r, ya_raw_field field)
{
    ya_json_value array;
    size_t used = r->raw->scratch_used;
    const ya_raw_member *member = there(r->raw, field);
    bool found = member && ya_raw_array(r->raw, &member->value, &array);
    r->raw->scratch_used = used;
    return found;
}

/* The string of a field that is there, unescaped; else refuses it by its type. */
static bool take_string(reading *r, ya_raw_field field, slice *out)
{
    const ya_raw_member *member = there(r->raw, field);
    if (member->value.type != YA_JSON_STRING) {
        refuse(r, YA_LINE_TEXT, "%.*s is %s, expected a string", (int)member->name_size,
               member->name, ya_json_type_name((ya_json_type)member->value.type));
        return false;
    }
    ya_raw_string(r->raw, &member->value, &out->text, &out->size);
    r->raw->used |= YA_FIELD_BIT(field);
    return true;
}

/* The same of the first of several fields that is there; empty when none is. */
static bool take_first(reading *r, const ya_raw_field *fields, int n, slice *out)
{
    *out = (slice){"", 0};
    for (int i = 0; i < n; i++)
        if (there(r->raw, fields[i]))
            return take_string(r, fields[i], out);
    return true;
}
#define TAKE_FIRST(r, out, ...)                                                                    \
    take_first(r, (const ya_raw_field[]){__VA_ARGS__},                                             \
               sizeof((ya_raw_field[]){__VA_ARGS__}) / sizeof(ya_raw_field), out)

static char *put(char *to, const char *text, size_t size)
{
    if (size > 0)
        memcpy(to, text, size);
    return to + size;
}

/* Two texts as one, with `between` when neither is blank. */
static slice join(ya_raw *raw, slice a, const char *between, slice b)
{
    if (is_blank(a.text, a.size))
        return b;
    if (is_blank(b.text, b.size))
        return a;
    char *text = ya_raw_take(raw, a.size + strlen(between) + b.size), *at = text;
    at = put(at, a.text, a.size);
    at = put(at, between, strlen(between));
    at = put(at, b.text, b.size);
    return (slice){text, (size_t)(at - text)};
}

/* The record's text, without the white space at its ends; blank is refused. */
static outcome set_text(reading *r, slice text)
{
    ya_text_trim(&text.text, &text.size);
    r->raw->text = text.text;
    r->raw->text_size = text.size;
    return text.size > 0 ? TAKEN : refuse(r, YA_LINE_TEXT, "the record's texts are blank");
}

/* Conversations: ------------------------------------------------------------------------------- */

static outcome join_messages(reading *r)
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
        at = put(at, raw->messages[i].content, raw->messages[i].content_size);
    }
    return set_text(r, (slice){text, (size_t)(at - text)});
}

/* A system message of the record, and its tools. */
static bool add_system_and_tools(reading *r)
{
    ya_raw *raw = r->raw;
    slice system;
    if (!TAKE_FIRST(r, &system, YA_RAW_SYSTEM, YA_RAW_SYSTEM_PROMPT))
        return false;
    if (!is_blank(system.text, system.size) &&
        stop(r, ya_messages_put_system(raw, system.text, system.size, r->err)) != TAKEN)
        return false;
    ya_raw_field field = there(raw, YA_RAW_TOOLS) ? YA_RAW_TOOLS : YA_RAW_FUNCTIONS;
    const ya_raw_member *tools = there(raw, field);
    ya_json_value list;
    if (!tools || (tools->value.type == YA_JSON_STRING && tools->value.size == 0))
        return true;
    if (!ya_raw_array(raw, &tools->value, &list)) {
        refuse(r, YA_LINE_MESSAGES, "%.*s is %s, expected a list of tools", (int)tools->name_size,
               tools->name, ya_json_type_name((ya_json_type)tools->value.type));
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
static outcome check_answers(reading *r)
{
    const ya_raw *raw = r->raw;
    for (size_t i = 0; r->how == YA_READ_TRAINING && i < raw->n_messages; i++) {
        const ya_message *m = &raw->messages[i];
        if (ya_message_is(m, "assistant") && !m->context && ya_message_is_empty(m))
            return refuse(r, YA_LINE_ANSWER, "message %zu, of the assistant, is empty", i + 1);
    }
    return TAKEN;
}

static outcome finish_chat(reading *r)
{
    if (!add_system_and_tools(r) || check_answers(r) != TAKEN)
        return REFUSED;
    r->raw->kind = YA_RECORD_CHAT;
    return join_messages(r);
}

static outcome read_messages(reading *r, ya_raw_field field, bool context)
{
    bool good;
    const ya_raw_member *member = there(r->raw, field);
    if (stop(r, ya_messages_read(r->raw, &member->value, context, &good, r->err)) != TAKEN)
        return REFUSED;
    r->raw->used |= YA_FIELD_BIT(field);
    if (!good)
        *r->reason = YA_LINE_MESSAGES;
    return good ? TAKEN : REFUSED;
}

static outcome read_list(reading *r, ya_raw_field field)
{
    const ya_raw_member *member = there(r->raw, field);
    if (read_messages(r, field, false) != TAKEN)
        return REFUSED;
    if (r->raw->n_messages > 0)
        return finish_chat(r);
    r->raw->used = 0;
    refuse(r, YA_LINE_TEXT, "%.*s is an empty list", (int)member->name_size, member->name);
    return PASSED;
}

static outcome read_chat(reading *r)
{
    return read_list(r, YA_RAW_MESSAGES);
}

static outcome read_sharegpt(reading *r)
{
    return read_list(r, YA_RAW_CONVERSATIONS);
}

static bool add_message(reading *r, const char *role, slice text)
{
    return stop(r, ya_messages_add(r->raw, role, text.text, text.size, r->err)) == TAKEN;
}

/* A question and its answer as a conversation. */
static outcome add_exchange(reading *r, slice question, slice answer)
{
    if (is_blank(answer.text, answer.size))
        return refuse(r, YA_LINE_ANSWER, "the answer is empty");
    if (!add_message(r, "user", question) || !add_message(r, "assistant", answer))
        return REFUSED;
    return finish_chat(r);
}

/* Alpaca: -------------------------------------------------------------------------------------- */

/* [user, assistant] */
static bool read_turn(reading *r, const ya_json_value *turn)
{
    static const char *const roles[] = {"user", "assistant"};
    ya_json_cursor cursor;
    ya_json_value item;
    int n = 0;
    bool good = turn->type == YA_JSON_ARRAY;
    if (good)
        ya_json_enter(&cursor, turn->text, turn->text + turn->size, YA_RECORD_MAX_DEPTH);
    for (; good && ya_json_next_item(&cursor, &item); n++) {
        slice text = {"", 0};
        good = n < 2 && item.type == YA_JSON_STRING;
        if (good)
            ya_raw_string(r->raw, &item, &text.text, &text.size);
        if (good && !add_message(r, roles[n], text))
            return false;
    }
    if (!good || n != 2) {
        refuse(r, YA_LINE_MESSAGES, "history is no list of [user, assistant] pairs of strings");
        return false;
    }
    return true;
}

static bool read_history(reading *r)
{
    const ya_raw_member *history = there(r->raw, YA_RAW_HISTORY);
    ya_json_cursor cursor;
    ya_json_value list, turn;
    if (!history || (history->value.type == YA_JSON_STRING && history->value.size == 0))
        return true;
    if (!ya_raw_array(r->raw, &history->value, &list)) {
        refuse(r, YA_LINE_MESSAGES, "history is %s, expected a list of [user, assistant] pairs",
               ya_json_type_name((ya_json_type)history->value.type));
        return false;
    }
    r->raw->used |= BIT(HISTORY);
    ya_json_enter(&cursor, list.text, list.text + list.size, YA_RECORD_MAX_DEPTH);
    while (ya_json_next_item(&cursor, &turn))
        if (!read_turn(r, &turn))
            return false;
    return true;
}

static outcome read_alpaca(reading *r)
{
    slice instruction, input, output;
    if (!take_string(r, YA_RAW_INSTRUCTION, &instruction) ||
        !TAKE_FIRST(r, &input, YA_RAW_INPUT, YA_RAW_CONTEXT) ||
        !TAKE_FIRST(r, &output, YA_RAW_OUTPUT, YA_RAW_RESPONSE) || !read_history(r))
        return REFUSED;
    return add_exchange(r, join(r->raw, instruction, "\n", input), output);
}

/* Questions and documents: --------------------------------------------------------------------- */

static bool take_answer(reading *r, const ya_json_value *value, slice *out);

/* Other answers than the first are named as not used. */
static bool take_first_answer(reading *r, const ya_json_value *list, slice *out)
{
    ya_json_cursor cursor;
    ya_json_value first, other;
    ya_json_enter(&cursor, list->text, list->text + list->size, YA_RECORD_MAX_DEPTH);
    if (!ya_json_next_item(&cursor, &first))
        return true;
    while (ya_json_next_item(&cursor, &other))
        if (other.size != first.size || memcmp(other.text, first.text, first.size) != 0)
            snprintf(r->raw->unused_part, sizeof r->raw->unused_part,
                     "answers other than the first");
    return first.type == YA_JSON_STRING && take_answer(r, &first, out);
}

/* A string; of an object its `text`; of a list the first. */
static bool take_answer(reading *r, const ya_json_value *value, slice *out)
{
    ya_json_cursor cursor;
    ya_json_value name, item;
    bool found = false;
    *out = (slice){"", 0};
    switch (value->type) {
    case YA_JSON_STRING:
        ya_raw_string(r->raw, value, &out->text, &out->size);
        return true;
    case YA_JSON_ARRAY:
        return take_first_answer(r, value, out);
    case YA_JSON_OBJECT:
        ya_json_enter(&cursor, value->text, value->text + value->size, YA_RECORD_MAX_DEPTH);
        while (ya_json_next_member(&cursor, &name, &item))
            if (name.size == 4 && memcmp(name.text, "text", 4) == 0 &&
                (item.type == YA_JSON_ARRAY || item.type == YA_JSON_STRING))
                found = take_answer(r, &item, out);
        return found;
    default:
        return false;
    }
}

static outcome read_question(reading *r)
{
    static const ya_raw_field answers[] = {YA_RAW_ANSWER, YA_RAW_ANSWERS, YA_RAW_RESPONSE,
                                           YA_RAW_OUTPUT};
    slice question, context, answer;
    const ya_raw_member *member = NULL;
    int i;
    for (i = 0; !member; i++)
        member = there(r->raw, answers[i]);
    if (!take_string(r, YA_RAW_QUESTION, &question) ||
        !TAKE_FIRST(r, &context, YA_RAW_CONTEXT, YA_RAW_PASSAGE, YA_RAW_SUPPORT))
        return REFUSED;
    if (!take_answer(r, &member->value, &answer))
        return refuse(r, YA_LINE_ANSWER, "%.*s is %s, expected a string or {\"text\": [...]}",
                      (int)member->name_size, member->name,
                      ya_json_type_name((ya_json_type)member->value.type));
    r->raw->used |= YA_FIELD_BIT(answers[i - 1]);
    return add_exchange(r, join(r->raw, context, "\n\n", question), answer);
}

static outcome read_summary(reading *r)
{
    slice document, summary;
    if (!TAKE_FIRST(r, &document, YA_RAW_ARTICLE, YA_RAW_DOCUMENT) ||
        !TAKE_FIRST(r, &summary, YA_RAW_HIGHLIGHTS, YA_RAW_SUMMARY))
        return REFUSED;
    return add_exchange(r, document, summary);
}

/* Prompt and completion: ----------------------------------------------------------------------- */

static outcome set_completion(reading *r, slice prompt, slice completion)
{
    ya_raw *raw = r->raw;
    if (is_blank(completion.text, completion.size))
        return refuse(r, YA_LINE_ANSWER, "the completion is empty");
    raw->kind = YA_RECORD_COMPLETION;
    raw->untrimmed = prompt.text;
    raw->untrimmed_size = prompt.size;
    raw->completion = completion.text;
    raw->completion_size = completion.size;
    char *text = ya_raw_take(raw, prompt.size + 1 + completion.size), *at = text;
    at = put(at, prompt.text, prompt.size);
    *at++ = '\n';
    at = put(at, completion.text, completion.size);
    return set_text(r, (slice){text, (size_t)(at - text)});
}

static outcome read_completion_chat(reading *r)
{
    if (read_messages(r, YA_RAW_PROMPT, true) != TAKEN)
        return REFUSED;
    size_t n = r->raw->n_messages;
    if (read_messages(r, YA_RAW_COMPLETION, false) != TAKEN)
        return REFUSED;
    if (r->raw->n_messages == n)
        return refuse(r, YA_LINE_ANSWER, "the completion is an empty list");
    return finish_chat(r);
}

static outcome read_completion(reading *r)
{
    slice prompt, completion;
    if (is_array(r, YA_RAW_PROMPT) && is_array(r, YA_RAW_COMPLETION))
        return PASSED;
    if (!take_string(r, YA_RAW_PROMPT, &prompt) || !take_string(r, YA_RAW_COMPLETION, &completion))
        return REFUSED;
    return set_completion(r, prompt, completion);
}

static outcome read_response(reading *r)
{
    slice prompt, response;
    if (!take_string(r, YA_RAW_PROMPT, &prompt) ||
        !TAKE_FIRST(r, &response, YA_RAW_RESPONSE, YA_RAW_OUTPUT, YA_RAW_ANSWER))
        return REFUSED;
    return set_completion(r, prompt, response);
}

/* Pairs, ids, texts: --------------------------------------------------------------------------- */

/* What `field` says, a string or the contents of its messages, appended to *all. */
static bool add_side(reading *r, ya_raw_field field, slice *all)
{
    slice text;
    if (!there(r->raw, field))
        return true;
    if (is_array(r, field)) {
        r->raw->n_messages = 0;
        if (read_messages(r, field, true) != TAKEN || join_messages(r) != TAKEN)
            return false;
        text = (slice){r->raw->text, r->raw->text_size};
    } else if (!take_string(r, field, &text)) {
        return false;
    }
    *all = join(r->raw, *all, "\n", text);
    return true;
}

static outcome read_preference(reading *r)
{
    slice all = {"", 0};
    if (r->how == YA_READ_TRAINING)
        return refuse(
            r, YA_LINE_PAIR,
            "the record is a preference pair (chosen, rejected), of which training learns "
            "nothing: keep what was chosen as messages, or as prompt and completion");
    if (!add_side(r, YA_RAW_PROMPT, &all) || !add_side(r, YA_RAW_CHOSEN, &all) ||
        !add_side(r, YA_RAW_REJECTED, &all))
        return REFUSED;
    r->raw->kind = YA_RECORD_PAIRS;
    return set_text(r, all);
}

static outcome read_tokens(reading *r)
{
    const ya_raw_member *ids = there(r->raw, YA_RAW_INPUT_IDS);
    if (r->how != YA_READ_TRAINING)
        return PASSED;
    if (ids->value.type != YA_JSON_ARRAY)
        return refuse(r, YA_LINE_IDS, "input_ids is %s, expected a list of token ids",
                      ya_json_type_name((ya_json_type)ids->value.type));
    r->raw->used |= BIT(INPUT_IDS) | BIT(LABELS) | BIT(ATTENTION_MASK);
    r->raw->kind = YA_RECORD_IDS;
    return TAKEN;
}

/* Takes the member as the text when it is a string of more than `limit` characters; else returns
 * false, having taken one that is not blank if there was none before. */
static bool try_text(reading *r, const ya_raw_member *member, size_t limit)
{
    ya_raw *raw = r->raw;
    slice whole;
    if (!member || member->value.type != YA_JSON_STRING)
        return false;
    ya_raw_string(raw, &member->value, &whole.text, &whole.size);
    slice text = whole;
    ya_text_trim(&text.text, &text.size);
    bool enough = ya_text_is_longer(text.text, text.size, limit);
    if (enough || (text.size > 0 && !raw->field)) {
        raw->kind = YA_RECORD_TEXT;
        raw->field = member;
        raw->untrimmed = whole.text;
        raw->untrimmed_size = whole.size;
        raw->text = text.text;
        raw->text_size = text.size;
        raw->used = YA_FIELD_BIT(member->field);
    }
    return enough;
}

static outcome read_text(reading *r)
{
    const ya_raw_member *text = there(r->raw, YA_RAW_TEXT);
    if (r->how != YA_READ_TRAINING && !(r->raw->names && r->raw->names->names[YA_RAW_TEXT]))
        return PASSED; /* a longer one may be in another field */
    try_text(r, text, 0);
    if (r->raw->field)
        return TAKEN;
    if (text->value.type == YA_JSON_STRING)
        refuse(r, YA_LINE_TEXT, "%.*s is blank", (int)text->name_size, text->name);
    else
        refuse(r, YA_LINE_TEXT, "%.*s is %s, expected a string", (int)text->name_size, text->name,
               ya_json_type_name((ya_json_type)text->value.type));
    return PASSED;
}

/* With --text-field the user has said what the text is. */
static outcome read_named_text(reading *r)
{
    return r->raw->names && r->raw->names->names[YA_RAW_TEXT] ? read_text(r) : PASSED;
}

/* The fields that say where a record comes from, or what its number is. */
static uint64_t provenance_bits(void)
{
    return BIT(METADATA) | BIT(WEIGHT) | BIT(AUTH_WEIGHT) | BIT(PROV_ENTROPY) | BIT(IDENTIFIER) |
           BIT(ID) | BIT(TRIVIUM_CATEGORY) | BIT(PRIMARY_SOURCE_COUNT) |
           (YA_FIELD_BIT(YA_RAW_N_FIELDS) - YA_FIELD_BIT(YA_RAW_SOURCE_FIRST));
}

static bool is_unused(const ya_raw *raw, uint32_t i)
{
    const ya_raw_member *member = &raw->fields.items[i];
    const ya_json_value *value = &member->value;
    uint64_t known = raw->used | provenance_bits();
    if (value->type == YA_JSON_NULL || (value->type == YA_JSON_STRING && value->size == 0) ||
        ((value->type == YA_JSON_ARRAY || value->type == YA_JSON_OBJECT) && value->size <= 2))
        return false;
    if (member->field >= 0 && known & YA_FIELD_BIT(member->field))
        return false;
    return ya_raw_is_last(&raw->fields, i);
}

/* A member that nothing is known of and that says more than the text that was found. */
static const ya_raw_member *longer_than_text(const ya_raw *raw)
{
    for (uint32_t i = 0; i < raw->fields.n; i++) {
        const ya_raw_member *member = &raw->fields.items[i];
        bool says = member->value.type == YA_JSON_STRING || member->value.type == YA_JSON_ARRAY ||
                    member->value.type == YA_JSON_OBJECT;
        bool archive = member->field >= 0 && member->field < YA_RAW_N_TEXTS;
        if (says && !archive && is_unused(raw, i) && member->value.size > raw->field->value.size)
            return member;
    }
    return NULL;
}

static outcome read_archive(reading *r)
{
    ya_raw *raw = r->raw;
    bool training = r->how == YA_READ_TRAINING;
    if (raw->names && raw->names->names[YA_RAW_TEXT])
        return PASSED; /* only what --text-field names */
    int last = training ? YA_RAW_SUPPORT : YA_RAW_ANSWER;
    for (int i = 0; i <= last; i++)
        if (try_text(r, ya_raw_known(&raw->fields, (ya_raw_field)i), SHORT_TEXT))
            break;
    if (!raw->field)
        return PASSED;
    const ya_raw_member *longer = training ? longer_than_text(raw) : NULL;
    if (longer)
        return refuse(r, YA_LINE_TEXT,
                      "the record is of no known layout: %.*s would be learned, and %.*s, which "
                      "says more, left out; say --text-field NAME or --field ROLE=NAME",
                      (int)raw->field->name_size, raw->field->name, (int)longer->name_size,
                      longer->name);
    return TAKEN;
}

/* The table: ----------------------------------------------------------------------------------- */

typedef struct {
    ya_layout_text text;
    uint64_t all, any; /* fields that must have a value: all of them; one of them (0: none) */
    outcome (*read)(reading *r);
} layout;

static const layout layouts[YA_N_LAYOUTS] = {
    [YA_LAYOUT_TOKENS] = {{"tokens", "`input_ids`, optional `labels`, `attention_mask`",
                           "ids whose label is -100", "the other ids"},
                          BIT(INPUT_IDS),
                          0,
                          read_tokens},
    [YA_LAYOUT_NAMED_TEXT] = {{"text", "`--text-field NAME`", "", "everything"},
                              BIT(TEXT),
                              0,
                              read_named_text},
    [YA_LAYOUT_CHAT] = {{"chat", "`messages`", "all else", "what the assistant says"},
                        BIT(MESSAGES),
                        0,
                        read_chat},
    [YA_LAYOUT_SHAREGPT] = {{"ShareGPT",
                             "`conversations` of {`from`, `value`} or {`role`, "
                             "`content`}, optional `system`, `tools`",
                             "all else", "what the assistant (gpt) says"},
                            BIT(CONVERSATIONS),
                            0,
                            read_sharegpt},
    [YA_LAYOUT_PREFERENCE] = {{"preference", "`chosen` + `rejected`, strings or lists of messages",
                               "", "nothing: training refuses it"},
                              BIT(CHOSEN) | BIT(REJECTED),
                              0,
                              read_preference},
    [YA_LAYOUT_COMPLETION] = {{"completion", "`prompt` + `completion`, strings", "the prompt",
                               "the completion"},
                              BIT(PROMPT) | BIT(COMPLETION),
                              0,
                              read_completion},
    [YA_LAYOUT_COMPLETION_CHAT] = {{"completion, chat",
                                    "`prompt` + `completion`, lists of messages",
                                    "the prompt's turns",
                                    "what the assistant says in the completion"},
                                   BIT(PROMPT) | BIT(COMPLETION),
                                   0,
                                   read_completion_chat},
    [YA_LAYOUT_ALPACA] = {{"Alpaca",
                           "`instruction` + (`output` or `response`), optional `input` or "
                           "`context`, `system`, `history` [[user, assistant], ...]",
                           "the instruction, a line break, the input", "the answers"},
                          BIT(INSTRUCTION),
                          BIT(OUTPUT) | BIT(RESPONSE),
                          read_alpaca},
    [YA_LAYOUT_QUESTION] = {{"question",
                             "`question` + (`answer`, `answers`, `response` or "
                             "`output`), optional `context`, `passage` or `support`",
                             "the context, a blank line, the question",
                             "the answer; of {`text`: [...]} the first"},
                            BIT(QUESTION),
                            BIT(ANSWER) | BIT(ANSWERS) | BIT(RESPONSE) | BIT(OUTPUT),
                            read_question},
    [YA_LAYOUT_RESPONSE] = {{"prompt, response", "`prompt` + (`response`, `output` or `answer`)",
                             "the prompt", "the response"},
                            BIT(PROMPT),
                            BIT(RESPONSE) | BIT(OUTPUT) | BIT(ANSWER),
                            read_response},
    [YA_LAYOUT_TEXT] = {{"text", "`text`", "", "everything"}, BIT(TEXT), 0, read_text},
    [YA_LAYOUT_SUMMARY] = {{"summary", "(`article` or `document`) + (`highlights` or `summary`)",
                            "the document", "the summary"},
                           0,
                           BIT(HIGHLIGHTS) | BIT(SUMMARY),
                           read_summary},
    [YA_LAYOUT_ARCHIVE] = {{"raw text",
                            "the first long one of `text`, `content`, `body`, `abstract`, "
                            "`description`, `summary`, `ocr_eng`, `ocr_text`, `article`, "
                            "`document`, `title`, `support`; for training only where no longer "
                            "field is left out",
                            "", "everything"},
                           0,
                           0,
                           read_archive},
};

const ya_layout_text *ya_layout_get(ya_layout which)
{
    return &layouts[which].text;
}

/* Finding the layout: -------------------------------------------------------------------------- */

/* The fields that have a value. */
static uint64_t fields_there(const ya_raw *raw)
{
    uint64_t bits = 0;
    for (int i = 0; i < YA_RAW_N_FIELDS; i++)
        if (there(raw, (ya_raw_field)i))
            bits |= YA_FIELD_BIT(i);
    return bits;
}

static bool is_layout(ya_layout which, uint64_t bits)
{
    const layout *l = &layouts[which];
    bool document = bits & (BIT(ARTICLE) | BIT(DOCUMENT));
    return (bits & l->all) == l->all && (!l->any || bits & l->any) &&
           (which != YA_LAYOUT_SUMMARY || document);
}

static void begin(ya_raw *raw)
{
    raw->kind = YA_RECORD_TEXT;
    raw->field = NULL;
    raw->text = raw->untrimmed = raw->completion = raw->tools = NULL;
    raw->text_size = raw->untrimmed_size = raw->completion_size = raw->tools_size = 0;
    raw->n_messages = 0;
    raw->used = 0;
    raw->unused_part[0] = '\0';
}

/* "question, choices, id": what an unknown record has. */
static void list_fields(const ya_raw *raw, char *text, size_t room)
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < raw->fields.n && used < room; i++) {
        const ya_raw_member *member = &raw->fields.items[i];
        int size = member->name_size < 40 ? (int)member->name_size : 40;
        used +=
            (size_t)snprintf(text + used, room - used, "%s%.*s", i ? ", " : "", size, member->name);
    }
}

static void refuse_fields(reading *r, uint64_t bits)
{
    char fields[400];
    list_fields(r->raw, fields, sizeof fields);
    const char *missing = bits & BIT(MESSAGES)      ? NULL
                          : bits & BIT(INSTRUCTION) ? "output"
                          : bits & BIT(QUESTION)    ? "answer"
                          : bits & BIT(PROMPT)      ? "completion, response, output or answer"
                          : bits & BIT(CHOSEN)      ? "rejected"
                          : bits & BIT(REJECTED)    ? "chosen"
                                                    : NULL;
    if (missing)
        refuse(r, YA_LINE_ANSWER, "the record has no %s with a value; its fields are: %s", missing,
               fields);
    else
        refuse(r, YA_LINE_TEXT,
               "the record's fields are of no known layout: %s; --field ROLE=NAME says what they "
               "are (docs/RECORDS.md)",
               r->raw->fields.n > 0 ? fields : "none");
}

ya_status ya_raw_read_text(ya_raw *raw, ya_reading how, ya_line_reason *reason, ya_error *err)
{
    reading r = {raw, how, reason, err, YA_OK};
    uint64_t bits = fields_there(raw);
    ya_line_reason first = YA_LINE_GOOD;
    *reason = YA_LINE_GOOD;
    for (int i = 0; i < YA_N_LAYOUTS; i++) {
        if (!is_layout((ya_layout)i, bits))
            continue;
        begin(raw);
        *reason = YA_LINE_GOOD;
        outcome found = layouts[i].read(&r);
        raw->layout = (ya_layout)i;
        if (r.status || found == TAKEN)
            return r.status;
        if (first == YA_LINE_GOOD)
            first = *reason;
        /* an archive may hold its text elsewhere, but not behind messages that cannot be read */
        bool final =
            *reason == YA_LINE_MESSAGES && (i == YA_LAYOUT_CHAT || i == YA_LAYOUT_SHAREGPT);
        if (found == REFUSED && (how == YA_READ_TRAINING || final))
            return YA_OK;
    }
    begin(raw);
    *reason = first;
    if (first == YA_LINE_GOOD)
        refuse_fields(&r, bits);
    if (how == YA_READ_ARCHIVE)
        *reason = YA_LINE_TEXT;
    return YA_OK;
}

/* What is used, and what not: ------------------------------------------------------------------ */

void ya_raw_unused(const ya_raw *raw, void (*visit)(void *user, const char *name, size_t size),
                   void *user)
{
    for (uint32_t i = 0; i < raw->fields.n; i++)
        if (is_unused(raw, i))
            visit(user, raw->fields.items[i].name, raw->fields.items[i].name_size);
    if (raw->unused_part[0])
        visit(user, raw->unused_part, strlen(raw->unused_part));
}

ya_status ya_raw_kept(const ya_raw *raw,
                      ya_status (*visit)(void *user, const char *name, const ya_json_value *value,
                                         ya_error *err),
                      void *user, ya_error *err)
{
    ya_status status = YA_OK;
    for (uint32_t i = 0; i < raw->fields.n && !status; i++) {
        const ya_raw_member *member = &raw->fields.items[i];
        if (member->field >= 0 && raw->used & YA_FIELD_BIT(member->field) &&
            member == ya_raw_known(&raw->fields, (ya_raw_field)member->field))
            status =
                visit(user, ya_field_name(NULL, (ya_raw_field)member->field), &member->value, err);
    }
    return status;
}

/* The table, for people: ----------------------------------------------------------------------- */

/* Without the back quotes of Markdown. */
static ya_status add_plain(ya_buffer *out, const char *text, ya_error *err)
{
    ya_status status = YA_OK;
    for (; *text && !status; text++)
        if (*text != '`')
            status = ya_buffer_add(out, text, 1, err);
    return status;
}

ya_status ya_layouts_help(ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "\nRecords are of these layouts, also mixed in one file:\n"));
    for (int i = 0; i < YA_N_LAYOUTS; i++) {
        const ya_layout_text *text = &layouts[i].text;
        YA_TRY(ya_buffer_printf(out, err, "  %-18s", text->name));
        YA_TRY(add_plain(out, text->recognised, err));
        YA_TRY(ya_buffer_printf(out, err, "\n%20slearned: ", ""));
        YA_TRY(add_plain(out, text->learned, err));
        YA_TRY(ya_buffer_printf(out, err, "\n"));
    }
    status = ya_buffer_printf(out, err, "docs/RECORDS.md says more.\n");
done:
    return status;
}

ya_status ya_layouts_markdown(ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err,
                            "| layout | recognised by | context | learned |\n"
                            "|---|---|---|---|\n"));
    for (int i = 0; i < YA_N_LAYOUTS; i++) {
        const ya_layout_text *text = &layouts[i].text;
        YA_TRY(ya_buffer_printf(out, err, "| %s | %s | %s | %s |\n", text->name, text->recognised,
                                text->context, text->learned));
    }
done:
    return status;
}
