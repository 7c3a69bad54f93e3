#include "hardware/benchmark.h"

#include "base/log.h"
#include "hardware/models.h"
#include "hardware/predict.h"
#include "hardware/trial.h"
#include "model/compute.h"
#include "train/interrupt.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 5 };

typedef struct {
    const ya_known_model *model;
    ya_trial_result measured;
    double predicted; /* tokens/s */
} result;

static ya_trial trial_of(const ya_settings *s, const char *model)
{
    static const char *const dtypes[] = {"auto", "f32", "bf16"};
    return (ya_trial){
        .model = model,
        .micro_batch = s->batch_size,
        .row_tokens = s->max_seq_length,
        .rank = s->lora_rank,
        .layers = s->lora_num_layers,
        .checkpoint = s->grad_checkpoint,
        .dtype = dtypes[s->dtype],
        .threads = ya_compute_threads(s),
        .steps = s->origin[YA_SET_steps] == YA_FROM_FLAG ? (int)s->steps : STEPS,
    };
}

static double predict(const ya_settings *s, const ya_known_model *m, const ya_speeds *speeds)
{
    ya_predicted_run run = {
        .shape = m->shape,
        .weight_bytes = m->stored_bytes,
        .rank = (int)s->lora_rank,
        .layers = (int)s->lora_num_layers,
        .targets = s->lora_targets,
        .row_tokens = (int)s->max_seq_length,
        .pass_tokens = (int)(s->batch_size * s->max_seq_length),
        .checkpoint = s->grad_checkpoint,
        .bf16 = ya_compute_bf16(s),
    };
    return ya_predict_speed(&run, speeds);
}

static ya_status measure(const ya_settings *s, const ya_speeds *speeds, result *r, ya_error *err)
{
    char work[YA_PATH_MAX];
    ya_trial trial = trial_of(s, r->model->name);
    ya_status status = ya_path_join(work, s->output, "trial", err);
    if (status)
        return status;
    ya_info("%s ...", r->model->name);
    if (!r->model->known) {
        snprintf(r->measured.failure, sizeof r->measured.failure, "%s", r->model->problem);
    } else {
        r->predicted = predict(s, r->model, speeds);
        status = ya_trial_run(&trial, work, &r->measured, err);
        if (!status && !r->measured.ran && !r->measured.failure[0])
            snprintf(r->measured.failure, sizeof r->measured.failure,
                     "its plan of %.0f MB does not fit in %.0f MB", r->measured.planned_mb,
                     r->measured.budget_mb);
    }
    if (!status && r->measured.failure[0])
        ya_warn("%s: %s", r->model->name, r->measured.failure);
    return status;
}

static void show(const result *results, size_t n)
{
    printf("%-40s %9s %9s %10s %10s\n", "", "MB", "planned", "tokens/s", "predicted");
    for (size_t i = 0; i < n; i++) {
        const result *r = &results[i];
        if (r->measured.ran)
            printf("%-40s %9.0f %9.0f %10.1f %10.1f\n", r->model->name, r->measured.anonymous_mb,
                   r->measured.planned_mb, r->measured.tokens_per_s, r->predicted);
        else
            printf("%-40s failed: %s\n", r->model->name, r->measured.failure);
    }
}

static json_t *as_json(const result *r)
{
    const ya_trial_result *m = &r->measured;
    if (!m->ran)
        return json_pack("{s: s, s: b, s: s}", "model", r->model->name, "ok", 0, "error",
                         m->failure);
    return json_pack("{s: s, s: b, s: I, s: i, s: f, s: f, s: f, s: f}", "model", r->model->name,
                     "ok", 1, "parameters", (json_int_t)r->model->parameters, "steps", m->steps,
                     "anonymous_mb", m->anonymous_mb, "planned_mb", m->planned_mb, "tokens_per_s",
                     m->tokens_per_s, "predicted_tokens_per_s", r->predicted);
}

static ya_status show_json(const result *results, size_t n, const ya_speeds *speeds, ya_error *err)
{
    json_t *models = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(models, as_json(&results[i]));
    json_t *document =
        json_pack("{s: f, s: f, s: f, s: o}", "f32_gflops", speeds->f32_gflops, "bf16_gflops",
                  speeds->bf16_gflops, "read_gb_s", speeds->read_gb_s, "models", models);
    bool printed = document && json_dumpf(document, stdout, JSON_INDENT(1)) == 0;
    printf("\n");
    json_decref(document);
    return printed ? YA_OK : ya_fail(err, YA_ERR_IO, "cannot print the result");
}

static ya_status run_all(const ya_settings *s, const ya_known_models *all, ya_error *err)
{
    result *results = calloc(all->n, sizeof *results);
    ya_speeds speeds;
    size_t n_ran = 0;
    ya_status status = YA_OK;
    if (!results)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the results");
    YA_TRY(ya_measure_speeds(&speeds, ya_compute_threads(s), NULL, err));
    for (size_t i = 0; i < all->n; i++) {
        results[i].model = &all->models[i];
        YA_TRY(measure(s, &speeds, &results[i], err));
        n_ran += results[i].measured.ran;
    }
    if (s->json)
        YA_TRY(show_json(results, all->n, &speeds, err));
    else
        show(results, all->n);
    if (n_ran == 0)
        status = ya_fail(err, YA_ERR_DATA, "none of %zu models could be measured", all->n);
done:
    free(results);
    return status;
}

ya_status ya_benchmark(const ya_settings *s, ya_error *err)
{
    ya_known_models all;
    ya_status status = ya_known_models_find(&all, s->models.items, s->models.n, false, err);
    if (!status && all.n == 0)
        status = ya_fail(err, YA_ERR_DATA,
                         "there is no model to measure: name some with --models PATH,PATH");
    ya_interrupt_begin();
    if (!status)
        status = run_all(s, &all, err);
    ya_interrupt_end();
    ya_known_models_free(&all);
    return status;
}
