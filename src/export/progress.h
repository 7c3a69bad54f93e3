/* What a user sees while a model is written: bytes, rate and time left, on one line that is drawn
 * over on a terminal, a line every tenth elsewhere. */
#ifndef YA_EXPORT_PROGRESS_H
#define YA_EXPORT_PROGRESS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t total, done;
    int64_t start_ns, shown_ns;
    int tenths; /* that were reported */
    bool terminal, quiet, drawn;
} ya_export_progress;

void ya_export_progress_begin(ya_export_progress *p, uint64_t total, bool quiet);
void ya_export_progress_add(ya_export_progress *p, uint64_t bytes);
/* Leaves the drawn line where it is. */
void ya_export_progress_end(ya_export_progress *p);

#endif
