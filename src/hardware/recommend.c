#include "hardware/recommend.h"

#include "base/alloc.h"
#include "base/log.h"
#include "hardware/child.h"
#include "hardware/machine.h"
#include "hardware/models.h"
#include "hardware/predict.h"
#include "hardware/profile.h"
#include "io/json.h"
#include "model/compute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How the weights of a preset may be stored, best first: as the hub has them, or as `export` makes
 * them; bits a weight. */
static const struct {
    const char *name;
    double bits;
} STORED[] = {{"bf16", 16.0}, {"q8_0", 8.5}, {"q4_0", 4.5}};
enum { N_STORED = sizeof STORED / sizeof *STORED };

typedef struct {
    const ya_known_model *model;
    char failure[YA_CHILD_FAILURE];
    bool planned; /* the plan could be made */
    bool fits;    /* its anonymous memory fits the budget */
    double anonymous_mb, budget_mb;
    const char *stored; /* the type that is meant: of the files, or the best that fits */
    double weights_mb;
    bool in_memory; /* weights and plan together fit */
    double tokens_per_s;
    int64_t rank, layers, row_tokens, pass_tokens, batch_size, accumulation;
    bool checkpoint;
} advice;

typedef struct {
    const ya_settings *settings;
    uint64_t memory;
    ya_profile profile;
    char path[YA_PATH_MAX]; /* of the profile, a temporary file */
    ya_speeds speeds;
    advice *items;
    size_t n;
    const advice *best; /* NULL: none */
} report;

static ya_status write_profile(report *r, ya_error *err)
{
    const char *dir = getenv("TMPDIR");
    ya_buffer text = {0};
    int fd = -1;
    ya_status status;
    YA_TRY(ya_path_join(r->path, dir && *dir ? dir : "/tmp", "your_ai-profile-XXXXXX", err));
    fd = mkstemp(r->path);
    if (fd < 0) {
        status = ya_fail_errno(err, YA_ERR_IO, "cannot make a temporary file %s", r->path);
        r->path[0] = '\0';
        goto done;
    }
    close(fd);
    YA_TRY(ya_profile_write(&r->profile, r->memory, NULL, &text, err));
    YA_TRY(ya_write_file(r->path, text.data, text.size, err));
done:
    ya_buffer_free(&text);
    return status;
}

