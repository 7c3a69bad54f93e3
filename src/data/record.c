#include "data/record.h"

#include "io/json.h"
#include "provenance/distrust.h"

#include <math.h>
#include <string.h>

/* Token ids become a document of their own: [input_ids, labels or null, attention_mask or null]. */
static ya_status add_list(const ya_record *record, ya_raw_field field, ya_buffer *text,
                          ya_error *err)
{
    const ya_raw_member *member = ya_raw_known(&record->raw.fields, field);
    if (!member || member->value.type != YA_JSON_ARRAY)
        return ya_buffer_add(text, "null", 4, err);
    return ya_buffer_add(text, member->value.text, member->value.size, err);
}

static bool is_list_or_absent(ya_record *record, ya_raw_field field, ya_line_reason *reason)
{
    const ya_raw_member *member = ya_raw_known(&record->raw.fields, field);
    if (!member || member->value.type == YA_JSON_NULL || member->value.type == YA_JSON_ARRAY)
        return true;
    *reason = YA_LINE_IDS;
    ya_fail(&record->raw.why, YA_ERR_DATA, "%s is %s, expected a list of integers",
            ya_field_name(record->raw.names, field),
            ya_json_type_name((ya_json_type)member->value.type));
    return false;
}

static const json_t *list_at(const ya_record *record, size_t i)
{
    const json_t *list = json_array_get(record->json, i);
    return json_is_array(list) ? list : NULL;
}

static ya_status read_ids(ya_record *record, ya_line_reason *reason, ya_error *err)
{
    ya_status status = YA_OK;
    ya_buffer text = {0};
    json_error_t error;
    if (!is_list_or_absent(record, YA_RAW_LABELS, reason) ||
        !is_list_or_absent(record, YA_RAW_ATTENTION_MASK, reason))
        return YA_OK;
    YA_TRY(ya_buffer_add(&text, "[", 1, err));
    YA_TRY(add_list(record, YA_RAW_INPUT_IDS, &text, err));
    YA_TRY(ya_buffer_add(&text, ",", 1, err));
    YA_TRY(add_list(record, YA_RAW_LABELS, &text, err));
    YA_TRY(ya_buffer_add(&text, ",", 1, err));
    YA_TRY(add_list(record, YA_RAW_ATTENTION_MASK, &text, err));
    YA_TRY(ya_buffer_add(&text, "]", 1, err));
    record->json = ya_json_load(text.data, text.size, JSON_ALLOW_NUL, &error);
    if (!record->json && json_error_code(&error) == json_error_out_of_memory)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for the token ids of a record"));
    if (!record->json) { /* JSON, but with a number that no integer can be */
        *reason = YA_LINE_IDS;
        ya_fail(&record->raw.why, YA_ERR_DATA, "the token ids cannot be read: %s", error.text);
    }
    record->ids = list_at(record, 0);
    record->labels = list_at(record, 1);
    record->attended = list_at(record, 2);
done:
    ya_buffer_free(&text);
    return status;
}

static ya_status read_content(ya_record *record, ya_line_reason *reason, ya_error *err)
{
    ya_raw *raw = &record->raw;
    ya_status status = ya_raw_read_text(raw, YA_READ_TRAINING, reason, err);
    if (status || *reason != YA_LINE_GOOD)
        return status;
    record->kind = raw->kind;
    record->text = raw->untrimmed;
    record->text_size = raw->untrimmed_size;
    record->completion = raw->completion;
    record->completion_size = raw->completion_size;
    record->conversation = (ya_conversation){
        .messages = raw->messages,
        .n_messages = raw->n_messages,
        .tools = raw->tools,
        .tools_size = raw->tools_size,
    };
    return raw->kind == YA_RECORD_IDS ? read_ids(record, reason, err) : YA_OK;
}

