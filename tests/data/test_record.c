#include "data/record.h"

#include "support/cmocka_all.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ya_record record;

static int free_record(void **state)
{
    (void)state;
    ya_record_free(&record);
    return 0;
}

static ya_line_reason parse(const char *text, const char *field)
{
    static ya_field_names names;
    const ya_line line = {.text = text, .size = strlen(text), .number = 1};
    ya_line_reason reason;
    ya_error err;
    if (ya_field_names_read(&names, NULL, 0, field, &err) != YA_OK)
        fail_msg("%s", err.text);
    record.raw.names = &names;
    if (ya_record_parse(&record, &line, &reason, &err) != YA_OK)
        fail_msg("%s", err.text);
    if (reason != YA_LINE_GOOD && !record.raw.why.text[0])
        fail_msg("%s: no sentence says why", text);
    return reason;
}

static void assert_why(const char *line, ya_line_reason reason, const char *why)
{
    if (parse(line, NULL) != reason || !strstr(record.raw.why.text, why))
        fail_msg("%s: \"%s\" does not say %s", line, record.raw.why.text, why);
}

static void assert_text(const char *line, const char *text)
{
    assert_int_equal(parse(line, NULL), YA_LINE_GOOD);
    assert_int_equal(record.kind, YA_RECORD_TEXT);
    assert_int_equal(record.text_size, strlen(text));
    assert_memory_equal(record.text, text, record.text_size);
}

#define LONG51 "123456789 123456789 123456789 123456789 123456789 1"
#define LONG50 "123456789 123456789 123456789 123456789 123456789 "

static void the_first_text_longer_than_50_characters_is_taken(void **state)
{
    (void)state;
    assert_text("{\"title\": \"short\", \"body\": \"" LONG51 "\"}", LONG51);
    assert_text("{\"title\": \"short\", \"body\": \"also\"}", "also");
    assert_text("{\"text\": \" \\n\\u00a0\", \"abstract\": \"yes\"}", "yes");
    /* `text` is a layout of its own, whatever its length */
    assert_text("{\"text\": \"short\", \"body\": \"" LONG51 "\"}", "short");
    /* white space at the ends does not make a text long */
    assert_text("{\"content\": \"" LONG50 "\", \"body\": \"" LONG51 "\"}", LONG51);
    /* characters count, not bytes */
    assert_text(
        "{\"content\": \"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
        "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
        "\u00e9\u00e9\", \"body\": \"" LONG51 "\"}",
        LONG51);
}

static void a_named_field_is_taken_whatever_its_length(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"text\": \"" LONG51 "\", \"x\": \"y\"}", "x"), YA_LINE_GOOD);
    assert_int_equal(record.text_size, 1);
    assert_int_equal(parse("{\"text\": \"" LONG51 "\"}", "x"), YA_LINE_TEXT);
    assert_int_equal(parse("{\"x\": 3}", "x"), YA_LINE_TEXT);
    assert_int_equal(parse("{\"x\": \" \"}", "x"), YA_LINE_TEXT);
}

static void chats_and_completions_keep_their_structure(void **state)
{
    (void)state;
    assert_int_equal(
        parse("{\"text\": \"" LONG51 "\", \"messages\": [{\"role\": \"user\", "
              "\"content\": \"hi\\u0000there\"}, {\"role\": \"assistant\", \"content\": \"yes\"}]}",
              NULL),
        YA_LINE_GOOD);
    assert_int_equal(record.kind, YA_RECORD_CHAT);
    assert_int_equal(record.conversation.n_messages, 2);
    assert_int_equal(record.conversation.messages[0].content_size, 8);
    assert_string_equal(record.conversation.messages[1].role, "assistant");
    assert_int_equal(record.conversation.messages[1].content_size, 3);
    assert_int_equal(parse("{\"prompt\": \"\", \"completion\": \" c\"}", NULL), YA_LINE_GOOD);
    assert_int_equal(record.kind, YA_RECORD_COMPLETION);
    assert_int_equal(record.completion_size, 2);
    assert_int_equal(parse("{\"prompt\": \"p\", \"completion\": \"  \"}", NULL), YA_LINE_ANSWER);
    assert_text("{\"messages\": [], \"text\": \"plain\"}", "plain");
}

static void tokenised_records_come_before_all_others(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"input_ids\": [1, 2], \"text\": \"x\", \"messages\": 3}", NULL),
                     YA_LINE_GOOD);
    assert_int_equal(record.kind, YA_RECORD_IDS);
    assert_null(record.labels);
}

