#include "data/record.h"

#include "base/alloc.h"
#include "io/json.h"
#include "provenance/distrust.h"

#include <math.h>
#include <string.h>

static ya_status read_chat(ya_record *record, ya_error *err)
{
    const ya_raw *raw = &record->raw;
    if (raw->n_messages > record->room_messages) {
        size_t room = raw->n_messages + raw->n_messages / 2 + 8;
        ya_message *bigger = ya_realloc_array(record->messages, room, sizeof *bigger);
        if (!bigger)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu messages", room);
        record->messages = bigger;
        record->room_messages = room;
    }
    for (size_t i = 0; i < raw->n_messages; i++)
        record->messages[i] = (ya_message){
            .role = raw->messages[i].role,
            .content = raw->messages[i].content,
            .content_size = raw->messages[i].content_size,
        };
    record->n_messages = raw->n_messages;
    return YA_OK;
}

/* Token ids become a document of their own: {"input_ids": [...], "labels": [...]}. */
static ya_status read_ids(ya_record *record, const ya_raw_member *ids, ya_error *err)
{
    const ya_raw_member *labels = ya_raw_known(&record->raw.fields, YA_RAW_LABELS);
    record->kind = YA_RECORD_IDS;
    if (labels && labels->value.type == YA_JSON_NULL)
        labels = NULL;
    if (labels && labels->value.type != YA_JSON_ARRAY)
        return ya_fail(err, YA_ERR_DATA, "labels is not an array");
    ya_status status;
    ya_buffer text = {0};
    json_error_t error;
    YA_TRY(ya_buffer_add(&text, "[", 1, err));
    YA_TRY(ya_buffer_add(&text, ids->value.text, ids->value.size, err));
    if (labels) {
        YA_TRY(ya_buffer_add(&text, ",", 1, err));
        YA_TRY(ya_buffer_add(&text, labels->value.text, labels->value.size, err));
    }
    YA_TRY(ya_buffer_add(&text, "]", 1, err));
    record->json = ya_json_load(text.data, text.size, JSON_ALLOW_NUL, &error);
    record->ids = json_array_get(record->json, 0);
    record->labels = json_array_get(record->json, 1);
    if (!record->json)
        status = ya_fail(err, YA_ERR_DATA, "the token ids cannot be read: %s", error.text);
done:
    ya_buffer_free(&text);
    return status;
}

static ya_status read_content(ya_record *record, const char *text_field, ya_line_reason *reason,
                              ya_error *err)
{
    ya_raw *raw = &record->raw;
    const ya_raw_member *ids = ya_raw_known(&raw->fields, YA_RAW_INPUT_IDS);
    if (ids && ids->value.type == YA_JSON_ARRAY)
        return read_ids(record, ids, err);
    ya_status status = ya_raw_read_text(raw, text_field, reason, err);
    if (status || *reason != YA_LINE_GOOD)
        return status;
    record->kind = raw->kind;
    record->text = raw->untrimmed;
    record->text_size = raw->untrimmed_size;
    record->completion = raw->completion;
    record->completion_size = raw->completion_size;
    return raw->kind == YA_RECORD_CHAT ? read_chat(record, err) : YA_OK;
}

static ya_status read_label(ya_raw *raw, ya_raw_field field, const char *name, double *out,
                            ya_error *err)
{
    const ya_raw_member *member = ya_raw_known(&raw->fields, field);
    *out = NAN;
    if (!member || member->value.type == YA_JSON_NULL)
        return YA_OK;
    if (member->value.type != YA_JSON_NUMBER) {
        const char *quote = member->value.type == YA_JSON_STRING ? "\"" : "";
        int size = member->value.size < 40 ? (int)member->value.size : 40;
        return ya_fail(err, YA_ERR_DATA, "%s is %s%.*s%s, expected a number", name, quote, size,
                       member->value.text, quote);
    }
    *out = ya_raw_number(&member->value);
    return YA_OK;
}

/* NUL-terminated in the source's memory: what follows the name in the line is not needed. */
static const char *read_source(ya_raw *raw)
{
    const ya_raw_member *member =
        ya_raw_known(&raw->fields, (ya_raw_field)(YA_RAW_SOURCE_FIRST + YA_SOURCE_TYPE));
    if (!member || member->value.type != YA_JSON_STRING)
        return NULL;
    return ya_raw_copy(raw, &member->value);
}

static ya_status read_labels(ya_record *record, ya_error *err)
{
    ya_raw *raw = &record->raw;
    ya_status status;
    YA_TRY(read_label(raw, YA_RAW_AUTH_WEIGHT, "auth_weight", &record->auth_weight, err));
    YA_TRY(read_label(raw, YA_RAW_PROV_ENTROPY, "prov_entropy", &record->prov_entropy, err));
    /* each is checked on its own, the other with a value that is in range */
    YA_TRY(ya_distrust_check_labels(isnan(record->auth_weight) ? 0.0 : record->auth_weight,
                                    isnan(record->prov_entropy) ? 0.0 : record->prov_entropy, err));
    record->source = read_source(raw);
done:
    return status;
}

ya_status ya_record_parse(ya_record *record, const char *line, size_t size, const char *text_field,
                          ya_line_reason *reason, ya_error *err)
{
    const ya_line whole = {.text = line, .size = size};
    json_decref(record->json);
    *record = (ya_record){
        .messages = record->messages,
        .room_messages = record->room_messages,
        .raw = record->raw,
    };
    ya_status status = ya_raw_parse(&record->raw, &whole, reason, err);
    if (!status && *reason == YA_LINE_GOOD)
        status = read_content(record, text_field, reason, err);
    if (status || *reason != YA_LINE_GOOD)
        return status;
    return read_labels(record, err);
}

void ya_record_free(ya_record *record)
{
    json_decref(record->json);
    ya_free(record->messages);
    ya_raw_free(&record->raw);
    *record = (ya_record){0};
}
