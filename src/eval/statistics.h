/* How sure a measured share or mean is, and whether two systems differ on the same items. */
#ifndef YA_EVAL_STATISTICS_H
#define YA_EVAL_STATISTICS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { YA_BOOTSTRAP_RESAMPLES = 10000 };

/* A mean with its 95 % interval. */
typedef struct {
    double mean, low, high;
    size_t n;
} ya_estimate;

/* Mean of x [n], n > 0, with the percentile bootstrap over items (YA_BOOTSTRAP_RESAMPLES resamples;
 * Efron 1979): a function of x and `seed` alone. YA_ERR_MEMORY. */
ya_status ya_bootstrap(const double *x, size_t n, uint64_t seed, ya_estimate *out,
                       ya_error *err) YA_CHECK;

/* McNemar's exact test, two-sided: the probability under equal chances of a split at least as
 * uneven as `only_a` items that only one system has right against `only_b` that only the other has;
 * 1 when there are none. McNemar 1947; Fagerland et al. 2013, eq. 2. */
double ya_mcnemar_exact(size_t only_a, size_t only_b);

/* The binomial's exact two-sided 95 % interval of a share of k in n > 0 (Clopper, Pearson 1934). */
ya_estimate ya_binomial_interval(size_t k, size_t n);

#endif
