/* What this machine can do, measured for about a second: the yardsticks of predictions. */
#ifndef YA_HARDWARE_SPEEDS_H
#define YA_HARDWARE_SPEEDS_H

#include "base/error.h"
#include "io/dtype.h"

/* Medians, for a run takes what the machine gives on average. */
typedef struct {
    double f32_gflops;  /* matrix products through our own path */
    double bf16_gflops; /* 0: the processor has no native bf16 */
    double read_gb_s;   /* memory read by all threads, GB = 1e9 bytes */
    double disk_mb_s;   /* written and synced to `directory`, MB = 1e6 bytes; 0: not measured */
} ya_speeds;

/* Of runs one after the other, for a third of a second. */
typedef struct {
    double typical, best; /* median; the fastest */
} ya_rate;

/* GFLOP/s of [1024, 2048] x [2048, 2048] in YA_F32 or YA_BF16 with the OpenMP threads that are
 * set. */
ya_status ya_measure_matmul(ya_rate *gflops, ya_dtype type, ya_error *err) YA_CHECK;
/* GB/s, the median. */
ya_status ya_measure_reading(double *gb_s, ya_error *err) YA_CHECK;

/* All of them, with `threads`. `directory` NULL: no disk is written to; a directory that cannot be
 * written is no error, disk_mb_s is 0 then. */
ya_status ya_measure_speeds(ya_speeds *speeds, int threads, const char *directory,
                            ya_error *err) YA_CHECK;

#endif
