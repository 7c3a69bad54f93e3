/* What is said before the first step. */
#ifndef YA_TRAIN_OPENING_H
#define YA_TRAIN_OPENING_H

#include "train/job.h"
#include "train/schedule.h"

/* Model, what is trained, data, weights of the sources, memory. On stderr. */
void ya_opening_show(const ya_job *job, const ya_schedule *schedule);

#endif
