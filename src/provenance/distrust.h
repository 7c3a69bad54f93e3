/* Roemmele's empirical distrust term (public domain, November 2025) and the pull made of it:
 * spec/distrust-loss.md. All f64, pure. */
#ifndef YA_PROVENANCE_DISTRUST_H
#define YA_PROVENANCE_DISTRUST_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum { YA_DISTRUST_WEIGHTED, YA_DISTRUST_ADDITIVE, YA_DISTRUST_OFF } ya_distrust_mode;

typedef struct {
    ya_distrust_mode mode;
    double alpha;     /* [2.3, 3.0] */
    double strength;  /* [0, 2] */
    double max_ratio; /* >= 1 */
    double lambda;    /* additive: total = CE + lambda mean L */
} ya_distrust;

/* YA_ERR_USAGE for alpha outside [2.3, 3.0], strength outside [0, 2], max_ratio below 1, lambda
 * negative, any not finite; YA_ERR_DATA with the value for a w outside [0, 0.99] or an H negative
 * or not finite. */
ya_status ya_distrust_check(const ya_distrust *config, ya_error *err) YA_CHECK;
ya_status ya_distrust_check_labels(double auth_weight, double prov_entropy, ya_error *err) YA_CHECK;

/* s = ln(1 - w + 1e-8) + H */
double ya_distrust_s(double auth_weight, double prov_entropy);
/* L = alpha s^2 */
double ya_distrust_loss(double alpha, double s);
/* v = min(max(max(s,0)^2 / s0^2, 1), max_ratio) ^ strength; 1 in the modes additive and off */
double ya_distrust_pull(const ya_distrust *config, double s);
/* (sum v)^2 / sum v^2 */
double ya_effective_sample_size(double sum_v, double sum_v2);

#endif
