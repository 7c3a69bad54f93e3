#include "data/record.h"

#include "base/alloc.h"
#include "io/json.h"
#include "provenance/distrust.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Where plain text may be, the first that is longer than SHORT_TEXT characters, else the first that
 * is not blank. A `support` passage is preferred to a question. */
static const char *const TEXT_FIELDS[] = {
    "text",     "content", "body",     "abstract", "description", "summary",  "ocr_eng",
    "ocr_text", "article", "document", "title",    "support",     "question", "answer",
};
enum { N_TEXT_FIELDS = sizeof TEXT_FIELDS / sizeof TEXT_FIELDS[0], SHORT_TEXT = 50 };

const char *ya_line_reason_name(ya_line_reason reason)
{
    static const char *const names[] = {"good", "long", "json", "object", "messages", "text"};
    return names[reason];
}

/* Bytes of the white space at the beginning of [text, end): space, TAB, LF, VT, FF, CR, U+00A0. */
static size_t space_at(const char *text, const char *end)
{
    if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
        return 1;
    if (end - text >= 2 && (unsigned char)text[0] == 0xC2 && (unsigned char)text[1] == 0xA0)
        return 2;
    return 0;
}

/* Characters of the text without the white space at its ends, counted up to `limit`. */
static size_t trimmed_length(const char *text, size_t size, size_t limit)
{
    const char *at = text, *end = text + size;
    size_t n;
    while (at < end && (n = space_at(at, end)) > 0)
        at += n;
    size_t length = 0, until_last = 0;
    while (at < end && until_last < limit) {
        size_t space = space_at(at, end);
        at += space ? space : 1;
        while (!space && at < end && ((unsigned char)*at & 0xC0) == 0x80)
            at++; /* the rest of a UTF-8 sequence */
        length++;
        if (!space)
            until_last = length;
    }
    return until_last;
}

static bool is_blank(const json_t *string)
{
    return trimmed_length(json_string_value(string), json_string_length(string), 1) == 0;
}

/* Nesting deeper than the limit is no JSON for us, and would cost the parser its stack. */
static bool too_deep(const char *line, size_t size)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = line[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > YA_RECORD_MAX_DEPTH)
                return true;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return false;
}

