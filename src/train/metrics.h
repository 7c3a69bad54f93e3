/* OUT/metrics.jsonl: a line a logged step, a line an event; kept open, one write each. Steps and
 * validations go to TensorBoard's event files (train/tensorboard.h) too. */
#ifndef YA_TRAIN_METRICS_H
#define YA_TRAIN_METRICS_H

#include "memory/guard.h"
#include "train/objective.h"
#include "train/tensorboard.h"

typedef struct {
    int fd;
    char path[4096];
    ya_tensorboard board;
    uint64_t last_rss_anon; /* at the last logged step; 0: none yet */
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

/* Opens `output`/metrics.jsonl. Its lines of steps after `last_step` (0: all) are taken out, for
 * these steps are taken again, and with `validate_again` the validation of `last_step`; a torn last
 * line is cut; lines that cannot be read are moved to metrics.unreadable.jsonl, and said. A new
 * file of events begins in `output`/logs. */
ya_status ya_metrics_open(ya_metrics *metrics, const char *output, int64_t last_step,
                          bool validate_again, ya_error *err) YA_CHECK;
void ya_metrics_close(ya_metrics *metrics);

/* {"event": "start", "step": steps done before, "planned_mb", "budget_mb", "pause_available_gb",
 * "abort_available_gb", "time"}: what this process planned and may use. Others as below. */
ya_status ya_metrics_start(const ya_metrics *metrics, int64_t step, const ya_plan *plan,
                           const ya_guard_limits *limits, ya_error *err) YA_CHECK;

/* Each writes one line; YA_ERR_IO with the path. Reals that are not finite are null. */
ya_status ya_metrics_step(ya_metrics *metrics, const ya_step_report *report,
                          ya_error *err) YA_CHECK;
ya_status ya_metrics_eval(const ya_metrics *metrics, int64_t step, const ya_ce_sums *sums,
                          ya_error *err) YA_CHECK;
/* {"event": name, "step": ..., "text": ..., "time": ...} */
ya_status ya_metrics_event(const ya_metrics *metrics, int64_t step, const char *name,
                           const char *text, ya_error *err) YA_CHECK;
/* The same with what the memory was before and after: "rss_anon_mb", "rss_file_mb",
 * "mem_available_gb" (the lesser of the machine's and the cgroups'),
 * "vm_hwm_mb", "swap_free_gb", "psi_some_avg10", "cgroup_events" (times that a limit of the cgroups
 * was hit), and each with "_before". */
ya_status ya_metrics_guard(const ya_metrics *metrics, int64_t step, const char *name,
                           const char *text, const ya_memory_reading *before,
                           const ya_memory_reading *after, ya_error *err) YA_CHECK;

#endif
