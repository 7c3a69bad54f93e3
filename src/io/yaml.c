#include "io/yaml.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 32 };

typedef struct {
    yaml_parser_t parser;
    const char *what;
} reader;

static ya_status next(reader *r, yaml_event_t *event, ya_error *err)
{
    if (yaml_parser_parse(&r->parser, event))
        return YA_OK;
    if (r->parser.error == YAML_MEMORY_ERROR || !r->parser.problem)
        return ya_fail(err, YA_ERR_MEMORY, "%s: no memory to read it", r->what);
    return ya_fail(err, YA_ERR_FORMAT, "%s:%zu: %s", r->what, r->parser.problem_mark.line + 1,
                   r->parser.problem);
}

static ya_status fail_at(const reader *r, const yaml_event_t *event, const char *problem,
                         ya_error *err)
{
    return ya_fail(err, YA_ERR_FORMAT, "%s:%zu: %s", r->what, event->start_mark.line + 1, problem);
}

static json_t *number_of(const char *text)
{
    char *end;
    if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
        return NULL;
    errno = 0;
    if (strcspn(text, ".eE") == strlen(text)) {
        long long n = strtoll(text, &end, 10);
        if (*end == '\0' && errno == 0)
            return json_integer(n);
    }
    double x = strtod(text, &end);
    return *end == '\0' ? json_real(x) : NULL; /* NULL too when it is not finite */
}

static json_t *scalar_of(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || strlen(text) != size)
        return json_stringn(text, size);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(*text == 't');
    if (strcmp(text, "null") == 0 || strcmp(text, "~") == 0 || size == 0)
        return json_null();
    json_t *number = number_of(text);
    return number ? number : json_stringn(text, size);
}

static ya_status read_value(reader *r, yaml_event_t *event, int depth, json_t **out, ya_error *err);

static ya_status read_list(reader *r, int depth, json_t **out, ya_error *err)
{
    *out = json_array();
    for (;;) {
        yaml_event_t event;
        json_t *item = NULL;
        ya_status status = next(r, &event, err);
        if (status || event.type == YAML_SEQUENCE_END_EVENT) {
            if (!status)
                yaml_event_delete(&event);
            return status;
        }
        status = read_value(r, &event, depth + 1, &item, err);
        yaml_event_delete(&event);
        if (status)
            return status;
        json_array_append_new(*out, item);
    }
}

static ya_status read_pair(reader *r, const yaml_event_t *key, int depth, json_t *object,
                           ya_error *err)
{
    yaml_event_t event;
    json_t *item = NULL;
    if (key->type != YAML_SCALAR_EVENT)
        return fail_at(r, key, "a key must be a word", err);
    const char *name = (const char *)key->data.scalar.value;
    if (json_object_get(object, name))
        return ya_fail(err, YA_ERR_FORMAT, "%s:%zu: the key %s stands twice", r->what,
                       key->start_mark.line + 1, name);
    ya_status status = next(r, &event, err);
    if (status)
        return status;
    status = read_value(r, &event, depth + 1, &item, err);
    if (!status && json_object_set_new(object, name, item) != 0)
        status = fail_at(r, key, "a key is no UTF-8 text", err);
    yaml_event_delete(&event);
    return status;
}

static ya_status read_mapping(reader *r, int depth, json_t **out, ya_error *err)
{
    *out = json_object();
    for (;;) {
        yaml_event_t key;
        ya_status status = next(r, &key, err);
        if (status)
            return status;
        bool end = key.type == YAML_MAPPING_END_EVENT;
        if (!end)
            status = read_pair(r, &key, depth, *out, err);
        yaml_event_delete(&key);
        if (end || status)
            return status;
    }
}

/* On failure what was read so far is given back here. */
static ya_status read_value(reader *r, yaml_event_t *event, int depth, json_t **out, ya_error *err)
{
    ya_status status = YA_OK;
    *out = NULL;
    if (depth > MAX_DEPTH)
        return fail_at(r, event, "nested too deep", err);
    if (event->type == YAML_SCALAR_EVENT && !event->data.scalar.anchor) {
        *out = scalar_of(event);
        return *out ? YA_OK : fail_at(r, event, "a text is no UTF-8", err);
    }
    if (event->type == YAML_SEQUENCE_START_EVENT && !event->data.sequence_start.anchor)
        status = read_list(r, depth, out, err);
    else if (event->type == YAML_MAPPING_START_EVENT && !event->data.mapping_start.anchor)
        status = read_mapping(r, depth, out, err);
    else
        status = fail_at(r, event, "anchors and aliases are not read", err);
    if (status) {
        json_decref(*out);
        *out = NULL;
    }
    return status;
}

/* Stream and document begin; then one value. */
static ya_status read_document(reader *r, json_t **out, ya_error *err)
{
    yaml_event_t event;
    ya_status status = YA_OK;
    for (;;) {
        if ((status = next(r, &event, err)) != YA_OK)
            return status;
        bool start =
            event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_START_EVENT;
        if (!start)
            break;
        yaml_event_delete(&event);
    }
    status = event.type == YAML_STREAM_END_EVENT ? fail_at(r, &event, "nothing in it", err)
                                                 : read_value(r, &event, 0, out, err);
    yaml_event_delete(&event);
    return status;
}

ya_status ya_yaml_parse(const char *text, size_t size, const char *what, json_t **out,
                        ya_error *err)
{
    reader r = {.what = what};
    *out = NULL;
    if (!yaml_parser_initialize(&r.parser))
        return ya_fail(err, YA_ERR_MEMORY, "%s: out of memory", what);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
    ya_status status = read_document(&r, out, err);
    yaml_parser_delete(&r.parser);
    return status;
}
