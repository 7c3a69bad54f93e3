/* What a user sees while training: two lines that are drawn over on a terminal, plain lines
 * elsewhere (a pipe, a file, TERM=dumb).
 *
 *     [=========>          ]  step 48/100  48 %  ETA 1:23
 *     loss 2.3456 █▆▅▄▃▂▁▁  lr 4.9e-05  431 tok/s  memory 455 of 460 MB planned
 *
 * What finds no room in the window is left out, the least important first, so that nothing ever
 * wraps; the width is asked for again before each drawing. Colour obeys NO_COLOR; the sparkline
 * needs a UTF-8 locale. Allocates nothing. */
#ifndef YA_TRAIN_PROGRESS_H
#define YA_TRAIN_PROGRESS_H

#include "train/metrics.h"

#include <stdbool.h>

enum { YA_SPARK = 16, YA_PANEL_LINES = 2, YA_PANEL_BYTES = 1024 };

typedef struct {
    int64_t n_steps, first_step; /* of the run; where this process began */
    int64_t start_ns, drawn_ns;
    uint64_t planned; /* bytes of anonymous memory; 0: not known */
    bool terminal, quiet, colour, utf8;
    int columns;                 /* of the window when it was last drawn */
    int drawn[YA_PANEL_LINES];   /* columns of what is on the screen; 0: nothing */
    int64_t steps_a_bar, in_bar; /* logged steps that a bar of the sparkline is the mean of */
    int n_bars;
    double bars[YA_SPARK], sum;
    ya_step_report last; /* the newest step */
} ya_progress;

/* `planned`: bytes that the plan foresees. */
void ya_progress_begin(ya_progress *progress, int64_t first_step, int64_t n_steps, uint64_t planned,
                       bool quiet);
/* After each step; `logged`: this one belongs in the metrics, so that a file gets it too. Draws at
 * most ten times a second, but the last step always. */
void ya_progress_step(ya_progress *progress, const ya_step_report *report, bool logged);
/* Between passes: draws again when the window has another width. */
void ya_progress_refresh(ya_progress *progress);
/* Before any other line is printed: takes the panel from the screen; the next step draws it again.
 */
void ya_progress_break(ya_progress *progress);
/* At the end: leaves the panel where it is. */
void ya_progress_end(ya_progress *progress);

/* The panel for a window of `columns`, for tests: lines without control sequences, each shorter
 * than `columns`; the second may be empty. */
void ya_progress_lines(const ya_progress *progress, int columns,
                       char lines[YA_PANEL_LINES][YA_PANEL_BYTES]);

#endif
