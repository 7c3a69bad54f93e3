#include "train/describe.h"

#include "base/clock.h"
#include "io/json.h"
#include "io/outdir.h"
#include "train/environment.h"

#include <string.h>

static ya_status quoted(ya_buffer *out, const char *before, const char *text, ya_error *err)
{
    ya_status status = ya_buffer_printf(out, err, "%s", before);
    return status ? status : ya_json_quote(out, text, strlen(text), err);
}

static ya_status add_model(const ya_job *job, ya_buffer *out, ya_error *err)
{
    const ya_model_config *c = &job->model->config;
    uint64_t values = 0;
    ya_status status;
    for (int i = 0; i < job->params.n_params; i++)
        values += (uint64_t)job->params.params[i].rows * (uint64_t)job->params.params[i].cols;
    YA_TRY(quoted(out, ",\n \"model\": {\"path\": ", job->base_path, err));
    YA_TRY(quoted(out, ", \"architecture\": ", ya_architecture_name(c->architecture), err));
    YA_TRY(ya_buffer_printf(out, err,
                            ", \"layers\": %d, \"hidden_size\": %d},\n \"trained_values\": %llu",
                            c->n_layers, c->hidden_size, (unsigned long long)values));
done:
    return status;
}

static ya_status add_schedule(const ya_loop *loop, ya_buffer *out, ya_error *err)
{
    const ya_schedule *s = &loop->schedule;
    int records = loop->job->max_records;
    return ya_buffer_printf(out, err,
                            ",\n \"schedule\": {\"steps\": %lld, \"warmup\": %lld, \"peak\": %.9g, "
                            "\"records_per_step\": %d, \"epochs\": %.9g}",
                            (long long)s->steps, (long long)s->warmup, s->peak, records,
                            (double)s->steps * records / (double)loop->state->n_records);
}

static ya_status add_data(const ya_job *job, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, ",\n \"data\": "));
    YA_TRY(ya_data_report_json(&job->train_data->report, out, err));
    if (job->val_data) {
        YA_TRY(ya_buffer_printf(out, err, ",\n \"validation\": "));
        YA_TRY(ya_data_report_json(&job->val_data->report, out, err));
    }
done:
    return status;
}

static ya_status add_memory(const ya_loop *loop, ya_buffer *out, ya_error *err)
{
    const ya_guard_limits *l = &loop->guard.limits;
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, ",\n \"plan\": {"));
    YA_TRY(ya_plan_json(&loop->job->plan, out, err));
    YA_TRY(ya_buffer_printf(out, err,
                            "},\n \"limits\": {\"most_anonymous_mb\": %.3f, "
                            "\"pause_available_gb\": %.6f, \"abort_available_gb\": %.6f}",
                            (double)l->most_anonymous / (double)YA_MB,
                            (double)l->pause_available / (double)YA_GB,
                            (double)l->abort_available / (double)YA_GB));
done:
    return status;
}

static ya_status add_environment(const ya_job *job, ya_buffer *out, ya_error *err)
{
    char text[256];
    ya_memory_reading now;
    ya_status status;
    ya_memory_read(&job->probe, &now);
    ya_processor_name(text, sizeof text);
    YA_TRY(quoted(out, ",\n \"environment\": {\"processor\": ", text, err));
    ya_system_name(text, sizeof text);
    YA_TRY(quoted(out, ", \"system\": ", text, err));
    YA_TRY(ya_buffer_printf(out, err,
                            ", \"threads\": %d, \"compute\": \"%s\", \"memory_gb\": %.3f}",
                            job->engine_config.threads, job->engine_config.bf16 ? "bf16" : "f32",
                            (double)now.mem_total / (double)YA_GB));
done:
    return status;
}

static ya_status format_run(const ya_loop *loop, ya_buffer *out, ya_error *err)
{
    const ya_job *job = loop->job;
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err,
                            "{\"format\": 1, \"program\": \"your_ai %s\", \"started\": %.3f, "
                            "\"first_step\": %lld",
                            YA_VERSION, ya_wall_time_s(), (long long)loop->state->step));
    YA_TRY(add_model(job, out, err));
    YA_TRY(add_schedule(loop, out, err));
    YA_TRY(add_data(job, out, err));
    YA_TRY(add_memory(loop, out, err));
    YA_TRY(add_environment(job, out, err));
    YA_TRY(ya_buffer_printf(out, err, ",\n \"settings\": "));
    YA_TRY(ya_settings_print_origins(&job->settings, YA_FOR_TRAIN, out, err));
    YA_TRY(ya_buffer_printf(out, err, ",\n \"provenance\": "));
    YA_TRY(ya_buffer_add(out, loop->checkpoints->provenance.data,
                         loop->checkpoints->provenance.size, err));
    YA_TRY(ya_buffer_printf(out, err, "}\n"));
done:
    return status;
}

ya_status ya_describe_run(const ya_loop *loop, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_buffer text = {0};
    ya_status status;
    YA_TRY(format_run(loop, &text, err));
    YA_TRY(ya_path_join(path, loop->checkpoints->output, "run.json", err));
    YA_TRY(ya_write_file(path, text.data, text.size, err));
done:
    ya_buffer_free(&text);
    return status;
}
