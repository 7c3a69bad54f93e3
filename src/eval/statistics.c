#include "eval/statistics.h"

#include "base/alloc.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

ya_status ya_bootstrap(const double *x, size_t n, uint64_t seed, ya_estimate *out, ya_error *err)
{
    enum { CUT = YA_BOOTSTRAP_RESAMPLES / 40 }; /* 2.5 % at each end */
    double *means = ya_alloc(YA_BOOTSTRAP_RESAMPLES * sizeof *means);
    uint64_t draw = 0;
    if (!means)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %d resamples",
                       YA_BOOTSTRAP_RESAMPLES);
    for (int r = 0; r < YA_BOOTSTRAP_RESAMPLES; r++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            size_t at = (size_t)(ya_unit_double(ya_splitmix64(seed, draw++)) * (double)n);
            sum += x[at];
        }
        means[r] = sum / (double)n;
    }
    qsort(means, YA_BOOTSTRAP_RESAMPLES, sizeof *means, by_value);
    *out = (ya_estimate){mean_of(x, n), means[CUT], means[YA_BOOTSTRAP_RESAMPLES - 1 - CUT], n};
    ya_free(means);
    return YA_OK;
}

/* ln of the binomial probability of k in n with chance p in (0, 1) */
static double log_binomial(size_t k, size_t n, double p)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) +
           (double)k * log(p) + (double)(n - k) * log1p(-p);
}

/* Probability of at most k in n. */
static double at_most(size_t k, size_t n, double p)
{
    double sum = 0;
    for (size_t i = 0; i <= k; i++)
        sum += exp(log_binomial(i, n, p));
    return fmin(1.0, sum);
}

double ya_mcnemar_exact(size_t only_a, size_t only_b)
{
    size_t n = only_a + only_b, fewer = only_a < only_b ? only_a : only_b;
    return n == 0 ? 1.0 : fmin(1.0, 2.0 * at_most(fewer, n, 0.5));
}

/* The chance at which at most k in n has probability `tail`, by bisection: it falls with p. */
static double chance_of_tail(size_t k, size_t n, double tail)
{
    double low = 0, high = 1;
    for (int i = 0; i < 60; i++) {
        double p = 0.5 * (low + high);
        if (at_most(k, n, p) > tail)
            low = p;
        else
            high = p;
    }
    return 0.5 * (low + high);
}

ya_estimate ya_binomial_interval(size_t k, size_t n)
{
    double low = k == 0 ? 0.0 : chance_of_tail(k - 1, n, 0.975);
    double high = k == n ? 1.0 : chance_of_tail(k, n, 0.025);
    return (ya_estimate){(double)k / (double)n, low, high, n};
}
