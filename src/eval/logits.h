/* `logits`: what the model predicts at every position, for comparison with other programs. */
#ifndef YA_EVAL_LOGITS_H
#define YA_EVAL_LOGITS_H

#include "settings/settings.h"

/* Reads settings->ids ([[int]], all lists of one length T) and writes settings->output: a
 * safetensors file with `logits` [n, T, V] f32. The logits go through an unlinked temporary file
 * beside the output, not through memory. */
ya_status ya_logits(const ya_settings *settings, ya_error *err) YA_CHECK;

#endif
