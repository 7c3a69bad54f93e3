/* Scores of single records after the default policy, with the reasons they give; and every case of
 * the specification. */
#include "provenance/sources.h"
#include "support/fixture.h"

#include "base/alloc.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void assert_close(double found, double wanted, double tolerance)
{
    if (!(fabs(found - wanted) <= tolerance))
        fail_msg("found %.17g, wanted %.17g", found, wanted);
}

static ya_policy *policy;
static ya_scorer *scorer;
static ya_raw raw;

static int open_default(void **state)
{
    (void)state;
    ya_error err;
    setenv("SOURCE_DATE_EPOCH", "1790000000", 1); /* 2026 */
    return ya_policy_open(&policy, NULL, &err) || ya_scorer_new(&scorer, policy, &err);
}

static int close_default(void **state)
{
    (void)state;
    ya_raw_free(&raw);
    ya_scorer_free(scorer);
    ya_policy_close(policy);
    return 0;
}

/* Scores a record of a file; *explain is to be freed, and the score points into `raw`. */
static ya_score score_of(const char *line, const char *file, json_t **explain)
{
    ya_buffer text = {0};
    ya_error err;
    ya_score score;
    ya_source source = source_of(&raw, line);
    source.hint = ya_policy_hint(policy, file, strlen(file));
    assert_int_equal(ya_score_explain(scorer, &source, &score, &text, &err), YA_OK);
    *explain = json_loadb(text.data, text.size, 0, NULL);
    assert_non_null(*explain);
    ya_buffer_free(&text);
    return score;
}

/* The parts of `wanted` are in `found`, numbers to 4 decimals. */
static bool same(const json_t *found, const json_t *wanted)
{
    const char *key;
    json_t *value;
    if (json_is_number(wanted))
        return json_is_number(found) &&
               fabs(json_number_value(found) - json_number_value(wanted)) < 1e-9;
    if (!json_is_object(wanted))
        return json_equal(found, wanted);
    json_object_foreach((json_t *)wanted, key,
                        value) if (!same(json_object_get(found, key), value)) return false;
    return true;
}

static void check_text(const json_t *wanted, const char *found, size_t size)
{
    if (!wanted || json_is_null(wanted)) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_int_equal(json_string_length(wanted), size);
    assert_memory_equal(json_string_value(wanted), found, size);
}

static void check_case(const json_t *one)
{
    char *line = json_dumps(json_object_get(one, "record"), JSON_COMPACT | JSON_REAL_PRECISION(17));
    const json_t *wanted = json_object_get(one, "components");
    json_t *explain;
    ya_score score = score_of(line, json_string_value(json_object_get(one, "file")), &explain);
    const char *trivium = ya_trivium_name(score.trivium);
    double w = json_number_value(json_object_get(one, "w"));
    double h = json_number_value(json_object_get(one, "H"));
    if (score.auth_weight != w || score.prov_entropy != h || !same(explain, wanted))
        fail_msg("%s: %.300s\nw %g, wanted %g; H %g, wanted %g; found\n%s\nwanted\n%s",
                 json_string_value(json_object_get(one, "rule")), line, score.auth_weight, w,
                 score.prov_entropy, h, json_dumps(explain, 0), json_dumps(wanted, 0));
    check_text(json_object_get(one, "source_type"), score.source_type, score.source_type_size);
    check_text(json_object_get(one, "trivium"), trivium, trivium ? strlen(trivium) : 0);
    json_decref(explain);
    free(line);
}

static void every_case_of_the_specification_holds_to_4_decimals(void **state)
{
    (void)state;
    FILE *file = fopen(fixture("spec/scoring-cases.jsonl"), "r");
    char *line = NULL;
    size_t room = 0;
    int n = 0;
    if (!file)
        skip();
    for (; getline(&line, &room, file) > 0; n++) {
        json_t *one = json_loads(line, 0, NULL);
        assert_non_null(one);
        check_case(one);
        json_decref(one);
    }
    fclose(file);
    free(line);
    assert_true(n > 200);
}

static double weight_of(const char *text)
{
    ya_score score;
    ya_source source = {.text = text, .size = strlen(text)};
    ya_score_source(scorer, &source, &score);
    return score.text_weight;
}

static ya_score measure(const char *text)
{
    ya_score score;
    ya_source source = {.text = text, .size = strlen(text)};
    ya_score_source(scorer, &source, &score);
    return score;
}

static void a_word_is_found_wherever_it_lies_in_the_blocks_of_64_bytes(void **state)
{
    (void)state;
    char text[512];
    for (size_t at = 0; at < 200; at++) {
        memset(text, '-', sizeof text);
        strcpy(text + at, at ? " Lancet" : "Lancet");
        assert_close(weight_of(text), 0.65, 1e-12);
        strcat(text, "---------------------------------------------------------------------------");
        assert_close(weight_of(text), 0.65, 1e-12);
        memcpy(text + at, at ? "\xC3\xA9Lancet" : "xLancet", at ? 8 : 7);
        assert_close(weight_of(text), 0.3, 1e-12);
    }
}

