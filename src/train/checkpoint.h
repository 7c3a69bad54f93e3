/* Checkpoints: OUT/checkpoint-N and OUT/checkpoint-best, whole or not at all (io/outdir.h).
 *
 *     adapter_model.safetensors, adapter_config.json    as PEFT has them
 *       (full fine-tuning: trained.safetensors, trained_config.json)
 *     optimizer.safetensors                             moment1.NAME, moment2.NAME
 *     trainer_state.json  config.yaml  provenance.json  SHA256SUMS
 *
 * Saving allocates nothing of ours: headers and small files are made in the job's staging. */
#ifndef YA_TRAIN_CHECKPOINT_H
#define YA_TRAIN_CHECKPOINT_H

#include "base/buffer.h"
#include "io/outdir.h"
#include "io/tensors.h"
#include "train/job.h"
#include "train/state.h"

typedef struct {
    const ya_job *job;
    const char *output;
    ya_tensor *moments; /* [2 * n_params] */
    char *moment_names;
    ya_buffer config_yaml, provenance; /* the same in every checkpoint of the run */
    int64_t *saved;                    /* steps of the checkpoint-N there are, ascending */
    int n_saved, room_saved, keep_last_n;
} ya_checkpoints;

/* Bytes of staging for these parameters; 0 when out of memory. */
size_t ya_checkpoint_staging(const ya_params *params);

/* Lists what is in `output` and prepares what each checkpoint needs; call it when the job is
 * reserved. `config_yaml` and `provenance` are filled by the caller. */
ya_status ya_checkpoints_open(ya_checkpoints *c, const ya_job *job, const char *output,
                              ya_error *err) YA_CHECK;
void ya_checkpoints_close(ya_checkpoints *c);

/* Writes checkpoint-`state->step` (best: checkpoint-best) and removes the oldest beyond
 * keep_last_n. YA_ERR_IO (disk full...) leaves all older ones as they are. */
ya_status ya_checkpoint_save(ya_checkpoints *c, const ya_train_state *state, bool best,
                             ya_error *err) YA_CHECK;

/* The newest checkpoint of `output` whose sums match (invalid ones are named in a warning), its
 * path in `path`; *found false: none. checkpoint-best is the last resort. */
ya_status ya_checkpoint_find(const char *output, char path[YA_PATH_MAX], bool *found,
                             ya_error *err) YA_CHECK;

/* Moments of DIR/optimizer.safetensors, bit by bit. */
ya_status ya_checkpoint_read_moments(const char *dir, ya_params *params, ya_error *err) YA_CHECK;

#endif
