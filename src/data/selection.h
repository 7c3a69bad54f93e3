/* Which of the prepared records go where: spec/data.md, prepare, steps 6 to 9. */
#ifndef YA_DATA_SELECTION_H
#define YA_DATA_SELECTION_H

#include "base/error.h"
#include "provenance/score.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    YA_FATE_OPEN,
    YA_FATE_CAPPED,     /* its file has more than its share */
    YA_FATE_REBALANCED, /* its band has */
    YA_FATE_UNUSED,     /* train and val are full */
    YA_FATE_TRAIN,
    YA_FATE_VAL
} ya_fate;

/* 16 bytes; in the order of files and lines. */
typedef struct {
    uint64_t line : 40, file : 24;
    uint32_t n_examples; /* at least 1 */
    uint8_t band;        /* ya_band */
    uint8_t fate;        /* ya_fate */
} ya_prepared;

typedef struct {
    uint64_t seed, train_size, val_size; /* sizes in examples */
    const uint64_t *file_caps;           /* examples that a file may give */
    size_t n_files;
    bool rebalance;
} ya_selection;

/* The place of a record in the order of the draws. */
typedef struct {
    uint64_t draw;
    uint32_t record;
} ya_drawn;

/* Sets the fate of all `n` records, and `order` (room for n) to the order in which they were
 * considered: by draw, output i + 1 of SplitMix64(seed) for record i, then by i. */
ya_status ya_select(const ya_selection *selection, ya_prepared *records, uint32_t n,
                    ya_drawn *order, ya_error *err) YA_CHECK;

#endif
