/* Messages to text, a function for each family, statement by statement as its template has them:
 * Llama 3, ChatML, Qwen. */
#include "token/chat_writer.h"

#include "base/alloc.h"
#include "io/json.h"
#include "token/unicode.h"

#include <string.h>
#include <time.h>

/* ---- Llama 3 ---- */

static ya_status add_date(ya_rendering *r)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (!ya_chat_has(r, YA_CHAT_NOW))
        return ya_chat_add(r, r->chat->texts[YA_CHAT_DATE]);
    time_t now = time(NULL);
    struct tm day;
    if (!localtime_r(&now, &day))
        return ya_fail(r->err, YA_ERR_IO, "cannot tell today's date for the chat template");
    return ya_buffer_printf(&r->out->text, r->err, "%02d %s %d", day.tm_mday, months[day.tm_mon],
                            day.tm_year + 1900);
}

static ya_status add_dated_system(ya_rendering *r, ya_slice system)
{
    ya_status status = YA_OK;
    YA_TRY(ya_chat_add(r, "<|start_header_id|>system<|end_header_id|>\n\n"));
    YA_TRY(ya_chat_add(r, "Cutting Knowledge Date: December 2023\nToday Date: "));
    YA_TRY(add_date(r));
    YA_TRY(ya_chat_add(r, "\n\n"));
    YA_TRY(ya_chat_add_content(r, ya_strip(system)));
    status = ya_chat_add(r, "<|eot_id|>");
done:
    return status;
}

static ya_status add_tool_json(ya_rendering *r, ya_slice content)
{
    ya_buffer quoted = {0};
    ya_status status = YA_OK;
    YA_TRY(ya_chat_add(r, "<|start_header_id|>ipython<|end_header_id|>\n\n"));
    YA_TRY(ya_json_quote(&quoted, content.text, content.size, r->err));
    YA_TRY(ya_chat_add_content(r, (ya_slice){quoted.data, quoted.size}));
    status = ya_chat_add(r, "<|eot_id|>");
done:
    ya_buffer_free(&quoted);
    return status;
}

static ya_status render_header(ya_rendering *r)
{
    ya_status status = YA_OK;
    size_t i = 0;
    YA_TRY(ya_chat_add(r, r->chat->bos));
    if (ya_chat_has(r, YA_CHAT_DATES)) {
        bool system = ya_is_role(&r->messages[0], "system");
        YA_TRY(add_dated_system(r, system ? ya_content_of(&r->messages[0]) : (ya_slice){"", 0}));
        i = system;
    }
    for (; i < r->n; i++) {
        const ya_message *m = &r->messages[i];
        ya_slice content = ya_content_of(m);
        if (ya_chat_has(r, YA_CHAT_IPYTHON) &&
            (ya_is_role(m, "tool") || ya_is_role(m, "ipython"))) {
            YA_TRY(add_tool_json(r, content));
            continue;
        }
        YA_TRY(ya_chat_add(r, "<|start_header_id|>"));
        YA_TRY(ya_chat_add_role(r, m));
        YA_TRY(ya_chat_add(r, "<|end_header_id|>\n\n"));
        size_t begin = r->out->text.size;
        YA_TRY(ya_chat_add_content(r, ya_chat_has(r, YA_CHAT_TRIM) ? ya_strip(content) : content));
        YA_TRY(ya_chat_add(r, "<|eot_id|>"));
        YA_TRY(ya_chat_end_answer(r, m, begin));
    }
    if (r->prompt)
        status = ya_chat_add(r, "<|start_header_id|>assistant<|end_header_id|>\n\n");
done:
    return status;
}

/* ---- ChatML ---- */

static ya_status add_default_system(ya_rendering *r)
{
    ya_status status = YA_OK;
    YA_TRY(ya_chat_add(r, "<|im_start|>system\n"));
    YA_TRY(ya_chat_add(r, r->chat->texts[YA_CHAT_DEFAULT_SYSTEM]));
    status = ya_chat_add(r, "<|im_end|>\n");
done:
    return status;
}

