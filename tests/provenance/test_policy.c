/* Policies: what is refused and how, and that what they say counts. */
#include "provenance/score.h"
#include "support/scratch.h"

#include "io/map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *default_text;

static void assert_close(double found, double wanted, double tolerance)
{
    if (!(fabs(found - wanted) <= tolerance))
        fail_msg("found %.17g, wanted %.17g", found, wanted);
}

static int read_default(void **state)
{
    ya_error err;
    size_t size;
    setenv("SOURCE_DATE_EPOCH", "1790000000", 1);
    return scratch_setup(state) ||
           ya_read_file("configs/provenance/default.yaml", 1 << 20, &default_text, &size, &err);
}

/* The default policy with `old` replaced by `new`, which must be there. */
static char *edited(const char *old, const char *new)
{
    const char *at = strstr(default_text, old);
    assert_non_null(at);
    size_t size = strlen(default_text) + strlen(new) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    snprintf(text, size, "%.*s%s%s", (int)(at - default_text), default_text, new, at + strlen(old));
    return text;
}

static int line_of(const char *text)
{
    int line = 1;
    const char *at = strstr(default_text, text);
    assert_non_null(at);
    for (const char *c = default_text; c < at; c++)
        line += *c == '\n';
    return line;
}

static void check_refused(const char *text, const char *wanted)
{
    ya_policy *policy;
    ya_error err = {0};
    assert_int_equal(ya_policy_parse(&policy, text, strlen(text), "p.yaml", &err), YA_ERR_USAGE);
    assert_null(policy);
    if (!strstr(err.text, wanted))
        fail_msg("\"%s\" does not say \"%s\"", err.text, wanted);
}

static void a_wrong_policy_is_refused_with_line_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *sentence;
    } cases[] = {
        {"weight:", "wieght:", "\"wieght\" is no key here; did you mean weight?"},
        {"  max: 0.99", "  maxx: 0.99", "weight: \"maxx\" is no key here; did you mean max?"},
        {"max: 0.99", "max: 1.5", "weight.max: found 1.5, expected a number from 0 to 0.99"},
        {"base: 0.3\n", "base: nan\n", "weight.base: found nan"},
        {"base: 0.3\n", "base: \"0.3\"\n", "weight.base: found 0.3"},
        {"[0.05, 0.25]", "[0.05]", "weight.citation: found 1 numbers, expected 2"},
        {"[0.05, 0.25]", "0.05", "weight.citation: found one value, expected a list"},
        {"[-0.15, 0, 0.15]", "[-0.15, 0, -2]", "weight.age: found -2"},
        {"old: 1970", "old: 1970.5", "years.old: found 1970.5, expected a whole number"},
        {"old: 1970", "old: 1996", "years.old: 1996 is after years.recent, 1995"},
        {"min_chars: 50", "min_chars: -1", "blend.min_chars: found -1"},
        {"max_chars: 8192", "max_chars: 0", "blend.max_chars: found 0"},
        {"low: 0.3", "low: 0.8", "bands.low: 0.8 is above bands.high, 0.7"},
        {"score: 0.35", "score: 35", "institutions[0].score: found 35"},
        {"score: 0.35", "skore: 0.35", "institutions[0]: \"skore\" is no key here"},
        {"words: [.gov", "words: [\"\", .gov", "institutions[2].words: a word is empty"},
        {"[.gov", "[\" .gov\"", "institutions[2].words: \" .gov\": words are parted by single"},
        {"[.gov", "[[x], .gov", "institutions[2].words: found a list, expected a word"},
        {"[patent, patent, 2]", "[patent, patentt, 2]", "types has no type \"patentt\""},
        {"[patent, patent, 2]", "[patent, patent]", "expected [name part, type, count]"},
        {"[patent, patent, 2]", "[big_patent, patent, 2]", "more than one part of a name"},
        {"trivium: grammar", "trivium: grammer", "trivium: expected grammar, logic or rhetoric"},
        {"w: 0.05, H: 7.0, ", "w: 0.05, ", "priors.patent_pre1970: the key H is missing"},
        {"w: 0.05, H: 7.0, ", "w: 0.05, H: -1, ", "priors.patent_pre1970.H: found -1"},
        {"trivium: logic, dated: patent", "dated: patent", "patent_pre1970: the key trivium"},
        {"dated: book", "dated: patent", "priors: the name patent is there twice"},
        {"dated: book", "dated: Book", "priors.historical_book.dated: \"Book\": names are"},
        {"  unknown: {w: 0.50, H: 3.0}", "  unknown: {w: 0.50, H: 3.0, trivium: logic}",
         "priors.unknown: \"trivium\" is no key here"},
        {"[plato, classical_philosophy]", "[plato, philosophy]",
         "priors has no type \"philosophy\""},
        {"[plato, classical_philosophy]", "[plato, unknown]", "priors has no type \"unknown\""},
        {"[plato, classical_philosophy]", "plato", "hints: found one value, expected a list"},
        {"as_written: [WHO, Nature, Science]", "as_written: WHO", "as_written: found one value"},
        {"  blog: [blog,", "  news: [blog,", "types: news is there twice"},
        {"  patent: [patent] ", "  patents: [patent] ", "patent_offices: numbers of patents count"},
        {"bands: {", "bands: {low: 0.3, ", "bands: low is there twice"},
        {"weight:", "weight: [", "not YAML"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = edited(cases[i].old, cases[i].new);
        check_refused(text, "p.yaml:");
        check_refused(text, cases[i].sentence);
        free(text);
    }
    char place[64], *text = edited("score: 0.08", "score: x");
    snprintf(place, sizeof place, "p.yaml:%d: institutions[7].score", line_of("score: 0.08"));
    check_refused(text, place);
    free(text);
    check_refused("", "p.yaml: empty");
    check_refused("weight: {}", "p.yaml:1: the key entropy is missing");
    check_refused("- 1", "found a list, expected a section");
    check_refused("--- 1\n--- 2\n", "a second document begins here");
}

