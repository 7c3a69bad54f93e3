/* From many values to the points of a curve. Pure but for the memory of the points. */
#ifndef YA_REPORT_SERIES_H
#define YA_REPORT_SERIES_H

#include "base/error.h"

#include <stddef.h>

/* A point of a curve: the mean, least and greatest value of the stretch it stands for. */
typedef struct {
    double x, y, low, high;
} ya_point;

typedef struct {
    ya_point *points; /* owned */
    size_t n;
} ya_series;

/* x, y: `n` values `stride` doubles apart, x ascending; those with a NaN are left out. At most
 * YA_SERIES_POINTS points come out: of more, each stands for a stretch of x of equal length. */
enum { YA_SERIES_POINTS = 480 };
ya_status ya_series_make(ya_series *series, const double *x, const double *y, size_t n,
                         size_t stride, ya_error *err) YA_CHECK;
void ya_series_free(ya_series *series);

/* The same of an exponential moving average of y that is right from its first value on (its bias
 * is divided out, as Adam does); its window is a twentieth of the values, at least 5 and hardly
 * above 100, so that the average of a long run does not lag behind it. */
ya_status ya_series_smooth(ya_series *series, const double *x, const double *y, size_t n,
                           size_t stride, ya_error *err) YA_CHECK;

#endif
