/* Benchmark and suite files: what is read, and what is refused, where and why. */
#include "eval/questions.h"

#include "support/scratch.h"

static void suite_lines_become_questions(void **state)
{
    (void)state;
    ya_questions q;
    ya_error err = {0};
    const char *path = scratch_text(
        "s.jsonl",
        "{\"suite\": \"mine\", \"thresholds\": {\"all\": 0.5, \"a\": 1}, \"compare\": "
        "\"mean\"}\n\n"
        "{\"category\": \"a\", \"question\": \"Q?\", \"choices\": [\"x\", \"y\", \"z\"], "
        "\"answer\": [0, 2]}\n"
        "{\"prompt\": \"It is \", \"keywords\": {\"any\": [\"x\", \"y\"], \"none\": "
        "[\"z\"]}, \"max_tokens\": 7}\n");
    if (ya_suite_read(&q, path, 0, &err))
        fail_msg("%s", err.text);
    assert_string_equal(q.name, "mine");
    assert_true(q.mean);
    assert_int_equal(q.n_thresholds, 2);
    assert_int_equal(q.n, 2);
    assert_int_equal(q.list[0].number, 3);
    assert_string_equal(q.list[0].category, "a");
    assert_int_equal(q.list[0].n_choices, 3);
    assert_int_equal(q.list[0].choices[1].is, YA_IN_MC1);
    assert_int_equal(q.list[0].choices[2].is, YA_IN_MC1 | YA_RIGHT_MC1);
    assert_string_equal(q.list[1].category, "all");
    assert_int_equal(q.list[1].asking, YA_ASK_PROMPT);
    assert_int_equal(q.list[1].max_tokens, 7);
    assert_null(q.list[1].all);
    ya_questions_free(&q);
    assert_int_equal(ya_suite_read(&q, path, 1, &err), YA_OK);
    assert_int_equal(q.n, 1);
    ya_questions_free(&q);
}

static void the_built_in_suite_is_fair(void **state)
{
    (void)state;
    ya_questions q;
    ya_error err = {0};
    size_t first = 0;
    if (ya_suite_read(&q, "source-preference", 0, &err))
        fail_msg("%s", err.text);
    assert_true(q.n >= 20);
    for (size_t i = 0; i < q.n; i++)
        first += (q.list[i].choices[0].is & YA_RIGHT_MC1) != 0;
    assert_int_equal(2 * first, q.n); /* always taking the first choice is worth nothing */
    ya_questions_free(&q);
}