static ya_status add_turn(ya_rendering *r, const ya_message *m)
{
    ya_status status = YA_OK;
    YA_TRY(ya_chat_add(r, "<|im_start|>"));
    YA_TRY(ya_chat_add_role(r, m));
    YA_TRY(ya_chat_add(r, "\n"));
    size_t begin = r->out->text.size;
    YA_TRY(ya_chat_add_content(r, ya_content_of(m)));
    YA_TRY(ya_chat_add(r, "<|im_end|>"));
    YA_TRY(ya_chat_end_answer(r, m, begin));
    status = ya_chat_add(r, "\n");
done:
    return status;
}

static ya_status render_chatml(ya_rendering *r)
{
    ya_status status = YA_OK;
    if (ya_chat_has(r, YA_CHAT_BOS))
        YA_TRY(ya_chat_add(r, r->chat->bos));
    if (r->chat->texts[YA_CHAT_DEFAULT_SYSTEM] && !ya_is_role(&r->messages[0], "system"))
        YA_TRY(add_default_system(r));
    for (size_t i = 0; i < r->n; i++)
        YA_TRY(add_turn(r, &r->messages[i]));
    if (r->prompt)
        status = ya_chat_add(r, "<|im_start|>assistant\n");
done:
    return status;
}

/* ---- Qwen ---- */

/* Neighbouring tool messages share one turn of the user. */
static ya_status add_tool_response(ya_rendering *r, size_t i)
{
    ya_status status = YA_OK;
    if (i == 0 || !ya_is_role(&r->messages[i - 1], "tool"))
        YA_TRY(ya_chat_add(r, "<|im_start|>user"));
    YA_TRY(ya_chat_add(r, "\n<tool_response>\n"));
    YA_TRY(ya_chat_add_content(r, ya_content_of(&r->messages[i])));
    YA_TRY(ya_chat_add(r, "\n</tool_response>"));
    if (i + 1 == r->n || !ya_is_role(&r->messages[i + 1], "tool"))
        YA_TRY(ya_chat_add(r, "<|im_end|>\n"));
done:
    return status;
}

static ya_status render_qwen25(ya_rendering *r)
{
    ya_status status = YA_OK;
    if (ya_is_role(&r->messages[0], "system"))
        YA_TRY(add_turn(r, &r->messages[0]));
    else if (r->chat->texts[YA_CHAT_DEFAULT_SYSTEM])
        YA_TRY(add_default_system(r));
    for (size_t i = 0; i < r->n; i++) {
        const ya_message *m = &r->messages[i];
        if (ya_is_role(m, "user") || ya_is_role(m, "assistant") ||
            (ya_is_role(m, "system") && i > 0))
            YA_TRY(add_turn(r, m));
        else if (ya_is_role(m, "tool"))
            YA_TRY(add_tool_response(r, i));
    }
    if (r->prompt)
        status = ya_chat_add(r, "<|im_start|>assistant\n");
done:
    return status;
}

/* The last message of the user that is no tool response; only answers behind it keep what they
 * thought. */
static size_t last_query(const ya_rendering *r)
{
    for (size_t i = r->n; i-- > 0;) {
        ya_slice content = ya_content_of(&r->messages[i]);
        if (ya_is_role(&r->messages[i], "user") && !(ya_slice_starts(content, "<tool_response>") &&
                                                     ya_slice_ends(content, "</tool_response>")))
            return i;
    }
    return r->n - 1;
}

static ya_status add_thinking_turn(ya_rendering *r, size_t i, size_t query)
{
    ya_status status = YA_OK;
    ya_slice content = ya_content_of(&r->messages[i]), reasoning = {"", 0};
    if (ya_slice_find(content, "</think>")) {
        reasoning = ya_strip_lines_right(ya_before_first(content, "</think>"));
        reasoning = ya_strip_lines_left(ya_behind_last(reasoning, "<think>"));
        content = ya_strip_lines_left(ya_behind_last(content, "</think>"));
    }
    YA_TRY(ya_chat_add(r, "<|im_start|>assistant\n"));
    size_t begin = r->out->text.size;
    if (i > query && (i + 1 == r->n || reasoning.size > 0)) {
        YA_TRY(ya_chat_add(r, "<think>\n"));
        YA_TRY(ya_chat_add_content(r, ya_strip_lines_right(ya_strip_lines_left(reasoning))));
        YA_TRY(ya_chat_add(r, "\n</think>\n\n"));
        content = ya_strip_lines_left(content);
    }
    YA_TRY(ya_chat_add_content(r, content));
    YA_TRY(ya_chat_add(r, "<|im_end|>"));
    YA_TRY(ya_chat_end_answer(r, &r->messages[i], begin));
    status = ya_chat_add(r, "\n");
done:
    return status;
}

