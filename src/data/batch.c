#include "data/batch.h"

#include "base/checked.h"

#include <assert.h>

static const char *const REGION = "data";

static void *take(ya_arena *arena, size_t count, size_t size)
{
    return ya_arena_take(arena, REGION, "pass", "token ids, targets, rows of a step", count, size);
}

ya_status ya_batch_layout(ya_batch *batch, const ya_batch_config *config, uint32_t longest,
                          ya_arena *arena, ya_error *err)
{
    assert(config->pass_tokens >= config->max_seq_length - 1);
    size_t n = (size_t)config->pass_tokens, max_rows;
    uint64_t bound = ya_rows_bound(longest, config->max_seq_length);
    if (!ya_mul_size((size_t)config->max_records, bound ? bound : 1, &max_rows) ||
        max_rows > INT32_MAX)
        return ya_fail(err, YA_ERR_MEMORY,
                       "a step of %d records of up to %u tokens has more rows than %d",
                       config->max_records, longest, INT32_MAX);
    *batch = (ya_batch){.config = *config, .max_rows = (int)max_rows};
    batch->records = take(arena, (size_t)config->max_records, sizeof(void *));
    batch->rows = take(arena, max_rows, sizeof *batch->rows);
    batch->scratch = take(arena, max_rows, sizeof *batch->scratch);
    batch->ids = take(arena, n, sizeof(int32_t));
    batch->positions = take(arena, n, sizeof(int32_t));
    batch->row_start = take(arena, n + 1, sizeof(int32_t));
    batch->target_at = take(arena, n, sizeof(int32_t));
    batch->target_id = take(arena, n, sizeof(int32_t));
    batch->target_record = take(arena, n, sizeof(int32_t));
    batch->target_scale = take(arena, n, sizeof(float));
    batch->target_ce = take(arena, n, sizeof(float));
    return YA_OK;
}

void ya_batch_plan(ya_batch *batch, const ya_dataset *data, const uint64_t *record, int n)
{
    assert(n <= batch->config.max_records);
    batch->data = data;
    batch->n_records = n;
    batch->n_rows = 0;
    for (int i = 0; i < n; i++) {
        const ya_data_record *r = &data->records[record[i]];
        assert(ya_rows_bound(r->length, batch->config.max_seq_length) <=
               (uint64_t)(batch->max_rows - batch->n_rows));
        batch->records[i] = r;
        batch->n_rows += ya_rows_cut(data->tokens + r->offset, r->offset, r->length,
                                     batch->config.max_seq_length, r->keeps_context, i,
                                     batch->rows + batch->n_rows);
    }
    batch->n_passes = ya_rows_plan(batch->rows, batch->n_rows, batch->config.pass_tokens,
                                   batch->config.packing, batch->scratch);
}

/* Lays `row` at token `base` of the pass, padded to `width`; returns the number of targets. */
static int fill_row(ya_batch *batch, const ya_row *row, int base, int width, int n_targets,
                    const double *scale)
{
    const uint32_t *tokens = batch->data->tokens + row->at;
    for (int t = 0; t < width; t++) {
        batch->positions[base + t] = t;
        batch->ids[base + t] = t < row->length ? (int32_t)(tokens[t] & ~YA_TOKEN_COUNTED) : 0;
        if (t >= row->length || t + 1 < row->first || !(tokens[t + 1] & YA_TOKEN_COUNTED))
            continue;
        batch->target_at[n_targets] = base + t;
        batch->target_id[n_targets] = (int32_t)(tokens[t + 1] & ~YA_TOKEN_COUNTED);
        batch->target_record[n_targets] = row->record;
        if (scale)
            batch->target_scale[n_targets] = (float)scale[row->record];
        n_targets++;
    }
    return n_targets;
}

void ya_batch_fill(ya_batch *batch, int index, const double *scale, ya_pass *pass)
{
    assert(index < batch->n_passes);
    int first = 0, end, width = 0, at = 0, n_targets = 0;
    while (batch->rows[first].pass != index)
        first++;
    for (end = first; end < batch->n_rows && batch->rows[end].pass == index; end++)
        if (batch->rows[end].length > width)
            width = batch->rows[end].length;
    for (int i = first; i < end; i++) {
        int length = batch->config.packing ? batch->rows[i].length : width;
        batch->row_start[i - first] = at;
        n_targets = fill_row(batch, &batch->rows[i], at, length, n_targets, scale);
        at += length;
    }
    batch->row_start[end - first] = at;
    assert(at <= batch->config.pass_tokens);
    *pass = (ya_pass){
        .n_tokens = at,
        .ids = batch->ids,
        .positions = batch->positions,
        .n_rows = end - first,
        .row_start = batch->row_start,
        .n_targets = n_targets,
        .target_at = batch->target_at,
        .target_id = batch->target_id,
        .target_scale = scale ? batch->target_scale : NULL,
        .target_ce = batch->target_ce,
    };
}
