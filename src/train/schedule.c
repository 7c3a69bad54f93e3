#include "train/schedule.h"

#include <assert.h>
#include <math.h>

static const double FIRST_RATE = 1e-7; /* where warm-up begins: not 0, so that update 0 counts */

double ya_schedule_rate(const ya_schedule *schedule, int64_t k)
{
    assert(schedule->warmup >= 0 && schedule->warmup < schedule->steps);
    assert(k >= 0);
    double p = schedule->peak;
    if (k < schedule->warmup)
        return FIRST_RATE + (p - FIRST_RATE) * (double)k / (double)schedule->warmup;
    double x = (double)(k - schedule->warmup) / (double)(schedule->steps - schedule->warmup);
    x = fmin(x, 1.0);
    switch (schedule->kind) {
    case YA_SCHEDULE_COSINE:
        return p * 0.5 * (1.0 + cos(M_PI * x));
    case YA_SCHEDULE_LINEAR:
        return p * (1.0 - x);
    case YA_SCHEDULE_CONSTANT:
        break;
    }
    return p;
}

int64_t ya_schedule_default_warmup(int64_t steps)
{
    int64_t tenth = steps / 10;
    return tenth < 100 ? tenth : 100;
}
