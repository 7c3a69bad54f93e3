#include "report/curves.h"

#include "base/alloc.h"
#include "report/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *file, *title, *unit, *note;
} about[YA_N_CHARTS] = {
    [YA_CHART_LOSS] = {"loss", "Loss", "nats per token",
                       "The objective of each step: cross-entropy in which each record counts by "
                       "the pull of its source."},
    [YA_CHART_CE] = {"ce", "Cross-entropy", "nats per token",
                     "Unweighted, so that training and validation compare."},
    [YA_CHART_EVAL_BANDS] = {"eval-bands", "Validation by kind of source", "nats per token",
                             "Cross-entropy of validation records, unweighted, by their "
                             "auth_weight w."},
    [YA_CHART_EVAL_BANDS_B] = {"eval-bands-b", "Validation by kind of source", "nats per token",
                               "As beside."},
    [YA_CHART_BANDS] = {"bands", "Training by kind of source", "nats per token",
                        "Smoothed cross-entropy of training records, unweighted, by their "
                        "auth_weight w."},
    [YA_CHART_BANDS_B] = {"bands-b", "Training by kind of source", "nats per token", "As beside."},
    [YA_CHART_ESS] = {"ess", "Effective sample size of a step", "records",
                      "Of the records of a step, how many count as much as all of them do with "
                      "their different pulls."},
    [YA_CHART_MEMORY] = {"memory", "Memory of the program", "MB, anonymous", ""},
    [YA_CHART_AVAILABLE] = {"available", "Memory available on the machine", "GB",
                            "Below the upper line training pauses, below the lower one it saves "
                            "and stops."},
    [YA_CHART_SPEED] = {"speed", "Speed", "tokens/s", NULL},
    [YA_CHART_LR] = {"lr", "Learning rate", "of AdamW, no unit", NULL},
    [YA_CHART_GRAD_NORM] = {"grad-norm", "Norm of the gradient", "before clipping", NULL},
};

const char *ya_chart_name(ya_chart_id id)
{
    return about[id].file;
}

int ya_chart_find(const char *name)
{
    for (int i = 0; i < YA_N_CHARTS; i++)
        if (strcmp(about[i].file, name) == 0)
            return i;
    return -1;
}

/* Marks: --------------------------------------------------------------------------------------- */

static size_t add_marks(ya_mark *marks, const ya_figures *f)
{
    static const ya_mark_kind kinds[] = {
        [YA_EVENT_PAUSE] = YA_MARK_PAUSE,
        [YA_EVENT_RESUME] = YA_MARK_RESUME,
        [YA_EVENT_STOP] = YA_MARK_STOP,
        [YA_EVENT_WARN] = YA_MARK_WARN,
    };
    size_t n = 0;
    for (size_t i = 0; i < f->n_starts; i++)
        if (f->starts[i].step > 0.0)
            marks[n++] = (ya_mark){f->starts[i].step, fmax(0.0, f->starts[i].time), YA_MARK_START,
                                   "went on from a checkpoint"};
    for (size_t i = 0; i < f->n_events; i++) {
        const ya_event_row *e = &f->events[i];
        const char *text = e->text[0] ? e->text : e->kind;
        marks[n++] =
            (ya_mark){e->step, fmax(0.0, e->time), kinds[ya_event_class_of(e->kind)], text};
    }
    return n;
}

static int by_place(const void *a, const void *b)
{
    const ya_mark *x = a, *y = b;
    if (x->x != y->x)
        return (x->x > y->x) - (x->x < y->x);
    return (x->order > y->order) - (x->order < y->order);
}

ya_status ya_runs_open(ya_runs *runs, const ya_figures *a, const ya_figures *b, ya_error *err)
{
    size_t room = a->n_starts + a->n_events + (b ? b->n_starts + b->n_events : 0) + 1;
    *runs = (ya_runs){.a = a, .b = b, .marks = ya_alloc_zero(room, sizeof *runs->marks)};
    if (!runs->marks)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu events", room);
    runs->n_marks = add_marks(runs->marks, a);
    if (b)
        runs->n_marks += add_marks(runs->marks + runs->n_marks, b);
    qsort(runs->marks, runs->n_marks, sizeof *runs->marks, by_place);
    return YA_OK;
}

void ya_runs_close(ya_runs *runs)
{
    ya_free(runs->marks);
    *runs = (ya_runs){0};
}

/* Curves: -------------------------------------------------------------------------------------- */

/* A chart being filled; a failure is kept. */
typedef struct {
    ya_chart *chart;
    const ya_runs *runs;
    ya_status status;
    ya_error *err;
} filler;

static ya_curve *add_curve(filler *f, const char *label, const char *colour, ya_draw draw)
{
    if (f->status || f->chart->n_curves >= YA_MAX_CURVES)
        return NULL;
    ya_curve *curve = &f->chart->curves[f->chart->n_curves++];
    *curve = (ya_curve){.label = label, .colour = colour, .draw = draw};
    return curve;
}

