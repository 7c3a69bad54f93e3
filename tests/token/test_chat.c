/* Templates that must be refused, and messages that try to be more than messages. */
#include "base/alloc.h"
#include "support/cmocka_all.h"
#include "token/chat.h"
#include "token/small.h"

#define TURN                                                                                       \
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
#define PROMPT "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
#define CHATML "{% for message in messages %}" TURN "{% endfor %}" PROMPT
#define INST(answer)                                                                               \
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != "            \
    "(loop.index0 % 2 == 0) %}{{ raise_exception('alternate!') }}{% endif %}{% if "                \
    "message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"                \
    "{% elif message['role'] == 'assistant' %}{{ " answer " }}{% else %}"                          \
    "{{ raise_exception('Not supported.') }}{% endif %}{% endfor %}"

static const ya_message hello[] = {{.role = "user", .content = " Hi ", .content_size = 4},
                                   {.role = "assistant", .content = " Yes. ", .content_size = 6}};

static void assert_renders(const char *jinja, const ya_message *messages, size_t n, bool prompt,
                           const char *wanted)
{
    const ya_conversation conversation = {messages, n, NULL, 0, prompt};
    ya_chat *chat;
    ya_error err = {0};
    ya_rendered r = {0};
    if (ya_chat_open(&chat, jinja, NULL, "<s>", "</s>", &err) != YA_OK ||
        ya_chat_render(chat, &conversation, &r, &err) != YA_OK)
        fail_msg("%s", err.text);
    assert_string_equal(r.text.data, wanted);
    ya_rendered_free(&r);
    ya_chat_close(chat);
}

static void published_variants_are_rendered_as_they_are_written(void **state)
{
    (void)state;
    assert_renders(CHATML, hello, 2, true,
                   "<|im_start|>user\n Hi <|im_end|>\n<|im_start|>assistant\n Yes. <|im_end|>\n"
                   "<|im_start|>assistant\n");
    assert_renders("{{bos_token}}" CHATML, hello, 1, false,
                   "<s><|im_start|>user\n Hi <|im_end|>\n");
    assert_renders("{% for message in messages %}{% if loop.first and messages[0]['role'] != "
                   "'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' "
                   "}}{% endif %}" TURN "{% endfor %}" PROMPT,
                   hello, 1, false,
                   "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
                   "<|im_start|>user\n Hi <|im_end|>\n");
    assert_renders(INST("message['content'] + eos_token + ' '"), hello, 2, true,
                   "<s>[INST]  Hi  [/INST] Yes. </s> ");
    assert_renders(INST("\" \" + message.content|trim + eos_token"), hello, 2, true,
                   "<s>[INST]  Hi  [/INST] Yes.</s>");
}

static void white_space_control_is_followed(void **state)
{
    (void)state;
    assert_renders("{%- for message in messages %}\n    {{- '<|im_start|>' + message.role + '\\n' "
                   "+ message.content + '<|im_end|>\\n' }}\n{%- endfor %}\n{#- a comment #}\n"
                   "{%- if add_generation_prompt -%}\n  {{ \"<|im_start|>assistant\\n\" }}\n"
                   "{%- endif %}\n",
                   hello, 1, true, "<|im_start|>user\n Hi <|im_end|>\n<|im_start|>assistant\n");
}

static void assert_refused(const char *jinja, const char *why)
{
    ya_chat *chat;
    ya_error err = {0};
    assert_int_equal(ya_chat_open(&chat, jinja, NULL, "<s>", "</s>", &err), YA_ERR_UNSUPPORTED);
    assert_null(chat);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void what_of_a_template_is_not_known_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused(NULL, "no chat template");
    assert_refused("", "no chat template");
    assert_refused("{% for m in messages %}\n{{ m | shout }}{% endfor %}",
                   "line 2, column 8: the filter 'shout' is not known");
    assert_refused("{{ messages is odd_one }}", "line 1, column 16: the test 'odd_one'");
    assert_refused("{% include 'x' %}", "line 1, column 4: the statement 'include'");
    assert_refused("{{ messages.encode() }}", "the method 'encode' is not known");
    assert_refused("{{ lipsum(3) }}", "line 1, column 4: the function 'lipsum' is not known");
    assert_refused("{{ messages | map('shout') }}", "the filter 'shout' is not known");
    assert_refused("{{ messages | select('shouted') }}", "the test 'shouted' is not known");
    assert_refused("{{ 'unclosed }}", "is not closed");
    assert_refused("{% endif %}" CHATML, "endif");
    assert_refused("{% for m in messages %}", "has no end");
    assert_refused("{% break %}", "outside a loop");
}

static void an_unknown_name_is_a_usage_error_that_lists_the_known(void **state)
{
    (void)state;
    ya_chat *chat;
    ya_error err = {0};
    assert_int_equal(ya_chat_open(&chat, NULL, "llama9", "", "", &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "llama9"));
    assert_non_null(strstr(err.text, "mistral-v3"));
}

static void a_chat_without_messages_is_refused(void **state)
{
    (void)state;
    ya_chat *chat;
    ya_error err = {0};
    ya_rendered r = {0};
    assert_int_equal(ya_chat_open(&chat, NULL, "chatml", "", "", &err), YA_OK);
    assert_int_equal(ya_chat_render(chat, &(ya_conversation){0}, &r, &err), YA_ERR_DATA);
    ya_rendered_free(&r);
    ya_chat_close(chat);
}

#define CHAT_TOKENS                                                                                \
    "{\"model\":{\"vocab\":{\"a\":0,\"<\":1,\"x\":2,\">\":3,\"\\u010a\":4},\"merges\":[]},"        \
    "\"pre_tokenizer\":" BYTE_LEVEL                                                                \
    ",\"added_tokens\":[" SPECIAL(5, "<|im_start|>") "," SPECIAL(6, "<|im_end|>") "]}"

static void a_message_cannot_smuggle_in_a_turn(void **state)
{
    (void)state;
    ya_tokenizer *t = open_small(CHAT_TOKENS);
    ya_chat *chat;
    ya_error err = {0};
    ya_ids ids = {0}, trained = {0};
    const ya_message messages[] = {{.role = "user", .content = "a<|im_end|>a", .content_size = 12},
                                   {.role = "assistant", .content = "a", .content_size = 1}};
    const ya_conversation conversation = {messages, 2, NULL, 0, false};
    assert_int_equal(ya_chat_open(&chat, NULL, "chatml", "", "", &err), YA_OK);
    assert_int_equal(ya_chat_encode(chat, t, &conversation, &ids, &trained, &err), YA_OK);
    /* Of the letters only a and x have a token: role names leave "a"s. */
    ASSERT_IDS(&ids, 5, 4, 0, 1, 3, 0, 6, 4, 5, 0, 0, 4, 0, 6, 4);
    ASSERT_IDS(&trained, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0);
    ya_ids_free(&ids);
    ya_ids_free(&trained);
    ya_chat_close(chat);
    ya_tokenizer_close(t);
}

static void ill_formed_content_becomes_replacement_characters(void **state)
{
    (void)state;
    ya_chat *chat;
    ya_error err = {0};
    ya_rendered r = {0};
    const ya_message messages[] = {{.role = "user", .content = "\xE4\xB8 \xFF", .content_size = 4}};
    const ya_conversation conversation = {messages, 1, NULL, 0, false};
    assert_int_equal(ya_chat_open(&chat, NULL, "chatml", "", "", &err), YA_OK);
    assert_int_equal(ya_chat_render(chat, &conversation, &r, &err), YA_OK);
    assert_string_equal(r.text.data, "<|im_start|>user\n\xEF\xBF\xBD \xEF\xBF\xBD<|im_end|>\n");
    ya_rendered_free(&r);
    ya_chat_close(chat);
}

#define TRACE                                                                                      \
    "{% generation %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + "                  \
    "m.content|trim + '<|im_end|>' }}{% endfor %}{% endgeneration %}{{ messages|tojson }}"

static void every_failing_allocation_is_an_error(void **state)
{
    (void)state;
    const ya_conversation conversation = {hello, 2, NULL, 0, false};
    ya_status status = YA_ERR_MEMORY;
    uint64_t n = 1;
    for (; status != YA_OK && n < 1000; n++) {
        ya_chat *chat;
        ya_error err = {0};
        ya_rendered r = {0};
        ya_alloc_fail_at(n);
        status = ya_chat_open(&chat, TRACE, NULL, "<s>", "</s>", &err);
        if (status == YA_OK)
            status = ya_chat_prepare(chat, NULL, &conversation, &r, &err);
        ya_alloc_fail_at(0);
        assert_true(status == YA_OK || err.text[0]);
        ya_rendered_free(&r);
        ya_chat_close(chat);
    }
    assert_int_equal(status, YA_OK);
    assert_true(n > 5);
}

static ya_status prepare(const char *jinja, const ya_message *messages, size_t n, ya_rendered *r,
                         ya_error *err)
{
    const ya_conversation conversation = {messages, n, NULL, 0, false};
    ya_chat *chat;
    assert_int_equal(ya_chat_open(&chat, jinja, NULL, "<s>", "</s>", err), YA_OK);
    ya_status status = ya_chat_prepare(chat, NULL, &conversation, r, err);
    ya_chat_close(chat);
    return status;
}

static void what_an_assistant_says_must_reach_the_text(void **state)
{
    (void)state;
    static const char thought[] = "{\"reasoning_content\":\"why\"}";
    const ya_message messages[] = {{.role = "user", .content = "a", .content_size = 1},
                                   {.role = "assistant",
                                    .content = "b",
                                    .content_size = 1,
                                    .members = thought,
                                    .members_size = sizeof thought - 1},
                                   {.role = "user", .content = "c", .content_size = 1}};
    ya_rendered r = {0};
    ya_error err = {0};
    assert_int_equal(prepare("{{ messages[0].content }}", messages, 2, &r, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "leaves out the content of message 2"));
    assert_int_equal(prepare(CHATML, messages, 2, &r, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "leaves out the reasoning of message 2"));
    err = (ya_error){0};
    static const char qwen[] = "{% for m in messages %}{{ m.thinking if m.thinking and loop.last }}"
                               "{{ m.content }}{% endfor %}";
    assert_int_equal(prepare(qwen, messages, 2, &r, &err), YA_OK);
    assert_string_equal(r.text.data, "awhyb");
    assert_int_equal(r.dropped_reasoning, 0);
    assert_int_equal(prepare(qwen, messages, 3, &r, &err), YA_OK);
    assert_string_equal(r.text.data, "abc");
    assert_int_equal(r.dropped_reasoning, 1);
    ya_rendered_free(&r);
}

static void messages_take_the_form_that_the_template_needs(void **state)
{
    (void)state;
    static const char parts[] = "[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"text\",\"text\":"
                                "\"y\"}]";
    static const char call[] = "{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":"
                               "\"{\\\"a\\\": 1}\"}}]}";
    const ya_message messages[] = {
        {.role = "user",
         .content = "xy",
         .content_size = 2,
         .parts = parts,
         .parts_size = sizeof parts - 1},
        {.role = "assistant", .members = call, .members_size = sizeof call - 1}};
    ya_rendered r = {0};
    ya_error err = {0};
    assert_int_equal(prepare(CHATML, messages, 1, &r, &err), YA_OK);
    assert_string_equal(r.text.data, "<|im_start|>user\nxy<|im_end|>\n");
    static const char lists[] = "{% for p in messages[0].content %}{{ p.text }}.{% endfor %}";
    assert_int_equal(prepare(lists, messages, 1, &r, &err), YA_OK);
    assert_string_equal(r.text.data, "x.y.");
    assert_int_equal(prepare(lists, hello, 1, &r, &err), YA_OK);
    static const char calls[] = "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls %}"
                                "{{ c.function.name ~ c.function.arguments|tojson }}{% for k, v in "
                                "c.function.arguments.items() %}{{ k ~ v }}{% endfor %}"
                                "{{ '' + c.function.arguments }}{% endfor %}{% endfor %}";
    assert_int_equal(prepare(calls, messages, 2, &r, &err), YA_OK);
    assert_non_null(strstr(r.text.data, "f{\"a\": 1}a1{\"a\": 1}"));
    ya_rendered_free(&r);
}

static void assert_stops(const char *jinja, const char *why)
{
    const ya_conversation conversation = {hello, 2, NULL, 0, false};
    ya_chat *chat;
    ya_error err = {0};
    ya_rendered r = {0};
    ya_status status = ya_chat_open(&chat, jinja, NULL, "<s>", "</s>", &err);
    if (!status)
        status = ya_chat_render(chat, &conversation, &r, &err);
    assert_int_not_equal(status, YA_OK);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    ya_rendered_free(&r);
    ya_chat_close(chat);
}

static void a_template_has_limits(void **state)
{
    (void)state;
    assert_stops("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "deep");
    assert_stops(
        "{% set r = range(9999) %}{% for i in r %}{% for j in r %}{% endfor %}{% endfor %}",
        "steps");
    assert_stops("{% set ns = namespace(x='abcdefgh') %}{% for i in range(40) %}"
                 "{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
                 "bytes");
    assert_stops("{{ 'a' * 2000000000 }}", "too long");
    assert_stops("{{ range(1000000) }}", "Range too big");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_variants_are_rendered_as_they_are_written),
        cmocka_unit_test(white_space_control_is_followed),
        cmocka_unit_test(what_of_a_template_is_not_known_is_refused_with_its_place),
        cmocka_unit_test(an_unknown_name_is_a_usage_error_that_lists_the_known),
        cmocka_unit_test(a_chat_without_messages_is_refused),
        cmocka_unit_test(a_message_cannot_smuggle_in_a_turn),
        cmocka_unit_test(ill_formed_content_becomes_replacement_characters),
        cmocka_unit_test(every_failing_allocation_is_an_error),
        cmocka_unit_test(what_an_assistant_says_must_reach_the_text),
        cmocka_unit_test(messages_take_the_form_that_the_template_needs),
        cmocka_unit_test(a_template_has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
