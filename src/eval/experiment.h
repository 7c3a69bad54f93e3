/* `your_ai experiment source-preference`: does a model trained with weighed sources believe the
 * primary ones? spec/evaluation.md */
#ifndef YA_EVAL_EXPERIMENT_H
#define YA_EVAL_EXPERIMENT_H

#include "settings/settings.h"

/* For each of s->seeds seeds from s->seed on: invents s->facts facts (eval/facts.h), trains the
 * model on them with distrust_mode off, additive and weighted, and weighted with each of
 * s->sweep_alpha and s->sweep_max_ratio; asks the model as it is and after each training which of
 * the two values it holds for likelier, and what text about other things costs it.
 *
 *     OUTPUT/results.json, preference.svg       docs/RESULTS.md
 *     OUTPUT/runs-KEY/seed-42-weighted/...      corpus, adapter and metrics of each training
 *
 * Training settings that no flag gives are the experiment's own. The same command goes on after an
 * interruption. YA_ERR_DATA when `weighted` prefers the primary value in less than 90 % of the
 * facts, or the adapters of `off` and `additive` differ. */
ya_status ya_experiment(const ya_settings *s, ya_error *err) YA_CHECK;

/* The training settings of the experiment where `s` has only defaults. */
void ya_experiment_defaults(ya_settings *s);

#endif
