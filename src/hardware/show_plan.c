#include "hardware/show_plan.h"

#include "base/buffer.h"
#include "base/log.h"
#include "hardware/predict.h"
#include "io/outfile.h"
#include "train/disk.h"
#include "train/job.h"

#include <stdio.h>

static ya_status print_json(const ya_job *job, ya_error *err)
{
    ya_buffer out = {0};
    ya_disk disk;
    ya_status status;
    ya_disk_find(&disk, job, 0);
    YA_TRY(ya_buffer_printf(&out, err, "{"));
    YA_TRY(ya_plan_json(&job->plan, &out, err));
    YA_TRY(ya_buffer_printf(&out, err,
                            ", \"checkpoint_bytes\": %llu, \"checkpoints_kept_bytes\": %llu",
                            (unsigned long long)disk.one, (unsigned long long)disk.kept));
    if (disk.left < UINT64_MAX)
        YA_TRY(ya_buffer_printf(&out, err, ", \"disk_left_bytes\": %llu",
                                (unsigned long long)disk.left));
    YA_TRY(ya_buffer_printf(
        &out, err, ", \"pass_tokens\": %d, \"settings\": ", job->engine_config.pass_tokens));
    YA_TRY(ya_settings_print_json(&job->settings, YA_FOR_PLAN, &out, err));
    if (job->train_data) {
        YA_TRY(ya_buffer_printf(&out, err, ", \"data\": "));
        YA_TRY(ya_data_report_json(&job->train_data->report, &out, err));
    }
    YA_TRY(ya_buffer_printf(&out, err, "}\n"));
    fwrite(out.data, 1, out.size, stdout);
done:
    ya_buffer_free(&out);
    return status;
}

/* Checkpoints against the disk of --output; what does not fit is a warning here. */
static void show_disk(const ya_job *job)
{
    ya_disk disk;
    ya_error why;
    ya_disk_find(&disk, job, 0);
    ya_info("disk: %s a checkpoint, %s for all that are kept", ya_size_as_text(disk.one).text,
            ya_size_as_text(disk.kept).text);
    if (ya_disk_check(&disk, job->settings.output, &why) != YA_OK)
        ya_warn("%s", why.text);
}

/* Says nothing where it cannot measure: the plan is what was asked for. */
static void show_speed(const ya_job *job)
{
    const ya_engine_config *e = &job->engine_config;
    ya_predicted_run run = {
        .shape = job->model->config,
        .weight_bytes = job->model->mapped_bytes,
        .rank = job->lora.rank,
        .layers = job->lora.n_layers,
        .targets = job->lora.targets,
        .row_tokens = (int)job->settings.max_seq_length,
        .pass_tokens = e->pass_tokens,
        .checkpoint = e->grad_checkpoint,
        .bf16 = e->bf16,
    };
    ya_speeds speeds;
    if (job->full || ya_measure_speeds(&speeds, e->threads, NULL, NULL) != YA_OK)
        return;
    double rate = ya_predict_speed(&run, &speeds);
    double tokens = (double)job->max_records * (double)job->settings.max_seq_length;
    ya_info("speed: about %.3g tokens/s here in full rows, %.3g s a step of %.0f tokens (%.0f "
            "GFLOP/s measured)",
            rate, tokens / rate, tokens, e->bf16 ? speeds.bf16_gflops : speeds.f32_gflops);
}

ya_status ya_plan_print(const ya_settings *s, ya_error *err)
{
    ya_job job;
    ya_status status;
    YA_TRY(ya_job_open(&job, s, YA_FOR_PLAN, NULL, err));
    if (s->data.n > 0 && job.base_path)
        YA_TRY(ya_job_read_data(&job, NULL, err));
    YA_TRY(ya_job_fit(&job, err));
    if (s->json)
        YA_TRY(print_json(&job, err));
    else
        ya_plan_show(&job.plan);
    if (!s->json)
        show_disk(&job);
    if (!s->json && !s->quiet && job.plan.fits)
        show_speed(&job);
    if (!job.plan.fits) {
        ya_error why;
        (void)ya_job_refuse(&job, &why);
        ya_warn("does not fit: %s", why.text);
    }
done:
    ya_job_close(&job);
    return status;
}
