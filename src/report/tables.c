#include "report/tables.h"

#include "report/plot.h"
#include "report/scale.h"
#include "report/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MOST_ROWS = 200 };

void ya_time_shown(double seconds, char out[32])
{
    bool is_date = seconds > 0.0 && seconds < 1e11; /* not NaN, and before the year 5000 */
    time_t whole = is_date ? (time_t)seconds : 0;
    struct tm parts;
    if (!is_date || !gmtime_r(&whole, &parts) ||
        strftime(out, 32, "%Y-%m-%d %H:%M UTC", &parts) == 0)
        snprintf(out, 32, "-");
}

static void add_text(ya_html *html, const char *text)
{
    ya_html_add(html, "<bdi>");
    ya_html_text(html, text && *text ? text : "-");
    ya_html_add(html, "</bdi>");
}

static void begin_card(ya_html *html, const char *title, const char *name)
{
    ya_html_add(html, "<section class=card><h3>%s%s%s</h3>", title, name ? ", " : "",
                name ? name : "");
}

/* Events: -------------------------------------------------------------------------------------- */

void ya_table_events(ya_html *html, const ya_figures *f, const char *name)
{
    static const ya_mark_kind marks[] = {YA_MARK_PAUSE, YA_MARK_RESUME, YA_MARK_STOP, YA_MARK_WARN};
    char time[32];
    if (f->n_events == 0)
        return;
    begin_card(html, "Events", name);
    ya_html_add(html, "<table><tr><th class=n>step<th>what");
    for (size_t i = 0; i < f->n_events && i < MOST_ROWS; i++) {
        const ya_event_row *e = &f->events[i];
        ya_time_shown(e->time, time);
        ya_html_add(html,
                    "<tr><td class=n>%.0f<td><svg width=16 height=12><g "
                    "transform=\"translate(6 6)\">",
                    e->step);
        ya_mark_shape(html, marks[ya_event_class_of(e->kind)]);
        ya_html_add(html, "</g></svg><b>");
        add_text(html, e->kind);
        ya_html_add(html, "</b> ");
        add_text(html, e->text);
        ya_html_add(html, " <span class=quiet>%s</span>", time);
    }
    ya_html_add(html, "</table>");
    double more = (double)f->n_more_events +
                  (f->n_events > MOST_ROWS ? (double)f->n_events - MOST_ROWS : 0.0);
    if (more > 0.0)
        ya_html_add(html, "<p class=hint>and %.0f more, in metrics.jsonl</p>", more);
    ya_html_add(html, "</section>\n");
}

/* The plan: ------------------------------------------------------------------------------------ */

void ya_table_plan(ya_html *html, const ya_figures *f, const char *name)
{
    size_t i;
    json_t *region;
    const json_t *regions = ya_figures_json(f, "plan.regions");
    char text[YA_NUMBER_SHOWN];
    if (json_array_size(regions) == 0)
        return;
    ya_html_add(html,
                "<details class=card><summary>The plan of memory%s%s, by region</summary>"
                "<table><tr><th>region<th class=n>MB<th>lives<th>for",
                name ? ", " : "", name ? name : "");
    json_array_foreach(regions, i, region)
    {
        const json_t *bytes = json_object_get(region, "bytes");
        if (i >= MOST_ROWS)
            break;
        ya_number_shown(
            json_is_number(bytes) ? round(json_number_value(bytes) / 104857.6) / 10.0 : NAN, text);
        ya_html_add(html, "<tr><td>");
        add_text(html, json_string_value(json_object_get(region, "name")));
        ya_html_add(html, "<td class=n>%s<td>", text);
        add_text(html, json_string_value(json_object_get(region, "lifetime")));
        ya_html_add(html, "<td>");
        add_text(html, json_string_value(json_object_get(region, "reason")));
    }
    ya_number_shown(ya_figures_number(f, "plan.anonymous_peak_mb"), text);
    ya_html_add(html, "<tr><td><b>in all</b><td class=n><b>%s</b><td><td>", text);
    ya_number_shown(ya_figures_number(f, "plan.budget_mb"), text);
    ya_html_add(html, "of %s MB allowed by ", text);
    add_text(html, ya_figures_text(f, "plan.budget_reason"));
    ya_html_add(html, "</table></details>\n");
}

/* Data and environment: ------------------------------------------------------------------------ */

/* A row of two cells. */
static void row(ya_html *html, const char *what, const char *text)
{
    ya_html_add(html, "<tr><th>%s<td>", what);
    add_text(html, text);
}

static void number_row(ya_html *html, const char *what, double value, const char *unit)
{
    char text[YA_NUMBER_SHOWN];
    if (isnan(value))
        return;
    ya_number_shown(value, text);
    ya_html_add(html, "<tr><th>%s<td>%s%s", what, text, unit);
}

