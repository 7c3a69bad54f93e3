/* What a model learned from: shares of the weight, distributions of the labels. */
#ifndef YA_REPORT_LEARNED_H
#define YA_REPORT_LEARNED_H

#include "report/figures.h"
#include "report/html.h"

/* From run.json's provenance; draws nothing of what is not there. `name`: "A", "B" or NULL. */
void ya_learned_figures(ya_html *html, const ya_figures *figures, const char *name);

#endif
