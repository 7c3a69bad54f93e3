/* What a user reads while the program works: lines on stderr, so that stdout is for results. */
#ifndef YA_BASE_LOG_H
#define YA_BASE_LOG_H

#include "base/error.h"

/* A plain line; a line that begins with "warning: " (yellow on a terminal, NO_COLOR obeyed). One
 * write each, so that lines of several threads do not mix. Allocates nothing. */
void ya_info(const char *format, ...) YA_PRINTF(1, 2);
void ya_warn(const char *format, ...) YA_PRINTF(1, 2);

/* --quiet: ya_info prints nothing. */
void ya_log_set_quiet(int quiet);

#endif
