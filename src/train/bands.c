#include "train/bands.h"

#include <math.h>

static const double LOW_END = 0.3, HIGH_START = 0.7;

const char *const ya_band_names[YA_N_BANDS] = {"low", "mid", "high"};

int ya_band_of(double auth_weight)
{
    return auth_weight < LOW_END      ? YA_BAND_LOW
           : auth_weight > HIGH_START ? YA_BAND_HIGH
                                      : YA_BAND_MID;
}

void ya_ce_sums_add(ya_ce_sums *sums, const ya_data_record *record, double sum_ce)
{
    sums->sum_ce += sum_ce;
    sums->n_targets += record->n_targets;
    if (isnan(record->auth_weight))
        return;
    int band = ya_band_of(record->auth_weight);
    sums->band_ce[band] += sum_ce;
    sums->band_targets[band] += record->n_targets;
    sums->band_records[band]++;
}

double ya_ce_sums_band(const ya_ce_sums *sums, int band)
{
    return sums->band_targets[band] ? sums->band_ce[band] / (double)sums->band_targets[band] : NAN;
}
