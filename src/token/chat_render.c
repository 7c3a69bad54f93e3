/* Messages to text, a function for each family, statement by statement as its template has them. */
#include "token/chat_internal.h"

#include "base/alloc.h"
#include "io/json.h"
#include "token/unicode.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

typedef struct {
    const ya_chat *chat;
    const ya_message *messages; /* well-formed */
    size_t n;
    bool prompt;
    ya_rendered *out;
    ya_error *err;
} rendering;

/* A piece of a message. */
typedef struct {
    const char *text;
    size_t size;
} slice;

static slice content_of(const ya_message *m)
{
    return (slice){m->content ? m->content : "", m->content ? m->content_size : 0};
}

static bool is_role(const ya_message *m, const char *role)
{
    return strcmp(m->role, role) == 0;
}

static bool has(const rendering *r, unsigned feature)
{
    return (r->chat->features & feature) != 0;
}

/* ---- Adding ---- */

static ya_status add(rendering *r, const char *text)
{
    return ya_buffer_add(&r->out->text, text, strlen(text), r->err);
}

static ya_status add_span(ya_span **spans, size_t *n, size_t *room, ya_span span, ya_error *err)
{
    if (*n == *room) {
        size_t wanted = 2 * *room + 8;
        ya_span *bigger = ya_realloc_array(*spans, wanted, sizeof *bigger);
        if (!bigger)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu turns of a chat", wanted);
        *spans = bigger;
        *room = wanted;
    }
    (*spans)[(*n)++] = span;
    return YA_OK;
}

/* Text that somebody else wrote. */
static ya_status add_content(rendering *r, slice s)
{
    ya_rendered *out = r->out;
    ya_span span = {out->text.size, out->text.size + s.size};
    if (s.size == 0)
        return YA_OK;
    ya_status status = ya_buffer_add(&out->text, s.text, s.size, r->err);
    if (status != YA_OK)
        return status;
    return add_span(&out->content, &out->n_content, &out->room_content, span, r->err);
}

static ya_status add_role(rendering *r, const ya_message *m)
{
    for (const char *c = m->role; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
            return add_content(r, (slice){m->role, strlen(m->role)});
    return add(r, m->role);
}

/* The end of what the assistant says, which began at `begin`. */
static ya_status end_answer(rendering *r, const ya_message *m, size_t begin)
{
    ya_rendered *out = r->out;
    if (!is_role(m, "assistant"))
        return YA_OK;
    return add_span(&out->assistant, &out->n_assistant, &out->room_assistant,
                    (ya_span){begin, out->text.size}, r->err);
}

/* ---- Python's strings ---- */

/* What str.strip() removes: white space, and the separators U+001C to U+001F. */
static bool is_python_space(uint32_t c)
{
    return (ya_unicode_flags(c) & YA_UC_SPACE) || (c >= 0x1C && c <= 0x1F);
}

static slice strip_right(slice s)
{
    size_t length;
    while (s.size && is_python_space(ya_utf8_before(s.text, s.text + s.size, &length)))
        s.size -= length;
    return s;
}

static slice strip(slice s)
{
    size_t length;
    s = strip_right(s);
    while (s.size && is_python_space(ya_utf8_get(s.text, &length))) {
        s.text += length;
        s.size -= length;
    }
    return s;
}

static slice strip_lines_left(slice s)
{
    while (s.size && *s.text == '\n') {
        s.text++;
        s.size--;
    }
    return s;
}

static slice strip_lines_right(slice s)
{
    while (s.size && s.text[s.size - 1] == '\n')
        s.size--;
    return s;
}

static const char *find(slice s, const char *what)
{
    return s.size ? memmem(s.text, s.size, what, strlen(what)) : NULL;
}

/* s.split(what)[0] and s.split(what)[-1]. */
static slice before_first(slice s, const char *what)
{
    const char *at = find(s, what);
    return at ? (slice){s.text, (size_t)(at - s.text)} : s;
}

static slice behind_last(slice s, const char *what)
{
    for (const char *at; (at = find(s, what)) != NULL;) {
        at += strlen(what);
        s = (slice){at, s.size - (size_t)(at - s.text)};
    }
    return s;
}

static bool starts_with(slice s, const char *what)
{
    return s.size >= strlen(what) && memcmp(s.text, what, strlen(what)) == 0;
}

static bool ends_with(slice s, const char *what)
{
    size_t n = strlen(what);
    return s.size >= n && memcmp(s.text + s.size - n, what, n) == 0;
}

/* ---- Llama 3 ---- */

static ya_status add_date(rendering *r)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (!has(r, YA_CHAT_NOW))
        return add(r, r->chat->texts[YA_CHAT_DATE]);
    time_t now = time(NULL);
    struct tm day;
    if (!localtime_r(&now, &day))
        return ya_fail(r->err, YA_ERR_IO, "cannot tell today's date for the chat template");
    return ya_buffer_printf(&r->out->text, r->err, "%02d %s %d", day.tm_mday, months[day.tm_mon],
                            day.tm_year + 1900);
}

