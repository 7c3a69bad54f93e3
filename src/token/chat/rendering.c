/* Running a template over a conversation, and over small ones to learn how it frames a turn. */
#include "token/chat/rendering.h"

#include "token/chat/python.h"

#include <string.h>

enum { STEPS_LEAST = 10000000, STEPS_A_BYTE = 100, MEMORY_LEAST = 64 << 20, MEMORY_A_BYTE = 64 };

static size_t size_of(const ya_conversation *c)
{
    size_t size = c->tools ? c->tools_size : 0;
    for (size_t i = 0; i < c->n_messages; i++)
        size += c->messages[i].content_size + c->messages[i].parts_size +
                c->messages[i].members_size + 64;
    return size;
}

static bool set_token(ya_run *run, int variable, const char *text)
{
    ya_str *str = ya_str_literal(&run->memory, text);
    if (str)
        run->variables[variable] = ya_of_str(str);
    return str || ya_raise_memory(run);
}

ya_status ya_render_form(const ya_chat *chat, const ya_chat_program *program,
                         const ya_conversation *conversation, const ya_chat_form *form,
                         ya_rendering *r, ya_error *err)
{
    size_t size = size_of(conversation);
    *r = (ya_rendering){.run = {.memory = {.limit = MEMORY_LEAST + MEMORY_A_BYTE * size},
                                .template = &program->template,
                                .max_steps = STEPS_LEAST + STEPS_A_BYTE * (uint64_t)size,
                                .err = err}};
    ya_run *run = &r->run;
    ya_status status = ya_take_conversation(run, conversation, form);
    if (status)
        return status;
    if (!set_token(run, YA_VAR_BOS, chat->bos) || !set_token(run, YA_VAR_EOS, chat->eos) ||
        !ya_run_template(run, &r->out))
        return run->status;
    return YA_OK;
}

/* ---- How it frames a turn ---- */

static const char user_text[] = "zuser0", answer_text[] = "zanswer0";

/* Where a text of the conversation stands in a rendering. */
static const char *find_text(const ya_rendering *r, const char *text)
{
    return r->out.size ? memmem(r->out.data, r->out.size, text, strlen(text)) : NULL;
}

/* Renders the first `n` of user, answer, user in some form that the template takes. */
static bool probe(const ya_chat *chat, const ya_chat_program *program, size_t n, bool prompt,
                  ya_rendering *r)
{
    const ya_message messages[] = {
        {.role = "user", .content = user_text, .content_size = sizeof user_text - 1},
        {.role = "assistant", .content = answer_text, .content_size = sizeof answer_text - 1},
        {.role = "user", .content = "zlast0", .content_size = 6}};
    const ya_conversation conversation = {
        .messages = messages, .n_messages = n, .add_generation_prompt = prompt};
    ya_error err;
    for (int content = 0; content < 3; content += 2) {
        if (ya_render_form(chat, program, &conversation, &(ya_chat_form){.content = content}, r,
                           &err) == YA_OK &&
            find_text(r, user_text))
            return true;
        ya_memory_free(&r->run.memory);
    }
    return false;
}

static size_t common(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t n = 0;
    while (n < a_size && n < b_size && a[n] == b[n])
        n++;
    return n;
}

static ya_status learn_prompt(const ya_chat *chat, ya_chat_program *program, ya_error *err)
{
    ya_rendering with, without;
    ya_status status = YA_OK;
    if (!probe(chat, program, 1, true, &with))
        return YA_OK;
    const char *behind = find_text(&with, user_text) + strlen(user_text);
    YA_TRY(ya_buffer_add(&program->before, behind, (size_t)(with.out.data + with.out.size - behind),
                         err));
    if (probe(chat, program, 1, false, &without)) {
        size_t same = common(with.out.data, with.out.size, without.out.data, without.out.size);
        status = ya_buffer_add(&program->prompt, with.out.data + same, with.out.size - same, err);
        ya_memory_free(&without.run.memory);
    }
done:
    ya_memory_free(&with.run.memory);
    return status;
}

/* What stands behind an answer, whether something follows or not; without white space at its end
 * where there is more than that. */
static ya_status learn_end(const ya_chat *chat, ya_chat_program *program, ya_error *err)
{
    ya_rendering last, followed;
    ya_status status = YA_OK;
    if (!probe(chat, program, 2, false, &last))
        return YA_OK;
    const char *behind = find_text(&last, answer_text);
    if (behind && probe(chat, program, 3, false, &followed)) {
        const char *mid = find_text(&followed, answer_text);
        if (mid) {
            behind += strlen(answer_text);
            mid += strlen(answer_text);
            size_t same = common(behind, (size_t)(last.out.data + last.out.size - behind), mid,
                                 (size_t)(followed.out.data + followed.out.size - mid));
            size_t solid = ya_python_rstrip(behind, same);
            status = ya_buffer_add(&program->end, behind, solid ? solid : same, err);
        }
        ya_memory_free(&followed.run.memory);
    }
    ya_memory_free(&last.run.memory);
    return status;
}

ya_status ya_probe(const ya_chat *chat, ya_chat_program *program, ya_error *err)
{
    ya_status status = learn_prompt(chat, program, err);
    return status ? status : learn_end(chat, program, err);
}