static void add_steps(filler *f, const ya_figures *run, ya_col col, bool smooth, ya_curve *curve)
{
    if (!curve)
        return;
    const double *first = run->steps[0].col;
    f->status = (smooth ? ya_series_smooth : ya_series_make)(
        &curve->series, first + YA_COL_STEP, first + col, run->n_steps, YA_N_COLS, f->err);
}

static void add_evals(filler *f, const ya_figures *run, int col, ya_curve *curve)
{
    if (!curve || run->n_evals == 0)
        return;
    const double *first = run->evals[0].col;
    f->status = ya_series_make(&curve->series, first + YA_EVAL_STEP, first + col, run->n_evals,
                               YA_N_EVAL, f->err);
}

static void add_level(filler *f, double y, const char *label, const char *colour)
{
    if (isfinite(y) && y > 0.0 && f->chart->n_levels < YA_MAX_LEVELS)
        f->chart->levels[f->chart->n_levels++] = (ya_level){y, label, colour};
}

/* Values and their moving average; of two runs the averages. */
static void raw_and_smooth(filler *f, ya_col col, const char *raw, const char *smooth)
{
    const ya_runs *r = f->runs;
    if (!r->b)
        add_steps(f, r->a, col, false, add_curve(f, raw, "a", YA_DRAW_FAINT));
    add_steps(f, r->a, col, true, add_curve(f, r->b ? "A, smoothed" : smooth, "a", YA_DRAW_LINE));
    if (r->b)
        add_steps(f, r->b, col, true, add_curve(f, "B, smoothed", "b", YA_DRAW_LINE));
}

static void plain(filler *f, ya_col col)
{
    const ya_runs *r = f->runs;
    add_steps(f, r->a, col, false, add_curve(f, r->b ? "A" : NULL, "a", YA_DRAW_LINE));
    if (r->b)
        add_steps(f, r->b, col, false, add_curve(f, "B", "b", YA_DRAW_LINE));
}

static void cross_entropy(filler *f)
{
    const ya_runs *r = f->runs;
    raw_and_smooth(f, YA_COL_CE, "training", "training, smoothed");
    if (!r->b) {
        add_evals(f, r->a, YA_EVAL_CE, add_curve(f, "validation", "val", YA_DRAW_DOTS));
        return;
    }
    const ya_figures *const both[] = {r->a, r->b};
    for (int i = 0; i < 2; i++) {
        ya_curve *curve =
            add_curve(f, i ? "B, validation" : "A, validation", i ? "b" : "a", YA_DRAW_DOTS);
        if (curve)
            curve->dashed = true;
        add_evals(f, both[i], YA_EVAL_CE, curve);
    }
}

static const char *const band_labels[] = {"primary (w < 0.3)", "between", "coordinated (w > 0.7)"};
static const char *const band_colours[] = {"low", "mid", "high"};

static void bands(filler *f, const ya_figures *run)
{
    for (int i = 0; run && i < 3; i++)
        add_steps(f, run, (ya_col)(YA_COL_CE_LOW + i), true,
                  add_curve(f, band_labels[i], band_colours[i], YA_DRAW_LINE));
}

static void eval_bands(filler *f, const ya_figures *run)
{
    for (int i = 0; run && i < 3; i++)
        add_evals(f, run, YA_EVAL_LOW + i,
                  add_curve(f, band_labels[i], band_colours[i], YA_DRAW_DOTS));
}

static void memory(filler *f)
{
    const ya_runs *r = f->runs;
    plain(f, YA_COL_RSS_ANON_MB);
    double plan_a = ya_figures_number(r->a, "plan.anonymous_peak_mb"),
           plan_b = r->b ? ya_figures_number(r->b, "plan.anonymous_peak_mb") : NAN;
    bool same = fabs(plan_a - plan_b) < 0.01 * plan_a; /* two labels would lie upon each other */
    add_level(f, plan_a,
              !r->b  ? "plan"
              : same ? "plan of both"
                     : "plan of A",
              r->b && !same ? "a" : "plan");
    if (!same)
        add_level(f, plan_b, "plan of B", "b");
    add_level(f, ya_figures_number(r->a, "plan.budget_mb"), r->b ? "limit of A" : "limit", "limit");
}

/* The value of a setting as a number; NaN when it is none. */
static double setting(const ya_figures *f, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(ya_figures_json(f, "settings"), i, row)
    {
        const char *found = json_string_value(json_object_get(row, "name"));
        const char *value = json_string_value(json_object_get(row, "value"));
        if (found && value && strcmp(found, name) == 0) {
            char *end;
            double number = strtod(value, &end);
            return end != value && *end == '\0' ? number : NAN;
        }
    }
    return NAN;
}

/* The memory available at each logged step and, after those of the same step, at each event: a
 * pause is over when its step is logged. */