static ya_status add_dated_system(rendering *r, slice system)
{
    ya_status status = YA_OK;
    YA_TRY(add(r, "<|start_header_id|>system<|end_header_id|>\n\n"));
    YA_TRY(add(r, "Cutting Knowledge Date: December 2023\nToday Date: "));
    YA_TRY(add_date(r));
    YA_TRY(add(r, "\n\n"));
    YA_TRY(add_content(r, strip(system)));
    status = add(r, "<|eot_id|>");
done:
    return status;
}

static ya_status add_tool_json(rendering *r, slice content)
{
    ya_buffer quoted = {0};
    ya_status status = YA_OK;
    YA_TRY(add(r, "<|start_header_id|>ipython<|end_header_id|>\n\n"));
    YA_TRY(ya_json_quote(&quoted, content.text, content.size, r->err));
    YA_TRY(add_content(r, (slice){quoted.data, quoted.size}));
    status = add(r, "<|eot_id|>");
done:
    ya_buffer_free(&quoted);
    return status;
}

static ya_status render_header(rendering *r)
{
    ya_status status = YA_OK;
    size_t i = 0;
    YA_TRY(add(r, r->chat->bos));
    if (has(r, YA_CHAT_DATES)) {
        bool system = is_role(&r->messages[0], "system");
        YA_TRY(add_dated_system(r, system ? content_of(&r->messages[0]) : (slice){"", 0}));
        i = system;
    }
    for (; i < r->n; i++) {
        const ya_message *m = &r->messages[i];
        slice content = content_of(m);
        if (has(r, YA_CHAT_IPYTHON) && (is_role(m, "tool") || is_role(m, "ipython"))) {
            YA_TRY(add_tool_json(r, content));
            continue;
        }
        YA_TRY(add(r, "<|start_header_id|>"));
        YA_TRY(add_role(r, m));
        YA_TRY(add(r, "<|end_header_id|>\n\n"));
        size_t begin = r->out->text.size;
        YA_TRY(add_content(r, has(r, YA_CHAT_TRIM) ? strip(content) : content));
        YA_TRY(add(r, "<|eot_id|>"));
        YA_TRY(end_answer(r, m, begin));
    }
    if (r->prompt)
        status = add(r, "<|start_header_id|>assistant<|end_header_id|>\n\n");
done:
    return status;
}

/* ---- ChatML ---- */

static ya_status add_default_system(rendering *r)
{
    ya_status status = YA_OK;
    YA_TRY(add(r, "<|im_start|>system\n"));
    YA_TRY(add(r, r->chat->texts[YA_CHAT_DEFAULT_SYSTEM]));
    status = add(r, "<|im_end|>\n");
done:
    return status;
}

static ya_status add_turn(rendering *r, const ya_message *m)
{
    ya_status status = YA_OK;
    YA_TRY(add(r, "<|im_start|>"));
    YA_TRY(add_role(r, m));
    YA_TRY(add(r, "\n"));
    size_t begin = r->out->text.size;
    YA_TRY(add_content(r, content_of(m)));
    YA_TRY(add(r, "<|im_end|>"));
    YA_TRY(end_answer(r, m, begin));
    status = add(r, "\n");
done:
    return status;
}

static ya_status render_chatml(rendering *r)
{
    ya_status status = YA_OK;
    if (has(r, YA_CHAT_BOS))
        YA_TRY(add(r, r->chat->bos));
    if (r->chat->texts[YA_CHAT_DEFAULT_SYSTEM] && !is_role(&r->messages[0], "system"))
        YA_TRY(add_default_system(r));
    for (size_t i = 0; i < r->n; i++)
        YA_TRY(add_turn(r, &r->messages[i]));
    if (r->prompt)
        status = add(r, "<|im_start|>assistant\n");
done:
    return status;
}

/* ---- Qwen ---- */

/* Neighbouring tool messages share one turn of the user. */
static ya_status add_tool_response(rendering *r, size_t i)
{
    ya_status status = YA_OK;
    if (i == 0 || !is_role(&r->messages[i - 1], "tool"))
        YA_TRY(add(r, "<|im_start|>user"));
    YA_TRY(add(r, "\n<tool_response>\n"));
    YA_TRY(add_content(r, content_of(&r->messages[i])));
    YA_TRY(add(r, "\n</tool_response>"));
    if (i + 1 == r->n || !is_role(&r->messages[i + 1], "tool"))
        YA_TRY(add(r, "<|im_end|>\n"));
done:
    return status;
}

