/* The checkpoints that a run's directory holds. */
#ifndef YA_TRAIN_SAVED_H
#define YA_TRAIN_SAVED_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Steps of all OUT/checkpoint-N, valid or not, ascending (ya_free). No such directory: none. */
ya_status ya_saved_list(const char *output, int64_t **steps, int *n, ya_error *err) YA_CHECK;

/* Moves what an earlier run left in `output` (checkpoints, metrics.jsonl) to OUT/earlier-K, the
 * first K from 1 that is free, and says so; nothing to move: nothing happens. `in_use` (NULL:
 * none) is a directory that this run reads: when it lies in OUT, YA_ERR_USAGE. */
ya_status ya_saved_set_aside(const char *output, const char *in_use, ya_error *err) YA_CHECK;

/* Takes the lock on the directory `output`, which must exist, until the file descriptor *lock is
 * closed. Another run holds it: YA_ERR_USAGE. */
ya_status ya_saved_lock(const char *output, int *lock, ya_error *err) YA_CHECK;

#endif
