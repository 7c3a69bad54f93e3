/* The fastest settings for a model on this machine, found by trying. spec/hardware.md. */
#ifndef YA_HARDWARE_OPTIMIZE_H
#define YA_HARDWARE_OPTIMIZE_H

#include "settings/settings.h"

/* Tries micro-batches x ranks x layers x checkpointing (with `quick` a smaller grid) in child
 * processes of 15 steps each; what cannot fit with 15 % to spare is left out by its plan, what is
 * clearly slower than the best is stopped early. Writes into s->output:
 *
 *     trials.jsonl      a line a finished trial; a killed search goes on behind it
 *     optimized.yaml    the fastest settings, for train --config
 *
 * and prints a table of the trials and the frontier of speed against memory, or with s->json one
 * document. YA_ERR_MEMORY when nothing fits; YA_ERR_INTERRUPTED after a signal. */
ya_status ya_optimize(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