void ya_table_data(ya_html *html, const ya_figures *f, const char *name)
{
    size_t i;
    json_t *file;
    if (!ya_figures_json(f, "provenance.data"))
        return;
    begin_card(html, "Data", name);
    ya_html_add(html, "<table>");
    json_array_foreach(ya_figures_json(f, "provenance.data"), i, file)
    {
        if (i >= MOST_ROWS)
            break;
        row(html, "file", json_string_value(json_object_get(file, "path")));
        ya_html_add(html, "<br><span class=\"quiet path\">SHA-256 ");
        add_text(html, json_string_value(json_object_get(file, "sha256")));
        ya_html_add(html, "</span>");
    }
    number_row(html, "records", ya_figures_number(f, "provenance.records"), "");
    number_row(html, "tokens", ya_figures_number(f, "provenance.tokens"), "");
    number_row(html, "of them targets", ya_figures_number(f, "provenance.targets"), "");
    number_row(html, "lines that are no records", ya_figures_number(f, "provenance.bad_lines"), "");
    row(html, "distrust mode", ya_figures_text(f, "provenance.distrust.mode"));
    number_row(html, "mean pull v_mean", ya_figures_number(f, "provenance.weights.v_mean"), "");
    number_row(html, "effective sample size", ya_figures_number(f, "provenance.weights.ess"),
               " records");
    ya_html_add(html, "</table></section>\n");
}

void ya_table_environment(ya_html *html, const ya_figures *f, const char *name)
{
    char time[32];
    if (!f->run)
        return;
    ya_time_shown(ya_figures_number(f, "started"), time);
    begin_card(html, "Environment", name);
    ya_html_add(html, "<table>");
    row(html, "program", ya_figures_text(f, "program"));
    row(html, "started", time);
    row(html, "base model", ya_figures_text(f, "model.path"));
    row(html, "architecture", ya_figures_text(f, "model.architecture"));
    row(html, "fingerprint", ya_figures_text(f, "provenance.base_model.fingerprint.sha256"));
    number_row(html, "trained values", ya_figures_number(f, "trained_values"), "");
    row(html, "processor", ya_figures_text(f, "environment.processor"));
    number_row(html, "threads", ya_figures_number(f, "environment.threads"), "");
    row(html, "computing in", ya_figures_text(f, "environment.compute"));
    number_row(html, "memory", ya_figures_number(f, "environment.memory_gb"), " GB");
    row(html, "system", ya_figures_text(f, "environment.system"));
    ya_html_add(html, "</table></section>\n");
}

/* Settings: ------------------------------------------------------------------------------------ */

static const json_t *find_setting(const ya_figures *f, const char *name)
{
    size_t i;
    json_t *item;
    json_array_foreach(ya_figures_json(f, "settings"), i, item)
    {
        const char *found = json_string_value(json_object_get(item, "name"));
        if (found && strcmp(found, name) == 0)
            return item;
    }
    return NULL;
}

static const char *text_of(const json_t *item, const char *key)
{
    const char *text = json_string_value(json_object_get(item, key));
    return text ? text : "";
}

static bool is_default(const json_t *item)
{
    return strcmp(text_of(item, "origin"), "default") == 0;
}

static void setting_row(ya_html *html, const json_t *item, const json_t *other, bool two)
{
    bool differs = two && strcmp(text_of(item, "value"), text_of(other, "value")) != 0;
    ya_html_add(html, "<tr%s><td><code>", differs ? " class=differs" : "");
    add_text(html, text_of(item, "name"));
    ya_html_add(html, "</code><td>");
    add_text(html, text_of(item, "value"));
    ya_html_add(html, "<td class=quiet>");
    add_text(html, text_of(item, "origin"));
    if (!two)
        return;
    ya_html_add(html, "<td>");
    add_text(html, text_of(other, "value"));
    ya_html_add(html, "<td class=quiet>");
    add_text(html, text_of(other, "origin"));
}

/* Those that someone chose, or those left at their defaults. */
static void settings_rows(ya_html *html, const ya_figures *a, const ya_figures *b, bool defaults)
{
    size_t i;
    json_t *item;
    ya_html_add(html, "<table><tr><th>setting<th>%s<th>from", b ? "A" : "value");
    if (b)
        ya_html_add(html, "<th>B<th>from");
    json_array_foreach(ya_figures_json(a, "settings"), i, item)
    {
        const json_t *other = b ? find_setting(b, text_of(item, "name")) : NULL;
        if (i >= MOST_ROWS)
            break;
        if ((is_default(item) && (!b || is_default(other))) == defaults)
            setting_row(html, item, other, b != NULL);
    }
    ya_html_add(html, "</table>");
}

void ya_table_settings(ya_html *html, const ya_figures *a, const ya_figures *b)
{
    if (json_array_size(ya_figures_json(a, "settings")) == 0)
        return;
    ya_html_add(html, "<section class=card>");
    settings_rows(html, a, b, false);
    ya_html_add(html, "<details><summary>Settings left at their defaults</summary>");
    settings_rows(html, a, b, true);
    ya_html_add(html, "</details></section>\n");
}
