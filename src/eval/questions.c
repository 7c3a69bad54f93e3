#include "eval/questions.h"

#include "base/alloc.h"

#include <string.h>

ya_question *ya_questions_add(ya_questions *q, size_t number)
{
    if (q->n == q->room) {
        size_t room = q->room ? 2 * q->room : 64;
        ya_question *bigger = ya_realloc_array(q->list, room, sizeof *bigger);
        if (!bigger)
            return NULL;
        q->list = bigger;
        q->room = room;
    }
    ya_question *question = &q->list[q->n++];
    *question = (ya_question){.number = number, .category = "all"};
    return question;
}

void ya_questions_free(ya_questions *q)
{
    for (size_t i = 0; i < q->n; i++)
        ya_free(q->list[i].choices);
    ya_free(q->list);
    ya_free(q->thresholds);
    ya_free(q->path);
    json_decref(q->documents);
    *q = (ya_questions){0};
}

/* The question as plain text: as it stands, or behind the examples as "Q: ...\nA:". */
static ya_status plain_context(const ya_questions *q, const ya_question *question, ya_buffer *out,
                               ya_error *err)
{
    if (question->asking == YA_ASK_PROMPT)
        return ya_buffer_add(out, question->text, strlen(question->text), err);
    return ya_buffer_printf(out, err, "%sQ: %s\nA:", q->examples, question->text);
}

static ya_status encode_plain(const ya_questions *q, const ya_question *question,
                              const ya_tokenizer *tokenizer, ya_continuations *c, ya_error *err)
{
    ya_buffer context = {0}, continuation = {0};
    ya_status status;
    const char *space = question->asking == YA_ASK_PROMPT ? "" : " ";
    YA_TRY(plain_context(q, question, &context, err));
    for (size_t k = 0; k < question->n_choices; k++) {
        continuation.size = 0;
        YA_TRY(ya_buffer_printf(&continuation, err, "%s%s", space, question->choices[k].text));
        YA_TRY(ya_continuations_add_text(c, tokenizer, context.data, continuation.data, err));
    }
done:
    ya_buffer_free(&context);
    ya_buffer_free(&continuation);
    return status;
}

/* What the model says is the last run of tokens that a template trains on. */
static ya_status add_turn(const ya_chat *chat, const ya_tokenizer *tokenizer, const char *question,
                          const char *answer, ya_continuations *c, ya_error *err)
{
    const ya_message messages[] = {
        {.role = "user", .content = question, .content_size = strlen(question)},
        {.role = "assistant", .content = answer, .content_size = strlen(answer)}};
    const ya_conversation conversation = {messages, 2, NULL, 0, false};
    ya_ids ids = {0}, trained = {0};
    ya_status status;
    size_t first, end;
    YA_TRY(ya_chat_encode(chat, tokenizer, &conversation, &ids, &trained, err));
    for (end = trained.size; end > 0 && !trained.data[end - 1];)
        end--;
    for (first = end; first > 0 && trained.data[first - 1];)
        first--;
    status = ya_continuations_add(c, ids.data, end, first, err);
done:
    ya_ids_free(&ids);
    ya_ids_free(&trained);
    return status;
}

ya_status ya_question_encode(const ya_questions *q, size_t i, const ya_tokenizer *tokenizer,
                             const ya_chat *chat, ya_continuations *c, ya_error *err)
{
    const ya_question *question = &q->list[i];
    ya_status status;
    YA_TRY(ya_continuations_group(c, err));
    if (!chat || question->asking == YA_ASK_PROMPT) {
        YA_TRY(encode_plain(q, question, tokenizer, c, err));
    } else {
        for (size_t k = 0; k < question->n_choices; k++)
            YA_TRY(add_turn(chat, tokenizer, question->text, question->choices[k].text, c, err));
    }
done:
    return status ? ya_wrap(err, status, "%s: question %zu", q->path ? q->path : q->name,
                            question->number)
                  : YA_OK;
}

ya_status ya_question_prompt(const ya_questions *q, size_t i, const ya_tokenizer *tokenizer,
                             const ya_chat *chat, ya_ids *ids, ya_error *err)
{
    const ya_question *question = &q->list[i];
    ya_buffer context = {0};
    ya_status status;
    if (chat && question->asking == YA_ASK_QUESTION) {
        const ya_message message = {
            .role = "user", .content = question->text, .content_size = strlen(question->text)};
        const ya_conversation conversation = {&message, 1, NULL, 0, true};
        return ya_chat_encode(chat, tokenizer, &conversation, ids, NULL, err);
    }
    YA_TRY(plain_context(q, question, &context, err));
    status = ya_tokenizer_encode(tokenizer, context.data, context.size, true, ids, err);
    if (!status && ids->size == 0)
        status =
            ya_fail(err, YA_ERR_DATA, "%s: question %zu has no tokens", q->path, question->number);
done:
    ya_buffer_free(&context);
    return status;
}
