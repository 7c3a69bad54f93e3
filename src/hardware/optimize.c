#include "hardware/optimize.h"

#include "base/alloc.h"
#include "base/log.h"
#include "hardware/journal.h"
#include "hardware/models.h"
#include "hardware/trial.h"
#include "io/outdir.h"
#include "model/compute.h"
#include "train/interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIAL_STEPS = 15, MAX_TRIALS = 256, FINALISTS = 4 };
/* A plan must leave this share of the budget free; a trial below this share of the best speed is
 * stopped after a third of its steps; the FINALISTS fastest above that share are run again, since
 * what else a machine does may slow any one trial. */
static const double SPARE = 0.15, HOPELESS = 0.9, FINALIST = 0.8;

typedef struct {
    const int64_t *values;
    int n;
} range;

#define RANGE(...)                                                                                 \
    {                                                                                              \
        (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)   \
    }
static const range MICRO_BATCHES[2] = {RANGE(2, 4, 6, 8, 10, 12), RANGE(2, 4, 8)};
static const range RANKS[2] = {RANGE(32, 64, 96, 128), RANGE(64, 128)};
static const range LAYERS[2] = {RANGE(8, 16, 24, 32), RANGE(16, 24)};

typedef struct {
    ya_trial trial;
    ya_trial_result result;
    bool fits;     /* with SPARE */
    bool frontier; /* none is faster with as little memory */
} candidate;

typedef struct {
    const ya_settings *settings;
    candidate candidates[MAX_TRIALS];
    int n;
    int best; /* -1: none */
    ya_journal journal;
} search;

static void add_candidate(search *all, int64_t micro_batch, int64_t rank, int64_t layers,
                          bool checkpoint)
{
    const ya_settings *s = all->settings;
    static const char *const dtypes[] = {"auto", "f32", "bf16"};
    all->candidates[all->n++].trial = (ya_trial){
        .model = s->model,
        .micro_batch = micro_batch,
        .row_tokens = s->max_seq_length,
        .rank = rank,
        .layers = layers,
        .checkpoint = checkpoint,
        .dtype = dtypes[s->dtype],
        .threads = ya_compute_threads(s),
        .steps = TRIAL_STEPS,
        .round = 1,
    };
}

/* The grid; more layers than the model has are all of them, once. */
static void make_grid(search *all, int n_layers)
{
    const range *batches = &MICRO_BATCHES[all->settings->quick],
                *ranks = &RANKS[all->settings->quick], *layers = &LAYERS[all->settings->quick];
    for (int b = 0; b < batches->n; b++)
        for (int r = 0; r < ranks->n; r++)
            for (int l = 0; l < layers->n; l++) {
                bool all_of_them = layers->values[l] >= n_layers;
                for (int c = 0; c < 2; c++)
                    add_candidate(all, batches->values[b], ranks->values[r],
                                  all_of_them ? 0 : layers->values[l], c == 1);
                if (all_of_them)
                    break;
            }
}

static void describe(const ya_trial *t, char out[128])
{
    char layers[24] = "all";
    if (t->layers > 0)
        snprintf(layers, sizeof layers, "%lld", (long long)t->layers);
    snprintf(out, 128, "micro-batch %2lld, rank %3lld, layers %3s%s", (long long)t->micro_batch,
             (long long)t->rank, layers, t->checkpoint ? ", checkpointing" : "");
}

static ya_status plan_all(search *all, ya_error *err)
{
    ya_status status = YA_OK;
    int fit = 0;
    for (int i = 0; i < all->n && !status; i++) {
        candidate *c = &all->candidates[i];
        status = ya_trial_plan(&c->trial, &c->result, err);
        if (!status && c->result.failure[0])
            status = ya_fail(err, YA_ERR_DATA, "no plan: %s", c->result.failure);
        c->fits = c->result.planned_mb <= (1.0 - SPARE) * c->result.budget_mb;
        fit += c->fits;
        if (!status && ya_interrupt_signal())
            status = ya_fail(err, YA_ERR_INTERRUPTED, "interrupted");
    }
    if (!status && fit == 0)
        return ya_fail(err, YA_ERR_MEMORY,
                       "none of %d settings fits with %.0f %% to spare: the smallest needs %.0f MB "
                       "of %.0f MB; try a shorter --max-seq-length or a smaller model",
                       all->n, SPARE * 100.0, all->candidates[1].result.planned_mb,
                       all->candidates[1].result.budget_mb);
    if (!status)
        ya_info("%d settings, %d of them fit with %.0f %% of the memory to spare", all->n, fit,
                SPARE * 100.0);
    return status;
}

