/* The records of one optimizer step (or of one stretch of an evaluation), laid into passes for the
 * engine. All memory lies in the arena; planning and filling allocate nothing. */
#ifndef YA_DATA_BATCH_H
#define YA_DATA_BATCH_H

#include "base/arena.h"
#include "data/dataset.h"
#include "data/rows.h"
#include "model/engine.h"

typedef struct {
    int max_records;    /* of one step */
    int max_seq_length; /* >= 2 */
    int pass_tokens;    /* capacity of a pass, at least max_seq_length - 1 */
    bool packing;       /* else rows are padded to the longest one of their pass */
} ya_batch_config;

typedef struct {
    ya_batch_config config;
    const ya_dataset *data;
    /* the plan */
    const ya_data_record **records; /* [n_records], in the data set's mapping */
    int n_records;
    ya_row *rows; /* [n_rows], sorted by pass */
    int n_rows, max_rows, n_passes;
    int32_t *scratch; /* [max_rows] */
    /* of the pass at hand */
    int32_t *ids, *positions, *row_start, *target_at, *target_id, *target_record;
    float *target_scale, *target_ce;
} ya_batch;

/* Books (dry) or takes the memory for records of at most `longest` tokens (ya_dataset.longest). */
ya_status ya_batch_layout(ya_batch *batch, const ya_batch_config *config, uint32_t longest,
                          ya_arena *arena, ya_error *err) YA_CHECK;

/* Plans the passes over data->records[record[0 .. n)] (the same one may come twice). */
void ya_batch_plan(ya_batch *batch, const ya_dataset *data, const uint64_t *record, int n);

/* Fills `pass` with pass number `index`; `scale` [n_records] is d objective / d CE of a target of
 * each record, or NULL. target_ce is set, target_record[k] tells whose target k is. Padding is
 * tokens of id 0 behind the row's own, which nothing attends to that counts. */
void ya_batch_fill(ya_batch *batch, int index, const double *scale, ya_pass *pass);

#endif
