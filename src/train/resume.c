#include "train/resume.h"

#include "base/alloc.h"
#include "base/log.h"
#include "io/map.h"
#include "io/outdir.h"
#include "lora/locate.h"
#include "train/lineage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A config.yaml that alone does not tell how its checkpoint came to be begins with such lines. */
static const char HISTORY[] = "# Up to step ";
enum { CONFIG_MAX_BYTES = 1 << 20 };

typedef struct {
    char text[160];
} value_text;

static value_text value_of(const ya_settings *s, ya_setting_id id)
{
    value_text v;
    ya_buffer out = {0};
    bool known = ya_settings_value(s, id, &out, NULL) == YA_OK && out.size > 0;
    snprintf(v.text, sizeof v.text, "%s", known ? out.data : "none");
    ya_buffer_free(&out);
    return v;
}

static value_text flag_of(ya_setting_id id)
{
    value_text v;
    snprintf(v.text, sizeof v.text, "--%s", ya_setting_get(id)->name);
    for (char *c = v.text; *c; c++)
        if (*c == '_')
            *c = '-';
    return v;
}

/* Settings: ------------------------------------------------------------------------------------ */

ya_status ya_resume_read(ya_settings *made, const char *at, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status;
    YA_TRY(ya_settings_init(made, err));
    YA_TRY(ya_path_join(path, at, "config.yaml", err));
    YA_TRY(ya_settings_read_yaml(made, path, err));
    status = ya_settings_finish(made, YA_FOR_TRAIN, err);
done:
    return status;
}

static int64_t step_records(const ya_settings *s)
{
    return s->batch_size * s->gradient_accumulation_steps;
}

/* How a step's records are divided into batches changes nothing. */
static bool same(const ya_settings *now, const ya_settings *made, ya_setting_id id)
{
    bool batch = id == YA_SET_batch_size || id == YA_SET_gradient_accumulation_steps;
    return ya_settings_same(now, made, id) || (batch && step_records(now) == step_records(made));
}

static ya_status refuse_setting(const ya_settings *now, const ya_settings *made, ya_setting_id id,
                                const char *at, ya_error *err)
{
    bool shape = ya_setting_get(id)->commands & YA_SHAPE;
    bool batch = id == YA_SET_batch_size || id == YA_SET_gradient_accumulation_steps;
    return ya_fail(err, YA_ERR_USAGE,
                   "%s is %s, that of %s is %s%s; leave it out to go on as before, %s",
                   flag_of(id).text, value_of(now, id).text, at, value_of(made, id).text,
                   batch ? ", and the effective batch another" : "",
                   shape ? "or begin a new run in another --output (what is half trained cannot "
                           "change its shape, with --force neither)"
                         : "or pass --force to go on with the new one");
}

ya_status ya_resume_check(const ya_settings *now, const ya_settings *made, const char *at,
                          ya_error *err)
{
    const unsigned barred = now->force ? YA_SHAPE : YA_FIXED;
    for (int i = 0; i < YA_N_SETTINGS; i++)
        if (ya_setting_get((ya_setting_id)i)->commands & barred &&
            !same(now, made, (ya_setting_id)i))
            return refuse_setting(now, made, (ya_setting_id)i, at, err);
    return YA_OK;
}

/* The lines of HISTORY with which the checkpoint's own config.yaml begins. */
static ya_status copy_history(const char *at, ya_buffer *out, ya_error *err)
{
    char path[YA_PATH_MAX], *text = NULL;
    size_t size = 0;
    ya_status status;
    YA_TRY(ya_path_join(path, at, "config.yaml", err));
    YA_TRY(ya_read_file(path, CONFIG_MAX_BYTES, &text, &size, err));
    for (const char *line = text; strncmp(line, HISTORY, sizeof HISTORY - 1) == 0;) {
        size_t length = strcspn(line, "\n");
        length += line[length] == '\n';
        YA_TRY(ya_buffer_add(out, line, length, err));
        line += length;
    }
done:
    ya_free(text);
    return status;
}

ya_status ya_resume_history(const ya_settings *now, const ya_settings *made, const char *at,
                            int64_t step, ya_buffer *out, ya_error *err)
{
    bool any = false;
    ya_status status;
    YA_TRY(copy_history(at, out, err));
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (!(row->commands & YA_COURSE) || same(now, made, (ya_setting_id)i))
            continue;
        value_text was = value_of(made, (ya_setting_id)i), is = value_of(now, (ya_setting_id)i);
        if (row->commands & YA_FIXED)
            ya_warn("going on with %s %s, that of %s is %s (--force)",
                    flag_of((ya_setting_id)i).text, is.text, at, was.text);
        if (!any)
            YA_TRY(ya_buffer_printf(out, err, "%s%lld:", HISTORY, (long long)step));
        YA_TRY(ya_buffer_printf(out, err, "%s %s %s", any ? "," : "", row->name, was.text));
        any = true;
    }
    if (any)
        status = ya_buffer_printf(out, err, "\n");
