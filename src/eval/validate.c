#include "eval/validate.h"

#include "base/alloc.h"
#include "eval/asking.h"
#include "eval/results.h"
#include "eval/session.h"
#include "eval/systems.h"
#include "io/outdir.h"
#include "train/interrupt.h"

#include <math.h>
#include <string.h>

typedef struct {
    const ya_settings *s;
    ya_questions q;
    ya_systems systems;
    ya_answers answers[YA_MAX_SYSTEMS];
    ya_result_journal journal;
    ya_results results;
    double *room; /* [q.n]: scores of a group */
    bool benchmark;
} validation;

static ya_status read_questions(validation *v, ya_error *err)
{
    const ya_settings *s = v->s;
    v->benchmark = s->benchmarks.n > 0;
    if (v->benchmark)
        return ya_truthfulqa_read(&v->q, s->data.items[0], (size_t)s->limit, err);
    return ya_suite_read(&v->q, s->suite, (size_t)s->limit, err);
}

/* All that the answers depend on. */
static ya_status open_journal(validation *v, ya_error *err)
{
    ya_buffer key = {0};
    ya_status status;
    v->journal.fd = -1;
    if (v->s->origin[YA_SET_output] == YA_FROM_DEFAULT)
        return YA_OK;
    YA_TRY(ya_buffer_printf(
        &key, err, "validate %s %s %s %s %s chat=%d template=%s limit=%lld", YA_VERSION, v->q.name,
        v->q.sha256, v->systems.fingerprint, v->systems.adapter_sha256, v->s->chat_format,
        v->s->chat_template ? v->s->chat_template : "", (long long)v->s->limit));
    status = ya_result_journal_open(&v->journal, v->s->output, key.data, err);
done:
    ya_buffer_free(&key);
    return status;
}

static ya_status ask_all(validation *v, ya_error *err)
{
    ya_status status = YA_OK;
    ya_interrupt_begin();
    for (int i = 0; i < v->systems.n && !status; i++) {
        const ya_asking_config config = {.settings = v->s,
                                         .questions = &v->q,
                                         .chat = v->s->chat_format,
                                         .without_adapter = v->systems.list[i].bare,
                                         .name = v->systems.list[i].name,
                                         .journal = &v->journal};
        status = ya_ask(&v->answers[i], &config, err);
    }
    ya_interrupt_end();
    if (status == YA_ERR_INTERRUPTED)
        return v->journal.entries
                   ? ya_fail(err, status,
                             "interrupted; the same command goes on behind the %zu questions asked",
                             ya_result_journal_size(&v->journal))
                   : ya_fail(err, status,
                             "interrupted; with --output DIR such a run can be gone on with");
    return status;
}

/* Figures: ------------------------------------------------------------------------------------- */

/* Numbers of the questions of a category ("all": every one) into v->room; with `other` the
 * difference other - values. */
static size_t collect(validation *v, const char *category, const double *values,
                      const double *other)
{
    size_t n = 0;
    bool all = strcmp(category, "all") == 0;
    for (size_t i = 0; i < v->q.n; i++)
        if (all || strcmp(v->q.list[i].category, category) == 0)
            v->room[n++] = other ? other[i] - values[i] : values[i];
    return n;
}

static ya_status compare(validation *v, const char *metric, const char *category, const double *a,
                         const double *b, bool test, ya_error *err)
{
    size_t n = collect(v, category, a, b);
    ya_comparison c = {metric, category, v->systems.list[0].name, v->systems.list[1].name,
                       .p = NAN};
    ya_status status = ya_bootstrap(v->room, n, (uint64_t)v->s->seed, &c.difference, err);
    if (status)
        return status;
    for (size_t i = 0; i < n; i++) {
        c.only_a += v->room[i] < 0;
        c.only_b += v->room[i] > 0;
    }
    if (test)
        c.p = ya_mcnemar_exact(c.only_a, c.only_b);
    ya_results_compare(&v->results, &c);
    return YA_OK;
}

/* A metric of a category under each system, and what the second adds to the first. */
static ya_status add_metric(validation *v, const char *metric, const char *category, bool mass,
                            ya_error *err)
{
    const double *values[YA_MAX_SYSTEMS] = {0};
    ya_status status = YA_OK;
    for (int i = 0; i < v->systems.n; i++) {
        ya_estimate e;
        values[i] = mass ? v->answers[i].mass : v->answers[i].score;
        size_t n = collect(v, category, values[i], NULL);
        if (n == 0)
            return YA_OK;
        YA_TRY(ya_bootstrap(v->room, n, (uint64_t)v->s->seed, &e, err));
        ya_results_figure(&v->results, metric, category, v->systems.list[i].name, &e);
    }
    if (v->systems.n == 2)
        status = compare(v, metric, category, values[0], values[1], !mass, err);
done:
    return status;
}

static bool seen_before(const ya_questions *q, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(q->list[j].category, q->list[i].category) == 0)
            return true;
    return strcmp(q->list[i].category, "all") == 0;
}

