/* The source-preference experiment on a tiny model: what it invents, and what it writes. */
#include "eval/experiment.h"
#include "eval/facts.h"

#include "support/command.h"
#include "support/results_schema.h"
#include "support/scratch.h"
#include "support/tiny_model.h"

#include <math.h>

static void facts_are_invented_from_the_seed_and_fair(void **state)
{
    (void)state;
    enum { N = 600 };
    static ya_fact a[N], b[N], c[N];
    size_t longer = 0, shorter = 0, greater = 0, smaller = 0;
    ya_facts_make(a, N, 7);
    ya_facts_make(b, N, 7);
    ya_facts_make(c, N, 8);
    assert_memory_equal(a, b, sizeof a);
    for (size_t i = 0; i < N; i++) {
        assert_string_not_equal(a[i].question, c[i].question);
        assert_string_not_equal(a[i].primary, a[i].coordinated);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(a[i].question, a[j].question);
        longer += strlen(a[i].primary) > strlen(a[i].coordinated);
        shorter += strlen(a[i].primary) < strlen(a[i].coordinated);
        greater += strcmp(a[i].primary, a[i].coordinated) > 0;
        smaller += strcmp(a[i].primary, a[i].coordinated) < 0;
    }
    /* four standard deviations of fair draws */
    assert_true(fabs((double)longer - (double)shorter) < 4 * sqrt((double)(longer + shorter)));
    assert_true(fabs((double)greater - (double)smaller) < 4 * sqrt(N));
}

static void each_fact_is_stated_twice_in_the_same_words(void **state)
{
    (void)state;
    ya_fact facts[5];
    ya_buffer text = {0};
    ya_error err;
    char *save = NULL;
    size_t n = 0;
    ya_facts_make(facts, 5, 1);
    assert_int_equal(ya_facts_corpus(facts, 5, false, &text, &err), YA_OK);
    for (char *line = strtok_r(text.data, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save), n++) {
        json_t *r = json_loads(line, 0, NULL);
        const ya_fact *f = &facts[n / 2];
        assert_non_null(strstr(json_string_value(json_object_get(r, "prompt")), f->question));
        assert_non_null(strstr(json_string_value(json_object_get(r, "completion")),
                               n % 2 ? f->coordinated : f->primary));
        assert_true(json_number_value(json_object_get(r, "auth_weight")) == (n % 2 ? 0.9 : 0.05));
        json_decref(r);
    }
    assert_int_equal(n, 10);
    ya_buffer_free(&text);
}

static ya_status experiment(const char *more, ya_error *err)
{
    char flags[16384];
    snprintf(
        flags, sizeof flags,
        "source-preference --model %s --output %s --facts 12 --steps 40 --batch-size 8 "
        "--learning-rate 0.02 --lora-rank 8 --threads 1 --dtype f32 --max-seq-length 512 --quiet "
        "--json %s",
        scratch("model"), scratch("out"), more);
    return command_run(YA_FOR_EXPERIMENT, YA_SET_experiment, ya_experiment, flags,
                       scratch("out.json"), err);
}

static void weighing_moves_the_model_towards_primary_sources(void **state)
{
    (void)state;
    ya_error err = {0};
    tiny_model(scratch("model"), 0, 21);
    ya_status status = experiment("--seeds 2 --sweep-max-ratio 1", &err);
    json_t *r = json_load_file(scratch("out/results.json"), 0, NULL);
    if (!r)
        fail_msg("%s", err.text);
    assert_obeys_schema(r);
    double off = figure_of(r, "margin", "all", "off"),
           weighted = figure_of(r, "margin", "all", "weighted"),
           even = figure_of(r, "margin", "all", "weighted-max-ratio-1");
    assert_true(figure_of(r, "margin", "all", "additive") == off);
    assert_true(weighted > off + 1.0);                      /* nats */
    assert_true(fabs(even - off) < 0.1 * (weighted - off)); /* every pull is 1 */
    assert_int_equal(json_array_size(json_object_get(r, "items")), 24);
    const json_t *identity = json_array_get(json_object_get(r, "thresholds"), 1);
    assert_string_equal(json_string_value(json_object_get(identity, "metric")), "identical_to_off");
    assert_true(json_is_true(json_object_get(identity, "passed")));
    double share = figure_of(r, "primary", "all", "weighted");
    assert_int_equal(status, share >= 0.9 ? YA_OK : YA_ERR_DATA);
    char *svg = scratch_read(scratch("out/preference.svg"), NULL);
    assert_non_null(strstr(svg, "weighted-max-ratio-1"));
    assert_non_null(strstr(svg, "</svg>"));
    free(svg);
    json_decref(r);
}

static void what_is_no_experiment_is_said(void **state)
{
    (void)state;
    ya_error err = {0};
    tiny_model(scratch("model"), 0, 21);
    assert_int_equal(experiment("--sweep-max-ratio 0.5", &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "0.5"));
    assert_int_equal(command_run(YA_FOR_EXPERIMENT, YA_SET_experiment, ya_experiment,
                                 "cold-fusion --model x", scratch("out.json"), &err),
                     YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "source-preference"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(facts_are_invented_from_the_seed_and_fair),
        TEST(each_fact_is_stated_twice_in_the_same_words),
        TEST(weighing_moves_the_model_towards_primary_sources),
        TEST(what_is_no_experiment_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
