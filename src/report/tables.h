/* The tables of the page: events, settings, the plan, data, environment. */
#ifndef YA_REPORT_TABLES_H
#define YA_REPORT_TABLES_H

#include "report/figures.h"
#include "report/html.h"

/* `name`: "A", "B" or NULL for one run. Each draws nothing of what is not there. */
void ya_table_events(ya_html *html, const ya_figures *figures, const char *name);
void ya_table_plan(ya_html *html, const ya_figures *figures, const char *name);
void ya_table_data(ya_html *html, const ya_figures *figures, const char *name);
void ya_table_environment(ya_html *html, const ya_figures *figures, const char *name);
/* `b` NULL: one run; else side by side, with what differs marked. */
void ya_table_settings(ya_html *html, const ya_figures *a, const ya_figures *b);

/* "2026-11-24 03:04 UTC"; "-" for NaN. */
void ya_time_shown(double seconds, char out[32]);

#endif
