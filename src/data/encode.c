#include "data/encode.h"

#include "base/alloc.h"
#include "base/log.h"
#include "token/tokenizer.h"

#include <string.h>

struct ya_encoder {
    ya_encoder_options options;
    ya_tokenizer *tokenizer; /* NULL until needed */
    ya_chat *chat;           /* NULL until needed */
    ya_buffer text;
    ya_ids begins;
    ya_rendered rendered;
    uint64_t dropped_reasoning;
    bool warned; /* that the tokenizer has no end-of-text token */
};

enum { LABEL_IGNORED = -100 };

ya_status ya_encoder_new(ya_encoder **out, const ya_encoder_options *options, ya_error *err)
{
    *out = ya_alloc_zero(1, sizeof **out);
    if (!*out)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the encoder of records");
    (*out)->options = *options;
    return YA_OK;
}

void ya_encoder_free(ya_encoder *encoder)
{
    if (!encoder)
        return;
    ya_chat_close(encoder->chat);
    ya_tokenizer_close(encoder->tokenizer);
    ya_buffer_free(&encoder->text);
    ya_ids_free(&encoder->begins);
    ya_rendered_free(&encoder->rendered);
    ya_free(encoder);
}

static ya_status need_tokenizer(ya_encoder *encoder, ya_error *err)
{
    if (encoder->tokenizer)
        return YA_OK;
    ya_status status = ya_tokenizer_open(&encoder->tokenizer, encoder->options.model_path, err);
    return status ? ya_wrap(err, status, "records of text need the model's tokenizer") : YA_OK;
}

static ya_status need_chat(ya_encoder *encoder, ya_error *err)
{
    ya_status status = need_tokenizer(encoder, err);
    if (status || encoder->chat)
        return status;
    return ya_chat_open_for(&encoder->chat, encoder->tokenizer, encoder->options.chat_template,
                            err);
}

/* A token counts when it holds a byte at or behind `boundary`: tokens reach to where the next one
 * begins, and several may share a character. */
static ya_status count_from(const ya_ids *begins, size_t size, size_t boundary, ya_ids *counted,
                            ya_error *err)
{
    ya_status status = YA_OK;
    size_t first = counted->size;
    for (size_t i = 0; i < begins->size && !status; i++)
        status = ya_ids_add(counted, 0, err);
    size_t end = size; /* of token i */
    for (size_t i = begins->size; i-- > 0 && !status;) {
        size_t begin = (size_t)begins->data[i];
        if (i + 1 < begins->size && (size_t)begins->data[i + 1] > begin)
            end = (size_t)begins->data[i + 1];
        counted->data[first + i] = end > boundary || begin >= boundary;
    }
    return status;
}

/* The end is learned, once. */
static ya_status add_end(ya_encoder *encoder, ya_ids *ids, ya_ids *counted, ya_error *err)
{
    int32_t eos = ya_tokenizer_eos(encoder->tokenizer);
    if (!encoder->options.append_eos)
        return YA_OK;
    if (eos < 0 && !encoder->warned)
        ya_warn(
            "the model's tokenizer names no end-of-text token: the end of a text is not learned");
    encoder->warned = eos < 0;
    if (eos < 0 || (ids->size > 0 && ids->data[ids->size - 1] == eos))
        return YA_OK;
    ya_status status = ya_ids_add(ids, eos, err);
    return status ? status : ya_ids_add(counted, 1, err);
}

/* `boundary`: where what is learned begins. */
static ya_status encode_bytes(ya_encoder *encoder, const char *text, size_t size, size_t boundary,
                              ya_ids *ids, ya_ids *counted, ya_error *err)
{
    ya_status status;
    encoder->begins.size = 0;
    YA_TRY(ya_tokenizer_encode_spans(encoder->tokenizer, text, size, true, NULL, 0, ids,
                                     &encoder->begins, err));
    YA_TRY(count_from(&encoder->begins, size, boundary, counted, err));
    YA_TRY(add_end(encoder, ids, counted, err));
done:
    return status;
}

static ya_status encode_completion(ya_encoder *encoder, const ya_record *record, ya_ids *ids,
                                   ya_ids *counted, ya_error *err)
{
    ya_buffer *text = &encoder->text;
    ya_status status;
    text->size = 0;
    YA_TRY(ya_buffer_add(text, record->text, record->text_size, err));
    YA_TRY(ya_buffer_add(text, record->completion, record->completion_size, err));
    status = encode_bytes(encoder, text->data, text->size, record->text_size, ids, counted, err);
done:
    return status;
}

/* Only the last answer of the assistant stays to be learned. */
static void keep_last_answer(ya_record *record)
{
    ya_message *messages = record->raw.messages;
    bool found = false;
    for (size_t i = record->raw.n_messages; i-- > 0;) {
        bool learned = strcmp(messages[i].role, "assistant") == 0 && !messages[i].context;
        messages[i].context |= found;
        found |= learned;
    }
}

static ya_status encode_chat(ya_encoder *encoder, ya_record *record, ya_ids *ids, ya_ids *counted,
                             ya_error *err)
{
    ya_status status;
    if (encoder->options.last_answer)
        keep_last_answer(record);
    YA_TRY(ya_chat_prepare(encoder->chat, encoder->tokenizer, &record->conversation,
                           &encoder->rendered, err));
    encoder->dropped_reasoning += encoder->rendered.dropped_reasoning;
    YA_TRY(ya_chat_tokenize(encoder->tokenizer, &encoder->rendered, ids, counted, err));
done:
    return status;
}

