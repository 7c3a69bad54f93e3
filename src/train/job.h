/* Everything that a run (or an evaluation, or a plan) has open: model, adapter, data, arena,
 * engine; made in this order:
 *
 *     ya_job_open       settings -> model mapped, adapter's shape known
 *     ya_job_read_data  records tokenised (not for a plan)
 *     ya_job_fit        dry layouts -> plan, settings that fit
 *     ya_job_reserve    the arena, laid out as planned, every page of it touched
 *     ya_job_close */
#ifndef YA_TRAIN_JOB_H
#define YA_TRAIN_JOB_H

#include "base/arena.h"
#include "data/batch.h"
#include "data/dataset.h"
#include "lora/adapter.h"
#include "lora/params.h"
#include "memory/plan.h"
#include "model/engine.h"
#include "provenance/distrust.h"
#include "settings/settings.h"
#include "train/objective.h"

typedef struct {
    unsigned command;     /* YA_FOR_TRAIN, YA_FOR_PLAN or YA_FOR_EVALUATE */
    bool train;           /* gradients and moments are laid out */
    ya_settings settings; /* effective; its texts belong to the caller */
    char *base_path;      /* real path of the base model */
    char *adapter_path;   /* where the trained values come from; NULL: none */
    ya_model *model;
    ya_adapter adapter;  /* LoRA to start from; evaluate: what adapter_path holds */
    bool full;           /* full fine-tuning: lora_rank 0 with trainable patterns */
    ya_lora_config lora; /* rank 0: none */
    ya_params params;
    ya_distrust distrust;
    ya_dataset *train_data, *val_data; /* val_data NULL: none */
    ya_weights weights;                /* of train_data */
    ya_memory_probe probe;
    bool probing;
    ya_plan plan;
    ya_engine_config engine_config;
    ya_arena arena;
    size_t passes_at; /* in the arena: from here on nothing lives longer than a pass */
    ya_engine *engine;
    ya_batch batch;
    /* in the arena: of one step */
    uint64_t *record;       /* [max_records] */
    double *scale, *sum_ce; /* [max_records] */
    double *norm_partial;   /* [ya_norm_blocks] */
    void *staging;          /* headers and small files of a checkpoint */
    size_t staging_bytes;
    int max_records; /* of an optimizer step */
} ya_job;

/* `checkpoint` (NULL: none) takes the place of --adapter when a run is resumed. `s` must outlive
 * the job. */
ya_status ya_job_open(ya_job *job, const ya_settings *s, unsigned command, const char *checkpoint,
                      ya_error *err) YA_CHECK;
/* `directory` holds the temporary files; NULL: TMPDIR. */
ya_status ya_job_read_data(ya_job *job, const char *directory, ya_error *err) YA_CHECK;
/* Finds settings that fit the budget: as they are; then, with auto_fit, gradient checkpointing,
 * then smaller passes. Says what it changed. job->plan.fits tells the outcome; ya_job_refuse makes
 * the sentence. `staging_bytes`: of checkpoint staging besides what adapters need. */
ya_status ya_job_fit(ya_job *job, ya_error *err) YA_CHECK;
ya_status ya_job_refuse(const ya_job *job, ya_error *err);
/* Takes the arena and fills in initial values: of adapter_path, else new ones from the seed. */
ya_status ya_job_reserve(ya_job *job, ya_error *err) YA_CHECK;
void ya_job_close(ya_job *job);

#endif