static void a_wrong_suite_is_refused_with_line_and_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "holds no question"},
        {"{\"suite\": \"s\"}\n", "holds no question"},
        {"{\"question\": \"Q\", \"choices\": [\"a\", \"b\"], \"answer\": 0}\nno", ":2: not JSON"},
        {"[1]", ":1: expected an object"},
        {"{\"choices\": [\"a\", \"b\"], \"answer\": 0}", ":1: \"question\" or"},
        {"{\"question\": \"Q\", \"prompt\": \"P\", \"choices\": [\"a\", \"b\"], \"answer\": 0}",
         "stands beside"},
        {"{\"question\": \"\", \"choices\": [\"a\", \"b\"], \"answer\": 0}", "not empty"},
        {"{\"question\": 5, \"choices\": [\"a\", \"b\"], \"answer\": 0}", "\"question\" must"},
        {"{\"question\": \"a\\u0000b\", \"choices\": [\"a\", \"b\"], \"answer\": 0}",
         "\"question\" must"},
        {"{\"question\": \"Q\", \"choices\": [\"a\"], \"answer\": 0}", "2 to 256"},
        {"{\"question\": \"Q\", \"choices\": \"ab\", \"answer\": 0}", "2 to 256"},
        {"{\"question\": \"Q\", \"choices\": [\"a\", 3], \"answer\": 0}", "no text"},
        {"{\"question\": \"Q\", \"choices\": [\"a\", \"b\"]}", "\"answer\" must"},
        {"{\"question\": \"Q\", \"choices\": [\"a\", \"b\"], \"answer\": 2}", "\"answer\" must"},
        {"{\"question\": \"Q\", \"choices\": [\"a\", \"b\"], \"answer\": -1}", "\"answer\" must"},
        {"{\"question\": \"Q\", \"choices\": [\"a\", \"b\"], \"answer\": []}", "names no choice"},
        {"{\"question\": \"Q\", \"choices\": [\"a\", \"b\"], \"answer\": 0, \"x\": 1}",
         "\"x\" is no key"},
        {"{\"question\": \"Q\", \"keywords\": {}}", "\"keywords\" must"},
        {"{\"question\": \"Q\", \"keywords\": {\"some\": [\"a\"]}}", "\"some\" is no key"},
        {"{\"question\": \"Q\", \"keywords\": {\"any\": []}}", "\"any\" must"},
        {"{\"question\": \"Q\", \"keywords\": {\"any\": [\"\"]}}", "\"any\" holds"},
        {"{\"question\": \"Q\", \"keywords\": {\"any\": [\"a\"]}, \"max_tokens\": 0}",
         "\"max_tokens\" must"},
        {"{\"suite\": \"s\", \"thresholds\": {\"b\": 0.5}}\n{\"question\": \"Q\", \"keywords\": "
         "{\"any\": [\"a\"]}}",
         "category \"b\""},
        {"{\"suite\": \"s\", \"thresholds\": {\"all\": 1.5}}", ":1: \"all\" needs"},
        {"{\"suite\": \"s\", \"compare\": \"best\"}", "\"compare\" must"},
        {"{\"question\": \"Q\", \"keywords\": {\"any\": [\"a\"]}}\n{\"suite\": \"s\"}",
         ":2: \"suite\" stands"},
        {"{\"suite\": \"s\", \"suite\": \"t\"}", ":1: not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ya_questions q;
        ya_error err = {0};
        const char *path = scratch_text("s.jsonl", cases[i].text);
        assert_int_equal(ya_suite_read(&q, path, 0, &err), YA_ERR_DATA);
        if (!strstr(err.text, cases[i].says) || !strstr(err.text, "s.jsonl"))
            fail_msg("case %zu: %s", i, err.text);
    }
}

static void truthfulqa_comes_in_two_spellings(void **state)
{
    (void)state;
    ya_questions q;
    ya_error err = {0};
    const char *path = scratch_text(
        "t.json",
        "[{\"question\": \"A?\", \"mc1_targets\": {\"no\": 0, \"yes\": 1}, \"mc2_targets\": "
        "{\"yes\": 1, \"oui\": 1, \"no\": 0}}, {\"question\": \"B?\", \"mc1_targets\": "
        "{\"choices\": [\"a\", \"b\"], \"labels\": [1, 0]}, \"mc2_targets\": {\"choices\": [\"a\", "
        "\"b\"], \"labels\": [1, 0]}}]");
    if (ya_truthfulqa_read(&q, path, 0, &err))
        fail_msg("%s", err.text);
    assert_int_equal(q.n, 2);
    assert_int_equal(q.list[0].n_choices, 5);
    assert_string_equal(q.list[0].choices[1].text, "yes");
    assert_int_equal(q.list[0].choices[1].is, YA_IN_MC1 | YA_RIGHT_MC1);
    assert_int_equal(q.list[0].choices[3].is, YA_IN_MC2 | YA_RIGHT_MC2);
    assert_int_equal(q.list[1].choices[0].is, YA_IN_MC1 | YA_RIGHT_MC1);
    ya_questions_free(&q);
}

/* The published file has such choices; the reference harness asks for the space before them. */
static void a_choice_of_truthfulqa_may_be_empty(void **state)
{
    (void)state;
    ya_questions q;
    ya_error err = {0};
    const char *path =
        scratch_text("t.json", "[{\"question\": \"A?\", \"mc1_targets\": {\"a\": 1, \"\": 0},"
                               " \"mc2_targets\": {\"a\": 1, \"\": 0}}]");
    if (ya_truthfulqa_read(&q, path, 0, &err))
        fail_msg("%s", err.text);
    assert_int_equal(q.list[0].n_choices, 4); /* two of mc1, two of mc2 */
    assert_string_equal(q.list[0].choices[1].text, "");
    ya_questions_free(&q);
}

