#include "eval/experiment.h"

#include "base/alloc.h"
#include "base/embedded.h"
#include "base/log.h"
#include "eval/asking.h"
#include "eval/facts.h"
#include "eval/preference.h"
#include "eval/systems.h"
#include "io/outdir.h"
#include "train/interrupt.h"
#include "train/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_VARIANTS = 32, VARIANT_TEXT = 48, SHORT_HASH = 12 };
static const double LEAST_SHARE = 0.9;

/* One way to train. "base" is not trained at all. */
typedef struct {
    char name[VARIANT_TEXT];
    int mode; /* -1: base */
    double alpha, max_ratio;
} variant;

typedef struct {
    const ya_settings *s;
    ya_systems base;
    variant variants[MAX_VARIANTS];
    int n_variants;
    ya_fact *facts; /* [s->facts]: of the seed at hand */
    const char *unrelated;
    char root[YA_PATH_MAX]; /* OUTPUT/runs-KEY */
    ya_result_journal journal;
    ya_preference found;
    ya_error *err;
} experiment;

void ya_experiment_defaults(ya_settings *s)
{
    static const struct {
        ya_setting_id id;
        const char *value;
    } own[] = {
        {YA_SET_steps, "70"},           {YA_SET_batch_size, "10"},
        {YA_SET_learning_rate, "7e-4"}, {YA_SET_lora_targets, "all"},
        {YA_SET_max_seq_length, "128"}, {YA_SET_pass_tokens, "256"},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (s->origin[own[i].id] == YA_FROM_DEFAULT &&
            ya_settings_set(s, own[i].id, own[i].value, YA_FROM_DEFAULT, NULL) != YA_OK)
            ya_warn("the experiment's %s is out of range", ya_setting_get(own[i].id)->name);
}

/* What is compared: ---------------------------------------------------------------------------- */

static ya_status add_variant(experiment *e, int mode, double alpha, double max_ratio,
                             const char *format, ...) YA_PRINTF(5, 6);
static ya_status add_variant(experiment *e, int mode, double alpha, double max_ratio,
                             const char *format, ...)
{
    va_list args;
    if (e->n_variants == MAX_VARIANTS)
        return ya_fail(e->err, YA_ERR_USAGE, "more than %d variants are compared", MAX_VARIANTS);
    variant *v = &e->variants[e->n_variants++];
    *v = (variant){.mode = mode, .alpha = alpha, .max_ratio = max_ratio};
    va_start(args, format);
    vsnprintf(v->name, sizeof v->name, format, args);
    va_end(args);
    return YA_OK;
}

/* The number that a text of a sweep is, as the setting's own rules read it. */
static ya_status sweep_value(const experiment *e, ya_setting_id id, const char *text, double *out)
{
    ya_settings scratch;
    ya_status status = ya_settings_init(&scratch, e->err);
    if (status)
        return status;
    status = ya_settings_set(&scratch, id, text, YA_FROM_FLAG, e->err);
    *out = id == YA_SET_distrust_alpha ? scratch.distrust_alpha : scratch.distrust_max_ratio;
    ya_settings_free(&scratch);
    return status;
}

static ya_status choose_variants(experiment *e)
{
    const ya_settings *s = e->s;
    double alpha = s->distrust_alpha, ratio = s->distrust_max_ratio, value;
    ya_status status;
    YA_TRY(add_variant(e, -1, alpha, ratio, "base"));
    YA_TRY(add_variant(e, YA_MODE_OFF, alpha, ratio, "off"));
    YA_TRY(add_variant(e, YA_MODE_ADDITIVE, alpha, ratio, "additive"));
    YA_TRY(add_variant(e, YA_MODE_WEIGHTED, alpha, ratio, "weighted"));
    for (size_t i = 0; i < s->sweep_alpha.n; i++) {
        YA_TRY(sweep_value(e, YA_SET_distrust_alpha, s->sweep_alpha.items[i], &value));
        YA_TRY(add_variant(e, YA_MODE_WEIGHTED, value, ratio, "weighted-alpha-%g", value));
    }
    for (size_t i = 0; i < s->sweep_max_ratio.n; i++) {
        YA_TRY(sweep_value(e, YA_SET_distrust_max_ratio, s->sweep_max_ratio.items[i], &value));
        YA_TRY(add_variant(e, YA_MODE_WEIGHTED, alpha, value, "weighted-max-ratio-%g", value));
    }
done:
    return status;
}

/* All that a training depends on, besides seed and variant. */
static ya_status make_key(const experiment *e, ya_buffer *key)
{
    const ya_settings *s = e->s;
    return ya_buffer_printf(
        key, e->err,
        "experiment %s %s facts=%lld chat=%d template=%s dtype=%d steps=%lld batch=%lld lr=%.17g "
        "schedule=%d warmup=%lld rank=%lld alpha=%.17g rslora=%d targets=%u layers=%lld "
        "strength=%.17g lambda=%.17g ratio=%.17g",
        YA_VERSION, e->base.fingerprint, (long long)s->facts, s->chat_format,
        s->chat_template ? s->chat_template : "", s->dtype, (long long)s->steps,
        (long long)s->batch_size, s->learning_rate, s->lr_schedule, (long long)s->warmup_steps,
        (long long)s->lora_rank, s->lora_alpha, s->use_rslora, s->lora_targets,
        (long long)s->lora_num_layers, s->distrust_strength, s->distrust_lambda,
        s->distrust_max_ratio);
}

static ya_status open_output(experiment *e)
{
    ya_buffer key = {0};
    char hash[YA_SHA256_HEX], name[64];
    ya_status status;
    YA_TRY(make_key(e, &key));
    YA_TRY(ya_sha256_bytes(key.data, key.size, hash, e->err));
    snprintf(name, sizeof name, "runs-%.*s", SHORT_HASH, hash);
    YA_TRY(ya_path_join(e->root, e->s->output, name, e->err));
    YA_TRY(ya_make_dirs(e->root, e->err));
    YA_TRY(ya_result_journal_open(&e->journal, e->root, key.data, e->err));
done:
    ya_buffer_free(&key);
    return status;
}

/* Training and asking: ------------------------------------------------------------------------- */

/* ROOT/seed-42-weighted and its last checkpoint. */
static ya_status run_paths(const experiment *e, int64_t seed, const variant *v,
                           char run[YA_PATH_MAX], char checkpoint[YA_PATH_MAX])
{
    char name[128];
    snprintf(name, sizeof name, "seed-%lld-%s", (long long)seed, v->name);
    ya_status status = ya_path_join(run, e->root, name, e->err);
    snprintf(name, sizeof name, "checkpoint-%lld", (long long)e->s->steps);
    return status ? status : ya_path_join(checkpoint, run, name, e->err);
}

static ya_status write_corpus(const experiment *e, int64_t seed, char path[YA_PATH_MAX])
{
    ya_buffer text = {0};
    char name[64];
    ya_status status;
    snprintf(name, sizeof name, "seed-%lld.jsonl", (long long)seed);
    YA_TRY(ya_path_join(path, e->root, name, e->err));
    YA_TRY(ya_facts_corpus(e->facts, (size_t)e->s->facts, e->s->chat_format, &text, e->err));
    status = ya_write_file(path, text.data, text.size, e->err);
done:
    ya_buffer_free(&text);
    return status;
}

/* Trains as `train` would with these settings; a finished run is not trained again. */
static ya_status train(const experiment *e, int64_t seed, const variant *v, char *corpus, char *run)
{
    ya_settings s = *e->s;
    s.data = (ya_texts){&corpus, 1};
    s.output = run;
    s.seed = seed;
    s.distrust_mode = v->mode;
    s.distrust_alpha = v->alpha;
    s.distrust_max_ratio = v->max_ratio;
    s.save_steps = s.steps;
    s.resume = s.quiet = true;
    s.json = false;
    ya_log_set_quiet(true);
    ya_status status = ya_settings_finish(&s, YA_FOR_TRAIN, e->err);
    if (!status)
        status = ya_train(&s, e->err);
    ya_log_set_quiet(e->s->quiet);
    return status ? ya_wrap(e->err, status, "training %s", run) : YA_OK;
}

static ya_status ask(experiment *e, int64_t seed, const variant *v, char *checkpoint,
                     ya_answers *answers)
{
    ya_settings s = *e->s;
    ya_questions q;
    char system[128];
    snprintf(system, sizeof system, "seed-%lld-%s", (long long)seed, v->name);
    s.adapter = checkpoint;
    ya_status status = ya_facts_ask(&q, e->facts, (size_t)s.facts, e->unrelated, e->err);
    if (status)
        return status;
    const ya_asking_config config = {.settings = &s,
                                     .questions = &q,
                                     .chat = s.chat_format,
                                     .without_adapter = v->mode < 0,
                                     .name = system,
                                     .journal = &e->journal};
    ya_interrupt_begin();
    status = ya_ask(answers, &config, e->err);
    ya_interrupt_end();
    if (!status)
        status = ya_preference_add(&e->found, seed, v->name, e->facts, &q, answers, e->err);
    ya_questions_free(&q);
    return status;
}

static ya_status run_variant(experiment *e, int64_t seed, const variant *v, char *corpus)
{
    char run[YA_PATH_MAX], checkpoint[YA_PATH_MAX], hash[YA_SHA256_HEX] = "";
    ya_answers answers = {0};
    ya_status status;
    YA_TRY(run_paths(e, seed, v, run, checkpoint));
    if (v->mode >= 0) {
        ya_info("seed %lld: training %s", (long long)seed, v->name);
        YA_TRY(train(e, seed, v, corpus, run));
        YA_TRY(ya_adapter_sha256(checkpoint, hash, e->err));
    }
    YA_TRY(ask(e, seed, v, v->mode >= 0 ? checkpoint : NULL, &answers));
    ya_preference_adapter(&e->found, hash);
    ya_preference_show_last(&e->found);
done:
    ya_answers_free(&answers);
    return status;
}

static ya_status run_seed(experiment *e, int64_t seed)
{
    char corpus[YA_PATH_MAX];
    ya_status status;
    ya_facts_make(e->facts, (size_t)e->s->facts, (uint64_t)seed);
    YA_TRY(write_corpus(e, seed, corpus));
    for (int i = 0; i < e->n_variants; i++)
        YA_TRY(run_variant(e, seed, &e->variants[i], corpus));
done:
    return status;
}

/* Results: ------------------------------------------------------------------------------------- */

static json_t *settings_of(const experiment *e)
{
    const ya_settings *s = e->s;
    return json_pack("{s: I, s: I, s: I, s: I, s: I, s: f, s: I, s: f, s: f, s: f, s: f, s: b}",
                     "seed", (json_int_t)s->seed, "seeds", (json_int_t)s->seeds, "facts",
                     (json_int_t)s->facts, "steps", (json_int_t)s->steps, "batch_size",
                     (json_int_t)s->batch_size, "learning_rate", s->learning_rate, "lora_rank",
                     (json_int_t)s->lora_rank, "lora_alpha", s->lora_alpha, "distrust_alpha",
                     s->distrust_alpha, "distrust_max_ratio", s->distrust_max_ratio,
                     "distrust_strength", s->distrust_strength, "chat", s->chat_format);
}

static ya_status report(experiment *e)
{
    ya_results results = {0};
    ya_status status;
    ya_results_begin(&results, "experiment", "source-preference");
    ya_systems_describe(&e->base, &results);
    ya_results_set(&results, "settings", settings_of(e));
    YA_TRY(ya_preference_results(&e->found, LEAST_SHARE, &results, e->err));
    YA_TRY(ya_results_finish(&results, e->err));
    YA_TRY(ya_results_write(&results, e->s->output, e->err));
    YA_TRY(ya_preference_draw(&e->found, LEAST_SHARE, e->s->output, e->err));
    YA_TRY(ya_results_print(&results, e->s->json, e->err));
    ya_result_journal_finish(&e->journal);
    status = ya_results_verdict(&results, e->err);
done:
    ya_results_free(&results);
    return status;
}

ya_status ya_experiment(const ya_settings *settings, ya_error *err)
{
    ya_settings s = *settings;
    experiment e = {.s = &s, .journal = {.fd = -1}, .err = err};
    const ya_embedded *text = ya_embedded_find("experiments/unrelated.txt");
    ya_status status;
    ya_experiment_defaults(&s);
    e.unrelated = text ? text->text : "";
    YA_TRY(choose_variants(&e));
    YA_TRY(ya_systems_find(&e.base, &s, err));
    if (e.base.adapter_path)
        YA_TRY(ya_fail(err, YA_ERR_USAGE,
                       "%s is an adapter: the experiment starts from a base model", s.model));
    YA_TRY(open_output(&e));
    e.facts = ya_alloc_zero((size_t)s.facts, sizeof *e.facts);
    if (!e.facts)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for %lld facts", (long long)s.facts));
    for (int64_t k = 0; k < s.seeds; k++)
        YA_TRY(run_seed(&e, s.seed + k));
    status = report(&e);
done:
    ya_result_journal_close(&e.journal);
    ya_preference_free(&e.found);
    ya_systems_free(&e.base);
    ya_free(e.facts);
    return status;
}