static void citations_are_spans_without_overlap(void **state)
{
    (void)state;
    assert_int_equal(measure("(see [1], (Smith, 2020) and [2, 3]) [4").citations, 3);
    assert_int_equal(measure("1. Smith, [1] 1998 [2]\n[3] x\n 2.\tJones, 12345 1234").citations, 3);
    assert_int_equal(measure("1. Smith, 12345\n").citations, 0);
    assert_int_equal(measure("(Smith and May, 2020) (Smith and Mayer, 2020)").citations, 1);
    assert_int_equal(measure("(Smith,\n2020) [1,\n1. Smith, 1998").citations, 2);
    assert_int_equal(measure("opcit OP.CIT loc\xC2\xA0"
                             "cit op.. cit bop cit op cite")
                         .citations,
                     3);
    assert_int_equal(
        measure("(Smith\xE2\x80\x93Lang, 2020) (Smith, 2020, pp. 3\xE2\x80\x93 5)").citations, 1);
    assert_int_equal(measure("").citations, 0);
}

static void numbers_in_fields_are_taken_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ya_value_kind kind;
        uint64_t citations; /* 9: the value says nothing */
        int year;
    } cases[] = {
        {"1956.0", YA_VALUE_NUMBER, 1956, 1956},
        {"1.956e3", YA_VALUE_NUMBER, 1956, 1956},
        {"19560e-1", YA_VALUE_NUMBER, 1956, 1956},
        {"1956.00000000000000000000001", YA_VALUE_NUMBER, 9, 0},
        {"19e-1", YA_VALUE_NUMBER, 9, 0},
        {"-0.0", YA_VALUE_NUMBER, 0, 0},
        {"-1956", YA_VALUE_NUMBER, 9, 0},
        {"0e99999999999999999999", YA_VALUE_NUMBER, 0, 0},
        {"1e99999999999999999999", YA_VALUE_NUMBER, UINT64_MAX, 0},
        {"1e-99999999999999999999", YA_VALUE_NUMBER, 9, 0},
        {"18446744073709551614", YA_VALUE_NUMBER, UINT64_MAX - 1, 0},
        {"18446744073709551616", YA_VALUE_NUMBER, UINT64_MAX, 0},
        {"00000000000000000000001956", YA_VALUE_STRING, 1956, 0},
        {"1956", YA_VALUE_STRING, 1956, 1956},
        {" 1956", YA_VALUE_STRING, 9, 1956},
        {"", YA_VALUE_STRING, 9, 0},
        {"2026", YA_VALUE_STRING, 2026, 2026},
        {"2027", YA_VALUE_STRING, 2027, 0},
        {"19560230", YA_VALUE_STRING, 19560230, 1956},
        {"1066, 19561330, 1851x", YA_VALUE_STRING, 9, 1851},
        {NULL, YA_VALUE_OTHER, 9, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *cited = "[1] [2] [3] [4] [5] [6] [7] [8] [9]";
        ya_value value = {cases[i].kind, cases[i].text, cases[i].text ? strlen(cases[i].text) : 0};
        ya_source source = {.text = cited, .size = strlen(cited)};
        source.fields[YA_SOURCE_CITATION_COUNT] = source.fields[YA_SOURCE_DATE] = value;
        ya_score score;
        ya_score_source(scorer, &source, &score);
        assert_int_equal(score.citations, cases[i].citations);
        assert_int_equal(score.year, cases[i].year);
    }
}

static void only_the_first_8192_characters_are_scored_however_many_bytes_they_have(void **state)
{
    (void)state;
    char *text = ya_alloc(5 * 8192);
    for (int wide = 0; wide < 2; wide++) {
        size_t n = 0;
        for (int i = 0; i < 8192 - 7; i++)
            n += (size_t)sprintf(text + n, "%s", wide ? "\xF0\x9F\x98\x80" : "-");
        strcpy(text + n, " Lancet");
        assert_close(weight_of(text), 0.65, 1e-12);
        strcpy(text + n, " Lancetx"); /* the end of the text ends a word */
        assert_close(weight_of(text), 0.65, 1e-12);
        strcpy(text + n, "- Lancet");
        assert_close(weight_of(text), 0.3, 1e-12);
    }
    ya_free(text);
}

static void one_source_leaves_nothing_behind_for_the_next(void **state)
{
    (void)state;
    ya_score plain = measure("nothing"), again;
    measure("patents US 123456 studies show Lancet diary [1] copyright 1956 news wiki");
    again = measure("nothing");
    assert_memory_equal(&plain, &again, sizeof plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_specification_holds_to_4_decimals),
        cmocka_unit_test(a_word_is_found_wherever_it_lies_in_the_blocks_of_64_bytes),
        cmocka_unit_test(citations_are_spans_without_overlap),
        cmocka_unit_test(numbers_in_fields_are_taken_exactly),
        cmocka_unit_test(only_the_first_8192_characters_are_scored_however_many_bytes_they_have),
        cmocka_unit_test(one_source_leaves_nothing_behind_for_the_next),
    };
    return cmocka_run_group_tests(tests, open_default, close_default);
}
