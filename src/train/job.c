#include "train/job.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/team.h"
#include "io/cache.h"
#include "io/outdir.h"
#include "lora/locate.h"
#include "lora/peft.h"
#include "model/compute.h"
#include "model/preset.h"
#include "tensor/matmul.h"
#include "train/layout.h"
#include "train/settle.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

static ya_distrust distrust_of(const ya_settings *s)
{
    static const ya_distrust_mode modes[] = {
        [YA_MODE_WEIGHTED] = YA_DISTRUST_WEIGHTED,
        [YA_MODE_ADDITIVE] = YA_DISTRUST_ADDITIVE,
        [YA_MODE_OFF] = YA_DISTRUST_OFF,
    };
    return (ya_distrust){
        .mode = modes[s->distrust_mode],
        .alpha = s->distrust_alpha,
        .strength = s->distrust_strength,
        .max_ratio = s->distrust_max_ratio,
        .lambda = s->distrust_lambda,
    };
}

static ya_status real_path(char **path, ya_error *err)
{
    char full[YA_PATH_MAX];
    if (!*path || !realpath(*path, full))
        return YA_OK; /* what is wrong with it is said when it is opened */
    char *copy = ya_strdup(full);
    if (!copy)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a path");
    ya_free(*path);
    *path = copy;
    return YA_OK;
}

static bool is_file(const char *dir, const char *name)
{
    char path[YA_PATH_MAX];
    return ya_path_join(path, dir, name, NULL) == YA_OK && access(path, F_OK) == 0;
}

/* Settings that are not used, for the adapter that the training starts from has its own. */
static void say_unused(const ya_settings *given, const ya_settings *s)
{
    static const ya_setting_id own[] = {YA_SET_lora_rank, YA_SET_lora_alpha, YA_SET_lora_targets,
                                        YA_SET_lora_num_layers, YA_SET_use_rslora};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (given->origin[own[i]] == YA_FROM_FLAG && !ya_settings_same(given, s, own[i]))
            ya_warn("%s is not as given: the adapter that training starts from has its own",
                    ya_setting_get(own[i])->name);
}

/* The settings become what the adapter is, so that a saved configuration tells what was trained. A
 * run that is resumed has the adapter's own already, but for a scale that --force changed. */
static ya_status agree_with_adapter(ya_job *job, bool resumed, ya_error *err)
{
    ya_settings *s = &job->settings;
    const ya_settings given = *s;
    ya_lora_config *lora = &job->adapter.lora;
    bool same_scale = s->lora_alpha == lora->alpha && s->use_rslora == lora->use_rslora;
    if (resumed && !same_scale && lora->modules)
        return ya_fail(err, YA_ERR_USAGE,
                       "lora_alpha and use_rslora cannot change: the layers of the adapter have "
                       "ranks and alphas of their own");
    if (resumed) {
        lora->alpha = s->lora_alpha;
        lora->use_rslora = s->use_rslora;
    }
    s->lora_rank = lora->rank;
    s->lora_alpha = lora->alpha;
    s->use_rslora = lora->use_rslora;
    s->lora_targets = lora->targets;
    s->lora_num_layers = lora->n_layers;
    job->lora = *lora;
    say_unused(&given, s);
    return YA_OK;
}

/* What is trained: as the adapter says, else as the settings say. */
static ya_status choose_trained(ya_job *job, bool resumed, ya_error *err)
{
    const ya_settings *s = &job->settings;
    const ya_model_config *c = &job->model->config;
    if (job->command == YA_FOR_EVALUATE) /* without an adapter: the base alone */
        return job->adapter_path
                   ? ya_adapter_read(&job->adapter, job->adapter_path, job->model, err)
                   : YA_OK;
    if (job->adapter_path && !is_file(job->adapter_path, "trained_config.json")) {
        ya_status status = ya_adapter_read(&job->adapter, job->adapter_path, job->model, err);
        return status ? status : agree_with_adapter(job, resumed, err);
    }
    if (s->lora_rank == 0) {
        job->full = true;
        if (s->trainable.n == 0)
            return ya_fail(err, YA_ERR_USAGE,
                           "lora_rank 0 is full fine-tuning: name the tensors to train with "
                           "--trainable PATTERN (\"*\" for all)");
        return YA_OK;
    }
    job->lora = (ya_lora_config){
        .rank = (int)s->lora_rank,
        .alpha = s->lora_alpha > 0.0 ? s->lora_alpha : 2.0 * (double)s->lora_rank,
        .use_rslora = s->use_rslora,
        .targets = s->lora_targets,
        .n_layers = s->lora_num_layers < c->n_layers ? (int)s->lora_num_layers : 0,
    };
    return YA_OK;
}