done:
    return status;
}

/* Base and data: ------------------------------------------------------------------------------- */

ya_status ya_state_begin(ya_train_state *state, const ya_job *job, ya_error *err)
{
    ya_status status;
    memset(state, 0, sizeof *state);
    state->n_records = job->train_data->n_records;
    state->seed = (uint64_t)job->settings.seed;
    state->v_mean = job->weights.v_mean;
    state->best_ce = NAN;
    state->effective_batch = job->max_records;
    YA_TRY(ya_fingerprint_model(job->model, state->base_fingerprint, err));
    YA_TRY(ya_fingerprint_data(job->train_data, state->data_fingerprint, err));
done:
    return status;
}

static ya_status refuse(const ya_job *job, ya_error *err, const char *format, ...) YA_PRINTF(3, 4);
static ya_status refuse(const ya_job *job, ya_error *err, const char *format, ...)
{
    char what[YA_ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (job->settings.force) {
        ya_warn("resuming although %s (--force)", what);
        return YA_OK;
    }
    return ya_fail(err, YA_ERR_USAGE, "cannot resume: %s; pass --force to go on all the same",
                   what);
}

static bool same_start(const char *a, const char *b)
{
    struct stat one, other;
    if (!a || !b)
        return a == b;
    return strcmp(a, b) == 0 || (stat(a, &one) == 0 && stat(b, &other) == 0 &&
                                 one.st_dev == other.st_dev && one.st_ino == other.st_ino);
}

/* --model may name an adapter that the run starts from; another one is another run. A model that is
 * no longer where it was is told by its fingerprint alone. */
static ya_status check_start(const ya_settings *now, const ya_settings *made, const char *at,
                             ya_error *err)
{
    char *base[2] = {NULL}, *start[2] = {NULL};
    ya_status status = YA_OK;
    if (ya_settings_same(now, made, YA_SET_model) ||
        ya_locate_model(made->model, made->adapter, made->base, &base[0], &start[0], NULL))
        return YA_OK;
    YA_TRY(ya_locate_model(now->model, now->adapter, now->base, &base[1], &start[1], err));
    if (!same_start(start[0], start[1]))
        status =
            ya_fail(err, YA_ERR_USAGE,
                    "--model is %s, that of %s is %s: they do not start from the same adapter; "
                    "leave it out to go on as before, or begin a new run in another --output",
                    now->model, at, made->model);
done:
    for (int i = 0; i < 2; i++) {
        ya_free(base[i]);
        ya_free(start[i]);
    }
    return status;
}

ya_status ya_state_resume(ya_train_state *state, const ya_train_state *saved, const ya_job *job,
                          const ya_settings *made, const char *at, ya_error *err)
{
    const ya_settings *s = &job->settings;
    ya_train_state now = *state;
    ya_status status;
    bool same_data = strcmp(saved->data_fingerprint, now.data_fingerprint) == 0 &&
                     saved->n_records == now.n_records;
    YA_TRY(check_start(s, made, at, err));
    if (strcmp(saved->base_fingerprint, now.base_fingerprint) != 0)
        YA_TRY(refuse(job, err,
                      "the base model is not the one of the checkpoint: --model is %s (weights "
                      "%.12s), that of %s is %s (weights %.12s)",
                      s->model, now.base_fingerprint, at, made->model, saved->base_fingerprint));
    if (!same_data)
        YA_TRY(refuse(job, err,
                      "the training data are not those of the checkpoint: --data is %s (%llu "
                      "records, sha256 %.12s), that of %s is %s (%llu records, sha256 %.12s)",
                      value_of(s, YA_SET_data).text, (unsigned long long)now.n_records,
                      now.data_fingerprint, at, value_of(made, YA_SET_data).text,
                      (unsigned long long)saved->n_records, saved->data_fingerprint));
    *state = *saved;
    state->seed = now.seed;
    state->n_records = now.n_records;
    state->effective_batch = now.effective_batch;
    state->v_mean = now.v_mean;
    memcpy(state->base_fingerprint, now.base_fingerprint, sizeof now.base_fingerprint);
    memcpy(state->data_fingerprint, now.data_fingerprint, sizeof now.data_fingerprint);
done:
    return status;
}
