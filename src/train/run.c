#include "train/run.h"

#include "base/alloc.h"
#include "base/log.h"
#include "train/describe.h"
#include "train/disk.h"
#include "train/interrupt.h"
#include "train/lineage.h"
#include "train/loop.h"
#include "train/opening.h"
#include "train/resume.h"
#include "train/saved.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { OOM_POINTS = 500 };

/* What lives as long as a run; one block, made before the plan so that the plan sees it. */
typedef struct {
    ya_settings settings; /* as given; resumed: with the checkpoint's where none is given */
    ya_settings made;     /* resumed: what the checkpoint was made with */
    ya_job job;
    ya_train_state state, saved;
    ya_checkpoints checkpoints;
    ya_metrics metrics;
    ya_progress progress;
    ya_loop loop;
    char checkpoint[YA_PATH_MAX]; /* resumed from */
    bool resumed;
    int lock; /* on the output directory; -1: not taken */
} run;

/* Makes the output directory ready and finds where to go on from. */
static ya_status open_output(run *r, const ya_settings *s, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_make_dirs(s->output, err));
    YA_TRY(ya_saved_lock(s->output, &r->lock, err));
    YA_TRY(ya_outdir_recover(s->output, err));
    if (!s->resume)
        goto done;
    YA_TRY(ya_checkpoint_find(s->output, r->checkpoint, &r->resumed, err));
    if (!r->resumed)
        ya_info("%s holds no valid checkpoint: starting at the beginning", s->output);
done:
    return status;
}

/* The settings of the run. Resumed, what is not given is as the checkpoint has it. */
static ya_status choose_settings(run *r, const ya_settings *given, ya_error *err)
{
    ya_settings *s = &r->settings;
    ya_status status;
    YA_TRY(ya_settings_copy(s, given, err));
    if (!s->resume)
        return YA_OK;
    if (r->resumed) {
        YA_TRY(ya_resume_read(&r->made, r->checkpoint, err));
        YA_TRY(ya_settings_adopt(s, &r->made, err));
        YA_TRY(ya_resume_check(s, &r->made, r->checkpoint, err));
    }
    YA_TRY(ya_settings_finish(s, YA_FOR_TRAIN, err));
done:
    return status;
}

/* Steps of the run: as given, or as many as the epochs need. */
static int64_t count_steps(const ya_job *job)
{
    const ya_settings *s = &job->settings;
    if (s->epochs <= 0.0)
        return s->steps;
    double records = s->epochs * (double)job->train_data->n_records;
    double steps = ceil(records / (double)job->max_records - 1e-9);
    return steps < 1.0 ? 1 : steps > 1e9 ? 1000000000 : (int64_t)steps;
}

static ya_status make_schedule(const ya_job *job, ya_schedule *schedule, ya_error *err)
{
    static const ya_schedule_kind kinds[] = {
        [YA_LR_COSINE] = YA_SCHEDULE_COSINE,
        [YA_LR_LINEAR] = YA_SCHEDULE_LINEAR,
        [YA_LR_CONSTANT] = YA_SCHEDULE_CONSTANT,
    };
    const ya_settings *s = &job->settings;
    int64_t steps = count_steps(job);
    *schedule = (ya_schedule){
        .kind = kinds[s->lr_schedule],
        .steps = steps,
        .warmup = s->warmup_steps >= 0 ? s->warmup_steps : ya_schedule_default_warmup(steps),
        .peak = s->learning_rate,
    };
    if (schedule->warmup >= steps)
        return ya_fail(err, YA_ERR_USAGE,
                       "warmup_steps is %lld, but the run has only %lld steps: the rate would "
                       "never reach its peak",
                       (long long)schedule->warmup, (long long)steps);
    return YA_OK;
}

static ya_status begin_state(run *r, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_state_begin(&r->state, &r->job, err));
    if (r->resumed) {
        YA_TRY(ya_state_read(&r->saved, r->checkpoint, err));
        YA_TRY(ya_state_resume(&r->state, &r->saved, &r->job, &r->made, r->checkpoint, err));
        YA_TRY(ya_checkpoint_read_moments(r->checkpoint, &r->job.params, err));
        ya_info("resuming from %s: step %lld of %lld", r->checkpoint, (long long)r->state.step,
                (long long)r->loop.schedule.steps);
    }
done:
    return status;
}

