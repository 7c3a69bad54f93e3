#include "train/opening.h"

#include "base/buffer.h"
#include "base/format.h"
#include "base/log.h"

#include <math.h>

enum { LINE_WIDTH = 110 };

static uint64_t count_trained(const ya_params *params)
{
    uint64_t n = 0;
    for (int i = 0; i < params->n_params; i++)
        n += (uint64_t)params->params[i].rows * (uint64_t)params->params[i].cols;
    return n;
}

static void show_model(const ya_job *job)
{
    const ya_model_config *c = &job->model->config;
    ya_info("model: %s (%s, %d layers of %d)", job->base_path,
            ya_architecture_name(c->architecture), c->n_layers, c->hidden_size);
    if (job->adapter_path)
        ya_info("starting from %s", job->adapter_path);
    double trained = (double)count_trained(&job->params) * 1e-6;
    if (job->full)
        ya_info("training %d tensors, %.3f million values", job->params.n_params, trained);
    else
        ya_info("training LoRA of rank %d, alpha %g: %.3f million values", job->lora.rank,
                job->lora.alpha, trained);
    ya_info("computing in %s with %d threads%s", job->engine_config.bf16 ? "bf16" : "f32",
            job->engine_config.threads,
            job->engine_config.grad_checkpoint ? ", gradient checkpointing" : "");
    uint32_t longest = job->train_data->longest;
    if (longest > (uint64_t)job->settings.max_seq_length)
        longest = (uint32_t)job->settings.max_seq_length;
    if (longest > (uint64_t)c->max_positions)
        ya_warn("rows of %u tokens are longer than the %d positions the model was trained on",
                longest, c->max_positions);
}

static void show_data(const ya_job *job, const ya_schedule *schedule)
{
    const ya_dataset *d = job->train_data;
    ya_info("learning: %llu records, %llu tokens, %llu of them targets",
            (unsigned long long)d->n_records, (unsigned long long)d->n_tokens,
            (unsigned long long)d->n_targets);
    if (job->val_data)
        ya_info("validation: %llu records, %llu targets",
                (unsigned long long)job->val_data->n_records,
                (unsigned long long)job->val_data->n_targets);
    double epochs = (double)schedule->steps * job->max_records / (double)d->n_records;
    ya_info("%lld steps of %d records: %.2f epochs; learning rate %g, %lld steps of warm-up",
            (long long)schedule->steps, job->max_records, epochs, schedule->peak,
            (long long)schedule->warmup);
}

static void show_weights(const ya_job *job)
{
    const ya_weights *w = &job->weights;
    const ya_dataset *d = job->train_data;
    static const char *const modes[] = {"weighted", "additive", "off"};
    if (isnan(w->ess))
        ya_info("distrust: mode %s; the records have no labels", modes[job->distrust.mode]);
    else
        ya_info("distrust: mode %s, v_mean %.4f, effective sample size %.1f of %llu records",
                modes[job->distrust.mode], w->v_mean, w->ess, (unsigned long long)w->n_counted);
    if (job->distrust.mode == YA_DISTRUST_ADDITIVE)
        ya_warn("distrust_mode additive changes the logged loss only: the gradient is exactly that "
                "of the cross-entropy");
    if (job->distrust.mode == YA_DISTRUST_WEIGHTED &&
        job->settings.origin[YA_SET_distrust_alpha] != YA_FROM_DEFAULT)
        ya_info("distrust_alpha cancels in mode weighted: it changes the logged distrust only");
    for (uint32_t i = 0; i < d->n_sources && !isnan(w->ess); i++)
        ya_info("  %-24s %8llu records, %5.1f %% of the weight", d->sources[i].name,
                (unsigned long long)w->records[i], 100.0 * w->share[i]);
}

/* The effective configuration, several settings a line; what the user or a file chose is marked. */
static ya_status show_settings(const ya_settings *s, ya_error *err)
{
    char text[LINE_WIDTH + 1];
    ya_format line = {.data = text, .room = sizeof text};
    ya_buffer value = {0};
    ya_status status = YA_OK;
    ya_info("settings (* not the default; all of them are in config.yaml of each checkpoint):");
    for (int id = 0; id < YA_N_SETTINGS; id++) {
        const ya_setting *setting = ya_setting_get((ya_setting_id)id);
        value.size = 0;
        if (!(setting->commands & YA_FOR_TRAIN) || !(setting->commands & YA_IN_FILE))
            continue;
        YA_TRY(ya_settings_value(s, (ya_setting_id)id, &value, err));
        const char *shown = value.size > 0 ? value.data : "none";
        const char *mark = s->origin[id] == YA_FROM_DEFAULT ? "" : "*";
        size_t before = line.size;
        ya_format_add(&line, "  %s%s %s", mark, setting->name, shown);
        if (line.cut) { /* it begins the next line, cut there if it is longer than that */
            text[before] = '\0';
            ya_info("%s", text);
            line = (ya_format){.data = text, .room = sizeof text};
            ya_format_add(&line, "  %s%s %.*s", mark, setting->name, LINE_WIDTH / 2, shown);
        }
    }
    ya_info("%s", text);
done:
    ya_buffer_free(&value);
    return status;
}

ya_status ya_opening_show(const ya_job *job, const ya_schedule *schedule, ya_error *err)
{
    ya_status status = show_settings(&job->settings, err);
    if (status)
        return status;
    show_model(job);
    show_data(job, schedule);
    show_weights(job);
    const ya_plan *p = &job->plan;
    ya_info("memory: %.1f MB planned, %.1f MB allowed by %s, %.1f MB mapped",
            (double)p->anonymous_peak / (double)YA_MB, (double)p->budget.bytes / (double)YA_MB,
            p->budget.reason, (double)p->mapped / (double)YA_MB);
    return YA_OK;
}
