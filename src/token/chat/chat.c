#include "token/chat.h"

#include "base/alloc.h"
#include "base/embedded.h"
#include "io/json.h"
#include "io/map.h"
#include "token/chat/rendering.h"
#include "token/unicode.h"

#include <string.h>

static const char folder[] = "chat/", ending[] = ".jinja";

/* ---- Opening ---- */

static bool preset_name(const ya_embedded *file, const char **name, size_t *size)
{
    size_t length = strlen(file->name), around = strlen(folder) + strlen(ending);
    if (length <= around || strncmp(file->name, folder, strlen(folder)) != 0)
        return false;
    *name = file->name + strlen(folder);
    *size = length - around;
    return true;
}

static const char *preset(const char *wanted)
{
    const char *name;
    size_t size;
    for (const ya_embedded *file = ya_embedded_files; file->name; file++)
        if (preset_name(file, &name, &size) && strlen(wanted) == size &&
            memcmp(wanted, name, size) == 0)
            return file->text;
    return NULL;
}

/* "alpaca, chatml, ..." */
static ya_status name_presets(ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    const char *name;
    size_t size;
    for (const ya_embedded *file = ya_embedded_files; file->name; file++)
        if (preset_name(file, &name, &size))
            YA_TRY(ya_buffer_printf(out, err, "%s%.*s", out->size ? ", " : "", (int)size, name));
done:
    return status;
}

static ya_status compile(const ya_chat *chat, ya_chat_program *program, const char *text,
                         ya_error *err)
{
    ya_status status = ya_template_compile(&program->template, text, err);
    if (status)
        return ya_wrap(err, status, "the chat template (%s) is not supported", chat->name);
    const ya_template *t = &program->template;
    static const char *const names[] = {"reasoning_content", "thinking", "reasoning"};
    for (size_t i = 0; i < 3 && !program->reasoning_name; i++)
        if (ya_template_mentions(t, names[i], false))
            program->reasoning_name = names[i];
    program->reads_reasoning = program->reasoning_name || ya_template_mentions(t, "</think>", true);
    return ya_probe(chat, program, err);
}

/* The text of the template that `name` forces, in `text` or (a preset) *out only. */
static ya_status forced(const char *name, char **text, const char **out, ya_error *err)
{
    ya_buffer names = {0};
    size_t size;
    ya_status status = YA_OK;
    *out = preset(name);
    if (*out)
        return YA_OK;
    ya_error why = {0};
    if (ya_read_file(name, YA_TEMPLATE_MAX_BYTES, text, &size, &why) == YA_OK) {
        *out = *text;
        return YA_OK;
    }
    YA_TRY(name_presets(&names, err));
    status = ya_fail(err, YA_ERR_USAGE,
                     "--chat-template %s is neither one of %s nor a file that can be read (%s)",
                     name, names.data ? names.data : "", why.text);
done:
    ya_buffer_free(&names);
    return status;
}

static ya_status no_template(ya_error *err)
{
    ya_buffer names = {0};
    ya_status status = name_presets(&names, err);
    if (!status)
        status = ya_fail(err, YA_ERR_UNSUPPORTED,
                         "the model has no chat template; pass --chat-template NAME|FILE, NAME one "
                         "of %s",
                         names.data ? names.data : "");
    ya_buffer_free(&names);
    return status;
}

static ya_status open_texts(ya_chat **out, const char *jinja, const char *tools, const char *name,
                            const char *bos, const char *eos, ya_error *err)
{
    char *text = NULL;
    ya_status status = YA_OK;
    *out = NULL;
    ya_unicode_init();
    ya_chat *chat = ya_alloc_zero(1, sizeof *chat);
    if (!chat)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat template");
    chat->bos = ya_strdup(bos);
    chat->eos = ya_strdup(eos);
    chat->name = ya_strdup(name ? name : "the model's own");
    if (!chat->bos || !chat->eos || !chat->name) {
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat template");
        goto done;
    }
    if (name)
        YA_TRY(forced(name, &text, &jinja, err));
    else if (!jinja || !*jinja)
        YA_TRY(no_template(err));
    YA_TRY(compile(chat, &chat->standard, jinja, err));
    if (tools && !name)
        YA_TRY(compile(chat, &chat->tools, tools, err));
    *out = chat;
done:
    ya_free(text);
    if (status != YA_OK)
        ya_chat_close(chat);
    return status;
}

ya_status ya_chat_open(ya_chat **out, const char *jinja, const char *name, const char *bos,
                       const char *eos, ya_error *err)
{
    return open_texts(out, jinja, NULL, name, bos, eos, err);
}

static const char *token_text(const ya_tokenizer *tokenizer, int32_t id)
{
    const char *text = id >= 0 ? ya_tokenizer_token(tokenizer, id) : NULL;
    return text ? text : "";
}

ya_status ya_chat_open_for(ya_chat **out, const ya_tokenizer *tokenizer, const char *name,
                           ya_error *err)
{
    return open_texts(out, ya_tokenizer_chat_template(tokenizer),
                      ya_tokenizer_tools_template(tokenizer), name,
                      token_text(tokenizer, ya_tokenizer_bos(tokenizer)),
                      token_text(tokenizer, ya_tokenizer_eos(tokenizer)), err);
}

static void close_program(ya_chat_program *program)
{
    ya_memory_free(&program->template.memory);
    ya_buffer_free(&program->prompt);
    ya_buffer_free(&program->before);
    ya_buffer_free(&program->end);
}

