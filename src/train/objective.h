/* The objective of an optimizer step and what is reported of it: spec/distrust-loss.md. Pure. */
#ifndef YA_TRAIN_OBJECTIVE_H
#define YA_TRAIN_OBJECTIVE_H

#include "data/dataset.h"
#include "provenance/distrust.h"
#include "train/bands.h"

/* Bins of the two labels: w in steps of 0.05 to 1; H in steps of 0.5 bits, the last bin open. */
enum { YA_LABEL_BINS = 20 };
extern const double YA_W_BIN, YA_H_BIN;

/* What lies in a bin of one label. */
typedef struct {
    uint64_t records[YA_LABEL_BINS]; /* all that have labels */
    double share[YA_LABEL_BINS];     /* of sum v n over all records */
} ya_label_bins;

/* The weights of a whole data set, found before the first step. */
typedef struct {
    double v_mean;    /* sum v n / sum n; 1 in the modes additive and off */
    double ess;       /* effective sample size over its records with targets; NaN without labels */
    double mean_loss; /* mean L of these records; NaN without labels */
    uint64_t n_counted;           /* records with targets */
    uint64_t low, mid, high;      /* records by w < 0.3, between, > 0.7 */
    double share[YA_MAX_SOURCES]; /* of sum v n, by source; of sum n without labels */
    uint64_t records[YA_MAX_SOURCES];
    ya_label_bins by_w, by_h;
} ya_weights;

void ya_weights_find(ya_weights *weights, const ya_distrust *config, const ya_dataset *data);

/* scale[i] = d objective / d CE_t of a target of record i: v_i / (v_mean sum n) in weighted, else
 * 1 / sum n; the sums are over the n records of the step. All 0 when the step has no target. */
void ya_objective_scales(const ya_distrust *config, double v_mean,
                         const ya_data_record *const *records, int n, double *scale);

/* What is logged; NaN stands for null. */
typedef struct {
    double loss;     /* the objective */
    double ce;       /* sum of CE over counted targets / their number */
    double distrust; /* mean L over records with n_i > 0; NaN when one has no labels */
    double ess;      /* (sum v)^2 / sum v^2 of the pulls that weighted has; NaN likewise */
    double band_ce[YA_N_BANDS]; /* ce of the records of a band; NaN when none is in the step */
    uint64_t n_targets, n_tokens;
} ya_objective;

/* From sum_ce[i], the summed CE of record i's targets. */
void ya_objective_find(ya_objective *out, const ya_distrust *config, double v_mean,
                       const ya_data_record *const *records, int n, const double *sum_ce);

#endif
