/* 220 public templates over 16 conversations, with and without generation prompt: what transformers
 * makes of them, or an error where it raises (shared/fixtures/chat). With YA_CHAT_CASES=DIR others
 * of that form, which may be refused (tests/peers/chat.py). */
#include "support/conversation.h"

#include "token/chat.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "support/cmocka_all.h"

enum { SKIPPED = 77 };

static const char *folder(void)
{
    static char path[4096];
    const char *shared = getenv("YA_SHARED"), *cases = getenv("YA_CHAT_CASES");
    if (cases)
        return cases;
    snprintf(path, sizeof path, "%s/fixtures/chat", shared ? shared : "../shared");
    return path;
}

static char *read_template(const char *name)
{
    char path[4400];
    snprintf(path, sizeof path, "%s/templates/%s.jinja", folder(), name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, (1 << 20) + 1);
    assert_true(fread(text, 1, 1 << 20, file) > 0);
    fclose(file);
    return text;
}

typedef struct {
    ya_chat *chat;
    ya_error why; /* of a template that is refused */
    char name[300];
    const json_t *conversations;
    int n, wrong, refused;
} run;

static void open_template(run *r, const char *name)
{
    if (strcmp(r->name, name) == 0)
        return;
    char *text = read_template(name);
    ya_chat_close(r->chat);
    r->why = (ya_error){0};
    ya_status status = ya_chat_open(&r->chat, text, NULL, "<s>", "</s>", &r->why);
    assert_true((status == YA_OK) == (r->chat != NULL));
    snprintf(r->name, sizeof r->name, "%s", name);
    free(text);
}

static void complain(run *r, const json_t *line, const char *got, size_t size)
{
    r->wrong++;
    if (r->wrong > 40)
        return;
    char *wanted = json_dumps(line, 0);
    fprintf(stderr, "%s\n  got: %.*s\n\n", wanted, (int)size, got);
    free(wanted);
}

static void check_line(run *r, const json_t *line)
{
    ya_rendered rendered = {0};
    ya_error err = {0};
    const json_t *text = json_object_get(line, "text");
    const char *name = json_string_value(json_object_get(line, "conversation"));
    open_template(r, json_string_value(json_object_get(line, "template")));
    conversation c;
    read_conversation(&c, json_object_get(r->conversations, name));
    c.of.add_generation_prompt = json_is_true(json_object_get(line, "add_generation_prompt"));
    ya_status status = r->chat ? ya_chat_render(r->chat, &c.of, &rendered, &err) : r->why.status;
    bool same =
        text ? status == YA_OK && rendered.text.size == json_string_length(text) &&
                   memcmp(rendered.text.data, json_string_value(text), rendered.text.size) == 0
             : status != YA_OK;
    const char *why = r->chat ? err.text : r->why.text;
    if (!same && status && getenv("YA_CHAT_CASES")) {
        fprintf(stderr, "refused: %s\n", why);
        r->refused++;
        same = true;
    }
    if (!same)
        complain(r, line, status ? why : rendered.text.data,
                 status ? strlen(why) : rendered.text.size);
    r->n++;
    ya_rendered_free(&rendered);
    free_conversation(&c);
}

static void public_templates_render_as_in_transformers(void **state)
{
    (void)state;
    char path[4400];
    json_error_t error;
    setenv("SOURCE_DATE_EPOCH", "1780000000", 1); /* 2026-05-28 20:26:40 */
    snprintf(path, sizeof path, "%s/conversations.json", folder());
    json_t *conversations = json_load_file(path, 0, &error);
    assert_non_null(conversations);
    snprintf(path, sizeof path, "%s/expected.jsonl", folder());
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    run r = {.conversations = conversations};
    static char line[1 << 22];
    while (fgets(line, sizeof line, file)) {
        json_t *json = json_loads(line, JSON_ALLOW_NUL, &error);
        assert_non_null(json);
        check_line(&r, json);
        json_decref(json);
    }
    fclose(file);
    ya_chat_close(r.chat);
    json_decref(conversations);
    fprintf(stderr, "%d of %d renderings differ, %d are refused\n", r.wrong, r.n, r.refused);
    assert_true(r.n > 500);
    assert_int_equal(r.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_templates_render_as_in_transformers),
    };
    struct stat there;
    if (stat(folder(), &there) != 0)
        return SKIPPED;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
