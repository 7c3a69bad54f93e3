/* The training speed to expect of a model on a machine whose matmul rate and memory bandwidth are
 * known: counted work over measured rates, no table of models. */
#ifndef YA_HARDWARE_PREDICT_H
#define YA_HARDWARE_PREDICT_H

#include "hardware/speeds.h"
#include "model/config.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    ya_model_config shape;
    uint64_t weight_bytes; /* of the stored model: read once a pass and direction */
    int rank, layers;      /* layers 0: all */
    unsigned targets;      /* bit 1 << ya_target */
    int row_tokens, pass_tokens;
    bool checkpoint, bf16;
} ya_predicted_run;

/* FLOP a token, forward and backward, of products with weights, of the adapter, of attention. */
typedef struct {
    double weights, adapter, attention;
} ya_work;

ya_work ya_work_of(const ya_predicted_run *run);

/* Tokens a second. */
double ya_predict_speed(const ya_predicted_run *run, const ya_speeds *speeds);

#endif
