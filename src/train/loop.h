/* The steps of a run. */
#ifndef YA_TRAIN_LOOP_H
#define YA_TRAIN_LOOP_H

#include "data/order.h"
#include "memory/guard.h"
#include "memory/leak.h"
#include "train/checkpoint.h"
#include "train/job.h"
#include "train/metrics.h"
#include "train/optimizer.h"
#include "train/passes.h"
#include "train/progress.h"
#include "train/schedule.h"

enum { YA_MAX_NONFINITE = 3 }; /* steps in a row before a run is given up */

typedef struct {
    ya_job *job;
    ya_train_state *state;
    ya_checkpoints *checkpoints;
    ya_metrics *metrics;
    ya_progress *progress;
    ya_schedule schedule;
    ya_adamw adamw;
    ya_order order;
    ya_guard guard;
    bool validating;         /* its passes change no gradient: none is done again */
    bool again;              /* the step at hand is to be done again, in smaller passes */
    int64_t next_release_ns; /* before, a release is no event again */
    ya_leak leak;
    size_t leak_for_test;  /* bytes that each step takes and never gives back */
    ya_ce_sums validation; /* of the validation at hand */
    int64_t saved_step;    /* step of the newest checkpoint-N; -1: none */
    int64_t next_norm_warning, norm_warning_gap; /* steps; of the gradient's norm */
    ya_status stop;                              /* why a pass was the last one; YA_OK: go on */
    ya_error stop_error;
} ya_loop;

/* All steps from state->step to schedule.steps, then the last checkpoint. */
ya_status ya_loop_run(ya_loop *loop, ya_error *err) YA_CHECK;

/* After a pass: signals and the memory guard. False: stop, loop->stop says why; when that is YA_OK,
 * the step is to be done again. */
bool ya_loop_watch(void *loop);
/* Bytes a step of the environment variable YA_LEAK_MB (a real number): the deliberate leak by which
 * tests prove the guard; 0 without it. */
size_t ya_loop_leak_for_test(void);
void ya_loop_leak(size_t bytes);
/* After a step: growth of memory. */
ya_status ya_loop_watch_leak(ya_loop *loop, uint64_t rss_anon, ya_error *err) YA_CHECK;
/* One line on the terminal and one in the metrics file. */
ya_status ya_loop_event(ya_loop *loop, const char *name, ya_error *err, const char *format, ...)
    YA_PRINTF(4, 5) YA_CHECK;

#endif
