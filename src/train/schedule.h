/* The learning rate of each update: spec/training.md. Pure. */
#ifndef YA_TRAIN_SCHEDULE_H
#define YA_TRAIN_SCHEDULE_H

#include <stdint.h>

typedef enum { YA_SCHEDULE_COSINE, YA_SCHEDULE_LINEAR, YA_SCHEDULE_CONSTANT } ya_schedule_kind;

typedef struct {
    ya_schedule_kind kind;
    int64_t steps;  /* N > 0 */
    int64_t warmup; /* 0 <= W < N */
    double peak;    /* p */
} ya_schedule;

/* The rate of update k = 0 .. N-1: 1e-7 + (p - 1e-7) k / W while k < W; then, with
 * x = (k - W) / (N - W), cosine p (1 + cos(pi x)) / 2, linear p (1 - x), constant p. From N on
 * (a run that goes on past its schedule) that of x = 1. */
double ya_schedule_rate(const ya_schedule *schedule, int64_t k);

/* W when it is not set: the lesser of 100 and a tenth of the steps. */
int64_t ya_schedule_default_warmup(int64_t steps);

#endif
