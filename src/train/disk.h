/* Will the checkpoints of a run fit the disk that they go to? */
#ifndef YA_TRAIN_DISK_H
#define YA_TRAIN_DISK_H

#include "train/job.h"

typedef struct {
    uint64_t one; /* bytes of a checkpoint */
    uint64_t
        kept; /* of all that will be there at once: keep_last_n, the best, the one being written */
    uint64_t left; /* on the file system of --output; UINT64_MAX where it does not say */
} ya_disk;

/* Of a job whose parameters are laid out; n_saved checkpoints are on the disk already. */
void ya_disk_find(ya_disk *disk, const ya_job *job, int n_saved);
/* YA_ERR_IO with the figures when not even one fits; a warning when those to be kept will not. */
ya_status ya_disk_check(const ya_disk *disk, const char *output, ya_error *err) YA_CHECK;

#endif
