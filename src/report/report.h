/* `your_ai report`: a run's directory as one HTML page, as one chart, or as figures. */
#ifndef YA_REPORT_REPORT_H
#define YA_REPORT_REPORT_H

#include "settings/settings.h"

/* Of s->run and s->compare_run. Writes s->output (default RUN/report.html; with s->chart the SVG of
 * that chart) or, with s->json, prints the summary; of two runs {"a": ..., "b": ...}. */
ya_status ya_report(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
