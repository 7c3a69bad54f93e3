/* Where everything of a run lies in the arena. */
#ifndef YA_TRAIN_LAYOUT_H
#define YA_TRAIN_LAYOUT_H

#include "train/job.h"

/* Books (dry) or takes all memory of the job: trained parameters, batch, step, checkpoint staging,
 * engine. The two must agree; a real arena that does not is YA_ERR_MEMORY. */
ya_status ya_job_layout(ya_job *job, ya_arena *arena, ya_error *err) YA_CHECK;

#endif
