/* Running the passes of a planned batch: what training, validation and evaluation share. */
#ifndef YA_TRAIN_PASSES_H
#define YA_TRAIN_PASSES_H

#include "data/batch.h"
#include "model/engine.h"

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

/* CE sums by provenance band: low w < 0.3, mid, high w > 0.7. */
enum { YA_BAND_LOW, YA_BAND_MID, YA_BAND_HIGH, YA_N_BANDS };
typedef struct {
    double sum_ce, band_ce[YA_N_BANDS];
    uint64_t n_targets, band_targets[YA_N_BANDS], band_records[YA_N_BANDS];
} ya_ce_sums;
void ya_ce_sums_add(ya_ce_sums *sums, const ya_data_record *record, double sum_ce);
extern const char *const ya_band_names[YA_N_BANDS];

#endif
