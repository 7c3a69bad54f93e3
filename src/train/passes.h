/* Running the passes of a planned batch: what training, validation and evaluation share. */
#ifndef YA_TRAIN_PASSES_H
#define YA_TRAIN_PASSES_H

#include "data/batch.h"
#include "model/engine.h"
#include "train/bands.h"

/* Called after each pass; false stops the batch (a signal, the memory guard). */
typedef bool ya_pass_watch(void *user);

typedef struct {
    uint64_t dropout_key;
    ya_pass_watch *watch; /* NULL: none */
    void *user;
} ya_passes;

/* All passes of `batch`, with backward when `scale` is given ([n_records], see ya_batch_fill).
 * sum_ce [n_records] becomes the summed CE of each record's targets, added in f64 in the order of
 * the passes. Returns false when the watch stopped it; sum_ce and gradients are then partial. */
bool ya_passes_run(ya_engine *engine, ya_batch *batch, const double *scale, double *sum_ce,
                   const ya_passes *options);

/* Summed CE of the `n` records from `first` on, in the files' order, in stretches of at most
 * batch->config.max_records. `visit` gets each record's number and sum, in order. */
typedef struct {
    ya_engine *engine;
    ya_batch *batch;
    const ya_dataset *data;
    uint64_t *record;     /* [max_records] scratch */
    double *sum_ce;       /* [max_records] scratch */
    ya_pass_watch *watch; /* NULL: none */
    void (*visit)(void *user, uint64_t index, const ya_data_record *record, double sum_ce);
    void *user;
} ya_likelihoods;

/* False when the watch stopped it. */
bool ya_likelihoods_run(const ya_likelihoods *l);

#endif