void ya_chat_close(ya_chat *chat)
{
    if (!chat)
        return;
    close_program(&chat->standard);
    close_program(&chat->tools);
    ya_free(chat->name);
    ya_free(chat->bos);
    ya_free(chat->eos);
    ya_free(chat);
}

const char *ya_chat_name(const ya_chat *chat)
{
    return chat->name;
}

/* ---- Rendering ---- */

static const ya_chat_program *program_for(const ya_chat *chat, const ya_conversation *conversation)
{
    return conversation->tools && chat->tools.template.body ? &chat->tools : &chat->standard;
}

static void reset(ya_rendered *out)
{
    out->text.size = out->n_assistant = out->n_content = 0;
    out->dropped_reasoning = 0;
}

ya_status ya_chat_render(const ya_chat *chat, const ya_conversation *conversation, ya_rendered *out,
                         ya_error *err)
{
    const ya_chat_program *program = program_for(chat, conversation);
    ya_rendering r;
    reset(out);
    ya_status status = ya_render_form(chat, program, conversation, &(ya_chat_form){0}, &r, err);
    if (!status)
        status = ya_find_spans(program, &r, conversation, NULL, out, err);
    ya_memory_free(&r.run.memory);
    if (status)
        reset(out);
    return status;
}

void ya_rendered_free(ya_rendered *rendered)
{
    ya_buffer_free(&rendered->text);
    ya_free(rendered->assistant);
    ya_free(rendered->content);
    *rendered = (ya_rendered){0};
}

/* ---- Complete renderings ---- */

typedef struct {
    const ya_chat *chat;
    const ya_chat_program *program;
    const ya_tokenizer *tokenizer;
    const ya_conversation *conversation;
    ya_rendered *out;
} preparation;

static ya_status try_form(const preparation *p, ya_chat_form form, ya_error *err)
{
    ya_rendering r;
    ya_status status = YA_OK;
    reset(p->out);
    form.reasoning_name = p->program->reasoning_name;
    YA_TRY(ya_render_form(p->chat, p->program, p->conversation, &form, &r, err));
    YA_TRY(ya_check_complete(p->program, &r, p->conversation, &p->out->dropped_reasoning, err));
    status = ya_find_spans(p->program, &r, p->conversation, p->tokenizer, p->out, err);
done:
    ya_memory_free(&r.run.memory);
    return status;
}

/* What there is in the conversation that can be given in another way. */
static void choices(const ya_conversation *c, bool *text, bool *parts, bool *arguments)
{
    *text = *parts = *arguments = false;
    for (size_t i = 0; i < c->n_messages; i++) {
        const ya_message *m = &c->messages[i];
        *text |= m->parts || !m->content;
        *parts |= m->content && !m->parts;
        *arguments |= m->members && memmem(m->members, m->members_size, "\"arguments\"", 11);
    }
}

ya_status ya_chat_prepare(const ya_chat *chat, const ya_tokenizer *tokenizer,
                          const ya_conversation *conversation, ya_rendered *out, ya_error *err)
{
    const preparation p = {chat, program_for(chat, conversation), tokenizer, conversation, out};
    bool allowed[3] = {true, false, false}, arguments;
    ya_error other;
    ya_status status = try_form(&p, (ya_chat_form){0}, err);
    if (status != YA_ERR_DATA)
        return status;
    choices(conversation, &allowed[YA_CONTENT_TEXT], &allowed[YA_CONTENT_PARTS], &arguments);
    for (int text = 0; text <= arguments; text++)
        for (int content = text ? 0 : 1; content < 3; content++)
            if (allowed[content] &&
                try_form(&p, (ya_chat_form){.content = content, .arguments_text = text}, &other) ==
                    YA_OK) {
                if (err)
                    *err = (ya_error){0};
                return YA_OK;
            } else if (allowed[content] && content == YA_CONTENT_TEXT && err) {
                *err = other; /* what is wrong beside a null that it cannot take */
            }
    reset(out);
    return status;
}

/* ---- Tokens ---- */

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

ya_status ya_chat_tokenize(const ya_tokenizer *tokenizer, const ya_rendered *r, ya_ids *ids,
                           ya_ids *trained, ya_error *err)
{
    ya_ids begins = {0};
    ya_status status = YA_OK;
    size_t ids_before = ids->size, trained_before = trained ? trained->size : 0;
    YA_TRY(ya_tokenizer_encode_messages(tokenizer, r->text.data ? r->text.data : "", r->text.size,
                                        r->content, r->n_content, ids, trained ? &begins : NULL,
                                        err));
    if (trained)
        status = mark_trained(r, &begins, trained, err);
done:
    if (status != YA_OK) {
        ids->size = ids_before;
        if (trained)
            trained->size = trained_before;
    }
    ya_ids_free(&begins);
    return status;
}

ya_status ya_chat_encode(const ya_chat *chat, const ya_tokenizer *tokenizer,
                         const ya_conversation *conversation, ya_ids *ids, ya_ids *trained,
                         ya_error *err)
{
    ya_rendered r = {0};
    ya_status status = ya_chat_prepare(chat, tokenizer, conversation, &r, err);
    if (!status)
        status = ya_chat_tokenize(tokenizer, &r, ids, trained, err);
    ya_rendered_free(&r);
    return status;
}
