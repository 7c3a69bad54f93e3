#include "train/layout.h"

#include "train/checkpoint.h"
#include "train/optimizer.h"

static ya_status lay_params(ya_job *job, ya_arena *arena, ya_error *err)
{
    if (job->adapter.path)
        return ya_adapter_layout(&job->adapter, &job->params, job->model, job->train, arena, err);
    if (job->full)
        return ya_trainable_layout(&job->params, job->model,
                                   (const char *const *)job->settings.trainable.items,
                                   job->settings.trainable.n, job->train, arena, err);
    if (job->lora.rank == 0)
        return YA_OK;
    return ya_lora_layout(&job->params, job->model, &job->lora, job->train, arena, err);
}

static uint32_t longest_record(const ya_job *job)
{
    uint32_t longest = 0;
    if (!job->train_data)
        return (uint32_t)job->settings.max_seq_length;
    longest = job->train_data->longest;
    if (job->val_data && job->val_data->longest > longest)
        longest = job->val_data->longest;
    return longest;
}

static void take_step(ya_job *job, ya_arena *arena)
{
    static const char name[] = "step", life[] = "step", why[] = "records, scales, sums of a step";
    size_t n = (size_t)job->max_records;
    job->record = ya_arena_take(arena, name, life, why, n, sizeof *job->record);
    job->scale = ya_arena_take(arena, name, life, why, n, sizeof *job->scale);
    job->sum_ce = ya_arena_take(arena, name, life, why, n, sizeof *job->sum_ce);
    job->norm_partial = ya_arena_take(arena, name, life, why, ya_norm_blocks(job->params.n_values),
                                      sizeof *job->norm_partial);
}

ya_status ya_job_layout(ya_job *job, ya_arena *arena, ya_error *err)
{
    ya_batch_config batch = {
        .max_records = job->max_records,
        .max_seq_length = (int)job->settings.max_seq_length,
        .pass_tokens = job->engine_config.pass_tokens,
        .packing = job->settings.packing,
    };
    ya_engine *engine = NULL;
    ya_status status;
    YA_TRY(lay_params(job, arena, err));
    take_step(job, arena);
    YA_TRY(ya_batch_layout(&job->batch, &batch, longest_record(job), arena, err));
    if (job->train) {
        job->staging_bytes = ya_checkpoint_staging(&job->params);
        job->staging = ya_arena_take(arena, "staging", "run", "headers and states of checkpoints",
                                     job->staging_bytes, 1);
    }
    job->passes_at = arena->used;
    YA_TRY(ya_engine_layout(&engine, job->model, &job->engine_config, arena, err));
    job->engine = engine;
    if (arena->failed)
        status =
            ya_fail(err, YA_ERR_MEMORY, "the memory plan overflowed: these settings are too large");
done:
    return status;
}
