#include "report/page.h"

#include "report/learned.h"
#include "report/style.h"
#include "report/tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Should a text of a stranger's ever get past ya_html_text, it still could run and fetch nothing.
 */
static const char POLICY[] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                             "form-action 'none'";

/* The last part of a path. */
static const char *last_part(const char *path)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    return path[start] ? path + start : path;
}

static void add_name(ya_html *html, const ya_figures *f)
{
    ya_html_add(html, "<bdi>");
    ya_html_text(html, last_part(f->path));
    ya_html_add(html, "</bdi>");
}

static void duration(double seconds, char out[32])
{
    double s = floor(seconds + 0.5);
    if (!(seconds >= 0.0 && seconds < 1e9))
        snprintf(out, 32, "-");
    else if (s < 90.0)
        snprintf(out, 32, "%.0f s", s);
    else if (s < 5400.0)
        snprintf(out, 32, "%.0f min", s / 60.0);
    else
        snprintf(out, 32, "%.0f h %02.0f min", floor(s / 3600.0), floor(fmod(s, 3600.0) / 60.0));
}

/* Header: -------------------------------------------------------------------------------------- */

static void badge(ya_html *html, const ya_summary *s)
{
    static const char *const classes[] = {"good", "open", "bad", "open"};
    char step[YA_NUMBER_SHOWN], steps[YA_NUMBER_SHOWN];
    ya_number_shown(s->last_step, step);
    ya_number_shown(s->n_steps, steps);
    ya_html_add(html, "<p class=\"badge %s\">%s", classes[s->state], ya_run_state_name(s->state));
    if (s->state == YA_RUN_UNFINISHED || s->state == YA_RUN_STOPPED)
        ya_html_add(html, ": step %s of %s", step, steps);
    ya_html_add(html, "</p>");
}

static void header(ya_html *html, const ya_figures *f, const ya_summary *s, const char *name)
{
    char time[32];
    const char *model = ya_figures_text(f, "model.path");
    ya_time_shown(f->n_starts > 0 ? f->starts[0].time : f->steps[0].col[YA_COL_TIME], time);
    ya_html_add(html, "<header><h1>%s%s", name ? name : "Run", name ? ": " : " ");
    add_name(html, f);
    ya_html_add(html, "</h1><p>");
    if (model) {
        ya_html_add(html, "<bdi>");
        ya_html_text(html, last_part(model));
        ya_html_add(html, "</bdi>, ");
    }
    ya_html_add(html, "started %s</p>", time);
    badge(html, s);
    ya_html_add(html, "</header>");
}

/* Tiles: --------------------------------------------------------------------------------------- */

static void tile(ya_html *html, const char *what, const char *value, const char *unit)
{
    ya_html_add(html, "<li><span>%s</span><b>%s%s</b>", what, value, unit);
}

static void tile_loss(ya_html *html, const ya_summary *s)
{
    char value[YA_NUMBER_SHOWN], first[YA_NUMBER_SHOWN];
    ya_number_shown(s->last_loss, value);
    ya_number_shown(s->first_loss, first);
    tile(html, "Loss at the end", value, "");
    ya_html_add(html, "<span>%s at the first logged step</span></li>", first);
}

static void tile_validation(ya_html *html, const ya_summary *s)
{
    char value[YA_NUMBER_SHOWN], step[YA_NUMBER_SHOWN];
    if (isnan(s->best_ce))
        return;
    ya_number_shown(s->best_ce, value);
    ya_number_shown(s->best_step, step);
    tile(html, "Best validation", value, "");
    ya_html_add(html, "<span>nats per token, step %s</span></li>", step);
}

static void tile_steps(ya_html *html, const ya_summary *s)
{
    char value[YA_NUMBER_SHOWN];
    ya_number_shown(s->last_step, value);
    tile(html, "Steps", value, "");
    if (isfinite(s->epochs))
        ya_html_add(html, "<span>%.2f epochs</span>", s->epochs);
    ya_html_add(html, "</li>");
}

static void tile_memory(ya_html *html, const ya_summary *s)
{
    char value[YA_NUMBER_SHOWN], planned[YA_NUMBER_SHOWN];
    ya_number_shown(s->peak_mb >= 100.0 ? round(s->peak_mb) : s->peak_mb, value);
    ya_number_shown(s->planned_mb >= 100.0 ? round(s->planned_mb) : s->planned_mb, planned);
    tile(html, "Peak memory", value, " MB");
    if (isfinite(s->planned_mb))
        ya_html_add(html, "<span>of %s MB planned</span>", planned);
    ya_html_add(html, "</li>");
}

static void tile_speed(ya_html *html, const ya_summary *s)
{
    char value[YA_NUMBER_SHOWN], time[32];
    ya_number_shown(s->tokens_per_s >= 100.0 ? round(s->tokens_per_s) : s->tokens_per_s, value);
    tile(html, "Speed", value, "");
    ya_html_add(html, "<span>tokens/s, median</span></li>");
    duration(s->elapsed_s, time);
    tile(html, "Time", time, "");
    ya_html_add(html, "<span>of computing</span></li>");
}

static void tiles(ya_html *html, const ya_summary *s)
{
    ya_html_add(html, "<ul class=tiles>");
    tile_loss(html, s);
    tile_validation(html, s);
    tile_steps(html, s);
    tile_memory(html, s);
    tile_speed(html, s);
    ya_html_add(html, "</ul>\n");
}

