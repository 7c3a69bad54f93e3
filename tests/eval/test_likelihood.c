/* Likelihoods over shared prefixes against the same texts run one by one. */
#include "eval/session.h"

#include "support/scratch.h"
#include "support/tiny_model.h"

enum { GROUPS = 7, CHOICES = 5, LONGEST = 96 };
static const double BOUND = 2e-5; /* f32 sums of up to 96 terms, in another order */

static ya_settings settings_of(const char *model)
{
    ya_settings s;
    ya_error err;
    assert_int_equal(ya_settings_init(&s, &err), YA_OK);
    assert_int_equal(ya_settings_set(&s, YA_SET_model, model, YA_FROM_FLAG, &err), YA_OK);
    assert_int_equal(ya_settings_set(&s, YA_SET_threads, "2", YA_FROM_FLAG, &err), YA_OK);
    return s;
}

static int draw(uint64_t *state, int n)
{
    return (int)(ya_splitmix64(17, (*state)++) % (uint64_t)n);
}

/* A prefix of `prefix` tokens, then per group a question, then choices: some of one token, some
 * that begin alike, some twice. */
static void make_tree(ya_continuations *c, int prefix)
{
    uint64_t state = 0;
    ya_error err;
    for (int g = 0; g < GROUPS; g++) {
        int32_t ids[LONGEST];
        int question = prefix + 1 + draw(&state, 20);
        uint64_t shared = 1000; /* the same prefix in every group */
        for (int t = 0; t < question; t++)
            ids[t] = t < prefix ? draw(&shared, TINY_VOCAB) : draw(&state, TINY_VOCAB);
        assert_int_equal(ya_continuations_group(c, &err), YA_OK);
        for (int k = 0; k < CHOICES; k++) {
            int n = question + 1 + (k == 2 ? 0 : draw(&state, 12));
            for (int t = question; t < n && k != 3; t++) /* choice 3 begins as choice 2 */
                ids[t] = draw(&state, TINY_VOCAB);
            assert_int_equal(ya_continuations_add(c, ids, (size_t)n, (size_t)question, &err),
                             YA_OK);
        }
        const ya_continuation *last = &c->list[c->n - 1];
        memcpy(ids, c->ids.data + last->at, (size_t)last->n * sizeof *ids);
        assert_int_equal(
            ya_continuations_add(c, ids, (size_t)last->n, (size_t)last->n_context, &err), YA_OK);
    }
}

static double alone(ya_session *s, const ya_continuations *c, size_t i)
{
    const ya_continuation *one = &c->list[i];
    int32_t positions[LONGEST], at[LONGEST], rows[2] = {0, one->n - 1};
    float ce[LONGEST];
    int n = one->n - one->n_context;
    for (int t = 0; t < one->n; t++)
        positions[t] = t;
    for (int k = 0; k < n; k++)
        at[k] = one->n_context - 1 + k;
    ya_pass pass = {.n_tokens = one->n - 1,
                    .ids = c->ids.data + one->at,
                    .positions = positions,
                    .n_rows = 1,
                    .row_start = rows,
                    .n_targets = n,
                    .target_at = at,
                    .target_id = c->ids.data + one->at + one->n_context,
                    .target_ce = ce};
    ya_engine_pass(s->engine, &pass, false);
    double sum = 0;
    for (int k = 0; k < n; k++)
        sum -= (double)ce[k];
    return sum;
}

typedef struct {
    size_t last, calls;
} progress;

static bool count(void *user, size_t g)
{
    progress *p = user;
    assert_true(g >= p->last && g <= GROUPS);
    p->last = g;
    p->calls++;
    return true;
}

/* All of a tree in passes of `pass_tokens`, from a group on, against the texts alone. */
static void check(const char *model, int prefix, int pass_tokens, size_t first)
{
    ya_settings settings = settings_of(model);
    ya_continuations c = {0};
    ya_session s, plain;
    ya_error err = {0};
    double ll[GROUPS * (CHOICES + 1)] = {0};
    progress p = {first, 0};
    make_tree(&c, prefix);
    assert_true(ya_continuations_prefix(&c) >= prefix);
    ya_session_config config = {.pass_tokens = ya_scoring_capacity(&c, pass_tokens),
                                .cache_tokens = ya_continuations_prefix(&c) + 1,
                                .scoring = true,
                                .exact = true};
    ya_session_config wide = {.pass_tokens = LONGEST, .exact = true};
    if (ya_session_open(&s, &settings, &config, &err) ||
        ya_session_open(&plain, &settings, &wide, &err) ||
        ya_likelihood_run(s.engine, &s.scoring, &c, first, GROUPS, ll, count, &p, &err))
        fail_msg("%s", err.text);
    assert_int_equal(p.last, GROUPS);
    for (size_t i = 0; i < c.n; i++) {
        double wanted = i < c.group_start[first] ? 0.0 : alone(&plain, &c, i);
        if (!(fabs(ll[i] - wanted) <= BOUND * fmax(1.0, fabs(wanted))))
            fail_msg("prefix %d, passes of %d, continuation %zu: %.9g, alone %.9g", prefix,
                     pass_tokens, i, ll[i], wanted);
    }
    ya_session_close(&s);
    ya_session_close(&plain);
    ya_continuations_free(&c);
    ya_settings_free(&settings);
}

