/* `validate` on a tiny model: suites, thresholds, base against adapter, going on after a stop. */
#include "eval/validate.h"

#include "support/command.h"
#include "support/results_schema.h"
#include "support/scratch.h"
#include "support/tiny_model.h"
#include "support/toy.h"
#include "support/training.h"

#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char model[TEMP_PATH], adapter[TEMP_PATH];

/* An adapter from a few steps that change the model a good deal. */
static void make_adapter(void)
{
    char flags[16384];
    ya_error err = {0};
    toy_records(scratch("toy.jsonl"), 12, 20, 3);
    snprintf(flags, sizeof flags,
             "--model %s --data %s --output %s --steps 6 --learning-rate 0.05 --warmup-steps 0 "
             "--lora-rank 4 --save-steps 6 --dtype f32 --threads 1 --distrust-mode off",
             model, scratch("toy.jsonl"), scratch("run"));
    if (training_run(flags, &err))
        fail_msg("%s", err.text);
    snprintf(adapter, sizeof adapter, "%s/checkpoint-6", scratch("run"));
}

static int set_up(void **state)
{
    scratch_setup(state);
    snprintf(model, sizeof model, "%s", scratch("model"));
    tiny_model(model, 0, 11);
    return 0;
}

static ya_status validate(const char *more, ya_error *err)
{
    char flags[24576];
    snprintf(flags, sizeof flags, "--model %s --threads 2 --json %s", model, more);
    return command_run(YA_FOR_VALIDATE, YA_SET_adapter, ya_validate, flags, scratch("out.json"),
                       err);
}

static json_t *results(void)
{
    json_t *r = json_load_file(scratch("out.json"), 0, NULL);
    assert_non_null(r);
    assert_string_equal(json_string_value(json_object_get(r, "schema")), "your_ai-results-1");
    assert_obeys_schema(r);
    return r;
}

static const char *suite(const char *thresholds)
{
    char text[4096];
    snprintf(text, sizeof text,
             "{\"suite\": \"small\", \"thresholds\": {%s}}\n"
             "{\"category\": \"one\", \"question\": \"Is it so?\", \"choices\": [\"yes\", \"no\"], "
             "\"answer\": [0, 1]}\n"
             "{\"category\": \"one\", \"question\": \"Is it?\", \"choices\": [\"yes\", \"no\", "
             "\"yes indeed\"], \"answer\": 1}\n"
             "{\"category\": \"two\", \"prompt\": \"It is \", \"keywords\": {\"none\": "
             "[\"zebra\"]}, \"max_tokens\": 5}\n"
             "{\"category\": \"two\", \"question\": \"What?\", \"keywords\": {\"all\": "
             "[\"zebra\"]}, \"max_tokens\": 5}\n",
             thresholds);
    return scratch_text("suite.jsonl", text);
}

static void a_suite_counts_right_answers_by_category(void **state)
{
    (void)state;
    char flags[8192];
    ya_error err = {0};
    for (int chat = 0; chat < 2; chat++) {
        snprintf(flags, sizeof flags, "--suite %s%s", suite(""), chat ? " --chat" : "");
        if (validate(flags, &err))
            fail_msg("%s", err.text);
        json_t *r = results();
        assert_true(figure_of(r, "accuracy", "two", "base") == 0.5);
        assert_true(figure_of(r, "accuracy", "one", "base") >= 0.5);
        assert_true(json_is_null(json_object_get(r, "passed")));
        assert_int_equal(json_array_size(json_object_get(r, "items")), 4);
        json_decref(r);
    }
}

static void a_missed_threshold_is_an_error_that_names_it(void **state)
{
    (void)state;
    char flags[8192];
    ya_error err = {0};
    snprintf(flags, sizeof flags, "--suite %s", suite("\"all\": 0.25, \"two\": 0.75"));
    assert_int_equal(validate(flags, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "two is 0.5000, asked for 0.7500"));
    assert_null(strstr(err.text, "of all"));
    json_t *r = results();
    assert_true(json_is_false(json_object_get(r, "passed")));
    json_decref(r);
    snprintf(flags, sizeof flags, "--suite %s", suite("\"two\": 0.5"));
    assert_int_equal(validate(flags, &err), YA_OK);
    r = results();
    assert_true(json_is_true(json_object_get(r, "passed")));
    json_decref(r);
}