static void each_key_is_needed(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "weight",     "entropy",      "years",        "blend",     "bands",
        "as_written", "institutions", "primary",      "types",     "patent_offices",
        "priors",     "hints",        "exempt_hosts", "consensus", "source_type_counts"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char old[64], new[64], wanted[64], *text;
        snprintf(old, sizeof old, "\n%s:", keys[i]);
        snprintf(new, sizeof new, "\nyx%s:", keys[i]);
        text = edited(old, new);
        snprintf(wanted, sizeof wanted, "\"yx%s\" is no key here", keys[i]);
        check_refused(text, wanted);
        free(text);
    }
}

static ya_score score_with(const char *old, const char *new, const char *text)
{
    ya_policy *policy;
    ya_scorer *scorer;
    ya_error err = {0};
    ya_score score;
    char *yaml = edited(old, new);
    if (ya_policy_parse(&policy, yaml, strlen(yaml), "p.yaml", &err))
        fail_msg("%s", err.text);
    assert_int_equal(ya_scorer_new(&scorer, policy, &err), YA_OK);
    ya_source source = {.text = text, .size = strlen(text)};
    ya_score_source(scorer, &source, &score);
    score.source_type = score.prior = NULL;
    ya_scorer_free(scorer);
    ya_policy_close(policy);
    free(yaml);
    return score;
}

static void words_of_another_policy_count(void **state)
{
    (void)state;
    /* beginnings that are no letters, letters that are no ASCII, one letter, words with spaces */
    static const char *const words[] = {"#metoo", "\303\251cole", "\xE6\x97\xA5\xE6\x9C\xAC",
                                        "q",      "C++",          "\xC3\x97 times",
                                        "-x",     "a b c",        "_x"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char list[64], text[256];
        snprintf(list, sizeof list, "primary: [\"%s\", patent", words[i]);
        for (int shift = 0; shift < 70; shift++) {
            snprintf(text, sizeof text, "%*s%s, %s;%s patents", shift, "", words[i], words[i],
                     words[i]);
            assert_int_equal(score_with("primary: [patent", list, text).n_primary, 4);
        }
        snprintf(text, sizeof text, "xx%sxx", words[i]);
        assert_int_equal(score_with("primary: [patent", list, text).n_primary, 0);
    }
}

static void of_two_words_the_longest_at_each_place_matches(void **state)
{
    (void)state;
    const char *list = "primary: [a, a b, a b c d, b c, box, boxes, cat, cats";
    const char *old = "primary: [patent";
    assert_int_equal(score_with(old, list, "a b c").n_primary, 1);
    assert_int_equal(score_with(old, list, "a  b\n c\td").n_primary, 1);
    assert_int_equal(score_with(old, list, "a c b c").n_primary, 2);
    assert_int_equal(score_with(old, list, "box boxes boxess cats").n_primary, 3);
}

