/* The command `plan`: memory, whether it fits, the speed to expect; trains nothing. */
#ifndef YA_HARDWARE_SHOW_PLAN_H
#define YA_HARDWARE_SHOW_PLAN_H

#include "settings/settings.h"

/* The table on stderr, with the speed after measuring this machine for about a second; or with
 * s->json one document on stdout (spec/cli.md), without the speed. A plan that does not fit is no
 * error: it says so, and what would fit. */
ya_status ya_plan_print(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
