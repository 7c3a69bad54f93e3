#include "train/loop.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double LARGE_NORM = 5.0;

ya_status ya_loop_event(ya_loop *loop, const char *name, ya_error *err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ya_progress_break(loop->progress);
    ya_warn("%s", text);
    return ya_metrics_event(loop->metrics, loop->state->step, name, text, err);
}

/* Gradients of one step, objective and norm; false when the watch stopped it. */
static bool find_gradient(ya_loop *loop, ya_objective *objective, double *norm)
{
    ya_job *job = loop->job;
    const ya_train_state *state = loop->state;
    ya_passes passes = {
        .dropout_key = ya_splitmix64(state->seed ^ UINT64_C(0xd5095), (uint64_t)state->step),
        .watch = ya_loop_watch,
        .user = loop,
    };
    size_t n = job->params.n_values;
    float *grad = job->params.grad;
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < n; i++)
        grad[i] = 0.0f;
    for (int i = 0; i < job->max_records; i++)
        job->record[i] = ya_order_record(&loop->order, state->cursor + (uint64_t)i);
    ya_batch_plan(&job->batch, job->train_data, job->record, job->max_records);
    const ya_data_record *const *records = job->batch.records;
    ya_objective_scales(&job->distrust, state->v_mean, records, job->max_records, job->scale);
    if (!ya_passes_run(job->engine, &job->batch, job->scale, job->sum_ce, &passes))
        return false;
    ya_objective_find(objective, &job->distrust, state->v_mean, records, job->max_records,
                      job->sum_ce);
    *norm = ya_gradient_norm(grad, n, job->norm_partial);
    return true;
}

/* The update, unless there is nothing to learn from or a number is not finite. */
static ya_status update(ya_loop *loop, const ya_step_report *report, ya_error *err)
{
    ya_train_state *state = loop->state;
    const ya_settings *s = &loop->job->settings;
    if (report->objective.n_targets == 0)
        return ya_loop_event(loop, "empty_step", err, "step %lld: none of its records has a target",
                             (long long)report->step);
    if (isfinite(report->objective.loss) && isfinite(report->grad_norm)) {
        state->nonfinite = 0;
        state->optimizer_count++;
        ya_adamw_update(&loop->adamw, &loop->job->params,
                        ya_clip_factor(report->grad_norm, s->max_grad_norm), report->rate,
                        state->optimizer_count);
        return YA_OK;
    }
    state->skipped++;
    state->nonfinite++;
    ya_status status = ya_loop_event(
        loop, "skipped_step", err, "step %lld is skipped: %s is not finite (%lld so far)",
        (long long)report->step, isfinite(report->objective.loss) ? "the gradient" : "the loss",
        (long long)state->skipped);
    if (!status && state->nonfinite >= YA_MAX_NONFINITE)
        status = ya_fail(err, YA_ERR_DIVERGED,
                         "training diverged: loss or gradient was not finite in %d steps in a row, "
                         "the last one step %lld; the last good checkpoint is kept, a lower "
                         "--learning-rate may help",
                         YA_MAX_NONFINITE, (long long)report->step);
    return status;
}

static ya_status report_step(ya_loop *loop, const ya_step_report *report, ya_error *err)
{
    const ya_settings *s = &loop->job->settings;
    bool logged = report->step % s->logging_steps == 0 || report->step == loop->schedule.steps;
    ya_progress_step(loop->progress, report, logged);
    if (report->grad_norm > LARGE_NORM && report->step >= loop->next_norm_warning) {
        /* each warning waits twice as long as the one before */
        loop->norm_warning_gap = 2 * loop->norm_warning_gap + s->logging_steps;
        loop->next_norm_warning = report->step + loop->norm_warning_gap;
        ya_progress_break(loop->progress);
        ya_warn("step %lld: the gradient's norm is %.3g before clipping", (long long)report->step,
                report->grad_norm);
    }
    if (!logged)
        return YA_OK;
    ya_state_remember(loop->state, report->step, report->objective.loss);
    return ya_metrics_step(loop->metrics, report, err);
}

static bool is_validated(const ya_loop *loop, int64_t step)
{
    const ya_dataset *data = loop->job->val_data;
    return data && data->n_targets > 0 &&
           (step == loop->schedule.steps || step % loop->job->settings.eval_steps == 0);
}