static void a_wrong_truthfulqa_is_refused_with_question_and_reason(void **state)
{
    (void)state;
#define GOOD                                                                                       \
    "{\"question\": \"A?\", \"mc1_targets\": {\"a\": 1, \"b\": 0}, \"mc2_targets\": {\"a\": 1, "   \
    "\"b\": 0}}"
    static const struct {
        const char *text, *says;
        ya_status status;
    } cases[] = {
        {"[", "t.json:1:1: not JSON", YA_ERR_FORMAT},
        {"{}", "expected a JSON array", YA_ERR_DATA},
        {"[]", "expected a JSON array", YA_ERR_DATA},
        {"[" GOOD ", 5]", "question 2: question is no object", YA_ERR_DATA},
        {"[" GOOD ", {\"question\": \"\"}]", "question 2: question is missing", YA_ERR_DATA},
        {"[{\"question\": \"A?\"}]", "question 1: mc1_targets is missing", YA_ERR_DATA},
        {"[{\"question\": \"A?\", \"mc1_targets\": {\"a\": 1, \"b\": 0}}]",
         "mc2_targets is missing", YA_ERR_DATA},
        {"[{\"question\": \"A?\", \"mc1_targets\": {\"a\": 0, \"b\": 0}}]", "one of them right",
         YA_ERR_DATA},
        {"[{\"question\": \"A?\", \"mc1_targets\": {\"a\": 1}}]", "two choices", YA_ERR_DATA},
        {"[{\"question\": \"A?\", \"mc1_targets\": {\"a\": 1, \"b\": 2}}]", "neither 0 nor 1",
         YA_ERR_DATA},
        {"[{\"question\": \"A?\", \"mc1_targets\": {\"choices\": [\"a\"], \"labels\": []}}]",
         "other numbers", YA_ERR_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ya_questions q;
        ya_error err = {0};
        const char *path = scratch_text("t.json", cases[i].text);
        assert_int_equal(ya_truthfulqa_read(&q, path, 0, &err), cases[i].status);
        if (!strstr(err.text, cases[i].says) || !strstr(err.text, "t.json"))
            fail_msg("case %zu: %s", i, err.text);
    }
}

static void answers_are_judged_by_whole_words(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int right;
    } cases[] = {
        {"It is Melkar.", 1},
        {"MELKAR, in the north", 1},
        {"Melkars", 0},
        {"xMelkar", 0},
        {"Melkarx Melkar", 1},
        {"Melkar or Tolvane", 0},
        {"Melkar or \"tolvane\"", 0},
        {"", 0},
        {"the capital", 0},
        {"Melkar \xFF\xFE broken", 1},
        {"Stra\xC3\x9F"
         "e Melkar",
         1},
    };
    json_t *any = json_pack("[s, s]", "melkar", "mel kar"), *none = json_pack("[s]", "Tolvane"),
           *all = json_pack("[s, s]", "STRASSE", "melkar");
    ya_error err;
    bool right;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ya_question q = {.any = any, .none = none};
        assert_int_equal(ya_question_judge(&q, cases[i].answer, &right, &err), YA_OK);
        if (right != cases[i].right)
            fail_msg("\"%s\" judged %d", cases[i].answer, right);
        q = (ya_question){.all = all};
        assert_int_equal(ya_question_judge(&q, cases[i].answer, &right, &err), YA_OK);
        assert_int_equal(right, i == 10);
    }
    json_decref(any);
    json_decref(none);
    json_decref(all);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(suite_lines_become_questions),
        TEST(the_built_in_suite_is_fair),
        TEST(a_wrong_suite_is_refused_with_line_and_reason),
        TEST(truthfulqa_comes_in_two_spellings),
        TEST(a_choice_of_truthfulqa_may_be_empty),
        TEST(a_wrong_truthfulqa_is_refused_with_question_and_reason),
        TEST(answers_are_judged_by_whole_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
