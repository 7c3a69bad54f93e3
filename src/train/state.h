/* trainer_state.json: what a run needs to go on, besides its tensors. */
#ifndef YA_TRAIN_STATE_H
#define YA_TRAIN_STATE_H

#include "base/error.h"
#include "base/format.h"
#include "io/sha256.h"

#include <stdbool.h>
#include <stdint.h>

enum { YA_HISTORY = 1000 };

typedef struct {
    int64_t step;            /* optimizer steps taken, skipped ones included */
    int64_t optimizer_count; /* updates made: AdamW's own count */
    int64_t skipped;         /* steps with a loss or gradient that was not finite */
    int64_t nonfinite;       /* of these, the last ones in a row */
    uint64_t cursor;         /* records taken so far: place in the endless stream (data/order.h) */
    uint64_t n_records;      /* of the training set: epoch = cursor / n_records */
    uint64_t seed;
    double v_mean;
    double best_ce;      /* NaN: none yet */
    int64_t best_step;   /* 0: none yet */
    bool validation_due; /* a validation belongs behind `step`, and is not done */
    /* what must be the same on resume */
    int64_t effective_batch;
    char base_fingerprint[YA_SHA256_HEX], data_fingerprint[YA_SHA256_HEX];
    /* the last YA_HISTORY logged losses, a ring: entry i of n_history in all at i % YA_HISTORY */
    uint64_t n_history;
    struct {
        int64_t step;
        double loss;
    } history[YA_HISTORY];
} ya_train_state;

/* An upper bound of the document's size. */
enum { YA_STATE_BYTES = 4096 + 64 * YA_HISTORY };

void ya_state_remember(ya_train_state *state, int64_t step, double loss);

/* Appends the document. Reals read back as the same bits. */
void ya_state_format(const ya_train_state *state, ya_format *out);
/* Reads DIR/trainer_state.json; YA_ERR_FORMAT naming the key. */
ya_status ya_state_read(ya_train_state *state, const char *dir, ya_error *err) YA_CHECK;

#endif
