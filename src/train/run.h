/* Training: `your_ai train` and `your_ai plan`. spec/training.md, spec/memory.md.
 *
 * Invariants of a run:
 *  1. Step k's records, rate, dropout and passes are functions of (settings, data, k); parameters,
 *     moments and ya_train_state are all that is carried. So a resumed run repeats an unbroken one
 *     bit by bit, for the same number of threads.
 *  2. Between ya_job_reserve and the end no object of ours allocates or maps memory.
 *  3. A step that a signal or the guard stops leaves no trace: it is done again on resume. */
#ifndef YA_TRAIN_RUN_H
#define YA_TRAIN_RUN_H

#include "settings/settings.h"

/* Trains as the settings say; all of spec/training.md. YA_ERR_INTERRUPTED after a signal, with a
 * checkpoint saved (train/interrupt.h tells which signal). */
ya_status ya_train(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
