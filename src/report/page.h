/* The page: one HTML document without scripts that asks nothing of any network. */
#ifndef YA_REPORT_PAGE_H
#define YA_REPORT_PAGE_H

#include "report/curves.h"
#include "report/html.h"
#include "report/summary.h"

/* `summaries`: of runs->a and, unless it is NULL, of runs->b. */
void ya_page(ya_html *html, const ya_runs *runs, const ya_summary summaries[2]);

#endif