static void read_settings(advice *a, const json_t *plan)
{
    const json_t *settings = json_object_get(plan, "settings");
    const struct {
        const char *key;
        int64_t *value;
    } numbers[] = {
        {"lora_rank", &a->rank},
        {"lora_num_layers", &a->layers},
        {"max_seq_length", &a->row_tokens},
        {"batch_size", &a->batch_size},
        {"gradient_accumulation_steps", &a->accumulation},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        ya_json_get_i64(settings, numbers[i].key, numbers[i].value); /* "all" stays 0 */
    ya_json_get_bool(settings, "grad_checkpoint", &a->checkpoint);
    ya_json_get_i64(plan, "pass_tokens", &a->pass_tokens);
    a->planned = ya_json_get_f64(plan, "anonymous_peak_mb", &a->anonymous_mb) &&
                 ya_json_get_f64(plan, "budget_mb", &a->budget_mb) &&
                 ya_json_get_bool(plan, "fits", &a->fits);
    if (!a->planned)
        snprintf(a->failure, sizeof a->failure, "its plan cannot be read");
}

/* Where the weights will be. Presets are not downloaded yet: the best type that fits. */
static void place_weights(advice *a)
{
    const ya_known_model *m = a->model;
    if (m->present) {
        a->stored = "as stored";
        a->weights_mb = (double)m->stored_bytes / (double)YA_MB;
        a->in_memory = a->anonymous_mb + a->weights_mb <= a->budget_mb;
        return;
    }
    for (int i = 0; i < N_STORED && !a->in_memory; i++) {
        a->stored = STORED[i].name;
        a->weights_mb = (double)m->parameters * STORED[i].bits / 8.0 / (double)YA_MB;
        a->in_memory = a->anonymous_mb + a->weights_mb <= a->budget_mb;
    }
}

static void predict(const report *r, advice *a)
{
    ya_predicted_run run = {
        .shape = a->model->shape,
        .weight_bytes = (uint64_t)(a->weights_mb * (double)YA_MB),
        .rank = (int)a->rank,
        .layers = (int)a->layers,
        .targets = r->settings->lora_targets,
        .row_tokens = (int)a->row_tokens,
        .pass_tokens = (int)a->pass_tokens,
        .checkpoint = a->checkpoint,
        .bf16 = ya_compute_bf16(r->settings),
    };
    a->tokens_per_s = ya_predict_speed(&run, &r->speeds);
    if (!a->in_memory && r->speeds.disk_mb_s > 0.0) {
        /* every pass reads the weights from the disk, forward and backward */
        double seconds = 2.0 * a->weights_mb * (double)YA_MB / (r->speeds.disk_mb_s * 1e6);
        a->tokens_per_s = 1.0 / (1.0 / a->tokens_per_s + seconds / (double)a->pass_tokens);
    }
}

static ya_status advise(report *r, advice *a, ya_error *err)
{
    static const char *const dtypes[] = {"auto", "f32", "bf16"};
    ya_child_arguments arguments;
    json_t *plan = NULL;
    char memory[32];
    if (!a->model->known) {
        snprintf(a->failure, sizeof a->failure, "%s", a->model->problem);
        return YA_OK;
    }
    snprintf(memory, sizeof memory, "%.6f", (double)r->memory / (double)YA_GB);
    ya_child_command(&arguments, "plan");
    ya_child_flag(&arguments, "--model", a->model->name);
    ya_child_flag(&arguments, "--config", r->path);
    ya_child_flag(&arguments, "--memory", memory);
    ya_child_flag(&arguments, "--json", NULL);
    ya_child_flag(&arguments, "--quiet", NULL);
    ya_child_flag(&arguments, "--dtype", dtypes[r->settings->dtype]);
    ya_child_number(&arguments, "--threads", ya_compute_threads(r->settings));
    ya_status status = ya_child_json(&arguments, &plan, a->failure, err);
    if (plan)
        read_settings(a, plan);
    json_decref(plan);
    if (!status && a->planned) {
        place_weights(a);
        predict(r, a);
        if (a->fits && a->in_memory &&
            (!r->best || a->model->parameters > r->best->model->parameters))
            r->best = a;
    }
    return status;
}

static void reason(const advice *a, char out[160])
{
    if (a->failure[0])
        snprintf(out, 160, "%.150s", a->failure);
    else if (!a->fits)
        snprintf(out, 160, "does not fit: %.0f MB more than the budget",
                 a->anonymous_mb - a->budget_mb);
    else if (a->in_memory)
        snprintf(out, 160, "fits%s%s", a->model->present ? "" : " as ",
                 a->model->present ? "" : a->stored);
    else
        snprintf(out, 160, "fits, but %.0f GB of weights are read from disk in every pass",
                 a->weights_mb / 1024.0);
}

/* The commands that lead from the advice to a run. */
static void show_next(const report *r, const advice *b)
{
    const char *name = b->model->name, *profile = strrchr(r->profile.file->name, '/') + 1;
    int length = (int)strcspn(profile, ".");
    char file[300] = "";
    printf("Next:\n");
    if (!b->model->present) {
        printf("  your_ai pull %s\n", name);
        if (strcmp(b->stored, STORED[0].name) != 0) {
            snprintf(file, sizeof file, "%s-%s.gguf", name, b->stored);
            printf("  your_ai export --model %s --to gguf --dtype %s --output %s\n", name,
                   b->stored, file);
        }
    }
    printf("  your_ai train --config %.*s --model %s --data DATA\n", length, profile,
           file[0] ? file : name);
}

static void show(const report *r)
{
    char text[160];
    printf("For a machine of %.1f GB (profile %s, budget %.1f GB), speeds of this processor:\n\n",
           (double)r->memory / (double)YA_GB, r->profile.file->name,
           r->n ? r->items[0].budget_mb / 1024.0 : 0.0);
    printf("   %-34s %8s %9s %9s %9s  %s\n", "model", "params", "memory", "weights", "tokens/s",
           "");
    for (size_t i = 0; i < r->n; i++) {
        const advice *a = &r->items[i];
        reason(a, text);
        if (a->planned)
            printf(" %s %-34.34s %7.2fB %6.0f MB %6.1f GB %9.1f  %s\n", a == r->best ? "*" : " ",
                   a->model->name, (double)a->model->parameters * 1e-9, a->anonymous_mb,
                   a->weights_mb / 1024.0, a->tokens_per_s, text);
        else
            printf("   %-34.34s %s\n", a->model->name, text);
    }
    if (!r->best) {
        printf("\nNone fits with its weights in memory: take a smaller model.\n");
        return;
    }
    const advice *b = r->best;
    printf("\n* recommended: %s%s%s, rank %lld, %lld x %lld records of %lld tokens%s.\n",
           b->model->name, b->model->present ? "" : " as ", b->model->present ? "" : b->stored,
           (long long)b->rank, (long long)b->batch_size, (long long)b->accumulation,
           (long long)b->row_tokens, b->checkpoint ? ", gradient checkpointing" : "");
    show_next(r, b);
}

static json_t *as_json(const report *r, const advice *a)
{
    char text[160];
    reason(a, text);
    json_t *item =
        json_pack("{s: s, s: s, s: b, s: I, s: s, s: b}", "model", a->model->name, "hub",
                  a->model->hub, "present", a->model->present, "parameters",
                  (json_int_t)a->model->parameters, "reason", text, "recommended", a == r->best);
    if (!a->planned)
        return item;
    json_t *more = json_pack(
        "{s: b, s: f, s: f, s: s, s: f, s: b, s: f, s: I, s: I, s: I, s: I, s: I, s: I, s: b}",
        "fits", a->fits, "anonymous_peak_mb", a->anonymous_mb, "budget_mb", a->budget_mb, "stored",
        a->stored, "weights_mb", a->weights_mb, "weights_in_memory", a->in_memory, "tokens_per_s",
        a->tokens_per_s, "lora_rank", (json_int_t)a->rank, "lora_num_layers", (json_int_t)a->layers,
        "batch_size", (json_int_t)a->batch_size, "gradient_accumulation_steps",
        (json_int_t)a->accumulation, "max_seq_length", (json_int_t)a->row_tokens, "pass_tokens",
        (json_int_t)a->pass_tokens, "grad_checkpoint", a->checkpoint);
    json_object_update(item, more);
    json_decref(more);
    return item;
}

static ya_status show_json(const report *r, ya_error *err)
{
    json_t *models = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(models, as_json(r, &r->items[i]));
    json_t *document =
        json_pack("{s: f, s: s, s: o, s: f, s: f, s: f, s: o}", "memory_gb",
                  (double)r->memory / (double)YA_GB, "profile", r->profile.file->name,
                  "recommended", r->best ? json_string(r->best->model->name) : json_null(),
                  "f32_gflops", r->speeds.f32_gflops, "bf16_gflops", r->speeds.bf16_gflops,
                  "read_gb_s", r->speeds.read_gb_s, "models", models);
    bool printed = document && json_dumpf(document, stdout, JSON_INDENT(1)) == 0;
    printf("\n");
    json_decref(document);
    return printed ? YA_OK : ya_fail(err, YA_ERR_IO, "cannot print the result");
}

static ya_status recommend(report *r, const ya_known_models *all, ya_error *err)
{
    const ya_settings *s = r->settings;
    ya_machine machine;
    ya_status status;
    YA_TRY(ya_machine_detect(&machine, "", err));
    r->memory =
        s->memory > 0.0 ? (uint64_t)(s->memory * (double)YA_GB) : ya_machine_memory(&machine);
    r->profile = ya_profile_for(r->memory);
    YA_TRY(write_profile(r, err));
    YA_TRY(ya_measure_speeds(&r->speeds, ya_compute_threads(s), getenv("TMPDIR"), err));
    r->items = ya_alloc_zero(all->n + 1, sizeof *r->items);
    if (!r->items)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for the advice"));
    for (; r->n < all->n; r->n++) {
        r->items[r->n].model = &all->models[r->n];
        YA_TRY(advise(r, &r->items[r->n], err));
    }
    if (s->json)
        status = show_json(r, err);
    else
        show(r);
done:
    if (r->path[0])
        unlink(r->path);
    ya_free(r->items);
    return status;
}

ya_status ya_recommend(const ya_settings *s, ya_error *err)
{
    ya_known_models all;
    report r = {.settings = s};
    ya_status status =
        ya_known_models_find(&all, s->models.items, s->models.n, s->models.n == 0, err);
    if (!status)
        status = recommend(&r, &all, err);
    ya_known_models_free(&all);
    return status;
}
