#include "report/series.h"

#include "base/alloc.h"

#include <math.h>
#include <stdbool.h>

static const double LEAST_WINDOW = 5.0;

/* Points in the making. */
typedef struct {
    ya_series *series;
    double first, width; /* of a stretch; width 0: a point a value */
    double stretch;      /* at hand */
    size_t count;        /* values in it */
} maker;

static void begin_point(maker *m, double x, double y)
{
    m->series->points[m->series->n++] = (ya_point){x, y, y, y};
    m->count = 1;
}

static void add_value(maker *m, double x, double y)
{
    double stretch = m->width > 0.0 ? floor((x - m->first) / m->width) : 0.0;
    bool full = m->series->n >= YA_SERIES_POINTS;
    if (m->series->n == 0 || (!full && (m->width <= 0.0 || stretch > m->stretch))) {
        m->stretch = stretch;
        begin_point(m, x, y);
        return;
    }
    ya_point *p = &m->series->points[m->series->n - 1];
    double n = (double)m->count++;
    p->x = (p->x * n + x) / (n + 1.0);
    p->y = (p->y * n + y) / (n + 1.0);
    p->low = fmin(p->low, y);
    p->high = fmax(p->high, y);
}

static ya_status begin(maker *m, ya_series *series, const double *x, const double *y, size_t n,
                       size_t stride, ya_error *err)
{
    size_t used = 0;
    double first = 0.0, last = 0.0;
    *series = (ya_series){0};
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i * stride]) || isnan(y[i * stride]))
            continue;
        first = used++ ? first : x[i * stride];
        last = x[i * stride];
    }
    *m = (maker){.series = series, .first = first};
    if (used > YA_SERIES_POINTS)
        m->width = (last - first) / (YA_SERIES_POINTS - 1);
    series->points = ya_alloc_zero(YA_SERIES_POINTS, sizeof *series->points);
    if (!series->points)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a curve");
    return YA_OK;
}

ya_status ya_series_make(ya_series *series, const double *x, const double *y, size_t n,
                         size_t stride, ya_error *err)
{
    maker m;
    ya_status status = begin(&m, series, x, y, n, stride, err);
    for (size_t i = 0; !status && i < n; i++)
        if (!isnan(x[i * stride]) && !isnan(y[i * stride]))
            add_value(&m, x[i * stride], y[i * stride]);
    return status;
}

ya_status ya_series_smooth(ya_series *series, const double *x, const double *y, size_t n,
                           size_t stride, ya_error *err)
{
    maker m;
    const double values = (double)n;
    const double window = fmax(LEAST_WINDOW, fmin(values / 20.0, 100.0 + values / 200.0));
    const double keep = 1.0 - 2.0 / (window + 1.0);
    double sum = 0.0, weight = 0.0;
    ya_status status = begin(&m, series, x, y, n, stride, err);
    for (size_t i = 0; !status && i < n; i++) {
        if (isnan(x[i * stride]) || isnan(y[i * stride]))
            continue;
        sum = keep * sum + (1.0 - keep) * y[i * stride];
        weight = keep * weight + (1.0 - keep);
        add_value(&m, x[i * stride], sum / weight);
    }
    return status;
}

void ya_series_free(ya_series *series)
{
    ya_free(series->points);
    *series = (ya_series){0};
}