static ya_status open_files(run *r, const ya_settings *s, ya_error *err)
{
    const char *in_use = r->job.adapter_path ? r->job.adapter_path : r->job.base_path;
    ya_disk disk;
    ya_status status;
    if (!s->resume)
        YA_TRY(ya_saved_set_aside(s->output, in_use, err));
    YA_TRY(ya_checkpoints_open(&r->checkpoints, &r->job, s->output, err));
    ya_disk_find(&disk, &r->job, r->checkpoints.n_saved);
    YA_TRY(ya_disk_check(&disk, s->output, err));
    if (r->resumed)
        YA_TRY(ya_resume_history(&r->job.settings, &r->made, r->checkpoint, r->state.step,
                                 &r->checkpoints.config_yaml, err));
    YA_TRY(
        ya_settings_print_yaml(&r->job.settings, YA_FOR_TRAIN, &r->checkpoints.config_yaml, err));
    YA_TRY(
        ya_provenance_format(&r->job, r->state.base_fingerprint, &r->checkpoints.provenance, err));
    YA_TRY(ya_metrics_open(&r->metrics, s->output, r->state.step, r->state.validation_due, err));
done:
    return status;
}

static void begin_loop(run *r)
{
    const ya_settings *s = &r->job.settings;
    ya_memory_reading now;
    ya_memory_read(&r->job.probe, &now);
    ya_schedule schedule = r->loop.schedule;
    r->loop = (ya_loop){
        .job = &r->job,
        .state = &r->state,
        .checkpoints = &r->checkpoints,
        .metrics = &r->metrics,
        .progress = &r->progress,
        .schedule = schedule,
        .adamw = {s->adam_beta1, s->adam_beta2, s->adam_eps, s->weight_decay},
        .order = {r->state.n_records, r->state.seed, s->shuffle},
        .guard = {.limits = ya_guard_limits_of(s, &now)},
        .leak_for_test = ya_loop_leak_for_test(),
        .saved_step = r->resumed ? r->state.step : -1,
    };
    ya_progress_begin(&r->progress, r->state.step, schedule.steps, r->job.plan.anonymous_peak,
                      s->quiet);
}

static ya_status open_run(run *r, const ya_settings *given, ya_error *err)
{
    const ya_settings *s = &r->settings;
    ya_status status;
    YA_TRY(open_output(r, given, err));
    YA_TRY(choose_settings(r, given, err));
    YA_TRY(ya_job_open(&r->job, s, YA_FOR_TRAIN, r->resumed ? r->checkpoint : NULL, err));
    if (r->resumed) /* once more: the model's tier may have changed settings */
        YA_TRY(ya_resume_check(&r->job.settings, &r->made, r->checkpoint, err));
    YA_TRY(ya_job_read_data(&r->job, s->output, err));
    YA_TRY(make_schedule(&r->job, &r->loop.schedule, err));
    YA_TRY(ya_job_fit(&r->job, err));
    if (!r->job.plan.fits)
        YA_TRY(ya_job_refuse(&r->job, err));
    if (s->oom_bias)
        ya_memory_raise_oom_score(OOM_POINTS);
    YA_TRY(ya_job_reserve(&r->job, err));
    YA_TRY(begin_state(r, err));
    YA_TRY(open_files(r, s, err));
done:
    return status;
}

static ya_status train(run *r, const ya_settings *s, ya_error *err)
{
    ya_status status = open_run(r, s, err);
    if (status)
        return status;
    if ((status = ya_opening_show(&r->job, &r->loop.schedule, err)) != YA_OK)
        return status;
    if (!r->job.val_data || r->job.val_data->n_targets == 0)
        r->state.validation_due = false;
    begin_loop(r);
    if (r->state.step >= r->loop.schedule.steps && !r->state.validation_due) {
        ya_info("nothing to do: all %lld steps are done", (long long)r->loop.schedule.steps);
        return YA_OK;
    }
    status = ya_describe_run(&r->loop, err);
    if (!status)
        status =
            ya_metrics_start(&r->metrics, r->state.step, &r->job.plan, &r->loop.guard.limits, err);
    if (status)
        return status;
    ya_interrupt_begin();
    status = ya_loop_run(&r->loop, err);
    ya_interrupt_end();
    if (!status)
        ya_info("done: %s/checkpoint-%lld", s->output, (long long)r->state.step);
    if (r->state.skipped > 0)
        ya_warn("%lld steps were skipped because loss or gradient was not finite",
                (long long)r->state.skipped);
    return status;
}

ya_status ya_train(const ya_settings *s, ya_error *err)
{
    run *r = ya_alloc_zero(1, sizeof *r);
    if (!r)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a run");
    r->metrics.fd = r->metrics.board.fd = r->lock = -1;
    ya_status status = train(r, s, err);
    ya_metrics_close(&r->metrics);
    ya_checkpoints_close(&r->checkpoints);
    ya_job_close(&r->job);
    ya_settings_free(&r->settings);
    ya_settings_free(&r->made);
    if (r->lock >= 0)
        close(r->lock);
    ya_free(r);
    return status;
}
