#include "report/summary.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static ya_status median(const ya_figures *f, ya_col col, double *out, ya_error *err)
{
    size_t n = 0;
    double *values = ya_alloc_zero(f->n_steps, sizeof *values);
    if (!values)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu figures", f->n_steps);
    for (size_t i = 0; i < f->n_steps; i++)
        if (!isnan(f->steps[i].col[col]))
            values[n++] = f->steps[i].col[col];
    qsort(values, n, sizeof *values, ascending);
    *out = n ? (values[(n - 1) / 2] + values[n / 2]) / 2.0 : NAN;
    ya_free(values);
    return YA_OK;
}

/* Mean of the last twentieth of the lines, at least one. */
static double mean_at_end(const ya_figures *f, ya_col col)
{
    double sum = 0.0;
    size_t used = 0;
    for (size_t i = f->n_steps - (f->n_steps + 19) / 20; i < f->n_steps; i++)
        if (!isnan(f->steps[i].col[col])) {
            sum += f->steps[i].col[col];
            used++;
        }
    return used ? sum / (double)used : NAN;
}

static double extreme(const ya_figures *f, ya_col col, double (*pick)(double, double))
{
    double found = NAN;
    for (size_t i = 0; i < f->n_steps; i++)
        found = pick(found, f->steps[i].col[col]); /* fmin and fmax pass over NaN */
    return found;
}

/* From each process's start to its last line. */
static double elapsed(const ya_figures *f)
{
    double sum = 0.0, before = NAN;
    size_t start = 0;
    for (size_t i = 0; i < f->n_steps; i++) {
        double now = f->steps[i].col[YA_COL_TIME];
        for (; start < f->n_starts && f->starts[start].step < f->steps[i].col[YA_COL_STEP]; start++)
            before = f->starts[start].time;
        if (now > before)
            sum += now - before;
        before = now;
    }
    return sum;
}

static void find_evals(ya_summary *s, const ya_figures *f)
{
    s->best_ce = s->best_step = s->last_eval_ce = s->last_eval_low = s->last_eval_high = NAN;
    for (size_t i = 0; i < f->n_evals; i++) {
        const double *col = f->evals[i].col;
        if (isnan(col[YA_EVAL_CE]) || col[YA_EVAL_CE] >= s->best_ce)
            continue;
        s->best_ce = col[YA_EVAL_CE];
        s->best_step = col[YA_EVAL_STEP];
    }
    if (f->n_evals == 0)
        return;
    const double *last = f->evals[f->n_evals - 1].col;
    s->last_eval_ce = last[YA_EVAL_CE];
    s->last_eval_low = last[YA_EVAL_LOW];
    s->last_eval_high = last[YA_EVAL_HIGH];
}

ya_event_class ya_event_class_of(const char *kind)
{
    static const struct {
        const char *kind;
        ya_event_class is;
    } kinds[] = {
        {"pause", YA_EVENT_PAUSE},  {"resume", YA_EVENT_RESUME}, {"critical", YA_EVENT_STOP},
        {"over", YA_EVENT_STOP},    {"abort", YA_EVENT_STOP},    {"leak", YA_EVENT_STOP},
        {"release", YA_EVENT_WARN}, {"reduce", YA_EVENT_WARN},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            return kinds[i].is;
    return YA_EVENT_WARN;
}

static ya_run_state state_of(const ya_summary *s, const ya_figures *f)
{
    if (isnan(s->n_steps))
        return YA_RUN_UNKNOWN;
    if (s->last_step >= s->n_steps)
        return YA_RUN_FINISHED;
    for (size_t i = 0; i < f->n_events; i++)
        if (ya_event_class_of(f->events[i].kind) == YA_EVENT_STOP &&
            f->events[i].step >= s->last_step)
            return YA_RUN_STOPPED;
    return YA_RUN_UNFINISHED;
}

ya_status ya_summary_find(ya_summary *s, const ya_figures *f, ya_error *err)
{
    const double *last = f->steps[f->n_steps - 1].col;
    *s = (ya_summary){
        .last_step = last[YA_COL_STEP],
        .n_steps = ya_figures_number(f, "schedule.steps"),
        .epochs = last[YA_COL_EPOCH],
        .first_loss = f->steps[0].col[YA_COL_LOSS],
        .last_loss = mean_at_end(f, YA_COL_LOSS),
        .last_ce = mean_at_end(f, YA_COL_CE),
        .peak_mb = extreme(f, YA_COL_RSS_ANON_MB, fmax),
        .lowest_available_gb = extreme(f, YA_COL_MEM_AVAILABLE_GB, fmin),
        .planned_mb = ya_figures_number(f, "plan.anonymous_peak_mb"),
        .elapsed_s = elapsed(f),
        .n_guard_events = f->n_events + (size_t)f->n_more_events,
    };
    find_evals(s, f);
    s->state = state_of(s, f);
    return median(f, YA_COL_TOKENS_PER_S, &s->tokens_per_s, err);
}

const char *ya_run_state_name(ya_run_state state)
{
    static const char *const names[] = {"finished", "unfinished", "stopped by the memory guard",
                                        "length unknown"};
    return names[state];
}

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *ya_summary_json(const ya_summary *s, const ya_figures *f)
{
    const struct {
        const char *key;
        double value;
    } reals[] = {
        {"epochs", s->epochs},
        {"first_loss", s->first_loss},
        {"last_loss", s->last_loss},
        {"last_ce", s->last_ce},
        {"best_eval_ce", s->best_ce},
        {"last_eval_ce", s->last_eval_ce},
        {"last_eval_ce_low", s->last_eval_low},
        {"last_eval_ce_high", s->last_eval_high},
        {"tokens_per_s", s->tokens_per_s},
        {"peak_rss_anon_mb", s->peak_mb},
        {"planned_mb", s->planned_mb},
        {"lowest_available_gb", s->lowest_available_gb},
        {"elapsed_s", s->elapsed_s},
    };
    json_t *o = json_object();
    int failed = json_object_set_new(o, "run", json_string(f->path));
    failed |= json_object_set_new(o, "state", json_string(ya_run_state_name(s->state)));
    failed |= json_object_set_new(o, "step", json_integer((json_int_t)s->last_step));
    failed |= json_object_set_new(
        o, "steps", isnan(s->n_steps) ? json_null() : json_integer((json_int_t)s->n_steps));
    failed |= json_object_set_new(o, "best_eval_step",
                                  isnan(s->best_step) ? json_null()
                                                      : json_integer((json_int_t)s->best_step));
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        failed |= json_object_set_new(o, reals[i].key, real(reals[i].value));
    failed |= json_object_set_new(o, "processes", json_integer((json_int_t)f->n_starts));
    failed |= json_object_set_new(o, "events", json_integer((json_int_t)s->n_guard_events));
    failed |= json_object_set_new(o, "lines_left_out", json_integer((json_int_t)f->n_odd));
    if (failed) {
        json_decref(o);
        return NULL;
    }
    return o;
}