static void check_threshold(validation *v, const ya_threshold *t)
{
    const char *system = v->systems.list[v->systems.n - 1].name;
    size_t n = collect(v, t->category, v->answers[v->systems.n - 1].score, NULL);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v->room[i];
    /* NAN, which passes nothing, when --limit left none of the category */
    ya_results_threshold(&v->results, "accuracy", t->category, system, t->minimum,
                         n > 0 ? sum / (double)n : NAN);
}

static ya_status add_figures(validation *v, ya_error *err)
{
    ya_status status = YA_OK;
    if (v->benchmark) {
        YA_TRY(add_metric(v, "mc1", "all", false, err));
        YA_TRY(add_metric(v, "mc2", "all", true, err));
        goto done;
    }
    YA_TRY(add_metric(v, "accuracy", "all", false, err));
    for (size_t i = 0; i < v->q.n; i++)
        if (!seen_before(&v->q, i))
            YA_TRY(add_metric(v, "accuracy", v->q.list[i].category, false, err));
    for (size_t i = 0; i < v->q.n_thresholds; i++)
        check_threshold(v, &v->q.thresholds[i]);
done:
    return status;
}

/* Items: --------------------------------------------------------------------------------------- */

static json_t *choice_values(const ya_question *q, const double *ll, unsigned in)
{
    json_t *list = json_array();
    for (size_t k = 0; k < q->n_choices; k++)
        if (q->choices[k].is & in)
            json_array_append_new(list, ya_results_number(ll[k]));
    return list;
}

static json_t *outcome(const validation *v, const ya_answers *o, size_t i)
{
    const ya_question *q = &v->q.list[i];
    if (!q->choices)
        return json_pack("{s: b, s: s}", "right", o->score[i] > 0, "answer", o->answers[i]);
    if (!v->benchmark)
        return json_pack("{s: b, s: i, s: o}", "right", o->score[i] > 0, "chosen",
                         (int)ya_likeliest(q, o->ll[i], o->tokens[i], v->q.mean, YA_IN_MC1), "ll",
                         choice_values(q, o->ll[i], YA_IN_MC1));
    return json_pack("{s: i, s: o, s: o, s: o}", "mc1", (int)o->score[i], "mc2",
                     ya_results_number(o->mass[i]), "mc1_ll", choice_values(q, o->ll[i], YA_IN_MC1),
                     "mc2_ll", choice_values(q, o->ll[i], YA_IN_MC2));
}

static void add_items(validation *v)
{
    for (size_t i = 0; i < v->q.n; i++) {
        const ya_question *q = &v->q.list[i];
        json_t *item = json_pack("{s: I, s: s, s: s}", "number", (json_int_t)q->number, "category",
                                 q->category, "question", q->text);
        for (int k = 0; k < v->systems.n && item; k++)
            if (json_object_set_new(item, v->systems.list[k].name, outcome(v, &v->answers[k], i)))
                v->results.failed = true;
        ya_results_item(&v->results, item);
    }
}

static ya_status make_results(validation *v, ya_error *err)
{
    ya_status status;
    v->room = ya_alloc(v->q.n * sizeof *v->room);
    if (!v->room)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu questions", v->q.n);
    ya_results_begin(&v->results, v->benchmark ? "benchmark" : "suite", v->q.name);
    ya_systems_describe(&v->systems, &v->results);
    ya_results_set(&v->results, "data",
                   json_pack("[o]", ya_results_file(v->q.path, "sha256", v->q.sha256)));
    ya_results_set(&v->results, "settings",
                   json_pack("{s: b, s: I, s: I}", "chat", v->s->chat_format, "limit",
                             (json_int_t)v->s->limit, "seed", (json_int_t)v->s->seed));
    YA_TRY(add_figures(v, err));
    add_items(v);
    status = ya_results_finish(&v->results, err);
done:
    return status;
}

ya_status ya_validate(const ya_settings *s, ya_error *err)
{
    validation v = {.s = s, .journal = {.fd = -1}};
    ya_status status;
    YA_TRY(read_questions(&v, err));
    YA_TRY(ya_systems_find(&v.systems, s, err));
    YA_TRY(open_journal(&v, err));
    YA_TRY(ask_all(&v, err));
    YA_TRY(make_results(&v, err));
    if (v.journal.entries)
        YA_TRY(ya_results_write(&v.results, s->output, err));
    YA_TRY(ya_results_print(&v.results, s->json, err));
    ya_result_journal_finish(&v.journal);
    status = ya_results_verdict(&v.results, err);
done:
    ya_result_journal_close(&v.journal);
    for (int i = 0; i < YA_MAX_SYSTEMS; i++)
        ya_answers_free(&v.answers[i]);
    ya_results_free(&v.results);
    ya_systems_free(&v.systems);
    ya_questions_free(&v.q);
    ya_free(v.room);
    return status;
}
