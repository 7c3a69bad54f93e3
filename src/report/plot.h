/* The inside of a chart: axes, curves, levels, marks, in percentages of the plot. */
#ifndef YA_REPORT_PLOT_H
#define YA_REPORT_PLOT_H

#include "report/chart.h"

typedef struct {
    const ya_chart *chart;
    ya_scale x, y;
    int top; /* room above the plot for marks, pixels */
} ya_plot;

ya_plot ya_plot_of(const ya_chart *chart);
/* Whether a level lies within the scale. */
bool ya_plot_shows(const ya_plot *plot, const ya_level *level);
/* The elements, to stand in an <svg> of the plot's size with overflow visible. */
void ya_plot_draw(ya_html *html, const ya_plot *plot);

/* The shape of a mark around (0, 0), 10 pixels wide, with class "mark CLASS". */
void ya_mark_shape(ya_html *html, ya_mark_kind kind);
/* Classes of style.h, and words for the legend. */
extern const char *const ya_mark_classes[YA_N_MARKS], *const ya_mark_names[YA_N_MARKS];

/* "plan 462 MB", escaped. */
void ya_level_label(ya_html *html, const ya_plot *plot, const ya_level *level);

#endif
