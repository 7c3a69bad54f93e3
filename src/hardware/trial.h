/* A short training run of a model in a child process: what it reaches and what it holds, measured.
 * The records are made: full rows of random tokens. */
#ifndef YA_HARDWARE_TRIAL_H
#define YA_HARDWARE_TRIAL_H

#include "hardware/child.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *model;   /* as train takes it */
    int64_t micro_batch; /* rows in memory at once: a pass of micro_batch x row tokens */
    int64_t row_tokens;
    int64_t rank, layers; /* layers 0: all */
    bool checkpoint;
    const char *dtype; /* "auto", "f32", "bf16" */
    int threads;
    int steps;
    int round; /* 1; 2: the same once more, to be measured again */
    /* Stop early when tokens/s stays below this after a third of the steps; 0: never. */
    double give_up_below;
} ya_trial;

typedef struct {
    bool ran;                       /* at least one step was measured */
    int steps;                      /* measured, without the first */
    double tokens_per_s;            /* median over them */
    double anonymous_mb;            /* most RssAnon, MB = 2^20 bytes */
    double planned_mb;              /* what the plan said for these settings; 0: no plan */
    double budget_mb;               /* what the plan may use */
    bool fits;                      /* the plan fits the budget as it is */
    char failure[YA_CHILD_FAILURE]; /* why not, when !ran: the child's last line */
} ya_trial_result;

/* The plan of the trial alone: planned_mb, budget_mb, fits, failure. */
ya_status ya_trial_plan(const ya_trial *trial, ya_trial_result *result, ya_error *err) YA_CHECK;

/* Runs it below `work`, a directory that it makes and removes. A child that fails is no error:
 * result->failure says why. YA_ERR_INTERRUPTED when SIGINT or SIGTERM came (ya_interrupt_begin must
 * have been called). */
ya_status ya_trial_run(const ya_trial *trial, const char *work, ya_trial_result *result,
                       ya_error *err) YA_CHECK;

#endif