static ya_engine_config engine_config_of(const ya_job *job)
{
    const ya_settings *s = &job->settings;
    /* a row feeds all but its last token; a pass must hold the longest */
    int64_t capacity = s->pass_tokens > s->max_seq_length ? s->pass_tokens : s->max_seq_length;
    return (ya_engine_config){
        .train = job->train,
        .bf16 = ya_compute_bf16(s),
        .grad_checkpoint = s->grad_checkpoint,
        .pass_tokens = (int)capacity,
        .threads = ya_compute_threads(s),
        .lora_dropout = s->lora_dropout,
    };
}

static ya_status apply_tier(ya_job *job, ya_error *err)
{
    int n_changed = 0;
    if (job->settings.n_tier_values == 0)
        return YA_OK;
    ya_status status = ya_settings_apply_tier(&job->settings, job->model->n_parameters,
                                              job->command, &n_changed, err);
    if (!status && n_changed > 0)
        ya_info("%d settings are those of the model's tier in the configuration", n_changed);
    return status;
}

/* A preset whose weights are not here can be planned all the same, as bf16. */
static ya_status open_model(ya_job *job, const char *checkpoint, ya_error *err)
{
    const ya_settings *s = &job->settings;
    char path[YA_PATH_MAX];
    ya_preset preset;
    ya_status status;
    if (job->command == YA_FOR_PLAN && access(s->model, F_OK) != 0 &&
        ya_preset_find(&preset, s->model) && !ya_cache_find(path, preset.hub)) {
        ya_info("%s (%s) is not on this machine: planned from its shape, weights as bf16",
                preset.name, preset.hub);
        return ya_model_open_shape(&job->model, &preset.shape, YA_BF16, preset.hub, err);
    }
    YA_TRY(
        ya_locate_model(s->model, s->adapter, s->base, &job->base_path, &job->adapter_path, err));
    if (checkpoint) {
        ya_free(job->adapter_path);
        job->adapter_path = ya_strdup(checkpoint);
        if (!job->adapter_path)
            YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for a path"));
    }
    YA_TRY(real_path(&job->base_path, err));
    YA_TRY(real_path(&job->adapter_path, err));
    status = ya_model_open(&job->model, job->base_path, err);
done:
    return status;
}

ya_status ya_job_open(ya_job *job, const ya_settings *s, unsigned command, const char *checkpoint,
                      ya_error *err)
{
    ya_status status;
    *job = (ya_job){.command = command, .train = command != YA_FOR_EVALUATE, .settings = *s};
    if (!s->model)
        YA_TRY(ya_fail(err, YA_ERR_USAGE, "no model is given: pass --model PATH"));
    YA_TRY(ya_memory_open(&job->probe, ya_memory_root(), err));
    job->probing = true;
    YA_TRY(open_model(job, checkpoint, err));
    YA_TRY(apply_tier(job, err));
    YA_TRY(choose_trained(job, checkpoint != NULL, err));
    job->distrust = distrust_of(&job->settings);
    YA_TRY(ya_distrust_check(&job->distrust, err));
    job->engine_config = engine_config_of(job);
    YA_TRY(ya_team_begin(job->engine_config.threads, err));
    ya_settle_begin();
    int64_t records = job->settings.batch_size;
    if (job->train &&
        __builtin_mul_overflow(records, job->settings.gradient_accumulation_steps, &records))
        records = INT64_MAX;
    if (records > INT32_MAX / 64)
        YA_TRY(
            ya_fail(err, YA_ERR_USAGE, "a step of %lld records is too large", (long long)records));
    job->max_records = (int)records;
done:
    return status;
}

static ya_status read_set(ya_job *job, ya_dataset **out, const char *name, char *const *paths,
                          size_t n, const char *directory, ya_error *err)
{
    const ya_settings *s = &job->settings;
    ya_field_names fields;
    ya_status status = ya_field_names_read(&fields, s->field.items, s->field.n, s->text_field, err);
    if (status)
        return status;
    ya_dataset_options options = {
        .paths = (const char *const *)paths,
        .n_paths = n,
        .name = name,
        .model_path = job->base_path,
        .chat_template = s->chat_template,
        .fields = &fields,
        .directory = directory,
        .vocab_size = job->model->config.vocab_size,
        .max_seq_length = (int)s->max_seq_length,
        .overlong = (ya_overlong)s->overlong,
        .append_eos = s->append_eos,
        .last_answer = s->assistant == YA_ASSISTANT_LAST,
        .policy = s->policy,
        .score = !job->train || job->distrust.mode != YA_DISTRUST_OFF,
        .weights = job->train && job->distrust.mode == YA_DISTRUST_WEIGHTED,
        .need_labels = job->train && job->distrust.mode != YA_DISTRUST_OFF,
        .skip_bad = s->skip_bad,
        .quiet = s->quiet,
    };
    return ya_dataset_open(out, &options, err);
}