static void a_tree_of_texts_is_as_likely_as_its_texts_alone(void **state)
{
    (void)state;
    static const int windows[] = {0, 11}, prefixes[] = {0, 1, 17, 60}, passes[] = {1, 40, 64, 512};
    for (size_t w = 0; w < 2; w++) {
        char model[TEMP_PATH];
        snprintf(model, sizeof model, "%s", scratch(w ? "mistral" : "llama"));
        tiny_model(model, windows[w], 5);
        for (size_t i = 0; i < 4; i++)
            for (size_t j = 0; j < 4; j++)
                check(model, prefixes[i], passes[j], 0);
        check(model, 17, 40, 3);
    }
}

static bool stop(void *user, size_t g)
{
    (void)g;
    return ++*(int *)user < 2;
}

static void a_run_that_is_told_to_stop_stops(void **state)
{
    (void)state;
    int calls = 0;
    double ll[GROUPS * (CHOICES + 1)];
    ya_error err;
    ya_session s;
    ya_continuations c = {0};
    tiny_model(scratch("llama"), 0, 5);
    ya_settings settings = settings_of(scratch("llama"));
    make_tree(&c, 4);
    ya_session_config config = {.pass_tokens = ya_scoring_capacity(&c, 40),
                                .cache_tokens = ya_continuations_prefix(&c) + 1,
                                .exact = true, /* a cache is f32 */
                                .scoring = true};
    assert_int_equal(ya_session_open(&s, &settings, &config, &err), YA_OK);
    assert_int_equal(ya_likelihood_run(s.engine, &s.scoring, &c, 0, GROUPS, ll, stop, &calls, &err),
                     YA_ERR_INTERRUPTED);
    assert_int_equal(calls, 2);
    c.ids.data[3] = TINY_VOCAB;
    assert_int_equal(ya_likelihood_run(s.engine, &s.scoring, &c, 0, GROUPS, ll, NULL, NULL, &err),
                     YA_ERR_DATA);
    assert_non_null(strstr(err.text, "258"));
    ya_session_close(&s);
    ya_continuations_free(&c);
    ya_settings_free(&settings);
}

static void continuations_without_tokens_are_refused(void **state)
{
    (void)state;
    ya_continuations c = {0};
    ya_tokenizer *t;
    ya_error err;
    tiny_model(scratch("llama"), 0, 5);
    assert_int_equal(ya_tokenizer_open(&t, scratch("llama"), &err), YA_OK);
    assert_int_equal(ya_continuations_group(&c, &err), YA_OK);
    assert_int_equal(ya_continuations_add_text(&c, t, "Q:", "", &err), YA_ERR_DATA);
    assert_int_equal(ya_continuations_add_text(&c, t, "", " yes", &err), YA_ERR_DATA);
    assert_int_equal(ya_continuations_add_text(&c, t, "\n ", "yes", &err), YA_ERR_DATA);
    assert_int_equal(c.n, 0);
    assert_int_equal(c.ids.size, 0);
    /* white space at the end of the context goes to the continuation */
    assert_int_equal(ya_continuations_add_text(&c, t, "Q: \n", "yes", &err), YA_OK);
    assert_int_equal(c.list[0].n_context, 2);
    assert_int_equal(c.list[0].n, 7);
    assert_memory_equal(c.ids.data, ((int32_t[]){'Q', ':', ' ', '\n', 'y', 'e', 's'}), 28);
    ya_tokenizer_close(t);
    ya_continuations_free(&c);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_tree_of_texts_is_as_likely_as_its_texts_alone),
        TEST(a_run_that_is_told_to_stop_stops),
        TEST(continuations_without_tokens_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
