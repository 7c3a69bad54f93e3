/* Going on with a run: is it the same one? */
#ifndef YA_TRAIN_RESUME_H
#define YA_TRAIN_RESUME_H

#include "train/job.h"
#include "train/state.h"

/* A new run's state: nothing done, fingerprints and weights of the job. */
ya_status ya_state_begin(ya_train_state *state, const ya_job *job, ya_error *err) YA_CHECK;

/* Takes over `saved` into `state` (begun for the job at hand). Another base, other data or another
 * effective batch: YA_ERR_USAGE naming it, or with --force a warning. Another seed is a warning. */
ya_status ya_state_resume(ya_train_state *state, const ya_train_state *saved, const ya_job *job,
                          ya_error *err) YA_CHECK;

#endif