static void a_threshold_that_the_limit_leaves_unasked_is_not_passed(void **state)
{
    (void)state;
    char flags[8192];
    ya_error err = {0};
    snprintf(flags, sizeof flags, "--suite %s --limit 2", suite("\"all\": 0, \"two\": 0.5"));
    assert_int_equal(validate(flags, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "accuracy of two is not known, asked for 0.5000"));
    json_t *r = results();
    assert_true(json_is_false(json_object_get(r, "passed")));
    assert_int_equal(json_array_size(json_object_get(r, "thresholds")), 2);
    json_decref(r);
}

/* A question of so many words, of multiple choice or free form; what is said about it on stderr,
 * to be freed. */
static char *said_of_a_question(int words, bool choices)
{
    ya_buffer text = {0};
    char flags[8192];
    ya_error err = {0};
    assert_int_equal(ya_buffer_printf(&text, &err, "{\"question\": \""), YA_OK);
    for (int i = 0; i < words; i++)
        assert_int_equal(ya_buffer_printf(&text, &err, "word "), YA_OK);
    assert_int_equal(ya_buffer_printf(&text, &err, "?\", %s}\n",
                                      choices ? "\"choices\": [\"yes\", \"no\"], \"answer\": 0"
                                              : "\"keywords\": {\"any\": [\"yes\"]}, "
                                                "\"max_tokens\": 2"),
                     YA_OK);
    snprintf(flags, sizeof flags, "--suite %s", scratch_text("long.jsonl", text.data));
    ya_buffer_free(&text);
    FILE *log = fopen(scratch("log"), "w");
    assert_non_null(log);
    int kept = dup(STDERR_FILENO);
    dup2(fileno(log), STDERR_FILENO);
    ya_status status = validate(flags, &err);
    dup2(kept, STDERR_FILENO);
    close(kept);
    fclose(log);
    if (status)
        fail_msg("%s", err.text);
    return scratch_read(scratch("log"), NULL);
}

static void a_question_longer_than_the_context_is_warned_of(void **state)
{
    (void)state;
    for (int choices = 0; choices < 2; choices++)
        for (int much = 0; much < 2; much++) {
            char *said = said_of_a_question(much ? 2100 : 10, choices);
            bool warned = strstr(said, "more than the 2048 that the model was trained for");
            free(said);
            assert_int_equal(warned, much);
        }
}

static const char *truthful(int n)
{
    FILE *f = fopen(scratch("mc.json"), "w");
    assert_non_null(f);
    for (int i = 0; i < n; i++)
        fprintf(f,
                "%s{\"question\": \"What is %d?\", \"mc1_targets\": {\"It is %d.\": 1, \"%d\": 0, "
                "\"Nothing\": 0}, \"mc2_targets\": {\"It is %d.\": 1, \"Odd\": %d, \"Even\": %d}}",
                i ? ", " : "[", i, i, i + 1, i, 0, i % 3 == 0);
    fprintf(f, "]\n");
    assert_int_equal(fclose(f), 0);
    return scratch("mc.json");
}

static void base_and_adapter_are_compared_question_by_question(void **state)
{
    (void)state;
    char flags[16384];
    ya_error err = {0};
    make_adapter();
    snprintf(flags, sizeof flags, "--benchmarks truthfulqa --data %s --compare %s", truthful(24),
             adapter);
    if (validate(flags, &err))
        fail_msg("%s", err.text);
    json_t *both = results();
    double base = figure_of(both, "mc2", "all", "base"),
           with = figure_of(both, "mc2", "all", "adapter");
    const json_t *c = json_array_get(json_object_get(both, "comparisons"), 1);
    assert_true(base != with);
    assert_true(fabs(json_number_value(json_object_get(c, "difference")) - (with - base)) < 1e-12);
    const json_t *mc1 = json_array_get(json_object_get(both, "comparisons"), 0);
    double p = json_number_value(json_object_get(mc1, "mcnemar_p"));
    assert_true(p > 0 && p <= 1);
    /* each alone gives the same */
    snprintf(flags, sizeof flags, "--benchmarks truthfulqa --data %s", truthful(24));
    assert_int_equal(validate(flags, &err), YA_OK);
    json_t *alone = results();
    assert_true(figure_of(alone, "mc2", "all", "base") == base);
    json_decref(alone);
    snprintf(flags, sizeof flags, "--benchmarks truthfulqa --data %s --adapter %s", truthful(24),
             adapter);
    assert_int_equal(validate(flags, &err), YA_OK);
    alone = results();
    assert_true(figure_of(alone, "mc2", "all", "adapter") == with);
    json_decref(alone);
    json_decref(both);
}