/* Charts: -------------------------------------------------------------------------------------- */

static void chart(ya_html *html, ya_chart_id id, const ya_runs *runs)
{
    ya_chart c;
    if (html->status)
        return;
    html->status = ya_chart_make(&c, id, runs, html->err);
    if (html->status)
        return;
    if (ya_chart_has_points(&c))
        ya_chart_figure(html, &c);
    ya_chart_free(&c);
}

/* Without weighing, loss and cross-entropy are one curve. */
static bool loss_is_ce(const ya_figures *f)
{
    for (size_t i = 0; f && i < f->n_steps; i++)
        if (f->steps[i].col[YA_COL_LOSS] != f->steps[i].col[YA_COL_CE])
            return false;
    return true;
}

static void learning(ya_html *html, const ya_runs *runs)
{
    ya_html_add(html, "<h2>Learning</h2>");
    if (!loss_is_ce(runs->a) || !loss_is_ce(runs->b))
        chart(html, YA_CHART_LOSS, runs);
    chart(html, YA_CHART_CE, runs);
    ya_html_add(html, "<div class=two>");
    for (ya_chart_id id = YA_CHART_EVAL_BANDS; id <= YA_CHART_BANDS_B; id++)
        chart(html, id, runs);
    ya_html_add(html, "</div>\n");
}

static void learned_from(ya_html *html, const ya_runs *runs)
{
    if (!ya_figures_json(runs->a, "provenance.weights") &&
        !(runs->b && ya_figures_json(runs->b, "provenance.weights")))
        return;
    ya_html_add(html, "<h2>What the model learned from</h2>");
    ya_learned_figures(html, runs->a, runs->b ? "A" : NULL);
    if (runs->b)
        ya_learned_figures(html, runs->b, "B");
    chart(html, YA_CHART_ESS, runs);
}

static void machine(ya_html *html, const ya_runs *runs)
{
    const char *const name = runs->b ? "A" : NULL;
    ya_html_add(html, "<h2>Memory</h2>");
    chart(html, YA_CHART_MEMORY, runs);
    chart(html, YA_CHART_AVAILABLE, runs);
    ya_table_events(html, runs->a, name);
    if (runs->b)
        ya_table_events(html, runs->b, "B");
    ya_table_plan(html, runs->a, name);
    if (runs->b)
        ya_table_plan(html, runs->b, "B");
    ya_html_add(html, "<h2>Speed and optimizer</h2>");
    chart(html, YA_CHART_SPEED, runs);
    ya_html_add(html, "<div class=two>");
    chart(html, YA_CHART_LR, runs);
    chart(html, YA_CHART_GRAD_NORM, runs);
    ya_html_add(html, "</div>\n");
}

static void record(ya_html *html, const ya_runs *runs)
{
    const ya_figures *const both[] = {runs->a, runs->b};
    if (runs->a->run) {
        ya_html_add(html, "<h2>Settings</h2>");
        ya_table_settings(html, runs->a, runs->b);
        ya_html_add(html, "<h2>Record</h2><div class=two>");
    } else {
        ya_html_add(html,
                    "<h2>Record</h2><p class=hint>This run has no run.json (an older version "
                    "wrote it): plan, settings and sources are not known.</p><div class=two>");
    }
    for (int i = 0; i < 2 && both[i]; i++) {
        const char *name = !runs->b ? NULL : i ? "B" : "A";
        ya_table_data(html, both[i], name);
        ya_table_environment(html, both[i], name);
    }
    ya_html_add(html, "</div>");
    for (int i = 0; i < 2 && both[i]; i++)
        if (both[i]->n_odd > 0)
            ya_html_add(html,
                        "<p class=hint>%llu lines of metrics.jsonl%s are not shown: torn, or "
                        "not of this format.</p>",
                        (unsigned long long)both[i]->n_odd,
                        !runs->b ? ""
                        : i      ? " of B"
                                 : " of A");
}

void ya_page(ya_html *html, const ya_runs *runs, const ya_summary summaries[2])
{
    ya_html_add(html,
                "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n<meta "
                "http-equiv=Content-Security-Policy content=\"%s\">\n<meta name=viewport "
                "content=\"width=device-width,initial-scale=1\">\n<meta name=color-scheme "
                "content=\"light dark\">\n<meta name=referrer content=no-referrer>\n<title>",
                POLICY);
    ya_html_text(html, last_part(runs->a->path));
    ya_html_add(html, " - your_ai report</title>\n<style>\n");
    ya_html_style(html, false);
    ya_html_add(html, "</style></head>\n<body><main>\n");
    header(html, runs->a, &summaries[0], runs->b ? "A" : NULL);
    tiles(html, &summaries[0]);
    if (runs->b) {
        ya_html_add(html, "<br>");
        header(html, runs->b, &summaries[1], "B");
        tiles(html, &summaries[1]);
    }
    learning(html, runs);
    learned_from(html, runs);
    machine(html, runs);
    record(html, runs);
    ya_html_add(html,
                "<footer>Made by your_ai %s from metrics.jsonl and run.json. A curve of many "
                "steps is drawn from at most %d points, each the mean of its stretch; the pale "
                "area is its range.</footer>\n</main></body></html>\n",
                YA_VERSION, YA_SERIES_POINTS);
}
