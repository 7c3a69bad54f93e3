/* What is said before the first step. */
#ifndef YA_TRAIN_OPENING_H
#define YA_TRAIN_OPENING_H

#include "train/job.h"
#include "train/schedule.h"

/* The effective configuration, model, what is trained, data, weights of the sources, memory. On
 * stderr. */
ya_status ya_opening_show(const ya_job *job, const ya_schedule *schedule, ya_error *err) YA_CHECK;

#endif