static void bad_lines_have_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        ya_line_reason reason;
    } bad[] = {
        {"", YA_LINE_JSON},
        {"{", YA_LINE_JSON},
        {"{\"text\": NaN}", YA_LINE_JSON},
        {"{\"text\": \"\\ud800\"}", YA_LINE_JSON},
        {"{\"text\": \"\xff\"}", YA_LINE_JSON},
        {"{\"text\": \"a\"} x", YA_LINE_JSON},
        {"[1]", YA_LINE_OBJECT},
        {"\"text\"", YA_LINE_OBJECT},
        {"null", YA_LINE_OBJECT},
        {"{}", YA_LINE_TEXT},
        {"{\"text\": 3}", YA_LINE_TEXT},
        {"{\"messages\": {}}", YA_LINE_MESSAGES},
        {"{\"messages\": [3]}", YA_LINE_MESSAGES},
        {"{\"messages\": [{\"role\": \"user\", \"content\": 3}]}", YA_LINE_MESSAGES},
        {"{\"messages\": [{\"content\": \"x\"}]}", YA_LINE_MESSAGES},
        {"{\"messages\": [{\"role\": \"user\", \"content\": \" \"}]}", YA_LINE_TEXT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parse(bad[i].line, NULL) != bad[i].reason)
            fail_msg("%s: expected %s", bad[i].line, ya_line_reason_name(bad[i].reason));
}

static void nesting_deeper_than_256_is_no_json(void **state)
{
    (void)state;
    char line[2048];
    for (int depth = 255; depth <= 256; depth++) {
        int n = snprintf(line, sizeof line, "{\"text\": \"[[[[\", \"x\": ");
        memset(line + n, '[', (size_t)depth);
        memset(line + n + depth, ']', (size_t)depth);
        line[n + 2 * depth] = '}';
        line[n + 2 * depth + 1] = '\0';
        assert_int_equal(parse(line, NULL), depth == 255 ? YA_LINE_GOOD : YA_LINE_JSON);
    }
}

static void of_a_repeated_key_the_last_counts(void **state)
{
    (void)state;
    assert_text("{\"text\": \"first\", \"text\": \"second\"}", "second");
}

static void an_integer_beyond_64_bits_is_json_all_the_same(void **state)
{
    (void)state;
    assert_text("{\"text\": \"x\", \"id\": 123456789012345678901234567890}", "x");
    /* and the integers beside it stay what they are */
    assert_int_equal(parse("{\"input_ids\": [1, 7], \"id\": 123456789012345678901234567890}", NULL),
                     YA_LINE_GOOD);
    assert_int_equal(record.kind, YA_RECORD_IDS);
    assert_true(json_is_integer(json_array_get(record.ids, 1)));
}

static void labels_are_read_and_may_be_absent(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"text\": \"x\", \"auth_weight\": 0, \"prov_entropy\": 7.5, "
                           "\"source_type\": \"patent\"}",
                           NULL),
                     YA_LINE_GOOD);
    assert_true(record.auth_weight == 0.0 && record.prov_entropy == 7.5);
    assert_string_equal(record.source, "patent");
    assert_int_equal(parse("{\"text\": \"x\", \"auth_weight\": null}", NULL), YA_LINE_GOOD);
    assert_true(isnan(record.auth_weight) && isnan(record.prov_entropy));
    assert_null(record.source);
}

static void unusable_labels_are_errors_with_their_value(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"{\"text\": \"x\", \"auth_weight\": 0.995}", "0.995"},
        {"{\"text\": \"x\", \"auth_weight\": -1}", "-1"},
        {"{\"text\": \"x\", \"auth_weight\": \"high\"}", "\"high\""},
        {"{\"text\": \"x\", \"auth_weight\": 0.5, \"prov_entropy\": -0.25}", "-0.25"},
        {"{\"text\": \"x\", \"prov_entropy\": [1]}", "prov_entropy"},
        {"{\"input_ids\": [1], \"labels\": 3}", "labels"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ya_line_reason reason = i < 5 ? YA_LINE_LABELS : YA_LINE_IDS;
        assert_why(bad[i][0], reason, bad[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_text_longer_than_50_characters_is_taken),
        cmocka_unit_test(a_named_field_is_taken_whatever_its_length),
        cmocka_unit_test(chats_and_completions_keep_their_structure),
        cmocka_unit_test(tokenised_records_come_before_all_others),
        cmocka_unit_test(bad_lines_have_a_reason),
        cmocka_unit_test(nesting_deeper_than_256_is_no_json),
        cmocka_unit_test(of_a_repeated_key_the_last_counts),
        cmocka_unit_test(an_integer_beyond_64_bits_is_json_all_the_same),
        cmocka_unit_test(labels_are_read_and_may_be_absent),
        cmocka_unit_test(unusable_labels_are_errors_with_their_value),
    };
    return cmocka_run_group_tests(tests, NULL, free_record);
}
