#include "token/stream.h"

#include "base/alloc.h"
#include "io/json.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 64 << 20 };

/* One run over the lines. */
typedef struct {
    const ya_tokenizer *tokenizer;
    const ya_chat *chat;
    bool special; /* add, or skip when decoding; of messages: add the generation prompt */
    FILE *in, *out;
    ya_buffer line, written;
    ya_ids ids, mask;
    ya_rendered rendered;
    unsigned long long number; /* of the line, from 1 */
} stream;

typedef ya_status on_line(stream *s, const json_t *document, ya_error *err);

/* The next line without its end; *more false at the end of the input. */
static ya_status read_line(stream *s, bool *more, ya_error *err)
{
    ya_status status = YA_OK;
    int c = 0;
    s->line.size = 0;
    *more = false;
    while (c != '\n' && (c = getc_unlocked(s->in)) != EOF) {
        char byte = (char)c;
        *more = true;
        if (c != '\n')
            YA_TRY(ya_buffer_add(&s->line, &byte, 1, err));
        if (s->line.size > LINE_MAX_BYTES)
            return ya_fail(err, YA_ERR_DATA, "line %llu is longer than %d bytes", s->number + 1,
                           LINE_MAX_BYTES);
    }
    s->number++;
    if (ferror(s->in))
        return ya_fail_errno(err, YA_ERR_IO, "cannot read line %llu", s->number);
done:
    return status;
}

static bool is_blank(const ya_buffer *line)
{
    return strspn(line->data ? line->data : "", " \t\r") == line->size;
}

static ya_status take_line(stream *s, on_line *call, ya_error *err)
{
    json_t *document = NULL;
    char name[48];
    ya_status status = YA_OK;
    snprintf(name, sizeof name, "line %llu", s->number);
    s->written.size = 0;
    if (ya_json_parse(s->line.data, s->line.size, name, &document, err) != YA_OK) {
        status = YA_ERR_DATA;
        if (err)
            err->status = status;
        goto done;
    }
    YA_TRY(call(s, document, err));
    if (fwrite(s->written.data, 1, s->written.size, s->out) != s->written.size)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write the result of line %llu", s->number);
done:
    json_decref(document);
    return status;
}

static ya_status each_line(stream *s, on_line *call, ya_error *err)
{
    ya_status status = YA_OK;
    for (bool more = true; more;) {
        YA_TRY(read_line(s, &more, err));
        if (more && !is_blank(&s->line))
            YA_TRY(take_line(s, call, err));
    }
    if (fflush(s->out) != 0)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write the results");
done:
    ya_buffer_free(&s->line);
    ya_buffer_free(&s->written);
    ya_ids_free(&s->ids);
    ya_ids_free(&s->mask);
    ya_rendered_free(&s->rendered);
    return status;
}

static ya_status add_numbers(stream *s, const ya_ids *list, ya_error *err)
{
    ya_status status = YA_OK;
    YA_TRY(ya_buffer_add(&s->written, "[", 1, err));
    for (size_t i = 0; i < list->size; i++)
        YA_TRY(ya_buffer_printf(&s->written, err, i ? ",%d" : "%d", list->data[i]));
    status = ya_buffer_add(&s->written, "]", 1, err);
done:
    return status;
}

static ya_status encode_line(stream *s, const json_t *document, ya_error *err)
{
    const json_t *text = json_object_get(document, "text");
    ya_status status = YA_OK;
    if (!json_is_string(text))
        return ya_fail(err, YA_ERR_DATA, "line %llu has no text under \"text\"", s->number);
    s->ids.size = 0;
    status = ya_tokenizer_encode(s->tokenizer, json_string_value(text), json_string_length(text),
                                 s->special, &s->ids, err);
    if (status != YA_OK)
        return ya_wrap(err, status, "line %llu", s->number);
    YA_TRY(ya_buffer_add(&s->written, "{\"ids\":", 7, err));
    YA_TRY(add_numbers(s, &s->ids, err));
    status = ya_buffer_add(&s->written, "}\n", 2, err);
done:
    return status;
}

static ya_status take_ids(stream *s, const json_t *list, ya_error *err)
{
    ya_status status = YA_OK;
    s->ids.size = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *id = json_array_get(list, i);
        json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
        if (value < 0 || value > INT32_MAX)
            return ya_fail(err, YA_ERR_DATA, "line %llu: number %zu of \"ids\" is no token id",
                           s->number, i + 1);
        YA_TRY(ya_ids_add(&s->ids, (int32_t)value, err));
    }
done:
    return status;
}

static ya_status decode_line(stream *s, const json_t *document, ya_error *err)
{
    const json_t *list = json_object_get(document, "ids");
    ya_buffer text = {0};
    ya_status status = YA_OK;
    if (!json_is_array(list))
        return ya_fail(err, YA_ERR_DATA, "line %llu has no list under \"ids\"", s->number);
    YA_TRY(take_ids(s, list, err));
    status = ya_tokenizer_decode(s->tokenizer, s->ids.data, s->ids.size, s->special, &text, err);
    if (status != YA_OK) {
        status = ya_wrap(err, status, "line %llu", s->number);
        goto done;
    }
    YA_TRY(ya_buffer_add(&s->written, "{\"text\":", 8, err));
    YA_TRY(ya_json_quote(&s->written, text.data ? text.data : "", text.size, err));
    status = ya_buffer_add(&s->written, "}\n", 2, err);
done:
    ya_buffer_free(&text);
    return status;
}

