/* The page of a run: what it says, what it must not say, runs of every length. */
#include "report/report.h"

#include "base/log.h"

#include "support/cmocka_all.h"
#include "support/scratch.h"

#include <jansson.h>

static int setup(void **state)
{
    ya_log_set_quiet(1);
    return scratch_setup(state);
}

/* `your_ai report WORDS...` */
static ya_status report(ya_error *err, int argc, const char *const *words)
{
    ya_settings s;
    ya_status status = ya_settings_init(&s, err);
    assert_int_equal(status, YA_OK);
    status =
        ya_settings_parse_flags(&s, YA_FOR_REPORT, argc, (char *const *)words, YA_SET_run, err);
    if (!status)
        status = ya_settings_finish(&s, YA_FOR_REPORT, err);
    if (!status)
        status = ya_report(&s, err);
    ya_settings_free(&s);
    return status;
}

/* The page of the run in the scratch directory, to be freed. */
static char *page(void)
{
    const char *words[] = {scratch("")};
    ya_error err;
    if (report(&err, 1, words) != YA_OK)
        fail_msg("%s", err.text);
    return scratch_read(scratch("report.html"), NULL);
}

static void write_steps(int n, int every)
{
    FILE *file = fopen(scratch("metrics.jsonl"), "w");
    assert_non_null(file);
    for (int i = every; i <= n; i += every)
        fprintf(file,
                "{\"step\": %d, \"epoch\": 0.5, \"loss\": %g, \"ce\": 2.5, \"ess\": null, "
                "\"lr\": 1e-5, \"grad_norm\": 1, \"tokens_per_s\": 100, \"rss_anon_mb\": 50, "
                "\"mem_available_gb\": 8, \"time\": %d}\n",
                i, 3.0 - (double)i / n, 1700000000 + i);
    assert_int_equal(fclose(file), 0);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static void assert_has(const char *text, const char *what)
{
    if (!strstr(text, what))
        fail_msg("the page does not say \"%s\"", what);
}

static void a_run_of_one_step_is_drawn_as_dots(void **state)
{
    (void)state;
    write_steps(1, 1);
    char *text = page();
    assert_has(text, "<h3>Loss</h3>");
    assert_has(text, "<circle class=\"dot a\"");
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf%"));
    free(text);
}

static void a_long_run_makes_no_larger_page_than_one_of_some_hundred_steps(void **state)
{
    (void)state;
    write_steps(1000, 1);
    char *few = page();
    write_steps(100000, 1);
    char *many = page();
    assert_true(strlen(many) < 2 * strlen(few));
    assert_has(many, ">100k<");
    free(few);
    free(many);
}

static void torn_lines_are_counted_and_left_out(void **state)
{
    (void)state;
    write_steps(5, 1);
    FILE *file = fopen(scratch("metrics.jsonl"), "a");
    fprintf(file, "[1]\n{\"step\": 2, \"loss\": 9}\n{\"step\": 6, \"lo");
    fclose(file);
    char *text = page();
    assert_has(text, "3 lines of metrics.jsonl");
    free(text);
}

static void what_is_no_run_is_an_error_that_says_so(void **state)
{
    (void)state;
    ya_error err;
    const char *words[] = {scratch("")};
    assert_int_equal(report(&err, 1, words), YA_ERR_IO);
    assert_non_null(strstr(err.text, "holds no metrics.jsonl"));
    scratch_text("metrics.jsonl", "{\"event\": \"start\", \"step\": 0}\n");
    assert_int_equal(report(&err, 1, words), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "no step yet"));
    assert_int_equal(report(&err, 0, NULL), YA_ERR_USAGE);
    assert_false(scratch_exists("report.html"));
}

/* Every place of a run's directory where a text can stand, filled with one that would do harm. */
#define HOSTILE                                                                                    \
    "</title></style><script>alert(1)</script><img src=x onerror=alert(2)>\\\" '&\\u202e"
static void write_hostile_run(void)
{
    static const char *const json =
        "{\"program\": \"" HOSTILE "\", \"started\": 1e300, \"model\": {\"path\": \"/m/" HOSTILE
        "\", \"architecture\": \"" HOSTILE "\"}, \"schedule\": {\"steps\": -1e300},"
        "\"plan\": {\"anonymous_peak_mb\": 1e-300, \"budget_mb\": \"x\", \"budget_reason\": "
        "\"" HOSTILE "\", \"regions\": [{\"name\": \"" HOSTILE
        "\", \"bytes\": -5, \"lifetime\": \"" HOSTILE "\", \"reason\": \"" HOSTILE
        "\"}, 7]}, \"limits\": [], \"environment\": {\"processor\": "
        "\"" HOSTILE "\", \"system\": \"" HOSTILE "\", \"compute\": \"" HOSTILE
        "\", \"threads\": {}},"
        "\"settings\": [{\"name\": \"" HOSTILE "\", \"value\": \"" HOSTILE
        "\", \"origin\": \"" HOSTILE
        "\"}, null], \"provenance\": {\"base_model\": {\"fingerprint\": {\"sha256\": \"" HOSTILE
        "\"}}, \"data\": [{\"path\": \"" HOSTILE "\", \"sha256\": \"" HOSTILE "\"}], \"distrust\": "
        "{\"mode\": \"" HOSTILE "\"}, \"weights\": {\"by_auth_weight\": {\"bin\": 1e-300, "
        "\"records\": [1, -1, \"x\"], \"weight_share\": [1e300]}, \"by_prov_entropy\": {\"bin\": "
        "0.5, "
        "\"records\": [1, 1e300], \"weight_share\": []}, \"sources\": [{\"source_type\": \"" HOSTILE
        "\", \"records\": -1, \"weight_share\": 1e300}]}}}";
    write_steps(5, 1);
    FILE *file = fopen(scratch("metrics.jsonl"), "a");
    fprintf(file, "{\"event\": \"" HOSTILE "\", \"step\": 3, \"text\": \"" HOSTILE
                  "\", \"time\": -1e99}\n");
    fprintf(file, "{\"event\": \"pause\", \"step\": 1e14, \"text\": \"\\u0001\"}\n");
    fprintf(file, "{\"event\": \"eval\", \"step\": 4, \"eval_ce\": 1e300}\n");
    fprintf(file, "{\"step\": 1e15, \"loss\": 1e14, \"lr\": -1e14, \"grad_norm\": 1e-14}\n");
    fclose(file);
    scratch_text("run.json", json);
}