static json_t *parse(const char *line, size_t size)
{
    if (too_deep(line, size))
        return NULL;
    json_error_t error;
    return ya_json_load(line, size, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
}

static ya_status add_message(ya_record *record, const json_t *message, bool *good, ya_error *err)
{
    const json_t *role = json_object_get(message, "role");
    const json_t *content = json_object_get(message, "content");
    *good = json_is_string(role) && (!content || json_is_null(content) || json_is_string(content));
    if (!*good)
        return YA_OK;
    if (record->n_messages == record->room_messages) {
        size_t room = 2 * record->room_messages + 8;
        ya_message *bigger = ya_realloc_array(record->messages, room, sizeof *bigger);
        if (!bigger)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu messages", room);
        record->messages = bigger;
        record->room_messages = room;
    }
    bool has_content = json_is_string(content);
    record->messages[record->n_messages++] = (ya_message){
        .role = json_string_value(role),
        .content = has_content ? json_string_value(content) : "",
        .content_size = has_content ? json_string_length(content) : 0,
    };
    return YA_OK;
}

static ya_status read_chat(ya_record *record, const json_t *messages, ya_line_reason *reason,
                           ya_error *err)
{
    record->kind = YA_RECORD_CHAT;
    record->n_messages = 0;
    bool any_text = false;
    for (size_t i = 0; i < json_array_size(messages); i++) {
        bool good;
        ya_status status = add_message(record, json_array_get(messages, i), &good, err);
        if (status)
            return status;
        if (!good) {
            *reason = YA_LINE_MESSAGES;
            return YA_OK;
        }
        const ya_message *last = &record->messages[record->n_messages - 1];
        any_text = any_text || trimmed_length(last->content, last->content_size, 1) > 0;
    }
    if (!any_text)
        *reason = YA_LINE_TEXT;
    return YA_OK;
}

/* The field that holds the plain text, or NULL. */
static const json_t *find_text(const json_t *json, const char *text_field)
{
    const json_t *first = NULL;
    if (text_field) {
        first = json_object_get(json, text_field);
        return json_is_string(first) && !is_blank(first) ? first : NULL;
    }
    for (size_t i = 0; i < N_TEXT_FIELDS; i++) {
        const json_t *value = json_object_get(json, TEXT_FIELDS[i]);
        if (!json_is_string(value))
            continue;
        size_t length =
            trimmed_length(json_string_value(value), json_string_length(value), SHORT_TEXT + 1);
        if (length > SHORT_TEXT)
            return value;
        if (length > 0 && !first)
            first = value;
    }
    return first;
}

static ya_status read_content(ya_record *record, const char *text_field, ya_line_reason *reason,
                              ya_error *err)
{
    const json_t *ids = json_object_get(record->json, "input_ids");
    if (json_is_array(ids)) {
        const json_t *labels = json_object_get(record->json, "labels");
        record->kind = YA_RECORD_IDS;
        record->ids = ids;
        record->labels = json_is_array(labels) ? labels : NULL;
        if (labels && !record->labels && !json_is_null(labels))
            return ya_fail(err, YA_ERR_DATA, "labels is not an array");
        return YA_OK;
    }
    const json_t *messages = json_object_get(record->json, "messages");
    if (messages && !json_is_null(messages) && !json_is_array(messages)) {
        *reason = YA_LINE_MESSAGES;
        return YA_OK;
    }
    if (json_array_size(messages) > 0)
        return read_chat(record, messages, reason, err);
    const json_t *prompt = json_object_get(record->json, "prompt");
    const json_t *completion = json_object_get(record->json, "completion");
    if (json_is_string(prompt) && json_is_string(completion) && !is_blank(completion)) {
        record->kind = YA_RECORD_COMPLETION;
        record->completion = json_string_value(completion);
        record->completion_size = json_string_length(completion);
    } else {
        record->kind = YA_RECORD_TEXT;
        prompt = find_text(record->json, text_field);
    }
    record->text = json_string_value(prompt);
    record->text_size = json_string_length(prompt);
    if (!record->text)
        *reason = YA_LINE_TEXT;
    return YA_OK;
}

static ya_status read_label(const json_t *json, const char *name, double *out, ya_error *err)
{
    const json_t *value = json_object_get(json, name);
    *out = NAN;
    if (!value || json_is_null(value))
        return YA_OK;
    if (!json_is_number(value)) {
        const char *text = json_string_value(value);
        return ya_fail(err, YA_ERR_DATA, "%s is %s%.40s%s, expected a number", name,
                       text ? "\"" : "", text ? text : "neither null nor a number",
                       text ? "\"" : "");
    }
    *out = json_number_value(value);
    return YA_OK;
}

static ya_status read_labels(ya_record *record, ya_error *err)
{
    ya_status status;
    YA_TRY(read_label(record->json, "auth_weight", &record->auth_weight, err));
    YA_TRY(read_label(record->json, "prov_entropy", &record->prov_entropy, err));
    /* each is checked on its own, the other with a value that is in range */
    YA_TRY(ya_distrust_check_labels(isnan(record->auth_weight) ? 0.0 : record->auth_weight,
                                    isnan(record->prov_entropy) ? 0.0 : record->prov_entropy, err));
    record->source = json_string_value(json_object_get(record->json, "source_type"));
done:
    return status;
}

ya_status ya_record_parse(ya_record *record, const char *line, size_t size, const char *text_field,
                          ya_line_reason *reason, ya_error *err)
{
    json_decref(record->json);
    ya_message *messages = record->messages;
    size_t room = record->room_messages;
    *record = (ya_record){.messages = messages, .room_messages = room};
    *reason = YA_LINE_GOOD;
    record->json = parse(line, size);
    if (!record->json)
        *reason = YA_LINE_JSON;
    else if (!json_is_object(record->json))
        *reason = YA_LINE_OBJECT;
    if (*reason != YA_LINE_GOOD)
        return YA_OK;
    ya_status status = read_content(record, text_field, reason, err);
    if (status || *reason != YA_LINE_GOOD)
        return status;
    return read_labels(record, err);
}

void ya_record_free(ya_record *record)
{
    json_decref(record->json);
    ya_free(record->messages);
    *record = (ya_record){0};
}
