#include "train/passes.h"

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
