#include "export/export.h"

#include "base/log.h"
#include "export/job.h"
#include "train/interrupt.h"

int ya_export_type(const ya_settings *settings)
{
    static const int types[] = {
        [YA_COMPUTE_AUTO] = -1,  [YA_COMPUTE_F32] = YA_F32, [YA_COMPUTE_BF16] = YA_BF16,
        [YA_STORE_F16] = YA_F16, [YA_STORE_Q8_0] = YA_Q8_0, [YA_STORE_Q4_0] = YA_Q4_0};
    return types[settings->dtype];
}

/* llama.cpp's "llama" has no sliding window: longer texts see more there. */
static void note_window(const ya_export_job *job)
{
    const ya_model_config *c = &job->model->config;
    if (!job->model->gguf && c->sliding_window > 0 && c->sliding_window < c->max_positions)
        ya_warn(
            "the model attends to the last %d tokens only; llama.cpp does not know that of this "
            "architecture, and gives other results for longer texts",
            c->sliding_window);
}

static ya_status run(ya_export_job *job, ya_error *err)
{
    switch (job->settings->to) {
    case YA_TO_MERGED:
        return ya_export_merged(job, err);
    case YA_TO_GGUF:
        note_window(job);
        return ya_export_gguf(job, err);
    case YA_TO_GGUF_ADAPTER:
        return ya_export_gguf_adapter(job, err);
    default:
        return ya_export_adapter(job, err);
    }
}

ya_status ya_export(const ya_settings *settings, ya_error *err)
{
    ya_export_job job;
    ya_status status = ya_export_open(&job, settings, err);
    if (status)
        return status;
    ya_interrupt_begin();
    status = run(&job, err);
    ya_interrupt_end();
    if (!status)
        ya_info("written: %s", settings->output);
    ya_export_close(&job);
    return status;
}
