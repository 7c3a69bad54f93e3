/* Which model to train on a machine, and how. spec/hardware.md. */
#ifndef YA_HARDWARE_RECOMMEND_H
#define YA_HARDWARE_RECOMMEND_H

#include "settings/settings.h"

/* For every preset and every model of the local cache (or those of s->models): the plan's memory
 * with the settings of the profile for s->memory (0: this machine's), whether it fits, where the
 * weights will be, and the speed to expect of this processor. The recommended one is the largest
 * whose plan fits with its weights in memory. A table, or with s->json one document, on stdout. */
ya_status ya_recommend(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
