/* The charts of a run, or of two side by side. */
#ifndef YA_REPORT_CURVES_H
#define YA_REPORT_CURVES_H

#include "report/chart.h"
#include "report/figures.h"

typedef enum {
    YA_CHART_LOSS,         /* the objective */
    YA_CHART_CE,           /* training and validation */
    YA_CHART_EVAL_BANDS,   /* validation by provenance band */
    YA_CHART_EVAL_BANDS_B, /* of the second run */
    YA_CHART_BANDS,        /* training by provenance band */
    YA_CHART_BANDS_B,
    YA_CHART_ESS,
    YA_CHART_MEMORY,
    YA_CHART_AVAILABLE,
    YA_CHART_SPEED,
    YA_CHART_LR,
    YA_CHART_GRAD_NORM,
    YA_N_CHARTS
} ya_chart_id;

/* Two runs and what happened in them; `b` NULL: one. */
typedef struct {
    const ya_figures *a, *b;
    ya_mark *marks; /* owned; texts are the figures' */
    size_t n_marks;
} ya_runs;

ya_status ya_runs_open(ya_runs *runs, const ya_figures *a, const ya_figures *b,
                       ya_error *err) YA_CHECK;
void ya_runs_close(ya_runs *runs);

/* Free with ya_chart_free; it may have no points (ya_chart_has_points). The runs must outlive it.
 */
ya_status ya_chart_make(ya_chart *chart, ya_chart_id id, const ya_runs *runs,
                        ya_error *err) YA_CHECK;
/* The file name of a chart, "loss"; -1: no chart is called so. */
const char *ya_chart_name(ya_chart_id id);
int ya_chart_find(const char *name);

#endif