static void the_numbers_of_a_policy_count(void **state)
{
    (void)state;
    const char *text = "Lancet; studies show; diary; [1]; copyright 1960";
    ya_score score = score_with("base: 0.3\n", "base: 0.5\n", text);
    ya_score plain = score_with("base: 0.3\n", "base: 0.3\n", text);
    assert_close(score.text_weight - plain.text_weight, 0.2, 1e-12);
    score = score_with("score: 0.35", "score: 0.25", text);
    assert_close(score.text_weight - plain.text_weight, -0.1, 1e-12);
    assert_close(score.text_entropy - plain.text_entropy, 0.15, 1e-12);
    score = score_with("first: 1500", "first: 1961", text);
    assert_close(score.text_weight - plain.text_weight, 0.15, 1e-12);
    score = score_with("max_chars: 8192", "max_chars: 20", text);
    assert_int_equal(score.n_primary, 0);
    score = score_with("min_chars: 50", "min_chars: 20", text);
    assert_close(score.auth_weight, plain.text_weight, 5e-5);
    assert_close(plain.auth_weight, 0.5, 1e-12);
}

static void hints_are_whole_parts_of_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double w;
    } cases[] = {
        {"big-patent.jsonl.gz", 0.05},
        {"BIGPATENTS.jsonl", 0.05},
        {"big_patents_2.jsonl", 0.05},
        {"internet-archives.jsonl", 0.1},
        {"internets_archive.jsonl", 0.5},
        {"x.jsonl", 0.5},
        {"wiki.jsonl.zst", 0.9},
        {"wikis.jsonl", 0.9},
        {"wikiss.jsonl", 0.5},
        {"jsonl", 0.5},
        {".jsonl", 0.5},
        {"", 0.5},
        {"speeches.jsonl", 0.12},
        {"cnn.gz", 0.75},
        {"philosophies.jsonl", 0.08},
        {"arxiv.jsonl.wiki", 0.5},
        {"bigpatent", 0.05},
    };
    ya_policy *policy;
    ya_error err;
    assert_int_equal(ya_policy_open(&policy, NULL, &err), YA_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned hint = ya_policy_hint(policy, cases[i].name, strlen(cases[i].name));
        assert_close(ya_policy_hint_weight(policy, hint), cases[i].w, 1e-12);
    }
    ya_policy_close(policy);
}

static void the_current_year_must_be_a_number_of_seconds(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "x", "-5", "12x", "99999999999999999999", " 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("SOURCE_DATE_EPOCH", bad[i], 1);
        check_refused(default_text, "SOURCE_DATE_EPOCH is \"");
    }
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    const char *text = "copyright 1971, copyright 1970";
    assert_int_equal(score_with("base: 0.3\n", "base: 0.3\n", text).year, 1970);
    unsetenv("SOURCE_DATE_EPOCH");
    assert_int_equal(score_with("base: 0.3\n", "base: 0.3\n", text).year, 1971);
    setenv("SOURCE_DATE_EPOCH", "1790000000", 1);
}

static void a_policy_file_replaces_the_default(void **state)
{
    (void)state;
    ya_policy *policy;
    ya_error err;
    char *yaml = edited("w: 0.90, H", "w: 0.80, H");
    assert_int_equal(ya_policy_open(&policy, scratch_text("p.yaml", yaml), &err), YA_OK);
    assert_close(ya_policy_hint_weight(policy, ya_policy_hint(policy, "wiki", 4)), 0.8, 1e-12);
    ya_policy_close(policy);
    free(yaml);
    assert_int_equal(ya_policy_open(&policy, scratch("none.yaml"), &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "none.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_policy_is_refused_with_line_and_key),
        cmocka_unit_test(each_key_is_needed),
        cmocka_unit_test(words_of_another_policy_count),
        cmocka_unit_test(of_two_words_the_longest_at_each_place_matches),
        cmocka_unit_test(the_numbers_of_a_policy_count),
        cmocka_unit_test(hints_are_whole_parts_of_names),
        cmocka_unit_test(the_current_year_must_be_a_number_of_seconds),
        cmocka_unit_test(a_policy_file_replaces_the_default),
    };
    return cmocka_run_group_tests(tests, read_default, scratch_teardown);
}