static void a_strangers_text_never_becomes_markup(void **state)
{
    (void)state;
    write_hostile_run();
    char *text = page();
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "<img"));
    assert_null(strstr(text, "\xE2\x80\xAE")); /* U+202E */
    assert_int_equal(count(text, "</title></style>"), 0);
    assert_int_equal(count(text, "</style>"), 1);
    assert_true(count(text, "&lt;script&gt;alert(1)&lt;/script&gt;") >= 14);
    assert_true(count(text, "onerror") ==
                count(text, "&lt;img src=x onerror=alert(2)&gt;&quot; &#39;&amp;"));
    assert_has(text, "default-src 'none'");
    free(text);
}

static void a_hostile_name_of_the_directory_is_escaped_too(void **state)
{
    (void)state;
    char dir[5000], file[6000], out[5000];
    ya_error err;
    snprintf(dir, sizeof dir, "%s/<script>\"'&\xff", scratch_dir);
    assert_int_equal(mkdir(dir, 0777), 0);
    write_steps(2, 1);
    snprintf(file, sizeof file, "%s/metrics.jsonl", dir);
    assert_int_equal(rename(scratch("metrics.jsonl"), file), 0);
    snprintf(out, sizeof out, "%s/page.html", scratch_dir);
    const char *words[] = {dir, "--output", out};
    assert_int_equal(report(&err, 3, words), YA_OK);
    char *text = scratch_read(out, NULL);
    assert_null(strstr(text, "<script"));
    assert_has(text, "&lt;script&gt;&quot;&#39;&amp;\xEF\xBF\xBD");
    free(text);
}

static void the_page_asks_nothing_of_any_network(void **state)
{
    (void)state;
    write_steps(3, 1);
    char *text = page();
    for (const char *at = text; (at = strstr(at, "http")); at++)
        assert_memory_equal(at, "http-equiv", 10);
    assert_null(strstr(text, "url("));
    assert_null(strstr(text, "@import"));
    assert_null(strstr(text, "src="));
    assert_null(strstr(text, "href="));
    free(text);
}

static void two_runs_are_drawn_beside_each_other(void **state)
{
    (void)state;
    ya_error err;
    write_steps(9, 1);
    const char *words[] = {scratch(""), "--compare", scratch("")};
    assert_int_equal(report(&err, 3, words), YA_OK);
    char *text = scratch_read(scratch("report.html"), NULL);
    assert_has(text, "A, smoothed");
    assert_has(text, "B, smoothed");
    free(text);
}

static void one_chart_is_a_well_formed_document(void **state)
{
    (void)state;
    ya_error err;
    write_steps(9, 1);
    const char *words[] = {scratch(""), "--chart", "loss"};
    assert_int_equal(report(&err, 3, words), YA_OK);
    char *text = scratch_read(scratch("chart.svg"), NULL);
    assert_int_equal(strncmp(text, "<svg xmlns=\"http://www.w3.org/2000/svg\"", 39), 0);
    assert_int_equal(count(text, "<svg") - count(text, "</svg>"), 0);
    for (const char *at = text; (at = strchr(at, '=')); at++) /* XML: every value is quoted */
        assert_int_equal(at[1], '"');
    free(text);
    words[2] = "los";
    assert_int_equal(report(&err, 3, words), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "expected one of: loss, ce"));
    words[2] = "ess";
    assert_int_equal(report(&err, 3, words), YA_ERR_DATA); /* null in every line */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(a_run_of_one_step_is_drawn_as_dots),
        T(a_long_run_makes_no_larger_page_than_one_of_some_hundred_steps),
        T(torn_lines_are_counted_and_left_out),
        T(what_is_no_run_is_an_error_that_says_so),
        T(a_strangers_text_never_becomes_markup),
        T(a_hostile_name_of_the_directory_is_escaped_too),
        T(the_page_asks_nothing_of_any_network),
        T(two_runs_are_drawn_beside_each_other),
        T(one_chart_is_a_well_formed_document),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
