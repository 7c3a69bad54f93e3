#include "data/raw.h"

#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ya_raw raw;

static int free_raw(void **state)
{
    (void)state;
    ya_raw_free(&raw);
    return 0;
}

static ya_line_reason parse(const char *text, const char *field)
{
    ya_line line = {.text = text, .size = strlen(text), .number = 1};
    ya_line_reason reason;
    ya_error err;
    assert_int_equal(ya_raw_parse(&raw, &line, &reason, &err), YA_OK);
    if (reason == YA_LINE_GOOD)
        assert_int_equal(ya_raw_read_text(&raw, field, &reason, &err), YA_OK);
    return reason;
}

static void assert_text(const char *line, const char *text)
{
    assert_int_equal(parse(line, NULL), YA_LINE_GOOD);
    assert_int_equal(raw.text_size, strlen(text));
    assert_memory_equal(raw.text, text, raw.text_size);
}

static void a_text_is_unescaped_and_trimmed(void **state)
{
    (void)state;
    assert_text("{\"text\": \" \\u00a0\\n\\\"one\\\" \\ud83d\\ude00 \xc2\xa0\\u000b\\f\"}",
                "\"one\" \xf0\x9f\x98\x80");
    assert_text("{\"te\\u0078t\": \"escaped name\"}", "escaped name");
    assert_text("{\"prompt\": \" p\", \"completion\": \"c \", \"text\": \"t\"}", "p\nc");
    assert_text("{\"messages\": [{\"role\": \"a\", \"content\": \" x\"}, {\"role\": \"b\"},"
                "{\"role\": \"c\", \"content\": null}, {\"content\": \"\", \"role\": \"d\"},"
                "{\"role\": \"e\", \"role\": \"f\", \"content\": \"y\\n\"}]}",
                "x\n\ny");
    assert_string_equal(raw.messages[4].role, "f");
}

static void every_usual_field_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"text",    "content", "body",     "abstract", "description",
                                        "summary", "ocr_eng", "ocr_text", "article",  "document",
                                        "title",   "support", "question", "answer"};
    char line[256];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(line, sizeof line, "{\"x\": \"no\", \"%s\": \"found\"}", names[i]);
        assert_text(line, "found");
        assert_int_equal(raw.field->name_size, strlen(names[i]));
    }
}

static void the_source_has_the_records_own_fields_or_those_of_its_metadata(void **state)
{
    (void)state;
    ya_source source;
    char line[1024];
    for (int i = 0; i < YA_N_SOURCE_FIELDS; i++) {
        static const char *const forms[] = {
            "{\"text\": \"t\", \"%s\": \"a\\tb\", \"metadata\": {\"%s\": 1}}",
            "{\"text\": \"t\", \"metadata\": 3, \"metadata\": {\"%s\": 1, \"%s\": \"a\\tb\"}}",
            "{\"text\": \"t\", \"%s\": null, \"metadata\": {\"%s\": \"a\\tb\"}}",
        };
        for (int form = 0; form < 3; form++) {
            const char *name = ya_source_field_names[i];
            snprintf(line, sizeof line, forms[form], name, name);
            assert_int_equal(parse(line, NULL), YA_LINE_GOOD);
            ya_raw_source(&raw, &source);
            assert_int_equal(source.size, 1);
            for (int other = 0; other < YA_N_SOURCE_FIELDS; other++)
                assert_int_equal(source.fields[other].kind,
                                 other == i ? YA_VALUE_STRING : YA_VALUE_NONE);
            assert_int_equal(source.fields[i].size, 3);
            assert_memory_equal(source.fields[i].text, "a\tb", 3);
        }
    }
    assert_int_equal(parse("{\"text\": \"t\", \"year\": -1.50e1, \"url\": [1], \"date\": null, "
                           "\"metadata\": {\"url\": \"x\", \"date\": null}}",
                           NULL),
                     YA_LINE_GOOD);
    ya_raw_source(&raw, &source);
    assert_int_equal(source.fields[YA_SOURCE_YEAR].kind, YA_VALUE_NUMBER);
    assert_memory_equal(source.fields[YA_SOURCE_YEAR].text, "-1.50e1", 7);
    assert_int_equal(source.fields[YA_SOURCE_URL].kind, YA_VALUE_OTHER);
    assert_int_equal(source.fields[YA_SOURCE_DATE].kind, YA_VALUE_NONE);
}

static void of_many_members_each_is_found_and_the_last_of_a_name(void **state)
{
    (void)state;
    enum { MEMBERS = 5000 };
    char *line = malloc(32 * MEMBERS), name[16];
    assert_non_null(line);
    for (int n = 1; n <= MEMBERS; n = n * 3 + 1) {
        size_t size = (size_t)sprintf(line, "{");
        for (int i = 0; i < 2 * n; i++)
            size += (size_t)sprintf(line + size, "%s\"k%d\": %d", i ? "," : "", i % n, i);
        strcpy(line + size, "}");
        assert_int_equal(parse(line, NULL), YA_LINE_TEXT);
        assert_int_equal(raw.fields.n, 2 * n);
        for (int i = 0; i < n; i++) {
            size_t length = (size_t)sprintf(name, "k%d", i);
            const ya_raw_member *member = ya_raw_find(&raw.fields, name, length);
            assert_non_null(member);
            assert_int_equal((int)ya_raw_number(&member->value), n + i);
            assert_false(ya_raw_is_last(&raw.fields, (uint32_t)i));
            assert_true(ya_raw_is_last(&raw.fields, (uint32_t)(n + i)));
        }
        assert_null(ya_raw_find(&raw.fields, "k", 1));
    }
    free(line);
}

static void the_first_reason_counts(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"messages\": 3", NULL), YA_LINE_JSON);
    assert_int_equal(parse("[\"\xff\"]", NULL), YA_LINE_JSON);
    assert_int_equal(parse("{\"text\": \"x\"}}", NULL), YA_LINE_JSON);
    assert_int_equal(parse("{\"messages\": \"x\", \"text\": \"y\"}", NULL), YA_LINE_MESSAGES);
    ya_line line = {.text = "{", .size = 1, .number = 1, .too_long = true};
    ya_line_reason reason;
    ya_error err;
    assert_int_equal(ya_raw_parse(&raw, &line, &reason, &err), YA_OK);
    assert_int_equal(reason, YA_LINE_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_unescaped_and_trimmed),
        cmocka_unit_test(every_usual_field_is_found),
        cmocka_unit_test(the_source_has_the_records_own_fields_or_those_of_its_metadata),
        cmocka_unit_test(of_many_members_each_is_found_and_the_last_of_a_name),
        cmocka_unit_test(the_first_reason_counts),
    };
    return cmocka_run_group_tests(tests, NULL, free_raw);
}
