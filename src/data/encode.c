#include "data/encode.h"

#include "base/alloc.h"
#include "token/tokenizer.h"

struct ya_encoder {
    const char *model_path, *chat_template;
    int vocab_size;
    ya_tokenizer *tokenizer; /* NULL until needed */
    ya_chat *chat;           /* NULL until needed */
    ya_buffer text;
    ya_ids prompt;
};

enum { LABEL_IGNORED = -100 };

ya_status ya_encoder_new(ya_encoder **out, const char *model_path, const char *chat_template,
                         int vocab_size, ya_error *err)
{
    *out = ya_alloc_zero(1, sizeof **out);
    if (!*out)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the encoder of records");
    (*out)->model_path = model_path;
    (*out)->chat_template = chat_template;
    (*out)->vocab_size = vocab_size;
    return YA_OK;
}

void ya_encoder_free(ya_encoder *encoder)
{
    if (!encoder)
        return;
    ya_chat_close(encoder->chat);
    ya_tokenizer_close(encoder->tokenizer);
    ya_buffer_free(&encoder->text);
    ya_ids_free(&encoder->prompt);
    ya_free(encoder);
}

static ya_status need_tokenizer(ya_encoder *encoder, ya_error *err)
{
    if (encoder->tokenizer)
        return YA_OK;
    ya_status status = ya_tokenizer_open(&encoder->tokenizer, encoder->model_path, err);
    return status ? ya_wrap(err, status, "records of text need the model's tokenizer") : YA_OK;
}

static ya_status need_chat(ya_encoder *encoder, ya_error *err)
{
    ya_status status = need_tokenizer(encoder, err);
    if (status || encoder->chat)
        return status;
    return ya_chat_open_for(&encoder->chat, encoder->tokenizer, encoder->chat_template, err);
}

/* All of `ids` count but the first `n_masked`. */
static ya_status count_from(const ya_ids *ids, size_t n_masked, ya_ids *counted, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t i = 0; i < ids->size && !status; i++)
        status = ya_ids_add(counted, i >= n_masked, err);
    return status;
}

static ya_status encode_completion(ya_encoder *encoder, const ya_record *record, ya_ids *ids,
                                   ya_ids *counted, ya_error *err)
{
    ya_status status;
    encoder->text.size = 0;
    encoder->prompt.size = 0;
    YA_TRY(ya_buffer_add(&encoder->text, record->text, record->text_size, err));
    YA_TRY(ya_buffer_add(&encoder->text, record->completion, record->completion_size, err));
    YA_TRY(ya_tokenizer_encode(encoder->tokenizer, encoder->text.data, encoder->text.size, true,
                               ids, err));
    YA_TRY(ya_tokenizer_encode(encoder->tokenizer, record->text, record->text_size, true,
                               &encoder->prompt, err));
    YA_TRY(count_from(ids, encoder->prompt.size, counted, err));
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

static ya_status copy_ids(const ya_encoder *encoder, const ya_record *record, ya_ids *ids,
                          ya_ids *counted, ya_error *err)
{
    ya_status status = YA_OK;
    size_t n = json_array_size(record->ids);
    if (record->labels && json_array_size(record->labels) != n)
        return ya_fail(err, YA_ERR_DATA, "input_ids has %zu entries and labels %zu", n,
                       json_array_size(record->labels));
    for (size_t i = 0; i < n; i++) {
        json_int_t id = 0, label;
        YA_TRY(read_integer(record->ids, i, "input_ids", &id, err));
        if (id < 0 || id >= encoder->vocab_size)
            return ya_fail(err, YA_ERR_DATA,
                           "input_ids[%zu] is %lld, the model's vocabulary has %d tokens", i,
                           (long long)id, encoder->vocab_size);
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

static ya_status encode_text(ya_encoder *encoder, const ya_record *record, ya_ids *ids,
                             ya_ids *counted, ya_error *err)
{
    ya_status status;
    if (record->kind == YA_RECORD_CHAT) {
        YA_TRY(need_chat(encoder, err));
        const ya_conversation conversation = {record->messages, record->n_messages, NULL, 0, false};
        YA_TRY(ya_chat_encode(encoder->chat, encoder->tokenizer, &conversation, ids, counted, err));
    } else if (record->kind == YA_RECORD_COMPLETION) {
        YA_TRY(need_tokenizer(encoder, err));
        YA_TRY(encode_completion(encoder, record, ids, counted, err));
    } else {
        YA_TRY(need_tokenizer(encoder, err));
        YA_TRY(ya_tokenizer_encode(encoder->tokenizer, record->text, record->text_size, true, ids,
                                   err));
        YA_TRY(count_from(ids, 0, counted, err));
    }
    for (size_t i = 0; i < ids->size; i++)
        if (ids->data[i] < 0 || ids->data[i] >= encoder->vocab_size)
            return ya_fail(err, YA_ERR_DATA,
                           "the tokenizer gives id %d, the model's vocabulary has %d tokens: do "
                           "tokenizer and model belong together?",
                           ids->data[i], encoder->vocab_size);
done:
    return status;
}

ya_status ya_encoder_encode(ya_encoder *encoder, const ya_record *record, ya_ids *ids,
                            ya_ids *counted, ya_error *err)
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