static ya_status read_integer(const json_t *array, size_t i, const char *what, json_int_t *out,
                              ya_error *err)
{
    const json_t *value = json_array_get(array, i);
    if (!json_is_integer(value))
        return ya_fail(err, YA_ERR_DATA, "%s[%zu] is not an integer", what, i);
    *out = json_integer_value(value);
    return YA_OK;
}

static ya_status check_length(const json_t *list, const char *name, size_t n, ya_error *err)
{
    if (!list || json_array_size(list) == n)
        return YA_OK;
    return ya_fail(err, YA_ERR_DATA, "input_ids has %zu entries and %s %zu", n, name,
                   json_array_size(list));
}

/* Ids that are attended to: [*first, *end) of all; padding may stand at the ends only. */
static ya_status find_attended(const json_t *mask, size_t n, size_t *first, size_t *end,
                               ya_error *err)
{
    ya_status status = YA_OK;
    *first = 0;
    *end = n;
    if (!mask)
        return YA_OK;
    bool ended = false;
    *first = *end = n;
    for (size_t i = 0; i < n; i++) {
        json_int_t value = 0;
        YA_TRY(read_integer(mask, i, "attention_mask", &value, err));
        if ((value != 0 && value != 1) || (value == 1 && ended))
            return ya_fail(
                err, YA_ERR_DATA,
                "attention_mask[%zu] is %lld: expected ones, with zeros at the ends only", i,
                (long long)value);
        if (value == 1 && *first == n)
            *first = i;
        if (value == 0 && *first < n && !ended) {
            ended = true;
            *end = i;
        }
    }
done:
    return status;
}

static ya_status copy_ids(const ya_encoder *encoder, const ya_record *record, ya_ids *ids,
                          ya_ids *counted, ya_error *err)
{
    size_t n = json_array_size(record->ids), first, end;
    ya_status status;
    if (n == 0)
        return ya_fail(err, YA_ERR_DATA, "input_ids is an empty list");
    YA_TRY(check_length(record->labels, "labels", n, err));
    YA_TRY(check_length(record->attended, "attention_mask", n, err));
    YA_TRY(find_attended(record->attended, n, &first, &end, err));
    for (size_t i = first; i < end; i++) {
        json_int_t id = 0, label;
        YA_TRY(read_integer(record->ids, i, "input_ids", &id, err));
        if (id < 0 || id >= encoder->options.vocab_size)
            return ya_fail(err, YA_ERR_DATA,
                           "input_ids[%zu] is %lld, the model's vocabulary has %d tokens", i,
                           (long long)id, encoder->options.vocab_size);
        label = id;
        if (record->labels)
            YA_TRY(read_integer(record->labels, i, "labels", &label, err));
        if (label != id && label != LABEL_IGNORED)
            return ya_fail(err, YA_ERR_DATA,
                           "labels[%zu] is %lld, expected input_ids[%zu] = %lld or %d (labels are "
                           "not shifted)",
                           i, (long long)label, i, (long long)id, LABEL_IGNORED);
        YA_TRY(ya_ids_add(ids, (int32_t)id, err));
        YA_TRY(ya_ids_add(counted, label != LABEL_IGNORED, err));
    }
done:
    return status;
}

static ya_status encode_text(ya_encoder *encoder, ya_record *record, ya_ids *ids, ya_ids *counted,
                             ya_error *err)
{
    ya_status status;
    if (record->kind == YA_RECORD_CHAT) {
        YA_TRY(need_chat(encoder, err));
        YA_TRY(encode_chat(encoder, record, ids, counted, err));
    } else if (record->kind == YA_RECORD_COMPLETION) {
        YA_TRY(need_tokenizer(encoder, err));
        YA_TRY(encode_completion(encoder, record, ids, counted, err));
    } else {
        YA_TRY(need_tokenizer(encoder, err));
        YA_TRY(encode_bytes(encoder, record->text, record->text_size, 0, ids, counted, err));
    }
    for (size_t i = 0; i < ids->size; i++)
        if (ids->data[i] < 0 || ids->data[i] >= encoder->options.vocab_size)
            return ya_fail(err, YA_ERR_FORMAT,
                           "the tokenizer gives id %d, the model's vocabulary has %d tokens: do "
                           "tokenizer and model belong together?",
                           ids->data[i], encoder->options.vocab_size);
done:
    return status;
}

ya_status ya_encoder_encode(ya_encoder *encoder, ya_record *record, ya_ids *ids, ya_ids *counted,
                            ya_error *err)
{
    ids->size = 0;
    counted->size = 0;
    ya_status status = record->kind == YA_RECORD_IDS
                           ? copy_ids(encoder, record, ids, counted, err)
                           : encode_text(encoder, record, ids, counted, err);
    if (!status && counted->size > 0)
        counted->data[0] = 0; /* nothing stands before it that could predict it */
    return status;
}

uint64_t ya_encoder_dropped_reasoning(const ya_encoder *encoder)
{
    return encoder->dropped_reasoning;
}
