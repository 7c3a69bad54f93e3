#include "base/buffer.h"
#include "base/log.h"
#include "train/job.h"
#include "train/run.h"

#include <stdio.h>

static ya_status print_json(const ya_job *job, ya_error *err)
{
    ya_buffer out = {0};
    ya_status status;
    YA_TRY(ya_buffer_printf(&out, err, "{"));
    YA_TRY(ya_plan_json(&job->plan, &out, err));
    YA_TRY(ya_buffer_printf(
        &out, err, ", \"pass_tokens\": %d, \"settings\": ", job->engine_config.pass_tokens));
    YA_TRY(ya_settings_print_json(&job->settings, YA_FOR_PLAN, &out, err));
    YA_TRY(ya_buffer_printf(&out, err, "}\n"));
    fwrite(out.data, 1, out.size, stdout);
done:
    ya_buffer_free(&out);
    return status;
}

ya_status ya_plan_print(const ya_settings *s, ya_error *err)
{
    ya_job job;
    ya_status status;
    YA_TRY(ya_job_open(&job, s, YA_FOR_PLAN, NULL, err));
    YA_TRY(ya_job_fit(&job, err));
    if (s->json)
        YA_TRY(print_json(&job, err));
    else
        ya_plan_show(&job.plan);
    if (!job.plan.fits) {
        ya_error why;
        (void)ya_job_refuse(&job, &why);
        ya_warn("does not fit: %s", why.text);
    }
done:
    ya_job_close(&job);
    return status;
}
