/* OUT/run.json: what a run is, written once before its first step, for `report`:
 *
 *     {"format": 1, "program", "started": seconds since 1970, "first_step",
 *      "model": {"path", "architecture", "layers", "hidden_size"}, "trained_values",
 *      "schedule": {"steps", "warmup", "peak", "records_per_step", "epochs"},
 *      "plan": what `plan --json` prints of memory,
 *      "limits": {"most_anonymous_mb", "pause_available_gb", "abort_available_gb"},
 *      "environment": {"processor", "threads", "compute", "memory_gb", "system"},
 *      "settings": [{"name", "section", "value", "origin"}],
 *      "provenance": as in checkpoints}
 *
 * A resumed run writes it anew: it describes the last process. */
#ifndef YA_TRAIN_DESCRIBE_H
#define YA_TRAIN_DESCRIBE_H

#include "train/loop.h"

ya_status ya_describe_run(const ya_loop *loop, ya_error *err) YA_CHECK;

#endif