static ya_status render_qwen25(rendering *r)
{
    ya_status status = YA_OK;
    if (is_role(&r->messages[0], "system"))
        YA_TRY(add_turn(r, &r->messages[0]));
    else if (r->chat->texts[YA_CHAT_DEFAULT_SYSTEM])
        YA_TRY(add_default_system(r));
    for (size_t i = 0; i < r->n; i++) {
        const ya_message *m = &r->messages[i];
        if (is_role(m, "user") || is_role(m, "assistant") || (is_role(m, "system") && i > 0))
            YA_TRY(add_turn(r, m));
        else if (is_role(m, "tool"))
            YA_TRY(add_tool_response(r, i));
    }
    if (r->prompt)
        status = add(r, "<|im_start|>assistant\n");
done:
    return status;
}

/* The last message of the user that is no tool response; only answers behind it keep what they
 * thought. */
static size_t last_query(const rendering *r)
{
    for (size_t i = r->n; i-- > 0;) {
        slice content = content_of(&r->messages[i]);
        if (is_role(&r->messages[i], "user") &&
            !(starts_with(content, "<tool_response>") && ends_with(content, "</tool_response>")))
            return i;
    }
    return r->n - 1;
}

static ya_status add_thinking_turn(rendering *r, size_t i, size_t query)
{
    ya_status status = YA_OK;
    slice content = content_of(&r->messages[i]), reasoning = {"", 0};
    if (find(content, "</think>")) {
        reasoning = strip_lines_right(before_first(content, "</think>"));
        reasoning = strip_lines_left(behind_last(reasoning, "<think>"));
        content = strip_lines_left(behind_last(content, "</think>"));
    }
    YA_TRY(add(r, "<|im_start|>assistant\n"));
    size_t begin = r->out->text.size;
    if (i > query && (i + 1 == r->n || reasoning.size > 0)) {
        YA_TRY(add(r, "<think>\n"));
        YA_TRY(add_content(r, strip_lines_right(strip_lines_left(reasoning))));
        YA_TRY(add(r, "\n</think>\n\n"));
        content = strip_lines_left(content);
    }
    YA_TRY(add_content(r, content));
    YA_TRY(add(r, "<|im_end|>"));
    YA_TRY(end_answer(r, &r->messages[i], begin));
    status = add(r, "\n");
done:
    return status;
}

static ya_status render_qwen3(rendering *r)
{
    ya_status status = YA_OK;
    size_t query = last_query(r);
    for (size_t i = 0; i < r->n; i++) {
        const ya_message *m = &r->messages[i];
        if (is_role(m, "user") || is_role(m, "system"))
            YA_TRY(add_turn(r, m));
        else if (is_role(m, "assistant"))
            YA_TRY(add_thinking_turn(r, i, query));
        else if (is_role(m, "tool"))
            YA_TRY(add_tool_response(r, i));
    }
    if (r->prompt)
        status = add(r, "<|im_start|>assistant\n");
done:
    return status;
}

/* ---- Llama 2 and Mistral ---- */

static ya_status raise_text(const rendering *r, ya_chat_text which)
{
    return ya_fail(r->err, YA_ERR_DATA, "%s", r->chat->texts[which]);
}

/* The user's turn with the system message in front: the two are stripped as one text. */
static ya_status add_llama2_system(rendering *r, slice system, slice content)
{
    ya_status status = YA_OK;
    content = strip_right(content);
    YA_TRY(add(r, "<<SYS>>\n"));
    YA_TRY(add_content(r, system));
    YA_TRY(add(r, content.size ? "\n<</SYS>>\n\n" : "\n<</SYS>>"));
    status = add_content(r, content);
done:
    return status;
}

static ya_status add_llama2_turn(rendering *r, size_t i, const ya_message *system)
{
    const ya_message *m = &r->messages[i];
    slice content = content_of(m);
    size_t begin = r->out->text.size;
    ya_status status = YA_OK;
    if (is_role(m, "user")) {
        YA_TRY(add(r, r->chat->bos));
        YA_TRY(add(r, "[INST] "));
        if (system)
            YA_TRY(add_llama2_system(r, content_of(system), content));
        else
            YA_TRY(add_content(r, strip(content)));
        YA_TRY(add(r, " [/INST]"));
    } else if (is_role(m, "assistant")) {
        YA_TRY(add(r, " "));
        YA_TRY(add_content(r, strip(content)));
        YA_TRY(add(r, " "));
        YA_TRY(add(r, r->chat->eos));
        YA_TRY(end_answer(r, m, begin));
    } else if (is_role(m, "system") && has(r, YA_CHAT_SYSTEM_TURN)) {
        YA_TRY(add(r, "<<SYS>>\n"));
        YA_TRY(add_content(r, strip(content)));
        YA_TRY(add(r, "\n<</SYS>>\n\n"));
    }
done:
    return status;
}

