/* The command score: spec/data.md "score". */
#ifndef YA_DATA_SCORE_LINES_H
#define YA_DATA_SCORE_LINES_H

#include "settings/settings.h"

/* Writes a JSON line on stdout for each record of --input that is not bad, in their order. An input
 * that cannot be read to its end is refused before anything is written. */
ya_status ya_score_lines(const ya_settings *settings, ya_error *err) YA_CHECK;

#endif
