#include "eval/preference.h"

#include "base/alloc.h"
#include "base/log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static ya_status no_memory(ya_error *err)
{
    return ya_fail(err, YA_ERR_MEMORY, "out of memory for the experiment's results");
}

ya_status ya_preference_add(ya_preference *p, int64_t seed, const char *system,
                            const ya_fact *facts, const ya_questions *q, const ya_answers *answers,
                            ya_error *err)
{
    ya_preference_run *bigger = ya_realloc_array(p->runs, p->n + 1, sizeof *bigger), *run;
    double ll = 0, tokens = 0;
    if (!bigger)
        return no_memory(err);
    p->runs = bigger;
    run = &p->runs[p->n++];
    *run = (ya_preference_run){.seed = seed};
    snprintf(run->system, sizeof run->system, "%s", system);
    run->margin = ya_alloc(q->n * sizeof *run->margin);
    run->facts = ya_alloc(q->n * sizeof *run->facts);
    if (!run->margin || !run->facts)
        return no_memory(err);
    for (size_t i = 0; i < q->n; i++) {
        if (q->list[i].n_choices == 1) {
            ll += answers->ll[i][0];
            tokens += answers->tokens[i][0];
            continue;
        }
        run->facts[run->n] = facts[run->n];
        run->margin[run->n] = answers->ll[i][0] - answers->ll[i][1];
        run->n_primary += run->margin[run->n++] > 0;
    }
    run->unrelated_ce = tokens > 0 ? -ll / tokens : NAN;
    return YA_OK;
}

void ya_preference_adapter(ya_preference *p, const char *sha256)
{
    snprintf(p->runs[p->n - 1].adapter_sha256, YA_SHA256_HEX, "%s", sha256);
}

void ya_preference_show_last(const ya_preference *p)
{
    const ya_preference_run *run = &p->runs[p->n - 1];
    ya_info(
        "seed %lld: %s prefers the primary value of %zu of %zu facts; unrelated text costs %.3f",
        (long long)run->seed, run->system, run->n_primary, run->n, run->unrelated_ce);
}

void ya_preference_free(ya_preference *p)
{
    for (size_t i = 0; i < p->n; i++) {
        ya_free(p->runs[i].margin);
        ya_free(p->runs[i].facts);
    }
    ya_free(p->runs);
    *p = (ya_preference){0};
}

/* Results: ------------------------------------------------------------------------------------- */

static ya_status add_margins(ya_results *r, const char *group, const char *system, const double *x,
                             size_t n, ya_error *err)
{
    ya_estimate e;
    ya_status status = ya_bootstrap(x, n, 1, &e, err);
    if (!status)
        ya_results_figure(r, "margin", group, system, &e);
    return status;
}

static ya_status add_run(const ya_preference_run *run, ya_results *r, ya_error *err)
{
    char group[32];
    snprintf(group, sizeof group, "seed %lld", (long long)run->seed);
    ya_estimate share = ya_binomial_interval(run->n_primary, run->n),
                ce = {run->unrelated_ce, NAN, NAN, 1};
    ya_results_figure(r, "primary", group, run->system, &share);
    ya_results_figure(r, "unrelated_ce", group, run->system, &ce);
    return add_margins(r, group, run->system, run->margin, run->n, err);
}

/* All seeds of one system together. */
static ya_status add_all(const ya_preference *p, const char *system, double least, ya_results *r,
                         ya_error *err)
{
    size_t n = 0, n_primary = 0, seeds = 0;
    double ce = 0, *margins = ya_alloc(p->n * p->runs[0].n * sizeof *margins);
    if (!margins)
        return no_memory(err);
    for (size_t i = 0; i < p->n; i++) {
        const ya_preference_run *run = &p->runs[i];
        if (strcmp(run->system, system) != 0)
            continue;
        memcpy(margins + n, run->margin, run->n * sizeof *margins);
        n += run->n;
        n_primary += run->n_primary;
        ce += run->unrelated_ce;
        seeds++;
    }
    ya_estimate share = ya_binomial_interval(n_primary, n),
                mean_ce = {ce / (double)seeds, NAN, NAN, seeds};
    ya_results_figure(r, "primary", "all", system, &share);
    ya_results_figure(r, "unrelated_ce", "all", system, &mean_ce);
    ya_status status = add_margins(r, "all", system, margins, n, err);
    if (strcmp(system, "weighted") == 0)
        ya_results_threshold(r, "primary", "all", system, least, share.mean);
    ya_free(margins);
    return status;
}

static const ya_preference_run *find_run(const ya_preference *p, int64_t seed, const char *system)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->runs[i].seed == seed && strcmp(p->runs[i].system, system) == 0)
            return &p->runs[i];
    return NULL;
}

/* The share of seeds whose adapters of off and additive are the same bits. */
static void check_identity(const ya_preference *p, ya_results *r)
{
    size_t seeds = 0, same = 0;
    for (size_t i = 0; i < p->n; i++) {
        const ya_preference_run *off = &p->runs[i];
        if (strcmp(off->system, "off") != 0)
            continue;
        const ya_preference_run *additive = find_run(p, off->seed, "additive");
        seeds++;
        same += additive && strcmp(off->adapter_sha256, additive->adapter_sha256) == 0;
    }
    if (seeds > 0)
        ya_results_threshold(r, "identical_to_off", "all", "additive", 1.0,
                             (double)same / (double)seeds);
}

static void add_items(const ya_preference *p, ya_results *r)
{
    for (size_t i = 0; i < p->n; i++) {
        const ya_preference_run *first = &p->runs[i];
        if (i > 0 && first->seed == p->runs[i - 1].seed)
            continue; /* a seed's runs stand together */
        for (size_t k = 0; k < first->n; k++) {
            const ya_fact *f = &first->facts[k];
            json_t *item =
                json_pack("{s: I, s: s, s: I, s: s, s: s, s: s}", "number", (json_int_t)k + 1,
                          "category", "facts", "seed", (json_int_t)first->seed, "question",
                          f->question, "primary", f->primary, "coordinated", f->coordinated);
            for (size_t j = i; j < p->n && p->runs[j].seed == first->seed && item; j++)
                if (json_object_set_new(item, p->runs[j].system,
                                        json_pack("{s: o}", "margin",
                                                  ya_results_number(p->runs[j].margin[k]))) != 0)
                    r->failed = true;
            ya_results_item(r, item);
        }
    }
}

static json_t *adapters_of(const ya_preference *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->n; i++)
        if (p->runs[i].adapter_sha256[0])
            json_array_append_new(
                list, json_pack("{s: I, s: s, s: s}", "seed", (json_int_t)p->runs[i].seed, "system",
                                p->runs[i].system, "sha256", p->runs[i].adapter_sha256));
    return list;
}

ya_status ya_preference_results(const ya_preference *p, double least, ya_results *r, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t i = 0; i < p->n && p->runs[i].seed == p->runs[0].seed; i++)
        YA_TRY(add_all(p, p->runs[i].system, least, r, err));
    for (size_t i = 0; i < p->n; i++)
        YA_TRY(add_run(&p->runs[i], r, err));
    check_identity(p, r);
    ya_results_set(r, "adapters", adapters_of(p));
    add_items(p, r);
done:
    return status;
}