static void add_available(filler *f, const ya_figures *run, ya_curve *curve)
{
    typedef struct {
        double step, gb;
    } reading;
    if (!curve)
        return;
    size_t n = 0, e = 0;
    reading *all = ya_alloc_zero(run->n_steps + run->n_events + 1, sizeof *all);
    if (!all) {
        f->status = ya_fail(f->err, YA_ERR_MEMORY, "out of memory for a chart");
        return;
    }
    for (size_t i = 0; i <= run->n_steps; i++) {
        double step = i < run->n_steps ? run->steps[i].col[YA_COL_STEP] : INFINITY;
        for (; e < run->n_events && run->events[e].step < step; e++)
            if (n == 0 || run->events[e].step >= all[n - 1].step)
                all[n++] = (reading){run->events[e].step, run->events[e].available_gb};
        if (i < run->n_steps)
            all[n++] = (reading){step, run->steps[i].col[YA_COL_MEM_AVAILABLE_GB]};
    }
    f->status = ya_series_make(&curve->series, &all[0].step, &all[0].gb, n, 2, f->err);
    ya_free(all);
}

static void available(filler *f)
{
    const ya_runs *r = f->runs;
    add_available(f, r->a, add_curve(f, r->b ? "A" : NULL, "a", YA_DRAW_LINE));
    if (r->b)
        add_available(f, r->b, add_curve(f, "B", "b", YA_DRAW_LINE));
    add_level(f, ya_figures_number(r->a, "limits.pause_available_gb"), "pause below", "careful");
    add_level(f, ya_figures_number(r->a, "limits.abort_available_gb"), "stop below", "limit");
}

static void fill(filler *f, ya_chart_id id)
{
    const ya_runs *r = f->runs;
    switch (id) {
    case YA_CHART_LOSS:
        raw_and_smooth(f, YA_COL_LOSS, "each logged step", "smoothed");
        break;
    case YA_CHART_CE:
        cross_entropy(f);
        break;
    case YA_CHART_EVAL_BANDS:
        eval_bands(f, r->a);
        break;
    case YA_CHART_EVAL_BANDS_B:
        eval_bands(f, r->b);
        break;
    case YA_CHART_BANDS:
        bands(f, r->a);
        break;
    case YA_CHART_BANDS_B:
        bands(f, r->b);
        break;
    case YA_CHART_ESS:
        raw_and_smooth(f, YA_COL_ESS, "each logged step", "smoothed");
        break;
    case YA_CHART_MEMORY:
        memory(f);
        break;
    case YA_CHART_AVAILABLE:
        available(f);
        break;
    case YA_CHART_SPEED:
        raw_and_smooth(f, YA_COL_TOKENS_PER_S, "each logged step", "smoothed");
        break;
    case YA_CHART_LR:
        plain(f, YA_COL_LR);
        break;
    case YA_CHART_GRAD_NORM:
        raw_and_smooth(f, YA_COL_GRAD_NORM, "each logged step", "smoothed");
        add_level(f, setting(r->a, "max_grad_norm"), "clipped above", "careful");
        break;
    case YA_N_CHARTS:
        break;
    }
}

/* The scale of steps is that of both runs, and the same in all charts. */
static void set_steps(ya_chart *chart, const ya_runs *r)
{
    chart->first_step = r->a->steps[0].col[YA_COL_STEP];
    chart->last_step = r->a->steps[r->a->n_steps - 1].col[YA_COL_STEP];
    if (r->b) {
        chart->first_step = fmin(chart->first_step, r->b->steps[0].col[YA_COL_STEP]);
        chart->last_step = fmax(chart->last_step, r->b->steps[r->b->n_steps - 1].col[YA_COL_STEP]);
    }
}

ya_status ya_chart_make(ya_chart *chart, ya_chart_id id, const ya_runs *runs, ya_error *err)
{
    bool of_memory = id == YA_CHART_MEMORY || id == YA_CHART_AVAILABLE;
    filler f = {.chart = chart, .runs = runs, .err = err};
    *chart = (ya_chart){
        .title = about[id].title,
        .title_end = !runs->b || id < YA_CHART_EVAL_BANDS || id > YA_CHART_BANDS_B ? ""
                     : id == YA_CHART_EVAL_BANDS || id == YA_CHART_BANDS           ? ", A"
                                                                                   : ", B",
        .unit = about[id].unit,
        .note = about[id].note,
        .file = about[id].file,
        .level_unit = id == YA_CHART_MEMORY      ? " MB"
                      : id == YA_CHART_AVAILABLE ? " GB"
                                                 : "",
        .from_zero = id >= YA_CHART_ESS,
        .may_log = id == YA_CHART_LOSS || id == YA_CHART_GRAD_NORM,
        .height = id <= YA_CHART_CE      ? 260
                  : id >= YA_CHART_SPEED ? 180
                                         : 210,
        .marks = of_memory ? runs->marks : NULL,
        .n_marks = of_memory ? runs->n_marks : 0,
    };
    set_steps(chart, runs);
    fill(&f, id);
    if (f.status)
        ya_chart_free(chart);
    return f.status;
}