static ya_status render_qwen3(ya_rendering *r)
{
    ya_status status = YA_OK;
    size_t query = last_query(r);
    for (size_t i = 0; i < r->n; i++) {
        const ya_message *m = &r->messages[i];
        if (ya_is_role(m, "user") || ya_is_role(m, "system"))
            YA_TRY(add_turn(r, m));
        else if (ya_is_role(m, "assistant"))
            YA_TRY(add_thinking_turn(r, i, query));
        else if (ya_is_role(m, "tool"))
            YA_TRY(add_tool_response(r, i));
    }
    if (r->prompt)
        status = ya_chat_add(r, "<|im_start|>assistant\n");
done:
    return status;
}

/* ---- All ---- */

static ya_status render(ya_rendering *r)
{
    switch (r->chat->family) {
    case YA_CHAT_HEADER:
        return render_header(r);
    case YA_CHAT_CHATML:
        return render_chatml(r);
    case YA_CHAT_QWEN25:
        return render_qwen25(r);
    case YA_CHAT_QWEN3:
        return render_qwen3(r);
    case YA_CHAT_LLAMA2:
        return ya_render_llama2(r);
    case YA_CHAT_MISTRAL:
        return ya_render_mistral(r);
    case YA_CHAT_FAMILIES:
        break;
    }
    return ya_fail(r->err, YA_ERR_UNSUPPORTED, "unknown chat template");
}

/* Copies of the messages with well-formed text; what is ill-formed is repaired into `repaired`. */
static ya_status repair(const ya_message *messages, size_t n, ya_message *copies,
                        ya_buffer *repaired, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t i = 0; i < n; i++) {
        ya_slice content = ya_content_of(&messages[i]);
        size_t role_size = strlen(messages[i].role);
        copies[i] = messages[i];
        if (ya_utf8_valid(messages[i].role, role_size) != role_size)
            return ya_fail(err, YA_ERR_DATA, "the role of message %zu is not UTF-8", i + 1);
        if (ya_utf8_valid(content.text, content.size) == content.size)
            continue;
        YA_TRY(ya_utf8_repair(&repaired[i], content.text, content.size, err));
        copies[i].content = repaired[i].data;
        copies[i].content_size = repaired[i].size;
    }
done:
    return status;
}

ya_status ya_chat_render(const ya_chat *chat, const ya_conversation *conversation, ya_rendered *out,
                         ya_error *err)
{
    const ya_message *messages = conversation->messages;
    size_t n_messages = conversation->n_messages;
    bool add_generation_prompt = conversation->add_generation_prompt;
    out->text.size = out->n_assistant = out->n_content = 0;
    if (n_messages == 0)
        return ya_fail(err, YA_ERR_DATA, "a chat has no messages");
    ya_unicode_init();
    ya_message *copies = ya_alloc_zero(n_messages, sizeof *copies);
    ya_buffer *repaired = ya_alloc_zero(n_messages, sizeof *repaired);
    ya_status status = YA_OK;
    if (!copies || !repaired) {
        status =
            ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat of %zu messages", n_messages);
        goto done;
    }
    YA_TRY(repair(messages, n_messages, copies, repaired, err));
    ya_rendering r = {chat, copies, n_messages, add_generation_prompt, out, err};
    status = render(&r);
done:
    for (size_t i = 0; repaired && i < n_messages; i++)
        ya_buffer_free(&repaired[i]);
    ya_free(repaired);
    ya_free(copies);
    if (status != YA_OK)
        out->text.size = out->n_assistant = out->n_content = 0;
    return status;
}
