/* A chart of curves over steps, as SVG made here. Text is never scaled: places are percentages of
 * the plot, of which only the curves are stretched (preserveAspectRatio="none" with strokes that do
 * not scale), so that one chart is legible on a wide screen and on a phone. */
#ifndef YA_REPORT_CHART_H
#define YA_REPORT_CHART_H

#include "report/html.h"
#include "report/scale.h"
#include "report/series.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    YA_DRAW_LINE,  /* a line */
    YA_DRAW_FAINT, /* a thin pale line with the range that it stands for */
    YA_DRAW_DOTS   /* a line with a dot at each point */
} ya_draw;

/* `colour` is a class of style.h: "a", "b", "low", ...; `label` is escaped, NULL: not in the legend
 */
typedef struct {
    const char *label, *colour;
    ya_draw draw;
    bool dashed;
    ya_series series;
} ya_curve;

/* A level line: the plan, a limit; labelled "plan 462 MB". Above the scale it is only mentioned. */
typedef struct {
    double y;
    const char *label, *colour;
} ya_level;

/* Something that happened. Those of nearly the same place stand above each other. */
typedef enum {
    YA_MARK_PAUSE,  /* two bars */
    YA_MARK_RESUME, /* triangle: goes on */
    YA_MARK_STOP,   /* square: leak, over, critical */
    YA_MARK_WARN,   /* diamond: anything else */
    YA_MARK_START,  /* ring: a process began */
    YA_N_MARKS
} ya_mark_kind;
typedef struct {
    double x, order; /* of those at one place, the time they happened */
    ya_mark_kind kind;
    const char *text; /* shown when pointed at; escaped */
} ya_mark;

enum { YA_MAX_CURVES = 8, YA_MAX_LEVELS = 4 };
typedef struct {
    const char *title, *title_end; /* of A or of B: ", A"; else "" */
    const char *unit, *note;       /* texts of ours; note NULL: none */
    const char *level_unit;        /* " MB" */
    const char *file;              /* "loss": the chart's name in links and files */
    double first_step, last_step;
    bool from_zero; /* the scale begins at 0 */
    bool may_log;   /* a range above 50 is drawn on a logarithmic scale */
    int height;     /* of the plot, CSS pixels */
    int n_curves, n_levels;
    ya_curve curves[YA_MAX_CURVES]; /* their series belong to the chart */
    ya_level levels[YA_MAX_LEVELS];
    const ya_mark *marks; /* by ascending x */
    size_t n_marks;
} ya_chart;

/* Whether any curve has a point; a chart without is not to be drawn. */
bool ya_chart_has_points(const ya_chart *chart);
/* A <figure> for the page. */
void ya_chart_figure(ya_html *html, const ya_chart *chart);
/* A whole SVG document, 760 wide, light or dark as its reader prefers. */
void ya_chart_document(ya_html *html, const ya_chart *chart);
void ya_chart_free(ya_chart *chart);

#endif