static bool is_faster(const search *all, const candidate *c)
{
    return c->result.ran && (all->best < 0 || c->result.tokens_per_s >
                                                  all->candidates[all->best].result.tokens_per_s);
}

/* One trial, unless the journal has it. */
static ya_status run_one(search *all, const char *place, const ya_trial *trial,
                         ya_trial_result *result, ya_error *err)
{
    char work[YA_PATH_MAX], text[128];
    ya_status status;
    describe(trial, text);
    if (ya_journal_find(&all->journal, trial, result)) {
        ya_info("%s  %s: done before", place, text);
        return YA_OK;
    }
    YA_TRY(ya_path_join(work, all->settings->output, "trial", err));
    YA_TRY(ya_trial_run(trial, work, result, err));
    YA_TRY(ya_journal_add(&all->journal, trial, result, err));
    if (result->ran)
        ya_info("%s  %s: %.1f tokens/s, %.0f MB (plan %.0f)%s", place, text, result->tokens_per_s,
                result->anonymous_mb, result->planned_mb,
                result->steps < TRIAL_STEPS ? ", stopped early" : "");
    else
        ya_warn("%s  %s: %s", place, text, result->failure);
done:
    return status;
}

static ya_status run_all(search *all, ya_error *err)
{
    ya_status status = YA_OK;
    for (int i = 0; i < all->n && !status; i++) {
        candidate *c = &all->candidates[i];
        char place[32];
        if (!c->fits)
            continue;
        if (all->best >= 0)
            c->trial.give_up_below = HOPELESS * all->candidates[all->best].result.tokens_per_s;
        snprintf(place, sizeof place, "%3d/%d", i + 1, all->n);
        status = run_one(all, place, &c->trial, &c->result, err);
        if (!status && is_faster(all, c))
            all->best = i;
    }
    if (!status && all->best < 0)
        return ya_fail(err, YA_ERR_DATA, "no trial ran; the last said: %s",
                       all->candidates[all->n - 1].result.failure);
    return status;
}

/* The fastest that is no finalist yet; -1: none is fast enough. */
static int next_finalist(const search *all, const bool *taken)
{
    int next = -1;
    double least = FINALIST * all->candidates[all->best].result.tokens_per_s;
    for (int i = 0; i < all->n; i++) {
        const ya_trial_result *r = &all->candidates[i].result;
        if (r->ran && !taken[i] && r->tokens_per_s >= least &&
            (next < 0 || r->tokens_per_s > all->candidates[next].result.tokens_per_s))
            next = i;
    }
    return next;
}

/* The fastest once more, to the end; the better of both speeds counts, which was disturbed less. */
static ya_status run_finals(search *all, ya_error *err)
{
    bool taken[MAX_TRIALS] = {false};
    int finalists[FINALISTS], n = 0;
    ya_status status = YA_OK;
    for (int i; n < FINALISTS && (i = next_finalist(all, taken)) >= 0; n++) {
        finalists[n] = i;
        taken[i] = true;
    }
    for (int f = 0; f < n && !status; f++) {
        candidate *c = &all->candidates[finalists[f]];
        ya_trial again = c->trial;
        ya_trial_result result;
        again.round = 2;
        again.give_up_below = 0.0;
        status = run_one(all, "  again", &again, &result, err);
        if (!status && result.ran && result.tokens_per_s > c->result.tokens_per_s)
            c->result = result;
    }
    for (int f = 0; f < n; f++)
        if (is_faster(all, &all->candidates[finalists[f]]))
            all->best = finalists[f];
    return status;
}

static void find_frontier(search *all)
{
    for (int i = 0; i < all->n; i++) {
        candidate *c = &all->candidates[i];
        c->frontier = c->result.ran;
        for (int j = 0; j < all->n && c->frontier; j++) {
            const ya_trial_result *o = &all->candidates[j].result;
            if (j != i && o->ran && o->tokens_per_s > c->result.tokens_per_s &&
                o->anonymous_mb <= c->result.anonymous_mb)
                c->frontier = false;
        }
    }
}

