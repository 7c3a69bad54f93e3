#include "train/state.h"

#include "io/json.h"
#include "io/outdir.h"

#include <math.h>
#include <string.h>

enum { FORMAT = 1 };

void ya_state_remember(ya_train_state *state, int64_t step, double loss)
{
    uint64_t at = state->n_history++ % YA_HISTORY;
    state->history[at].step = step;
    state->history[at].loss = loss;
}

static void format_history(const ya_train_state *state, ya_format *out)
{
    uint64_t n = state->n_history, first = n > YA_HISTORY ? n - YA_HISTORY : 0;
    ya_format_add(out, " \"loss_history\": [");
    for (uint64_t i = first; i < n; i++) {
        ya_format_add(out, "%s\n  [%lld, ", i > first ? "," : "",
                      (long long)state->history[i % YA_HISTORY].step);
        ya_format_json_real(out, state->history[i % YA_HISTORY].loss);
        ya_format_add(out, "]");
    }
    ya_format_add(out, "]\n");
}

void ya_state_format(const ya_train_state *s, ya_format *out)
{
    ya_format_add(out, "{\"format\": %d,\n \"step\": %lld,\n \"epoch\": ", FORMAT,
                  (long long)s->step);
    ya_format_json_real(out, (double)s->cursor / (double)s->n_records);
    ya_format_add(out,
                  ",\n \"optimizer_count\": %lld,\n \"skipped\": %lld,\n \"nonfinite\": %lld,\n"
                  " \"data_cursor\": %llu,\n \"n_records\": %llu,\n"
                  " \"rng\": {\"kind\": \"splitmix64\", \"seed\": %llu},\n \"v_mean\": ",
                  (long long)s->optimizer_count, (long long)s->skipped, (long long)s->nonfinite,
                  (unsigned long long)s->cursor, (unsigned long long)s->n_records,
                  (unsigned long long)s->seed);
    ya_format_json_real(out, s->v_mean);
    ya_format_add(out, ",\n \"best\": {\"step\": %lld, \"ce\": ", (long long)s->best_step);
    ya_format_json_real(out, s->best_ce);
    ya_format_add(out,
                  "},\n \"validation_due\": %s,\n \"effective_batch\": %lld,\n"
                  " \"base_fingerprint\": \"%s\",\n"
                  " \"data_fingerprint\": \"%s\",\n",
                  s->validation_due ? "true" : "false", (long long)s->effective_batch,
                  s->base_fingerprint, s->data_fingerprint);
    format_history(s, out);
    ya_format_add(out, "}\n");
}

/* A whole number of at least 0. */
static ya_status get_count(const json_t *json, const char *key, const char *path, int64_t *out,
                           ya_error *err)
{
    if (ya_json_get_i64(json, key, out) && *out >= 0)
        return YA_OK;
    return ya_fail(err, YA_ERR_FORMAT, "%s: %s is missing or no whole number", path, key);
}

static ya_status get_fingerprint(const json_t *json, const char *key, const char *path,
                                 char out[YA_SHA256_HEX], ya_error *err)
{
    const char *text = ya_json_get_text(json, key);
    if (!text || strlen(text) != YA_SHA256_HEX - 1 || ya_hex_digits(text) != YA_SHA256_HEX - 1)
        return ya_fail(err, YA_ERR_FORMAT, "%s: %s is missing or no SHA-256", path, key);
    memcpy(out, text, YA_SHA256_HEX);
    return YA_OK;
}

static void get_history(const json_t *json, ya_train_state *state)
{
    const json_t *list = json_object_get(json, "loss_history");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i), *loss = json_array_get(pair, 1);
        ya_state_remember(state, json_integer_value(json_array_get(pair, 0)),
                          json_is_number(loss) ? json_number_value(loss) : NAN);
    }
}

static ya_status read_document(ya_train_state *s, const json_t *json, const char *path,
                               ya_error *err)
{
    int64_t format, cursor, n_records, seed;
    ya_status status;
    YA_TRY(get_count(json, "format", path, &format, err));
    if (format != FORMAT)
        YA_TRY(ya_fail(err, YA_ERR_UNSUPPORTED, "%s: format is %lld, expected %d", path,
                       (long long)format, FORMAT));
    YA_TRY(get_count(json, "step", path, &s->step, err));
    YA_TRY(get_count(json, "optimizer_count", path, &s->optimizer_count, err));
    YA_TRY(get_count(json, "skipped", path, &s->skipped, err));
    YA_TRY(get_count(json, "nonfinite", path, &s->nonfinite, err));
    YA_TRY(get_count(json, "data_cursor", path, &cursor, err));
    YA_TRY(get_count(json, "n_records", path, &n_records, err));
    YA_TRY(get_count(json, "effective_batch", path, &s->effective_batch, err));
    YA_TRY(get_count(json_object_get(json, "rng"), "seed", path, &seed, err));
    YA_TRY(get_fingerprint(json, "base_fingerprint", path, s->base_fingerprint, err));
    YA_TRY(get_fingerprint(json, "data_fingerprint", path, s->data_fingerprint, err));
    if (!ya_json_get_f64(json, "v_mean", &s->v_mean) || !(s->v_mean > 0.0))
        YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s: v_mean is missing or not above 0", path));
    s->cursor = (uint64_t)cursor;
    s->n_records = (uint64_t)n_records;
    s->seed = (uint64_t)seed;
    const json_t *best = json_object_get(json, "best");
    if (!ya_json_get_i64(best, "step", &s->best_step) ||
        !ya_json_get_f64(best, "ce", &s->best_ce)) {
        s->best_step = 0;
        s->best_ce = NAN;
    }
    if (!ya_json_get_bool(json, "validation_due", &s->validation_due))
        s->validation_due = false; /* a checkpoint of an earlier version */
    get_history(json, s);
done:
    return status;
}

ya_status ya_state_read(ya_train_state *state, const char *dir, ya_error *err)
{
    char path[YA_PATH_MAX];
    json_t *json = NULL;
    ya_status status;
    memset(state, 0, sizeof *state);
    YA_TRY(ya_path_join(path, dir, "trainer_state.json", err));
    YA_TRY(ya_json_read_file(path, &json, err));
    YA_TRY(read_document(state, json, path, err));
done:
    json_decref(json);
    return status;
}
