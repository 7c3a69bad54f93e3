/* Benchmarks and suites: `your_ai validate`. spec/evaluation.md */
#ifndef YA_EVAL_VALIDATE_H
#define YA_EVAL_VALIDATE_H

#include "settings/settings.h"

/* Asks the questions of s->benchmarks (with s->data) or of s->suite, with the base model, its
 * adapter, or with s->compare both; prints the results (docs/RESULTS.md), and with an s->output of
 * the user's writes them to its results.json. There a journal keeps what is done, and the same
 * command goes on from it. YA_ERR_DATA when a threshold is missed, naming it. A signal stops it:
 * YA_ERR_INTERRUPTED. */
ya_status ya_validate(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
