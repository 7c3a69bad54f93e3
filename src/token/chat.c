#include "token/chat_internal.h"

#include "base/alloc.h"

#include <string.h>

static ya_status recognise(ya_chat *chat, const char *jinja, ya_error *err)
{
    ya_statements statements = {0};
    if (!jinja || !*jinja)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "the model has no chat template; pass --chat-template NAME: %s",
                       YA_CHAT_NAMES);
    ya_error why = {0};
    ya_status status = ya_chat_scan(jinja, &statements, &why);
    if (status == YA_OK)
        status = ya_chat_recognise(chat, &statements, &why);
    if (status != YA_OK)
        status = ya_fail(err, status,
                         "the model's chat template is not supported: %s; pass --chat-template "
                         "NAME: %s",
                         why.text, YA_CHAT_NAMES);
    ya_statements_free(&statements);
    return status;
}

ya_status ya_chat_open(ya_chat **out, const char *jinja, const char *name, const char *bos,
                       const char *eos, ya_error *err)
{
    *out = NULL;
    ya_chat *chat = ya_alloc_zero(1, sizeof *chat);
    if (!chat)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat template");
    ya_status status = name ? ya_chat_preset(chat, name, err) : recognise(chat, jinja, err);
    chat->bos = ya_strdup(bos);
    chat->eos = ya_strdup(eos);
    if (status == YA_OK && (!chat->bos || !chat->eos))
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat template");
    if (status != YA_OK) {
        ya_chat_close(chat);
        return status;
    }
    *out = chat;
    return YA_OK;
}

void ya_chat_close(ya_chat *chat)
{
    if (!chat)
        return;
    for (int i = 0; i < YA_CHAT_TEXTS; i++)
        ya_free(chat->texts[i]);
    ya_free(chat->bos);
    ya_free(chat->eos);
    ya_free(chat);
}

const char *ya_chat_name(const ya_chat *chat)
{
    return chat->name;
}

void ya_rendered_free(ya_rendered *rendered)
{
    ya_buffer_free(&rendered->text);
    ya_free(rendered->assistant);
    ya_free(rendered->content);
    *rendered = (ya_rendered){0};
}

/* 1 for each token that begins in a span, else 0; both ascend. */
static ya_status mark_trained(const ya_rendered *r, const ya_ids *begins, ya_ids *trained,
                              ya_error *err)
{
    ya_status status = YA_OK;
    size_t k = 0;
    for (size_t i = 0; i < begins->size; i++) {
        size_t at = (size_t)begins->data[i];
        while (k < r->n_assistant && r->assistant[k].end <= at)
            k++;
        YA_TRY(ya_ids_add(trained, k < r->n_assistant && r->assistant[k].begin <= at, err));
    }
done:
    return status;
}

ya_status ya_chat_encode(const ya_chat *chat, const ya_tokenizer *tokenizer,
                         const ya_conversation *conversation, ya_ids *ids, ya_ids *trained,
                         ya_error *err)
{
    ya_rendered r = {0};
    ya_ids begins = {0};
    ya_status status = YA_OK;
    size_t ids_before = ids->size, trained_before = trained ? trained->size : 0;
    YA_TRY(ya_chat_render(chat, conversation, &r, err));
    YA_TRY(ya_tokenizer_encode_spans(tokenizer, r.text.data ? r.text.data : "", r.text.size, false,
                                     r.content, r.n_content, ids, trained ? &begins : NULL, err));
    if (trained)
        status = mark_trained(&r, &begins, trained, err);
done:
    if (status != YA_OK) {
        ids->size = ids_before;
        if (trained)
            trained->size = trained_before;
    }
    ya_rendered_free(&r);
    ya_ids_free(&begins);
    return status;
}
