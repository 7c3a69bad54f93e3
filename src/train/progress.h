/* What a user sees while training: one line that is drawn over on a terminal, plain lines
 * elsewhere. Allocates nothing. */
#ifndef YA_TRAIN_PROGRESS_H
#define YA_TRAIN_PROGRESS_H

#include "train/metrics.h"

#include <stdbool.h>

typedef struct {
    int64_t n_steps, first_step; /* of the run; where this process began */
    int64_t start_ns;
    bool terminal, quiet, drawn;
} ya_progress;

void ya_progress_begin(ya_progress *progress, int64_t first_step, int64_t n_steps, bool quiet);
/* After each step; `logged`: this one belongs in the metrics, so that a file gets it too. */
void ya_progress_step(ya_progress *progress, const ya_step_report *report, bool logged);
/* Before any other line is printed: leaves the drawn line where it is. */
void ya_progress_break(ya_progress *progress);

#endif