/* The settings of the best as a profile. lora_num_layers is left out for all. */
static ya_status write_profile(const search *all, char path[YA_PATH_MAX], ya_error *err)
{
    const candidate *c = &all->candidates[all->best];
    const ya_trial *t = &c->trial;
    ya_buffer text = {0};
    ya_status status;
    YA_TRY(ya_buffer_printf(
        &text, err,
        "# The fastest of the settings tried on this machine: %.1f tokens/s, %.0f MB anonymous.\n"
        "# Use: your_ai train --config THIS --model M --data D\n\n"
        "model:\n  lora_rank: %lld\n  lora_alpha: %lld\n",
        c->result.tokens_per_s, c->result.anonymous_mb, (long long)t->rank,
        (long long)(2 * t->rank)));
    if (t->layers > 0)
        YA_TRY(ya_buffer_printf(&text, err, "  lora_num_layers: %lld\n", (long long)t->layers));
    YA_TRY(ya_buffer_printf(&text, err,
                            "\ntraining:\n  batch_size: %lld\n  max_seq_length: %lld\n"
                            "  pass_tokens: %lld\n  grad_checkpoint: %s\n  dtype: %s\n"
                            "  threads: %d\n",
                            (long long)t->micro_batch, (long long)t->row_tokens,
                            (long long)(t->micro_batch * t->row_tokens),
                            t->checkpoint ? "true" : "false", t->dtype, t->threads));
    YA_TRY(ya_path_join(path, all->settings->output, "optimized.yaml", err));
    YA_TRY(ya_write_file(path, text.data, text.size, err));
done:
    ya_buffer_free(&text);
    return status;
}

static void show(const search *all, const char *profile)
{
    char text[128];
    printf("speed against memory (what is listed is beaten in neither):\n");
    for (int i = 0; i < all->n; i++) {
        const candidate *c = &all->candidates[i];
        if (!c->frontier)
            continue;
        describe(&c->trial, text);
        printf("  %s  %-48s %8.1f tokens/s %8.0f MB\n", i == all->best ? "*" : " ", text,
               c->result.tokens_per_s, c->result.anonymous_mb);
    }
    printf("\nthe fastest (*) is written to %s; next:\n  your_ai train --config %s --model %s "
           "--data DATA\n",
           profile, profile, all->settings->model);
}

static ya_status show_json(const search *all, const char *profile, ya_error *err)
{
    json_t *trials = json_array(), *frontier = json_array();
    for (int i = 0; i < all->n; i++) {
        const candidate *c = &all->candidates[i];
        json_t *line = ya_journal_line(&c->trial, &c->result);
        json_object_set_new(line, "fits_with_spare", json_boolean(c->fits));
        if (c->frontier)
            json_array_append(frontier, line);
        json_array_append_new(trials, line);
    }
    json_t *document = json_pack(
        "{s: s, s: o, s: o, s: o}", "profile", profile, "best",
        ya_journal_line(&all->candidates[all->best].trial, &all->candidates[all->best].result),
        "frontier", frontier, "trials", trials);
    ya_status status = document && json_dumpf(document, stdout, JSON_INDENT(1)) == 0
                           ? YA_OK
                           : ya_fail(err, YA_ERR_IO, "cannot print the result");
    printf("\n");
    json_decref(document);
    return status;
}

static ya_status optimize(search *all, ya_error *err)
{
    const ya_settings *s = all->settings;
    char profile[YA_PATH_MAX];
    ya_known_model model;
    ya_status status;
    YA_TRY(ya_known_model_open(&model, s->model, err));
    make_grid(all, model.shape.n_layers);
    YA_TRY(ya_make_dirs(s->output, err));
    YA_TRY(plan_all(all, err));
    YA_TRY(ya_journal_open(&all->journal, s->output, "trials.jsonl", err));
    YA_TRY(run_all(all, err));
    YA_TRY(run_finals(all, err));
    find_frontier(all);
    YA_TRY(write_profile(all, profile, err));
    if (s->json)
        YA_TRY(show_json(all, profile, err));
    else
        show(all, profile);
done:
    return status;
}

ya_status ya_optimize(const ya_settings *s, ya_error *err)
{
    search *all = ya_alloc_zero(1, sizeof *all);
    if (!all)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the search");
    all->settings = s;
    all->best = -1;
    ya_interrupt_begin();
    ya_status status = optimize(all, err);
    ya_interrupt_end();
    ya_journal_close(&all->journal);
    ya_free(all);
    return status;
}
