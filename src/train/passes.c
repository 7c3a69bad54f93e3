#include "train/passes.h"

#include <math.h>

const char *const ya_band_names[YA_N_BANDS] = {"low", "mid", "high"};

bool ya_passes_run(ya_engine *engine, ya_batch *batch, const double *scale, double *sum_ce,
                   const ya_passes *options)
{
    for (int i = 0; i < batch->n_records; i++)
        sum_ce[i] = 0.0;
    for (int index = 0; index < batch->n_passes; index++) {
        ya_pass pass;
        ya_batch_fill(batch, index, scale, &pass);
        pass.dropout_key = options->dropout_key + (uint64_t)index;
        ya_engine_pass(engine, &pass, scale != NULL);
        for (int k = 0; k < pass.n_targets; k++)
            sum_ce[batch->target_record[k]] += (double)pass.target_ce[k];
        if (options->watch && !options->watch(options->user))
            return false;
    }
    return true;
}

bool ya_likelihoods_run(const ya_likelihoods *l)
{
    const ya_passes options = {.watch = l->watch, .user = l->user};
    uint64_t total = l->data->n_records, most = (uint64_t)l->batch->config.max_records;
    for (uint64_t first = 0; first < total; first += most) {
        int n = (int)(total - first < most ? total - first : most);
        for (int i = 0; i < n; i++)
            l->record[i] = first + (uint64_t)i;
        ya_batch_plan(l->batch, l->data, l->record, n);
        if (!ya_passes_run(l->engine, l->batch, NULL, l->sum_ce, &options))
            return false;
        for (int i = 0; i < n; i++)
            l->visit(l->user, l->record[i], &l->data->records[l->record[i]], l->sum_ce[i]);
    }
    return true;
}

void ya_ce_sums_add(ya_ce_sums *sums, const ya_data_record *record, double sum_ce)
{
    sums->sum_ce += sum_ce;
    sums->n_targets += record->n_targets;
    double w = record->auth_weight;
    if (isnan(w))
        return;
    int band = w < 0.3 ? YA_BAND_LOW : w > 0.7 ? YA_BAND_HIGH : YA_BAND_MID;
    sums->band_ce[band] += sum_ce;
    sums->band_targets[band] += record->n_targets;
    sums->band_records[band]++;
}
