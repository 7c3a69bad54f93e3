/* Going on with a run: is it the same one? */
#ifndef YA_TRAIN_RESUME_H
#define YA_TRAIN_RESUME_H

#include "train/job.h"
#include "train/state.h"

/* A new run's state: nothing done, fingerprints and weights of the job. */
ya_status ya_state_begin(ya_train_state *state, const ya_job *job, ya_error *err) YA_CHECK;

/* Takes over `saved`, the state of the checkpoint `at`, into `state` (begun for the job at hand).
 * Another base or other data: YA_ERR_USAGE with both, or with --force a warning. `made` are the
 * settings that the checkpoint was made with. */
ya_status ya_state_resume(ya_train_state *state, const ya_train_state *saved, const ya_job *job,
                          const ya_settings *made, const char *at, ya_error *err) YA_CHECK;

/* The settings that the checkpoint directory `at` was made with, its config.yaml; ya_settings_free
 * also after a failure. */
ya_status ya_resume_read(ya_settings *made, const char *at, ya_error *err) YA_CHECK;
/* YA_ERR_USAGE with both values when a setting that the checkpoint fixes is another now and --force
 * is not given, or cannot help. */
ya_status ya_resume_check(const ya_settings *now, const ya_settings *made, const char *at,
                          ya_error *err) YA_CHECK;
/* Appends to `out` a line of comment for the head of the next config.yaml, when settings that
 * decide what is learned are others from `step` on; before it the lines that `at` has. Those that
 * --force took are warned of. */
ya_status ya_resume_history(const ya_settings *now, const ya_settings *made, const char *at,
                            int64_t step, ya_buffer *out, ya_error *err) YA_CHECK;

#endif
