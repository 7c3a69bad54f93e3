/* Finished trials, a JSON line each, so that a search that was killed does not redo them. */
#ifndef YA_HARDWARE_JOURNAL_H
#define YA_HARDWARE_JOURNAL_H

#include "hardware/trial.h"
#include "io/outdir.h"

#include <jansson.h>

typedef struct {
    json_t *lines; /* array; NULL: not open */
    char path[YA_PATH_MAX];
} ya_journal;

/* Reads `directory`/NAME if it is there; a torn last line is left out and cut off. */
ya_status ya_journal_open(ya_journal *journal, const char *directory, const char *name,
                          ya_error *err) YA_CHECK;
void ya_journal_close(ya_journal *journal);

/* The same model (its path, size and time of change), settings and number of steps; true fills
 * `result`. */
bool ya_journal_find(const ya_journal *journal, const ya_trial *trial, ya_trial_result *result);
ya_status ya_journal_add(ya_journal *journal, const ya_trial *trial, const ya_trial_result *result,
                         ya_error *err) YA_CHECK;

/* Trial and result as one object; the caller's, json_decref. */
json_t *ya_journal_line(const ya_trial *trial, const ya_trial_result *result);

#endif
