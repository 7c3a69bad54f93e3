/* Sources for the scorer, made of JSON as a user writes it. */
#ifndef TESTS_PROVENANCE_SOURCES_H
#define TESTS_PROVENANCE_SOURCES_H

#include "support/cmocka_all.h"

#include "base/chars.h"
#include "data/record.h"
#include "provenance/score.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* What a source is made of; lives until source_free. */
typedef struct {
    ya_source source;
    ya_record record;
    ya_buffer text;
    char numbers[YA_N_SOURCE_FIELDS][64];
} made_source;

static inline void source_set(made_source *made, int field, const json_t *value)
{
    ya_value *to = &made->source.fields[field];
    if (json_is_string(value)) {
        *to = (ya_value){YA_VALUE_STRING, json_string_value(value), json_string_length(value)};
    } else if (json_is_number(value)) {
        char *text = made->numbers[field];
        if (json_is_integer(value))
            snprintf(text, 64, "%lld", (long long)json_integer_value(value));
        else
            snprintf(text, 64, "%.17g", json_real_value(value));
        *to = (ya_value){YA_VALUE_NUMBER, text, strlen(text)};
    } else if (value && !json_is_null(value)) {
        *to = (ya_value){.kind = YA_VALUE_OTHER};
    }
}

static inline void source_add_text(made_source *made, const char *text, size_t size)
{
    ya_error err;
    if (made->text.data)
        assert_int_equal(ya_buffer_add(&made->text, "\n", 1, &err), YA_OK);
    assert_int_equal(ya_buffer_add(&made->text, text, size, &err), YA_OK);
}

/* Of a record that is not bad. */
static inline void source_make(made_source *made, const char *line)
{
    ya_line_reason reason;
    ya_error err;
    memset(made, 0, sizeof *made);
    ya_record *r = &made->record;
    assert_int_equal(ya_record_parse(r, line, strlen(line), NULL, &reason, &err), YA_OK);
    assert_int_equal(reason, YA_LINE_GOOD);
    if (r->text)
        source_add_text(made, r->text, r->text_size);
    if (r->kind == YA_RECORD_COMPLETION)
        source_add_text(made, r->completion, r->completion_size);
    for (size_t i = 0; i < r->n_messages; i++)
        source_add_text(made, r->messages[i].content, r->messages[i].content_size);
    const char *begin = made->text.data, *end = begin + made->text.size;
    ya_trim(&begin, &end);
    made->source.text = begin;
    made->source.size = (size_t)(end - begin);
    for (int i = 0; i < YA_N_SOURCE_FIELDS; i++) {
        const char *name = ya_source_field_names[i];
        const json_t *value = json_object_get(r->json, name);
        if (!value || json_is_null(value))
            value = json_object_get(json_object_get(r->json, "metadata"), name);
        source_set(made, i, value);
    }
}

static inline void source_free(made_source *made)
{
    ya_record_free(&made->record);
    ya_buffer_free(&made->text);
}

#endif
