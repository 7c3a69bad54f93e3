#include "report/report.h"

#include "base/log.h"
#include "io/outdir.h"
#include "report/page.h"

#include <stdio.h>
#include <string.h>

/* Everything open while a report is made. */
typedef struct {
    ya_figures figures[2];
    ya_summary summaries[2];
    ya_runs runs;
    ya_html html;
} report;

static ya_status print_json(const report *r, ya_error *err)
{
    json_t *document = ya_summary_json(&r->summaries[0], &r->figures[0]);
    if (document && r->runs.b) {
        json_t *both = json_object(), *b = ya_summary_json(&r->summaries[1], &r->figures[1]);
        int failed = json_object_set_new(both, "a", document);
        failed |= json_object_set_new(both, "b", b);
        document = both;
        if (failed) {
            json_decref(both);
            document = NULL;
        }
    }
    if (!document)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the summary");
    json_dumpf(document, stdout, JSON_INDENT(2));
    fputc('\n', stdout);
    json_decref(document);
    return YA_OK;
}

static ya_status list_charts(const char *name, const report *r, ya_error *err)
{
    char names[256];
    size_t used = 0;
    for (int i = 0; i < YA_N_CHARTS; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 ya_chart_name((ya_chart_id)i));
    if (ya_chart_find(name) >= 0)
        return ya_fail(err, YA_ERR_DATA, "%s has nothing to draw in chart \"%s\"",
                       r->figures[0].path, name);
    return ya_fail(err, YA_ERR_USAGE, "\"%.60s\" is no chart; expected one of: %s", name, names);
}

static ya_status draw_chart(report *r, const char *name, ya_error *err)
{
    ya_chart chart;
    int id = ya_chart_find(name);
    if (id < 0)
        return list_charts(name, r, err);
    ya_status status = ya_chart_make(&chart, (ya_chart_id)id, &r->runs, err);
    if (status)
        return status;
    if (ya_chart_has_points(&chart))
        ya_chart_document(&r->html, &chart);
    else
        status = list_charts(name, r, err);
    ya_chart_free(&chart);
    return status;
}

static ya_status write_out(const report *r, const ya_settings *s, ya_error *err)
{
    char in_run[YA_PATH_MAX];
    const char *path = s->output;
    ya_status status = r->html.status;
    if (!status && s->origin[YA_SET_output] == YA_FROM_DEFAULT) {
        status = ya_path_join(in_run, s->run, s->chart ? "chart.svg" : "report.html", err);
        path = in_run;
    }
    if (!status)
        status = ya_write_file(path, r->html.out.data, r->html.out.size, err);
    if (!status)
        ya_info("wrote %s", path);
    return status;
}

static ya_status open_runs(report *r, const ya_settings *s, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_figures_read(&r->figures[0], s->run, err));
    YA_TRY(ya_summary_find(&r->summaries[0], &r->figures[0], err));
    if (s->compare_run) {
        YA_TRY(ya_figures_read(&r->figures[1], s->compare_run, err));
        YA_TRY(ya_summary_find(&r->summaries[1], &r->figures[1], err));
    }
    YA_TRY(ya_runs_open(&r->runs, &r->figures[0], s->compare_run ? &r->figures[1] : NULL, err));
done:
    return status;
}

ya_status ya_report(const ya_settings *s, ya_error *err)
{
    report r = {.html = {.err = err}};
    ya_status status;
    YA_TRY(open_runs(&r, s, err));
    if (s->json)
        YA_TRY(print_json(&r, err));
    if (s->json && s->origin[YA_SET_output] == YA_FROM_DEFAULT)
        goto done;
    if (s->chart)
        YA_TRY(draw_chart(&r, s->chart, err));
    else
        ya_page(&r.html, &r.runs, r.summaries);
    YA_TRY(write_out(&r, s, err));
done:
    ya_buffer_free(&r.html.out);
    ya_runs_close(&r.runs);
    ya_figures_free(&r.figures[0]);
    ya_figures_free(&r.figures[1]);
    return status;
}
