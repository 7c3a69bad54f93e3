/* Every chat case of the shared fixtures, with the model's template and with the preset of that
 * name. */
#include "token/chat.h"
#include "token/fixtures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MAX_MESSAGES = 32 };

typedef struct {
    const json_t *templates;
    bool by_name;
    int wrong;
} run;

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static ya_chat *open_template(const run *r, const char *name)
{
    const json_t *entry = json_object_get(r->templates, name);
    ya_chat *chat = NULL;
    ya_error err = {0};
    ya_status status = ya_chat_open(&chat, r->by_name ? NULL : text_of(entry, "template"),
                                    r->by_name ? name : NULL, text_of(entry, "bos_token"),
                                    text_of(entry, "eos_token"), &err);
    if (status != YA_OK)
        fail_msg("%s: %s", name, err.text);
    assert_string_equal(ya_chat_name(chat), r->by_name ? name : "the model's own");
    return chat;
}

static size_t get_messages(const json_t *list, ya_message *messages)
{
    size_t n = json_array_size(list);
    assert_true(n <= MAX_MESSAGES);
    for (size_t i = 0; i < n; i++) {
        const json_t *content = json_object_get(json_array_get(list, i), "content");
        messages[i] = (ya_message){
            .role = text_of(json_array_get(list, i), "role"),
            .content = json_string_value(content),
            .content_size = json_string_length(content),
        };
    }
    return n;
}

static bool same_text(const json_t *wanted, const ya_buffer *got)
{
    return json_string_length(wanted) == got->size &&
           (got->size == 0 || memcmp(json_string_value(wanted), got->data, got->size) == 0);
}

static bool same_spans(const json_t *wanted, const ya_span *spans, size_t n)
{
    if (json_array_size(wanted) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *pair = json_array_get(wanted, i);
        if ((size_t)json_integer_value(json_array_get(pair, 0)) != spans[i].begin ||
            (size_t)json_integer_value(json_array_get(pair, 1)) != spans[i].end)
            return false;
    }
    return true;
}

static void check_spans_are_sound(const ya_rendered *r)
{
    size_t end = 0;
    for (size_t i = 0; i < r->n_content; i++) {
        assert_true(r->content[i].begin >= end && r->content[i].begin < r->content[i].end);
        end = r->content[i].end;
    }
    assert_true(end <= r->text.size);
}

static void check_case(json_t *line, void *context)
{
    run *r = context;
    ya_message messages[MAX_MESSAGES];
    ya_rendered rendered = {0};
    ya_error err = {0};
    const char *name = text_of(line, "template"), *raised = text_of(line, "error");
    size_t n = get_messages(json_object_get(line, "messages"), messages);
    ya_chat *chat = open_template(r, name);
    const ya_conversation conversation = {
        .messages = messages,
        .n_messages = n,
        .add_generation_prompt = json_is_true(json_object_get(line, "add_generation_prompt")),
    };
    ya_status status = ya_chat_render(chat, &conversation, &rendered, &err);
    if (raised) {
        assert_int_equal(status, YA_ERR_DATA);
        assert_string_equal(err.text, raised);
    } else {
        assert_int_equal(status, YA_OK);
        if (!same_text(json_object_get(line, "rendered"), &rendered.text) ||
            !same_spans(json_object_get(line, "assistant_bytes"), rendered.assistant,
                        rendered.n_assistant)) {
            fprintf(stderr, "%s: \"%s\" instead of \"%s\"\n", name, rendered.text.data,
                    text_of(line, "rendered"));
            r->wrong++;
        }
        check_spans_are_sound(&rendered);
    }
    ya_rendered_free(&rendered);
    ya_chat_close(chat);
}

static void check_all(bool by_name)
{
    json_error_t error;
    json_t *templates = json_load_file(fixture("chat-templates.json"), 0, &error);
    assert_non_null(templates);
    run r = {templates, by_name, 0};
    assert_true(each_case("chat.cases.jsonl", check_case, &r) > 200);
    assert_int_equal(r.wrong, 0);
    json_decref(templates);
}

static void chats_render_as_in_transformers_with_the_model_s_template(void **state)
{
    (void)state;
    check_all(false);
}

static void chats_render_as_in_transformers_when_the_template_is_named(void **state)
{
    (void)state;
    check_all(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chats_render_as_in_transformers_with_the_model_s_template),
        cmocka_unit_test(chats_render_as_in_transformers_when_the_template_is_named),
    };
    if (!have_fixtures())
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
