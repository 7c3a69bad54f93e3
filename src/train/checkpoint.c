#include "train/checkpoint.h"

#include "base/alloc.h"
#include "base/format.h"
#include "base/log.h"
#include "io/safetensors.h"
#include "lora/peft.h"
#include "train/saved.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOMENT_NAME = 160 };

/* moment1.NAME and moment2.NAME of each parameter; data is filled in when it is there. */
static ya_status list_moments(const ya_params *params, ya_tensor **tensors, char **names,
                              ya_error *err)
{
    size_t n = 2 * (size_t)params->n_params;
    *tensors = ya_alloc_zero(n, sizeof **tensors);
    *names = ya_alloc_zero(n, MOMENT_NAME);
    if (!*tensors || !*names)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a list of %zu tensors", n);
    for (size_t i = 0; i < n; i++) {
        const ya_param *p = &params->params[i / 2];
        const float *moment = i % 2 ? params->moment2 : params->moment1;
        char *name = *names + i * MOMENT_NAME;
        snprintf(name, MOMENT_NAME, "moment%zu.%s", i % 2 + 1, p->name);
        (*tensors)[i] = (ya_tensor){
            .name = name,
            .type = YA_F32,
            .n_dims = p->is_vector ? 1 : 2,
            .shape = {p->rows, p->is_vector ? 0 : p->cols},
            .data = moment ? moment + p->offset : NULL,
            .bytes = (uint64_t)p->rows * (uint64_t)p->cols * sizeof(float),
        };
    }
    return YA_OK;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t ya_checkpoint_staging(const ya_params *params)
{
    ya_tensor *tensors = NULL;
    char *names = NULL;
    size_t bytes = 0;
    if (list_moments(params, &tensors, &names, NULL) == YA_OK)
        bytes = ya_safetensors_write_scratch(tensors, 2 * (size_t)params->n_params, NULL, 0);
    ya_free(tensors);
    ya_free(names);
    return larger(larger(bytes, ya_peft_write_scratch(params)), YA_STATE_BYTES);
}

ya_status ya_checkpoints_open(ya_checkpoints *c, const ya_job *job, const char *output,
                              ya_error *err)
{
    *c = (ya_checkpoints){.job = job, .output = output};
    c->keep_last_n = (int)job->settings.keep_last_n;
    ya_status status;
    YA_TRY(list_moments(&job->params, &c->moments, &c->moment_names, err));
    YA_TRY(ya_saved_list(output, &c->saved, &c->n_saved, err));
    c->room_saved = c->n_saved + c->keep_last_n + 1;
    int64_t *bigger = ya_realloc_array(c->saved, (size_t)c->room_saved, sizeof *bigger);
    if (bigger)
        c->saved = bigger;
    else
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for the list of checkpoints");
done:
    if (status)
        ya_checkpoints_close(c);
    return status;
}

void ya_checkpoints_close(ya_checkpoints *c)
{
    ya_free(c->moments);
    ya_free(c->moment_names);
    ya_buffer_free(&c->config_yaml);
    ya_buffer_free(&c->provenance);
    ya_free(c->saved);
    *c = (ya_checkpoints){0};
}

static ya_status write_text(const char *dir, const char *name, const char *text, size_t size,
                            ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status = ya_path_join(path, dir, name, err);
    return status ? status : ya_write_file(path, text, size, err);
}

static ya_status write_state(const ya_checkpoints *c, const char *dir, const ya_train_state *state,
                             ya_error *err)
{
    ya_format out = {.data = c->job->staging, .room = c->job->staging_bytes};
    ya_state_format(state, &out);
    if (out.cut)
        return ya_fail(err, YA_ERR_MEMORY, "trainer_state.json is longer than %zu bytes",
                       c->job->staging_bytes);
    return write_text(dir, "trainer_state.json", out.data, out.size, err);
}

/* What stands beside the tensors of full fine-tuning: the base that they replace tensors of. */
static ya_status write_trained_config(const ya_checkpoints *c, const char *dir, ya_error *err)
{
    ya_format out = {.data = c->job->staging, .room = c->job->staging_bytes};
    ya_format_add(&out, "{\"base_model_name_or_path\": ");
    ya_format_json_text(&out, c->job->base_path);
    ya_format_add(&out, "}\n");
    return write_text(dir, "trained_config.json", out.data, out.size, err);
}

static ya_status write_values(const ya_checkpoints *c, const char *dir, ya_error *err)
{
    const ya_job *job = c->job;
    if (!job->full)
        return ya_peft_write(dir, &job->params, &job->lora, job->model->config.n_layers,
                             job->base_path, job->staging, job->staging_bytes, err);
    ya_status status = write_trained_config(c, dir, err);
    return status ? status
                  : ya_trained_write(dir, &job->params, job->staging, job->staging_bytes, err);
}

static ya_status write_all(const ya_checkpoints *c, const char *dir, const ya_train_state *state,
                           ya_error *err)
{
    char path[YA_PATH_MAX];
    const ya_scratch scratch = {c->job->staging, c->job->staging_bytes};
    ya_status status;
    YA_TRY(write_values(c, dir, err));
    YA_TRY(ya_path_join(path, dir, "optimizer.safetensors", err));
    YA_TRY(ya_safetensors_write(path, c->moments, 2 * (size_t)c->job->params.n_params, NULL, 0,
                                &scratch, err));
    YA_TRY(write_state(c, dir, state, err));
    YA_TRY(write_text(dir, "config.yaml", c->config_yaml.data, c->config_yaml.size, err));
    YA_TRY(write_text(dir, "provenance.json", c->provenance.data, c->provenance.size, err));
done:
    return status;
}

/* Enters `step` and removes the oldest ones beyond keep_last_n. */
static void prune(ya_checkpoints *c, int64_t step)
{
    int at = c->n_saved;
    while (at > 0 && c->saved[at - 1] >= step)
        at--;
    if (at < c->n_saved) { /* written before: later ones are of a course that is left */
        c->n_saved = at;
    }
    c->saved[c->n_saved++] = step;
    while (c->n_saved > c->keep_last_n) {
        char name[40], path[YA_PATH_MAX];
        ya_error err;
        snprintf(name, sizeof name, "checkpoint-%lld", (long long)c->saved[0]);
        if (ya_path_join(path, c->output, name, &err) || ya_remove_dir(path, &err))
            ya_warn("%s", err.text);
        memmove(c->saved, c->saved + 1, (size_t)--c->n_saved * sizeof *c->saved);
    }
}

/* What is not a number has nothing to go on from: it never takes the place of what has. */
static ya_status check_values(const ya_params *params, int64_t step, ya_error *err)
{
    size_t n = params->n_values, bad = 0;
#pragma omp parallel for schedule(static) reduction(+ : bad)
    for (size_t i = 0; i < n; i++)
        bad += !isfinite(params->value[i]) || !isfinite(params->moment1[i]) ||
               !isfinite(params->moment2[i]);
    if (bad == 0)
        return YA_OK;
    return ya_fail(
        err, YA_ERR_DIVERGED,
        "training diverged: %zu of %zu trained values are not finite after step %lld; the "
        "last good checkpoint is kept, a lower --learning-rate or a larger --adam-eps may "
        "help",
        bad, n, (long long)step);
}

ya_status ya_checkpoint_save(ya_checkpoints *c, const ya_train_state *state, bool best,
                             ya_error *err)
{
    char name[40] = "checkpoint-best", temporary[YA_PATH_MAX];
    ya_status status = check_values(&c->job->params, state->step, err);
    if (status)
        return status;
    if (!best)
        snprintf(name, sizeof name, "checkpoint-%lld", (long long)state->step);
    status = ya_outdir_begin(c->output, name, temporary, err);
    if (status)
        return ya_wrap(err, status, "saving %s", name);
    status = write_all(c, temporary, state, err);
    if (!status)
        status = ya_outdir_commit(c->output, name, err);
    if (status) {
        ya_outdir_abandon(c->output, name);
        return ya_wrap(err, status, "saving %s (the older checkpoints are as they were)", name);
    }
    if (!best)
        prune(c, state->step);
    return YA_OK;
}

ya_status ya_checkpoint_read_moments(const char *dir, ya_params *params, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_tensor_set set = {0};
    ya_tensor *wanted = NULL;
    char *names = NULL;
    ya_status status;
    YA_TRY(ya_path_join(path, dir, "optimizer.safetensors", err));
    YA_TRY(list_moments(params, &wanted, &names, err));
    YA_TRY(ya_safetensors_open(&set, path, err));
    for (size_t i = 0; i < 2 * (size_t)params->n_params; i++) {
        const ya_tensor *found = ya_tensor_find(&set, wanted[i].name);
        if (!found || found->type != YA_F32 || found->bytes != wanted[i].bytes)
            YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s: %s is %s", path, wanted[i].name,
                           found ? "not of the right size" : "missing"));
        float *moment = i % 2 ? params->moment2 : params->moment1;
        memcpy(moment + params->params[i / 2].offset, found->data, found->bytes);
    }
done:
    ya_tensor_set_free(&set);
    ya_free(wanted);
    ya_free(names);
    return status;
}
