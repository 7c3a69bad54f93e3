/* Every model on this machine, trained for a few steps: memory and speed beside the plan's.
 * spec/hardware.md. */
#ifndef YA_HARDWARE_BENCHMARK_H
#define YA_HARDWARE_BENCHMARK_H

#include "settings/settings.h"

/* The models of s->models, else those in the local cache, smallest first, one child process each; a
 * model that fails is reported and the rest go on. A table, or with s->json one document, on
 * stdout. YA_ERR_DATA when there is no model or none could be measured; YA_ERR_INTERRUPTED after a
 * signal. */
ya_status ya_benchmark(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
