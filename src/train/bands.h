/* Cross-entropy by provenance band: low w < 0.3 (primary), mid, high w > 0.7 (coordinated). */
#ifndef YA_TRAIN_BANDS_H
#define YA_TRAIN_BANDS_H

#include "data/dataset.h"

enum { YA_BAND_LOW, YA_BAND_MID, YA_BAND_HIGH, YA_N_BANDS };
extern const char *const ya_band_names[YA_N_BANDS];

/* The band of an auth_weight; it must not be NaN. */
int ya_band_of(double auth_weight);

/* {0} to start. */
typedef struct {
    double sum_ce, band_ce[YA_N_BANDS];
    uint64_t n_targets, band_targets[YA_N_BANDS], band_records[YA_N_BANDS];
} ya_ce_sums;

/* `sum_ce`: of the record's targets. A record without labels counts in no band. */
void ya_ce_sums_add(ya_ce_sums *sums, const ya_data_record *record, double sum_ce);
/* Mean CE of a band's targets, nats; NaN when it has none. */
double ya_ce_sums_band(const ya_ce_sums *sums, int band);

#endif