ya_status ya_job_read_data(ya_job *job, const char *directory, ya_error *err)
{
    const ya_settings *s = &job->settings;
    ya_data_paths paths = {0};
    ya_status status;
    if (s->data.n == 0)
        YA_TRY(ya_fail(err, YA_ERR_USAGE, "no data is given: pass --data PATH"));
    YA_TRY(ya_data_find(&paths, s->data.items, s->data.n, s->val_data.items, s->val_data.n, err));
    YA_TRY(read_set(job, &job->train_data, "data", paths.train, paths.n_train, directory, err));
    if (paths.n_val > 0 && job->train)
        YA_TRY(read_set(job, &job->val_data, "validation", paths.val, paths.n_val, directory, err));
    if (job->train_data->n_targets == 0)
        YA_TRY(ya_fail(err, YA_ERR_DATA, "%s: no record has a token to learn; first %s",
                       job->train_data->files[0].path, job->train_data->report.empty.first));
    ya_weights_find(&job->weights, &job->distrust, job->train_data);
    if (job->train && job->weights.v_mean == 0.0)
        YA_TRY(
            ya_fail(err, YA_ERR_DATA,
                    "every record that could be learned has weight 0: nothing would be learned"));
    malloc_trim(0); /* the tokenizer is gone: what it held goes back */
done:
    ya_data_paths_free(&paths);
    return status;
}

/* A pretended machine has its own limits; what this process holds is as it is. */
static void read_memory(const ya_job *job, ya_memory_reading *now)
{
    ya_memory_read(&job->probe, now);
    if (job->settings.memory > 0.0)
        ya_memory_pretend(now, (uint64_t)(job->settings.memory * (double)YA_GB));
}

/* What a run holds besides, measured of several models, whatever its data (the tables of which are
 * in files); and, as products in another order lay out the heap otherwise, a little of the arena.
 */
static uint64_t besides(const ya_job *job, const ya_arena *dry)
{
    enum { SLACK_BYTES = 64 << 10, SLACK_PART = 200, RUN_BYTES = 320 << 10 };
    uint64_t run = job->command == YA_FOR_PLAN ? RUN_BYTES : 0; /* a run has its own already */
    return run + SLACK_BYTES + dry->used / SLACK_PART;
}

static ya_status plan_once(ya_job *job, ya_error *err)
{
    ya_arena dry;
    ya_memory_reading before, now;
    ya_arena_init_dry(&dry);
    ya_matmul_forget(); /* else the kernels of passes that did not fit stay, and count */
    malloc_trim(0);
    read_memory(job, &before);
    ya_status status = ya_job_layout(job, &dry, err);
    if (status)
        return status;
    size_t missing = ya_settle_kernels();
    read_memory(job, &now);
    uint64_t more = besides(job, &dry);
    before.rss_anon += more;
    now.rss_anon += more;
    uint64_t mapped = job->model->mapped_bytes;
    if (job->train_data)
        mapped += job->train_data->token_bytes + job->train_data->record_bytes;
    if (job->val_data)
        mapped += job->val_data->token_bytes + job->val_data->record_bytes;
    ya_plan_make(&job->plan, &dry, &job->settings, &before, &now, mapped);
    if (missing > dry.used) { /* address space, though no memory: the plan does not fit without */
        job->plan.anonymous_peak += missing - dry.used;
        job->plan.fits = job->plan.anonymous_peak <= job->plan.budget.bytes;
    }
    return YA_OK;
}

/* Makes passes smaller; false when they are at the longest row already. */
static bool shrink_pass(ya_job *job)
{
    int least = (int)job->settings.max_seq_length;
    int smaller = (int)(job->engine_config.pass_tokens * job->settings.batch_size_reduction_factor);
    if (smaller < least)
        smaller = least;
    if (smaller >= job->engine_config.pass_tokens)
        return false;
    ya_info("memory: passes of %d tokens instead of %d, so that the plan fits; batches stay as "
            "they are",
            smaller, job->engine_config.pass_tokens);
    job->engine_config.pass_tokens = smaller;
    job->settings.pass_tokens = smaller; /* the saved configuration is what was trained with */
    return true;
}

