/* Messages to text with [INST]: Llama 2 and Mistral. */
#include "token/chat_writer.h"

static ya_status raise_text(const ya_rendering *r, ya_chat_text which)
{
    return ya_fail(r->err, YA_ERR_DATA, "%s", r->chat->texts[which]);
}

/* The user's turn with the system message in front: the two are stripped as one text. */
static ya_status add_llama2_system(ya_rendering *r, ya_slice system, ya_slice content)
{
    ya_status status = YA_OK;
    content = ya_strip_right(content);
    YA_TRY(ya_chat_add(r, "<<SYS>>\n"));
    YA_TRY(ya_chat_add_content(r, system));
    YA_TRY(ya_chat_add(r, content.size ? "\n<</SYS>>\n\n" : "\n<</SYS>>"));
    status = ya_chat_add_content(r, content);
done:
    return status;
}

static ya_status add_llama2_turn(ya_rendering *r, size_t i, const ya_message *system)
{
    const ya_message *m = &r->messages[i];
    ya_slice content = ya_content_of(m);
    size_t begin = r->out->text.size;
    ya_status status = YA_OK;
    if (ya_is_role(m, "user")) {
        YA_TRY(ya_chat_add(r, r->chat->bos));
        YA_TRY(ya_chat_add(r, "[INST] "));
        if (system)
            YA_TRY(add_llama2_system(r, ya_content_of(system), content));
        else
            YA_TRY(ya_chat_add_content(r, ya_strip(content)));
        YA_TRY(ya_chat_add(r, " [/INST]"));
    } else if (ya_is_role(m, "assistant")) {
        YA_TRY(ya_chat_add(r, " "));
        YA_TRY(ya_chat_add_content(r, ya_strip(content)));
        YA_TRY(ya_chat_add(r, " "));
        YA_TRY(ya_chat_add(r, r->chat->eos));
        YA_TRY(ya_chat_end_answer(r, m, begin));
    } else if (ya_is_role(m, "system") && ya_chat_has(r, YA_CHAT_SYSTEM_TURN)) {
        YA_TRY(ya_chat_add(r, "<<SYS>>\n"));
        YA_TRY(ya_chat_add_content(r, ya_strip(content)));
        YA_TRY(ya_chat_add(r, "\n<</SYS>>\n\n"));
    }
done:
    return status;
}

ya_status ya_render_llama2(ya_rendering *r)
{
    ya_status status = YA_OK;
    size_t first = ya_is_role(&r->messages[0], "system");
    for (size_t i = first; i < r->n; i++) {
        if (ya_is_role(&r->messages[i], "user") != ((i - first) % 2 == 0))
            return raise_text(r, YA_CHAT_ORDER_ERROR);
        YA_TRY(add_llama2_turn(r, i, first && i == first ? &r->messages[0] : NULL));
    }
done:
    return status;
}

static bool is_tool(const ya_rendering *r, const ya_message *m)
{
    return ya_chat_has(r, YA_CHAT_TOOLS) &&
           (ya_is_role(m, "tool") || ya_is_role(m, "tool_results"));
}

static ya_status check_order(const ya_rendering *r, size_t first, size_t end)
{
    size_t index = 0;
    for (size_t i = first; i < end; i++) {
        if (is_tool(r, &r->messages[i]))
            continue;
        if (ya_chat_has(r, YA_CHAT_ALTERNATE) &&
            ya_is_role(&r->messages[i], "user") != (index % 2 == 0))
            return raise_text(r, YA_CHAT_ORDER_ERROR);
        index++;
    }
    return YA_OK;
}

static ya_status add_mistral_user(ya_rendering *r, size_t i, size_t first)
{
    ya_status status = YA_OK;
    bool here = ya_chat_has(r, YA_CHAT_SYSTEM_FIRST) ? i == first : i + 1 == r->n;
    YA_TRY(ya_chat_add(r, r->chat->texts[YA_CHAT_OPEN]));
    if (first && here) {
        YA_TRY(ya_chat_add_content(r, ya_content_of(&r->messages[0])));
        YA_TRY(ya_chat_add(r, "\n\n"));
    }
    YA_TRY(ya_chat_add_content(r, ya_content_of(&r->messages[i])));
    status = ya_chat_add(r, r->chat->texts[YA_CHAT_CLOSE]);
done:
    return status;
}

static ya_status add_mistral_turn(ya_rendering *r, size_t i, size_t first)
{
    const ya_message *m = &r->messages[i];
    ya_slice content = ya_content_of(m);
    size_t begin = r->out->text.size;
    ya_status status = YA_OK;
    if (ya_is_role(m, "user"))
        return add_mistral_user(r, i, first);
    if (is_tool(r, m))
        return ya_fail(r->err, YA_ERR_DATA,
                       "Tool call IDs should be alphanumeric strings with length 9!");
    if (!ya_is_role(m, "assistant"))
        return ya_chat_has(r, YA_CHAT_ROLES) ? raise_text(r, YA_CHAT_ROLE_ERROR) : YA_OK;
    if (ya_chat_has(r, YA_CHAT_SPACE))
        YA_TRY(ya_chat_add(r, " "));
    YA_TRY(ya_chat_add_content(r, ya_chat_has(r, YA_CHAT_TRIM) ? ya_strip(content) : content));
    YA_TRY(ya_chat_add(r, r->chat->eos));
    YA_TRY(ya_chat_end_answer(r, m, begin));
    if (ya_chat_has(r, YA_CHAT_TAIL))
        status = ya_chat_add(r, " ");
done:
    return status;
}

ya_status ya_render_mistral(ya_rendering *r)
{
    ya_status status = YA_OK;
    size_t first = ya_chat_has(r, YA_CHAT_SYSTEM) && ya_is_role(&r->messages[0], "system");
    if (ya_chat_has(r, YA_CHAT_ALTERNATE_ALL))
        YA_TRY(check_order(r, first, r->n));
    YA_TRY(ya_chat_add(r, r->chat->bos));
    for (size_t i = first; i < r->n; i++) {
        bool wrong = ya_chat_has(r, YA_CHAT_ALTERNATE) &&
                     ya_is_role(&r->messages[i], "user") != ((i - first) % 2 == 0);
        if (wrong && !ya_chat_has(r, YA_CHAT_ALTERNATE_ALL))
            return raise_text(r, YA_CHAT_ORDER_ERROR);
        YA_TRY(add_mistral_turn(r, i, first));
    }
done:
    return status;
}
