#include "hardware/trial.h"

#include "base/random.h"
#include "hardware/child.h"
#include "hardware/models.h"
#include "io/json.h"
#include "io/outdir.h"
#include "train/interrupt.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { MAX_STEPS = 1000 };
static const long POLL_NS = 50000000;

static void common_arguments(ya_child_arguments *a, const char *command, const ya_trial *t)
{
    ya_child_command(a, command);
    ya_child_flag(a, "--model", t->model);
    ya_child_flag(a, "--dtype", t->dtype);
    ya_child_number(a, "--threads", t->threads);
    ya_child_number(a, "--batch-size", t->micro_batch);
    ya_child_number(a, "--max-seq-length", t->row_tokens);
    ya_child_number(a, "--pass-tokens", t->micro_batch * t->row_tokens);
    ya_child_number(a, "--lora-rank", t->rank);
    if (t->layers > 0)
        ya_child_number(a, "--lora-num-layers", t->layers);
    ya_child_flag(a, "--grad-checkpoint", t->checkpoint ? "true" : "false");
    ya_child_flag(a, "--no-auto-fit", NULL);
    ya_child_flag(a, "--distrust-mode", "off");
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static void remove_all(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Records: micro_batch rows for every step. */
static ya_status write_rows(const char *path, const ya_trial *t, int vocab_size, ya_error *err)
{
    FILE *file = fopen(path, "w");
    uint64_t draw = 0;
    if (!file)
        return ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
    for (int64_t r = 0; r < 2 * t->micro_batch; r++) {
        fputs("{\"input_ids\": [", file);
        for (int64_t i = 0; i < t->row_tokens; i++)
            fprintf(file, "%s%d", i ? "," : "",
                    (int)(ya_splitmix64(1, draw++) % (uint64_t)vocab_size));
        fputs("]}\n", file);
    }
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
    return YA_OK;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What metrics.jsonl holds by now. The first step is left out: it reads the weights. */
static void read_metrics(const char *path, ya_trial_result *result)
{
    char line[8192];
    double rates[MAX_STEPS];
    int n = 0;
    FILE *file = fopen(path, "r");
    while (file && n < MAX_STEPS && fgets(line, sizeof line, file)) {
        json_t *object = strchr(line, '\n') ? json_loads(line, 0, NULL) : NULL;
        int64_t step = 0;
        double rate = 0.0, anonymous = 0.0;
        if (ya_json_get_i64(object, "step", &step) &&
            ya_json_get_f64(object, "tokens_per_s", &rate) &&
            ya_json_get_f64(object, "rss_anon_mb", &anonymous)) {
            if (step > 1)
                rates[n++] = rate;
            if (anonymous > result->anonymous_mb)
                result->anonymous_mb = anonymous;
        }
        json_decref(object);
    }
    if (file)
        fclose(file);
    if (n == 0)
        return;
    qsort(rates, (size_t)n, sizeof *rates, ascending);
    result->ran = true;
    result->steps = n;
    result->tokens_per_s = n % 2 ? rates[n / 2] : 0.5 * (rates[n / 2 - 1] + rates[n / 2]);
}

/* Waits for the child; ends it when it is clearly too slow or a signal came. */
static ya_status watch(pid_t child, const ya_trial *t, const char *metrics, int *child_status,
                       ya_trial_result *result, ya_error *err)
{
    struct timespec poll = {0, POLL_NS};
    bool ended = false;
    for (;;) {
        pid_t found = waitpid(child, child_status, WNOHANG);
        if (found == child)
            break;
        if (found < 0 && errno != EINTR)
            return ya_fail_errno(err, YA_ERR_IO, "cannot wait for a trial");
        if (ya_interrupt_signal() && !ended) {
            kill(child, SIGKILL);
            ended = true;
        }
        if (t->give_up_below > 0.0 && !ended) {
            read_metrics(metrics, result);
            if (result->ran && 3 * result->steps >= t->steps &&
                result->tokens_per_s < t->give_up_below) {
                kill(child, SIGKILL);
                ended = true;
            }
        }
        nanosleep(&poll, NULL);
    }
    if (ya_interrupt_signal())
        return ya_fail(err, YA_ERR_INTERRUPTED, "interrupted");
    return YA_OK;
}

static ya_status train(const ya_trial *t, const char *work, ya_trial_result *result, ya_error *err)
{
    char data[YA_PATH_MAX], output[YA_PATH_MAX], log[YA_PATH_MAX], metrics[YA_PATH_MAX];
    ya_child_arguments a;
    pid_t child;
    ya_known_model model;
    int child_status = 0;
    ya_status status;
    YA_TRY(ya_path_join(data, work, "rows.jsonl", err));
    YA_TRY(ya_path_join(output, work, "run", err));
    YA_TRY(ya_path_join(log, work, "log", err));
    YA_TRY(ya_path_join(metrics, output, "metrics.jsonl", err));
    if (ya_known_model_open(&model, t->model, err) != YA_OK) {
        snprintf(result->failure, sizeof result->failure, "%.500s", err->text);
        return YA_OK;
    }
    YA_TRY(write_rows(data, t, model.shape.vocab_size, err));
    common_arguments(&a, "train", t);
    ya_child_flag(&a, "--data", data);
    ya_child_flag(&a, "--output", output);
    ya_child_number(&a, "--steps", t->steps + 1);
    ya_child_number(&a, "--logging-steps", 1);
    ya_child_number(&a, "--save-steps", 1000000);
    ya_child_flag(&a, "--quiet", NULL);
    YA_TRY(ya_child_start(&child, &a, "/dev/null", log, err));
    YA_TRY(watch(child, t, metrics, &child_status, result, err));
    read_metrics(metrics, result);
    if (!result->ran)
        ya_child_last_words(result->failure, log, child_status);
done:
    return status;
}

ya_status ya_trial_run(const ya_trial *trial, const char *work, ya_trial_result *result,
                       ya_error *err)
{
    ya_status status;
    YA_TRY(ya_trial_plan(trial, result, err));
    if (result->failure[0] || !result->fits)
        return YA_OK;
    remove_all(work);
    YA_TRY(ya_make_dirs(work, err));
    status = train(trial, work, result, err);
    remove_all(work);
done:
    return status;
}

ya_status ya_trial_plan(const ya_trial *trial, ya_trial_result *result, ya_error *err)
{
    ya_child_arguments a;
    json_t *plan = NULL;
    *result = (ya_trial_result){0};
    common_arguments(&a, "plan", trial);
    ya_child_flag(&a, "--json", NULL);
    ya_status status = ya_child_json(&a, &plan, result->failure, err);
    if (plan && (!ya_json_get_f64(plan, "anonymous_peak_mb", &result->planned_mb) ||
                 !ya_json_get_f64(plan, "budget_mb", &result->budget_mb) ||
                 !ya_json_get_bool(plan, "fits", &result->fits)))
        snprintf(result->failure, sizeof result->failure, "its plan cannot be read");
    json_decref(plan);
    return status;
}
