/* A run in a few figures: the tiles of the page and `report --json`. */
#ifndef YA_REPORT_SUMMARY_H
#define YA_REPORT_SUMMARY_H

#include "report/figures.h"

typedef enum { YA_RUN_FINISHED, YA_RUN_UNFINISHED, YA_RUN_STOPPED, YA_RUN_UNKNOWN } ya_run_state;

/* NaN where the run does not say. */
typedef struct {
    ya_run_state state;
    double last_step, n_steps, epochs;
    double first_loss, last_loss, last_ce; /* last: mean of the last twentieth of the lines */
    double best_ce, best_step, last_eval_ce, last_eval_low, last_eval_high;
    double tokens_per_s; /* median */
    double peak_mb, planned_mb, lowest_available_gb;
    double elapsed_s; /* of all processes, without the time between them */
    size_t n_guard_events;
} ya_summary;

ya_status ya_summary_find(ya_summary *summary, const ya_figures *figures, ya_error *err) YA_CHECK;

/* "finished", "unfinished", "stopped by the memory guard", "steps unknown". */
const char *ya_run_state_name(ya_run_state state);

/* One object; `path` is the run's. The caller's to free (json_decref); NULL: out of memory. */
json_t *ya_summary_json(const ya_summary *summary, const ya_figures *figures);

/* What an event is to the reader of a report. */
typedef enum { YA_EVENT_PAUSE, YA_EVENT_RESUME, YA_EVENT_STOP, YA_EVENT_WARN } ya_event_class;
ya_event_class ya_event_class_of(const char *kind);

#endif
