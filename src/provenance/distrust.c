#include "provenance/distrust.h"

#include <math.h>

/* Keeps the logarithm finite at w = 1; part of the published formula. */
static const double LOG_GUARD = 1e-8;

static ya_status check_range(const char *name, double value, double low, double high, ya_error *err)
{
    if (value >= low && value <= high)
        return YA_OK;
    if (isinf(high))
        return ya_fail(err, YA_ERR_USAGE, "%s is %g, expected at least %g", name, value, low);
    return ya_fail(err, YA_ERR_USAGE, "%s is %g, expected %g to %g", name, value, low, high);
}

ya_status ya_distrust_check(const ya_distrust *config, ya_error *err)
{
    ya_status status;
    YA_TRY(check_range("distrust_alpha", config->alpha, 2.3, 3.0, err));
    YA_TRY(check_range("distrust_strength", config->strength, 0.0, 2.0, err));
    YA_TRY(check_range("distrust_max_ratio", config->max_ratio, 1.0, HUGE_VAL, err));
    YA_TRY(check_range("distrust_lambda", config->lambda, 0.0, HUGE_VAL, err));
    if (isinf(config->max_ratio) || isinf(config->lambda))
        status = ya_fail(err, YA_ERR_USAGE, "distrust_%s is infinite, expected a finite number",
                         isinf(config->lambda) ? "lambda" : "max_ratio");
done:
    return status;
}

ya_status ya_distrust_check_labels(double auth_weight, double prov_entropy, ya_error *err)
{
    if (!(auth_weight >= 0.0 && auth_weight <= 0.99))
        return ya_fail(err, YA_ERR_DATA, "auth_weight is %.17g, expected 0 to 0.99", auth_weight);
    if (!(prov_entropy >= 0.0) || isinf(prov_entropy))
        return ya_fail(err, YA_ERR_DATA,
                       "prov_entropy is %.17g, expected a finite number of bits, "
                       "0 or more",
                       prov_entropy);
    return YA_OK;
}

double ya_distrust_s(double auth_weight, double prov_entropy)
{
    return log(1.0 - auth_weight + LOG_GUARD) + prov_entropy;
}

double ya_distrust_loss(double alpha, double s)
{
    return alpha * s * s;
}

double ya_distrust_pull(const ya_distrust *config, double s)
{
    if (config->mode != YA_DISTRUST_WEIGHTED)
        return 1.0;
    double s0 = log(0.10 + LOG_GUARD) + 1.0; /* the s of (0.90, 1), where the pull is 1 */
    double positive = fmax(s, 0.0);
    double ratio = fmax(positive * positive / (s0 * s0), 1.0);
    return pow(fmin(ratio, config->max_ratio), config->strength);
}

double ya_effective_sample_size(double sum_v, double sum_v2)
{
    return sum_v2 > 0.0 ? sum_v * sum_v / sum_v2 : 0.0;
}
