/* How page and charts look. */
#ifndef YA_REPORT_STYLE_H
#define YA_REPORT_STYLE_H

#include "report/html.h"

#include <stdbool.h>

/* The style sheet: of a page, or only what a chart by itself needs. */
void ya_html_style(ya_html *html, bool chart_only);

#endif
