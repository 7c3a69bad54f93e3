/* What a run has left in its directory, as arrays: metrics.jsonl and run.json. A stranger's files:
 * lines that are no steps or events are counted and left out, numbers beyond use become NaN. */
#ifndef YA_REPORT_FIGURES_H
#define YA_REPORT_FIGURES_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Columns of a logged step, by the keys of metrics.jsonl; NaN where a line has none. */
typedef enum {
    YA_COL_STEP,
    YA_COL_EPOCH,
    YA_COL_LOSS,
    YA_COL_CE,
    YA_COL_ESS,
    YA_COL_CE_LOW,
    YA_COL_CE_MID,
    YA_COL_CE_HIGH,
    YA_COL_LR,
    YA_COL_GRAD_NORM,
    YA_COL_TOKENS_PER_S,
    YA_COL_RSS_ANON_MB,
    YA_COL_MEM_AVAILABLE_GB,
    YA_COL_TIME,
    YA_N_COLS
} ya_col;

typedef struct {
    double col[YA_N_COLS];
} ya_step_row;

/* A validation: {step, eval_ce, eval_ce_low, _mid, _high}. */
enum { YA_EVAL_STEP, YA_EVAL_CE, YA_EVAL_LOW, YA_EVAL_MID, YA_EVAL_HIGH, YA_N_EVAL };
typedef struct {
    double col[YA_N_EVAL];
} ya_eval_row;

/* Where a process began. */
typedef struct {
    double step, planned_mb, budget_mb, pause_gb, abort_gb, time;
} ya_start_row;

/* Anything else that happened: "pause", "leak", ... */
typedef struct {
    double step, time;
    double available_gb; /* as the event read it; NaN: it does not say */
    char kind[32];
    char text[256];
} ya_event_row;

enum { YA_MAX_STEP_ROWS = 20000000, YA_MAX_EVENT_ROWS = 10000 };

typedef struct {
    char *path; /* as given */
    ya_step_row *steps;
    ya_eval_row *evals;
    ya_start_row *starts;
    ya_event_row *events;
    size_t n_steps, n_evals, n_starts, n_events;
    uint64_t n_odd;         /* lines left out: torn, out of order, not of this format */
    uint64_t n_more_events; /* beyond YA_MAX_EVENT_ROWS */
    json_t *run;            /* run.json; NULL: not there or not to be read */
} ya_figures;

/* YA_ERR_IO or YA_ERR_DATA when the directory holds no metrics.jsonl or that holds no step. Free
 * with ya_figures_free. */
ya_status ya_figures_read(ya_figures *figures, const char *path, ya_error *err) YA_CHECK;
void ya_figures_free(ya_figures *figures);

/* What run.json says at "a.b.c"; NaN and NULL where it does not. */
double ya_figures_number(const ya_figures *figures, const char *keys);
const char *ya_figures_text(const ya_figures *figures, const char *keys);
const json_t *ya_figures_json(const ya_figures *figures, const char *keys);

#endif