/* ---- Chats ---- */

/* What of a message is kept until it is rendered. */
typedef struct {
    ya_buffer joined;
    char *parts, *members; /* of jansson */
} owned;

/* Text parts joined; a part of another kind has no text. */
static ya_status join_parts(const json_t *parts, ya_buffer *joined, ya_error *err)
{
    ya_status status = YA_OK;
    YA_TRY(ya_buffer_add(joined, "", 0, err));
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *text = json_object_get(json_array_get(parts, i), "text");
        if (json_is_string(text))
            YA_TRY(ya_buffer_add(joined, json_string_value(text), json_string_length(text), err));
    }
done:
    return status;
}

static ya_status read_message(const json_t *json, ya_message *m, owned *o, ya_error *err)
{
    const json_t *content = json_object_get(json, "content");
    ya_status status = YA_OK;
    *m = (ya_message){.role = ya_json_get_text(json, "role")};
    if (!m->role)
        return ya_fail(err, YA_ERR_DATA, "a message has no \"role\"");
    if (content && !json_is_string(content) && !json_is_array(content) && !json_is_null(content))
        return ya_fail(err, YA_ERR_DATA, "a message's \"content\" is no text and no list");
    m->content = json_string_value(content);
    m->content_size = json_string_length(content);
    if (json_is_array(content)) {
        YA_TRY(join_parts(content, &o->joined, err));
        o->parts = json_dumps(content, JSON_COMPACT);
        m->parts = o->parts;
        m->parts_size = o->parts ? strlen(o->parts) : 0;
        m->content = o->joined.data;
        m->content_size = o->joined.size;
    }
    json_t *rest = json_copy((json_t *)json);
    json_object_del(rest, "role");
    json_object_del(rest, "content");
    o->members = json_object_size(rest) ? json_dumps(rest, JSON_COMPACT) : NULL;
    json_decref(rest);
    m->members = o->members;
    m->members_size = o->members ? strlen(o->members) : 0;
done:
    return status;
}

static ya_status write_chat(stream *s, const ya_conversation *conversation, ya_error *err)
{
    ya_status status = YA_OK;
    s->ids.size = s->mask.size = 0;
    YA_TRY(ya_chat_prepare(s->chat, s->tokenizer, conversation, &s->rendered, err));
    YA_TRY(ya_chat_tokenize(s->tokenizer, &s->rendered, &s->ids, &s->mask, err));
    YA_TRY(ya_buffer_add(&s->written, "{\"text\":", 8, err));
    YA_TRY(ya_json_quote(&s->written, s->rendered.text.data, s->rendered.text.size, err));
    YA_TRY(ya_buffer_add(&s->written, ",\"ids\":", 7, err));
    YA_TRY(add_numbers(s, &s->ids, err));
    YA_TRY(ya_buffer_add(&s->written, ",\"mask\":", 8, err));
    YA_TRY(add_numbers(s, &s->mask, err));
    status = ya_buffer_add(&s->written, "}\n", 2, err);
done:
    return status;
}

static ya_status messages_line(stream *s, const json_t *document, ya_error *err)
{
    const json_t *list = json_object_get(document, "messages"),
                 *tools = json_object_get(document, "tools");
    size_t n = json_array_size(list);
    char *tools_text = json_is_array(tools) ? json_dumps(tools, JSON_COMPACT) : NULL;
    ya_message *messages = ya_alloc_zero(n + 1, sizeof *messages);
    owned *kept = ya_alloc_zero(n + 1, sizeof *kept);
    ya_status status = YA_OK;
    if (!messages || !kept) {
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu messages", n);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        YA_TRY(read_message(json_array_get(list, i), &messages[i], &kept[i], err));
    const ya_conversation conversation = {.messages = messages,
                                          .n_messages = n,
                                          .tools = tools_text,
                                          .tools_size = tools_text ? strlen(tools_text) : 0,
                                          .add_generation_prompt = s->special};
    status = write_chat(s, &conversation, err);
done:
    for (size_t i = 0; kept && i < n; i++) {
        ya_buffer_free(&kept[i].joined);
        free(kept[i].parts);
        free(kept[i].members);
    }
    free(tools_text);
    ya_free(kept);
    ya_free(messages);
    return status ? ya_wrap(err, status, "line %llu", s->number) : YA_OK;
}

ya_status ya_tokenize_messages_stream(const ya_tokenizer *tokenizer, const ya_chat *chat,
                                      bool add_generation_prompt, FILE *in, FILE *out,
                                      ya_error *err)
{
    stream s = {.tokenizer = tokenizer,
                .chat = chat,
                .special = add_generation_prompt,
                .in = in,
                .out = out};
    return each_line(&s, messages_line, err);
}

ya_status ya_tokenize_stream(const ya_tokenizer *tokenizer, bool special, FILE *in, FILE *out,
                             ya_error *err)
{
    stream s = {.tokenizer = tokenizer, .special = special, .in = in, .out = out};
    return each_line(&s, encode_line, err);
}

ya_status ya_detokenize_stream(const ya_tokenizer *tokenizer, bool skip_special, FILE *in,
                               FILE *out, ya_error *err)
{
    stream s = {.tokenizer = tokenizer, .special = skip_special, .in = in, .out = out};
    return each_line(&s, decode_line, err);
}