static ya_status take_step(ya_loop *loop, ya_error *err)
{
    ya_train_state *state = loop->state;
    ya_step_report report = {.step = state->step + 1};
    int64_t start = ya_now_ns();
    do {
        loop->again = false;
        if (!find_gradient(loop, &report.objective, &report.grad_norm) && !loop->again)
            return loop->stop;
    } while (loop->again);
    report.rate = ya_schedule_rate(&loop->schedule, state->step);
    ya_status status = update(loop, &report, err);
    if (status)
        return status;
    state->step++;
    state->validation_due = is_validated(loop, state->step);
    state->cursor += (uint64_t)loop->job->max_records;
    ya_loop_leak(loop->leak_for_test);
    report.step_s = (double)(ya_now_ns() - start) * 1e-9;
    report.epoch = (double)state->cursor / (double)state->n_records;
    ya_memory_read(&loop->job->probe, &report.memory);
    ya_status leak = ya_loop_watch_leak(loop, report.memory.rss_anon, err);
    report.leak_per_step = ya_leak_rate(&loop->leak);
    status = report_step(loop, &report, err); /* a stop loses no line */
    return status ? status : leak;
}

static void add_validated(void *user, uint64_t index, const ya_data_record *record, double sum_ce)
{
    (void)index;
    ya_loop *loop = user;
    ya_ce_sums_add(&loop->validation, record, sum_ce);
}

/* Validation, and checkpoint-best when it is the best so far. */
static ya_status validate(ya_loop *loop, ya_error *err)
{
    ya_job *job = loop->job;
    ya_train_state *state = loop->state;
    ya_ce_sums *sums = &loop->validation;
    *sums = (ya_ce_sums){0};
    const ya_likelihoods l = {job->engine, &job->batch,   job->val_data, job->record,
                              job->sum_ce, ya_loop_watch, add_validated, loop};
    loop->validating = true;
    bool done = ya_likelihoods_run(&l);
    loop->validating = false;
    if (!done)
        return loop->stop;
    state->validation_due = false;
    double ce = sums->sum_ce / (double)sums->n_targets;
    ya_progress_break(loop->progress);
    ya_info("step %lld: validation ce %.4f over %llu tokens", (long long)state->step, ce,
            (unsigned long long)sums->n_targets);
    ya_status status = ya_metrics_eval(loop->metrics, state->step, sums, err);
    if (status || !(state->best_step == 0 || ce < state->best_ce) || !isfinite(ce))
        return status;
    state->best_ce = ce;
    state->best_step = state->step;
    return ya_checkpoint_save(loop->checkpoints, state, true, err);
}

static ya_status save(ya_loop *loop, ya_error *err)
{
    if (loop->saved_step == loop->state->step)
        return YA_OK;
    ya_status status = ya_checkpoint_save(loop->checkpoints, loop->state, false, err);
    if (!status)
        loop->saved_step = loop->state->step;
    return status;
}

/* What belongs behind the step just taken; state->validation_due outlives a stop. */
static ya_status after_step(ya_loop *loop, ya_error *err)
{
    const ya_settings *s = &loop->job->settings;
    int64_t step = loop->state->step;
    bool last = step == loop->schedule.steps;
    ya_status status = loop->state->validation_due ? validate(loop, err) : YA_OK;
    if (!status && (last || step % s->save_steps == 0))
        status = save(loop, err);
    return status;
}

/* A stop that can be gone on from: saves what is done. */
static ya_status save_and_stop(ya_loop *loop, ya_error *err)
{
    ya_status status = loop->stop;
    ya_error saving;
    *err = loop->stop_error;
    ya_progress_break(loop->progress);
    if (save(loop, &saving) != YA_OK)
        return ya_fail(err, saving.status, "%s, and %s", loop->stop_error.text, saving.text);
    ya_info("saved %s/checkpoint-%lld: --resume goes on from there", loop->checkpoints->output,
            (long long)loop->state->step);
    return status;
}

ya_status ya_loop_run(ya_loop *loop, ya_error *err)
{
    ya_status status = YA_OK;
    if (loop->state->validation_due) { /* what a stop left undone */
        loop->saved_step = -1;
        status = validate(loop, err);
        if (!status)
            status = save(loop, err);
    }
    while (!status && loop->state->step < loop->schedule.steps) {
        status = take_step(loop, err);
        if (!status)
            status = after_step(loop, err);
    }
    if (loop->stop)
        return save_and_stop(loop, err);
    ya_progress_end(loop->progress);
    return status;
}
