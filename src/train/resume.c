#include "train/resume.h"

#include "base/log.h"
#include "train/lineage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

ya_status ya_state_begin(ya_train_state *state, const ya_job *job, ya_error *err)
{
    ya_status status;
    memset(state, 0, sizeof *state);
    state->n_records = job->train_data->n_records;
    state->seed = (uint64_t)job->settings.seed;
    state->v_mean = job->weights.v_mean;
    state->best_ce = NAN;
    state->effective_batch = job->max_records;
    YA_TRY(ya_fingerprint_model(job->model, state->base_fingerprint, err));
    YA_TRY(ya_fingerprint_data(job->train_data, state->data_fingerprint, err));
done:
    return status;
}

static ya_status refuse(const ya_job *job, const char *what, ya_error *err)
{
    if (job->settings.force) {
        ya_warn("resuming although %s (--force)", what);
        return YA_OK;
    }
    return ya_fail(err, YA_ERR_USAGE, "cannot resume: %s; pass --force to go on all the same",
                   what);
}

ya_status ya_state_resume(ya_train_state *state, const ya_train_state *saved, const ya_job *job,
                          ya_error *err)
{
    ya_status status = YA_OK;
    ya_train_state now = *state;
    bool same_data = strcmp(saved->data_fingerprint, now.data_fingerprint) == 0 &&
                     saved->n_records == now.n_records;
    if (strcmp(saved->base_fingerprint, now.base_fingerprint) != 0)
        YA_TRY(refuse(job, "the base model is not the one of the checkpoint", err));
    if (!same_data)
        YA_TRY(refuse(job, "the training data are not those of the checkpoint", err));
    if (saved->effective_batch != now.effective_batch) {
        char what[160];
        snprintf(what, sizeof what,
                 "the effective batch is %lld records, that of the checkpoint %lld",
                 (long long)now.effective_batch, (long long)saved->effective_batch);
        YA_TRY(refuse(job, what, err));
    }
    if (saved->seed != now.seed)
        ya_warn("the seed is %llu, that of the checkpoint %llu: records come in another order now",
                (unsigned long long)now.seed, (unsigned long long)saved->seed);
    *state = *saved;
    state->seed = now.seed;
    state->n_records = now.n_records;
    state->effective_batch = now.effective_batch;
    memcpy(state->base_fingerprint, now.base_fingerprint, sizeof now.base_fingerprint);
    memcpy(state->data_fingerprint, now.data_fingerprint, sizeof now.data_fingerprint);
    if (!same_data)
        state->v_mean = now.v_mean;
done:
    return status;
}
