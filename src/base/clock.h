/* Time. */
#ifndef YA_BASE_CLOCK_H
#define YA_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds of the monotonic clock: for durations. */
int64_t ya_now_ns(void);

/* Seconds since 1970 with fractions: for time stamps. */
double ya_wall_time_s(void);

#endif