ya_status ya_job_fit(ya_job *job, ya_error *err)
{
    ya_status status = plan_once(job, err);
    while (!status && !job->plan.fits && job->settings.auto_fit) {
        if (job->train && !job->engine_config.grad_checkpoint) {
            ya_info("memory: gradient checkpointing is on, so that the plan fits");
            job->engine_config.grad_checkpoint = true;
        } else if (!shrink_pass(job)) {
            break;
        }
        status = plan_once(job, err);
    }
    job->settings.grad_checkpoint = job->engine_config.grad_checkpoint;
    return status;
}

static bool fits_with(const ya_job *job, bool grad_checkpoint, int pass_tokens, int64_t longest)
{
    ya_job other = *job;
    other.params = (ya_params){0}; /* its own list */
    other.settings.max_seq_length = longest;
    other.engine_config.grad_checkpoint = grad_checkpoint;
    other.engine_config.pass_tokens = pass_tokens;
    bool fits = plan_once(&other, NULL) == YA_OK && other.plan.fits;
    ya_params_free(&other.params);
    return fits;
}

/* The settings nearest to those given whose plan fits, in the order in which auto_fit changes them
 * and then with shorter rows. */
static void advise(const ya_job *job, char *text, size_t size)
{
    int64_t longest = job->settings.max_seq_length;
    int pass = job->engine_config.pass_tokens;
    const char *checkpoint = job->settings.grad_checkpoint ? "" : "--grad-checkpoint ";
    if (fits_with(job, true, pass, longest)) {
        snprintf(text, size, "the largest that fits is with --grad-checkpoint");
        return;
    }
    for (int n = pass / 2; n >= 16 && n >= longest; n /= 2)
        if (fits_with(job, true, n, longest)) {
            snprintf(text, size, "the largest that fits is with %s--pass-tokens %d", checkpoint, n);
            return;
        }
    for (int64_t n = longest / 2; n >= 16; n /= 2)
        if (fits_with(job, true, (int)n, n)) {
            snprintf(text, size,
                     "the largest that fits is with %s--pass-tokens %lld "
                     "--max-seq-length %lld",
                     checkpoint, (long long)n, (long long)n);
            return;
        }
    snprintf(text, size,
             "no shorter row fits with these settings: a smaller --lora-rank, fewer "
             "--lora-targets or a smaller model may");
}

ya_status ya_job_refuse(const ya_job *job, ya_error *err)
{
    const ya_plan *p = &job->plan;
    double gb = 1.0 / (double)YA_GB;
    char advice[160];
    advise(job, advice, sizeof advice);
    return ya_fail(err, YA_ERR_MEMORY,
                   "the plan needs %.3f GB of memory, %.3f GB more than the %.3f GB that %s "
                   "allows; %s",
                   (double)p->anonymous_peak * gb,
                   (double)(p->anonymous_peak - p->budget.bytes) * gb, (double)p->budget.bytes * gb,
                   p->budget.reason, advice);
}

/* Commits every page now, so that memory is constant from the first step on. */
static void touch_pages(ya_arena *arena)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t at = 0; at < arena->used; at += page) {
        volatile unsigned char *byte = arena->base + at;
        *byte = *byte;
    }
}

static ya_status initial_values(ya_job *job, ya_error *err)
{
    if (job->adapter.path)
        return ya_adapter_values(&job->adapter, job->model, &job->params, err);
    if (job->full)
        return job->adapter_path ? ya_trained_read(job->adapter_path, &job->params, err) : YA_OK;
    if (job->lora.rank == 0)
        return YA_OK;
    ya_lora_init(&job->params, (uint64_t)job->settings.seed);
    return YA_OK;
}

ya_status ya_job_reserve(ya_job *job, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_arena_init(&job->arena, job->plan.regions.used, err));
    YA_TRY(ya_job_layout(job, &job->arena, err));
    touch_pages(&job->arena);
    YA_TRY(initial_values(job, err));
done:
    return status;
}

void ya_job_close(ya_job *job)
{
    ya_engine_close(job->engine);
    ya_params_free(&job->params);
    ya_adapter_free(&job->adapter);
    ya_dataset_close(job->train_data);
    ya_dataset_close(job->val_data);
    ya_model_close(job->model);
    ya_arena_free(&job->arena);
    if (job->probing)
        ya_memory_close(&job->probe);
    ya_free(job->base_path);
    ya_free(job->adapter_path);
    *job = (ya_job){0};
}