/* The text of a cell is a number as JSON writes it, with white space around it at most. */
static bool read_cell(const ya_json_value *cell, double *out)
{
    ya_json_value number;
    const char *end = cell->text + cell->size;
    const char *at = ya_json_scan(cell->text, end, 0, &number);
    if (!at || number.type != YA_JSON_NUMBER || ya_json_skip_space(at, end) != end)
        return false;
    *out = ya_raw_number(&number);
    return true;
}

/* NaN when it is absent, null, or an empty cell. False: it is no number. */
static bool read_label(ya_raw *raw, ya_raw_field field, double *out)
{
    const ya_raw_member *member = ya_raw_known(&raw->fields, field);
    *out = NAN;
    if (!member || member->value.type == YA_JSON_NULL)
        return true;
    const ya_json_value *value = &member->value;
    bool cell = raw->table && value->type == YA_JSON_STRING;
    if (cell && (value->size == 0 || read_cell(value, out)))
        return true;
    if (value->type == YA_JSON_NUMBER) {
        *out = ya_raw_number(value);
        return true;
    }
    const char *quote = value->type == YA_JSON_STRING ? "\"" : "";
    int size = value->size < 40 ? (int)value->size : 40;
    ya_fail(&raw->why, YA_ERR_DATA, "%.*s is %s%.*s%s, expected a number", (int)member->name_size,
            member->name, quote, size, value->text, quote);
    return false;
}

/* NUL-terminated in the source's memory: what follows the name in the line is not needed. */
static const char *read_source(ya_raw *raw)
{
    static const ya_source_field fields[] = {YA_SOURCE_TYPE, YA_SOURCE_SOURCE};
    for (int i = 0; i < 2; i++) {
        const ya_raw_member *member =
            ya_raw_known(&raw->fields, (ya_raw_field)(YA_RAW_SOURCE_FIRST + fields[i]));
        if (member && member->value.type == YA_JSON_STRING && member->value.size > 0)
            return ya_raw_copy(raw, &member->value);
    }
    return NULL;
}

static bool check_weight(ya_record *record)
{
    bool labelled = !isnan(record->auth_weight) || !isnan(record->prov_entropy);
    if (isnan(record->weight))
        return true;
    if (!isfinite(record->weight) || record->weight < 0.0)
        ya_fail(&record->raw.why, YA_ERR_DATA, "weight is %g, expected a number from 0 on",
                record->weight);
    else if (labelled)
        ya_fail(&record->raw.why, YA_ERR_DATA,
                "the record has both a weight, which is its pull itself, and labels (auth_weight, "
                "prov_entropy), of which a pull is made: give one of them");
    else
        return true;
    return false;
}

static bool read_labels(ya_record *record)
{
    ya_raw *raw = &record->raw;
    if (!read_label(raw, YA_RAW_AUTH_WEIGHT, &record->auth_weight) ||
        !read_label(raw, YA_RAW_PROV_ENTROPY, &record->prov_entropy) ||
        !read_label(raw, YA_RAW_WEIGHT, &record->weight) || !check_weight(record))
        return false;
    /* each is checked on its own, the other with a value that is in range */
    return ya_distrust_check_labels(isnan(record->auth_weight) ? 0.0 : record->auth_weight,
                                    isnan(record->prov_entropy) ? 0.0 : record->prov_entropy,
                                    &raw->why) == YA_OK;
}

ya_status ya_record_parse(ya_record *record, const ya_line *line, ya_line_reason *reason,
                          ya_error *err)
{
    json_decref(record->json);
    *record = (ya_record){.raw = record->raw};
    ya_status status = ya_raw_parse(&record->raw, line, reason, err);
    if (!status && *reason == YA_LINE_GOOD)
        status = read_content(record, reason, err);
    if (status || *reason != YA_LINE_GOOD)
        return status;
    if (!read_labels(record))
        *reason = YA_LINE_LABELS;
    record->source = read_source(&record->raw);
    return YA_OK;
}

void ya_record_free(ya_record *record)
{
    json_decref(record->json);
    ya_raw_free(&record->raw);
    *record = (ya_record){0};
}
