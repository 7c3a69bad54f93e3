/* OUT/metrics.jsonl: a line a logged step, a line an event; kept open, one write each. */
#ifndef YA_TRAIN_METRICS_H
#define YA_TRAIN_METRICS_H

#include "memory/system.h"
#include "train/objective.h"
#include "train/passes.h"

typedef struct {
    int fd;
    char path[4096];
} ya_metrics;

/* What a step is reported with. */
typedef struct {
    int64_t step; /* from 1 */
    double epoch;
    ya_objective objective;
    double rate, grad_norm; /* grad_norm before clipping */
    double step_s;
    ya_memory_reading memory;
    double leak_per_step; /* bytes */
} ya_step_report;

/* Opens `output`/metrics.jsonl; what it holds of steps after `last_step` is cut off (0: all). */
ya_status ya_metrics_open(ya_metrics *metrics, const char *output, int64_t last_step,
                          ya_error *err) YA_CHECK;
void ya_metrics_close(ya_metrics *metrics);

/* Each writes one line; YA_ERR_IO with the path. Reals that are not finite are null. */
ya_status ya_metrics_step(const ya_metrics *metrics, const ya_step_report *report,
                          ya_error *err) YA_CHECK;
ya_status ya_metrics_eval(const ya_metrics *metrics, int64_t step, const ya_ce_sums *sums,
                          ya_error *err) YA_CHECK;
/* {"event": name, "step": ..., "text": ..., "time": ...} */
ya_status ya_metrics_event(const ya_metrics *metrics, int64_t step, const char *name,
                           const char *text, ya_error *err) YA_CHECK;

#endif