static ya_status render_llama2(rendering *r)
{
    ya_status status = YA_OK;
    size_t first = is_role(&r->messages[0], "system");
    for (size_t i = first; i < r->n; i++) {
        if (is_role(&r->messages[i], "user") != ((i - first) % 2 == 0))
            return raise_text(r, YA_CHAT_ORDER_ERROR);
        YA_TRY(add_llama2_turn(r, i, first && i == first ? &r->messages[0] : NULL));
    }
done:
    return status;
}

static bool is_tool(const rendering *r, const ya_message *m)
{
    return has(r, YA_CHAT_TOOLS) && (is_role(m, "tool") || is_role(m, "tool_results"));
}

static ya_status check_order(const rendering *r, size_t first, size_t end)
{
    size_t index = 0;
    for (size_t i = first; i < end; i++) {
        if (is_tool(r, &r->messages[i]))
            continue;
        if (has(r, YA_CHAT_ALTERNATE) && is_role(&r->messages[i], "user") != (index % 2 == 0))
            return raise_text(r, YA_CHAT_ORDER_ERROR);
        index++;
    }
    return YA_OK;
}

static ya_status add_mistral_user(rendering *r, size_t i, size_t first)
{
    ya_status status = YA_OK;
    bool here = has(r, YA_CHAT_SYSTEM_FIRST) ? i == first : i + 1 == r->n;
    YA_TRY(add(r, r->chat->texts[YA_CHAT_OPEN]));
    if (first && here) {
        YA_TRY(add_content(r, content_of(&r->messages[0])));
        YA_TRY(add(r, "\n\n"));
    }
    YA_TRY(add_content(r, content_of(&r->messages[i])));
    status = add(r, r->chat->texts[YA_CHAT_CLOSE]);
done:
    return status;
}

static ya_status add_mistral_turn(rendering *r, size_t i, size_t first)
{
    const ya_message *m = &r->messages[i];
    slice content = content_of(m);
    size_t begin = r->out->text.size;
    ya_status status = YA_OK;
    if (is_role(m, "user"))
        return add_mistral_user(r, i, first);
    if (is_tool(r, m))
        return ya_fail(r->err, YA_ERR_DATA,
                       "Tool call IDs should be alphanumeric strings with length 9!");
    if (!is_role(m, "assistant"))
        return has(r, YA_CHAT_ROLES) ? raise_text(r, YA_CHAT_ROLE_ERROR) : YA_OK;
    if (has(r, YA_CHAT_SPACE))
        YA_TRY(add(r, " "));
    YA_TRY(add_content(r, has(r, YA_CHAT_TRIM) ? strip(content) : content));
    YA_TRY(add(r, r->chat->eos));
    YA_TRY(end_answer(r, m, begin));
    if (has(r, YA_CHAT_TAIL))
        status = add(r, " ");
done:
    return status;
}

static ya_status render_mistral(rendering *r)
{
    ya_status status = YA_OK;
    size_t first = has(r, YA_CHAT_SYSTEM) && is_role(&r->messages[0], "system");
    if (has(r, YA_CHAT_ALTERNATE_ALL))
        YA_TRY(check_order(r, first, r->n));
    YA_TRY(add(r, r->chat->bos));
    for (size_t i = first; i < r->n; i++) {
        bool wrong =
            has(r, YA_CHAT_ALTERNATE) && is_role(&r->messages[i], "user") != ((i - first) % 2 == 0);
        if (wrong && !has(r, YA_CHAT_ALTERNATE_ALL))
            return raise_text(r, YA_CHAT_ORDER_ERROR);
        YA_TRY(add_mistral_turn(r, i, first));
    }
done:
    return status;
}

/* ---- All ---- */

static ya_status render(rendering *r)
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
        return render_llama2(r);
    case YA_CHAT_MISTRAL:
        return render_mistral(r);
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
        slice content = content_of(&messages[i]);
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

ya_status ya_chat_render(const ya_chat *chat, const ya_message *messages, size_t n_messages,
                         bool add_generation_prompt, ya_rendered *out, ya_error *err)
{
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
    rendering r = {chat, copies, n_messages, add_generation_prompt, out, err};
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