/* Leaves `lines` lines of the journal and half of the next, and makes the first answer's
 * likelihoods easy to know again. */
static void tear(const char *path, int lines)
{
    char *text = scratch_read(path, NULL), *at = text, torn[16384];
    for (int i = 0; i < lines; i++)
        at = strchr(at, '\n') + 1;
    at[20] = '\0';
    char *value = strstr(text, "\"value\":[-") + 10, *rest = value + strcspn(value, ",");
    snprintf(torn, sizeof torn, "%.*s12345%s", (int)(value - text), text, rest);
    scratch_text("work/journal.jsonl", torn);
    free(text);
}

/* Runs the program until its journal has so many lines, then interrupts it; its exit code. */
static int interrupt_after(const char *flags, int wanted)
{
    char text[24576], *argv[COMMAND_MAX_FLAGS] = {(char *)getenv("YA_BINARY"), "validate"},
                      *save = NULL;
    int argc = 2, status = 0, lines = 0;
    pid_t child;
    snprintf(text, sizeof text, "--model %s --threads 1 --quiet %s", model, flags);
    for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    assert_non_null(argv[0]);
    assert_int_equal(posix_spawn(&child, argv[0], NULL, NULL, argv, environ), 0);
    while (lines < wanted && waitpid(child, &status, WNOHANG) == 0) {
        FILE *f = fopen(scratch("work/journal.jsonl"), "r");
        lines = 0;
        for (int c; f && (c = getc(f)) != EOF;)
            lines += c == '\n';
        if (f)
            fclose(f);
    }
    assert_true(lines >= wanted);
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void an_interrupted_run_goes_on_where_it_was(void **state)
{
    (void)state;
    char flags[16384];
    ya_error err = {0};
    snprintf(flags, sizeof flags, "--benchmarks truthfulqa --data %s --output %s", truthful(3000),
             scratch("work"));
    if (validate(flags, &err))
        fail_msg("%s", err.text);
    json_t *whole = results(), *written = json_load_file(scratch("work/results.json"), 0, NULL);
    assert_true(json_equal(whole, written));
    assert_false(scratch_exists("work/journal.jsonl")); /* done: nothing to go on from */
    json_decref(written);

    assert_int_equal(interrupt_after(flags, 20), 128 + SIGTERM);
    assert_true(scratch_exists("work/journal.jsonl"));
    tear(scratch("work/journal.jsonl"), 10);
    if (validate(flags, &err))
        fail_msg("%s", err.text);
    json_t *again = results();
    const json_t *a = json_object_get(whole, "items"), *b = json_object_get(again, "items");
    for (size_t i = 0; i < 3000; i++) {
        const json_t *x = json_object_get(json_array_get(a, i), "base"),
                     *y = json_object_get(json_array_get(b, i), "base");
        double p = json_number_value(json_array_get(json_object_get(x, "mc1_ll"), 0)),
               q = json_number_value(json_array_get(json_object_get(y, "mc1_ll"), 0));
        if (i == 0)
            assert_true(q == -12345.0); /* taken from the journal */
        else
            assert_true(fabs(p - q) <= 1e-4 * fabs(p));
    }
    json_decref(whole);
    json_decref(again);
}

static void what_cannot_be_asked_is_said(void **state)
{
    (void)state;
    char flags[8192];
    ya_error err = {0};
    assert_int_equal(validate("", &err), YA_ERR_USAGE);
    assert_int_equal(validate("--benchmarks mmlu --data x", &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "mmlu"));
    assert_int_equal(validate("--benchmarks truthfulqa", &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "mc_task.json"));
    assert_int_equal(validate("--benchmarks truthfulqa --data /no/file", &err), YA_ERR_IO);
    assert_int_equal(validate("--suite /no/file", &err), YA_ERR_IO);
    snprintf(flags, sizeof flags, "--suite %s --compare", suite(""));
    assert_int_equal(validate(flags, &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "adapter"));
    snprintf(flags, sizeof flags, "--suite %s --dtype bf16", suite(""));
    assert_int_equal(validate(flags, &err), YA_ERR_USAGE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_suite_counts_right_answers_by_category),
        TEST(a_missed_threshold_is_an_error_that_names_it),
        TEST(a_threshold_that_the_limit_leaves_unasked_is_not_passed),
        TEST(a_question_longer_than_the_context_is_warned_of),
        TEST(base_and_adapter_are_compared_question_by_question),
        TEST(an_interrupted_run_goes_on_where_it_was),
        TEST(what_cannot_be_asked_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
