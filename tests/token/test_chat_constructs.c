/* Every construct, filter, test and method of templates: what transformers' Jinja makes of it
 * (tests/golden/chat.py). */
#include "support/conversation.h"

#include "token/chat.h"

#include "support/cmocka_all.h"

/* NULL: as it should be; else what is wrong. */
static const char *difference(const json_t *line, const conversation *c, ya_rendered *r,
                              ya_error *err)
{
    ya_chat *chat;
    const json_t *text = json_object_get(line, "text");
    const char *jinja = json_string_value(json_object_get(line, "template"));
    ya_status status = ya_chat_open(&chat, jinja, NULL, "<s>", "</s>", err);
    if (!status)
        status = ya_chat_render(chat, &c->of, r, err);
    ya_chat_close(chat);
    if (status || !text)
        return !text == (status != YA_OK) ? NULL : status ? err->text : r->text.data;
    return r->text.size == json_string_length(text) &&
                   memcmp(r->text.data, json_string_value(text), r->text.size) == 0
               ? NULL
               : r->text.data;
}

static void every_construct_is_as_jinja_has_it(void **state)
{
    (void)state;
    FILE *file = fopen("tests/golden/chat/constructs.jsonl", "rb");
    static char line[1 << 20];
    json_error_t error;
    int n = 0, wrong = 0;
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    json_t *first = json_loads(line, 0, &error);
    conversation c;
    read_conversation(&c, first);
    while (fgets(line, sizeof line, file)) {
        json_t *json = json_loads(line, JSON_ALLOW_NUL, &error);
        ya_rendered r = {0};
        ya_error err = {0};
        assert_non_null(json);
        const char *got = difference(json, &c, &r, &err);
        if (got && wrong++ < 1000)
            fprintf(stderr, "%s  got: %s\n", line, got);
        n++;
        ya_rendered_free(&r);
        json_decref(json);
    }
    fclose(file);
    free_conversation(&c);
    json_decref(first);
    fprintf(stderr, "%d of %d differ\n", wrong, n);
    assert_true(n > 1000);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_construct_is_as_jinja_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
