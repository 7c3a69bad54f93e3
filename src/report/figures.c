#include "report/figures.h"

#include "base/alloc.h"
#include "io/json.h"
#include "io/jsonl.h"
#include "io/outdir.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double BEYOND_USE = 1e15;

/* Growing arrays: ------------------------------------------------------------------------------ */

/* Room for one item more in `*items` [n]; grows by halves, when n has reached a full one. */
static ya_status make_room(void **items, size_t n, size_t *room, size_t size, ya_error *err)
{
    if (n < *room)
        return YA_OK;
    size_t wanted = *room + *room / 2 + 64;
    void *bigger = ya_realloc_array(*items, wanted, size);
    if (!bigger)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu lines of metrics", wanted);
    *items = bigger;
    *room = wanted;
    return YA_OK;
}

typedef struct {
    ya_figures *figures;
    size_t room_steps, room_evals, room_starts, room_events;
    double last_step;
} reader;

#define APPEND(r, name, row, err)                                                                  \
    append((void **)&(r)->figures->name, &(r)->figures->n_##name, &(r)->room_##name, (row),        \
           sizeof *(row), (err))

static ya_status append(void **items, size_t *n, size_t *room, const void *row, size_t size,
                        ya_error *err)
{
    ya_status status = make_room(items, *n, room, size, err);
    if (!status)
        memcpy((char *)*items + (*n)++ * size, row, size);
    return status;
}

/* Lines: --------------------------------------------------------------------------------------- */

static double number_of(const json_t *line, const char *key)
{
    double value;
    if (!ya_json_get_f64(line, key, &value) || !(fabs(value) <= BEYOND_USE))
        return NAN;
    return value;
}

static ya_status add_step(reader *r, const json_t *line, ya_error *err)
{
    static const char *const keys[YA_N_COLS] = {
        "step",
        "epoch",
        "loss",
        "ce",
        "ess",
        "ce_low",
        "ce_mid",
        "ce_high",
        "lr",
        "grad_norm",
        "tokens_per_s",
        "rss_anon_mb",
        "mem_available_gb",
        "time",
    };
    ya_step_row row;
    for (int i = 0; i < YA_N_COLS; i++)
        row.col[i] = number_of(line, keys[i]);
    double step = row.col[YA_COL_STEP];
    if (!(step > r->last_step) || r->figures->n_steps >= YA_MAX_STEP_ROWS) {
        r->figures->n_odd++;
        return YA_OK;
    }
    r->last_step = step;
    return APPEND(r, steps, &row, err);
}

static ya_status add_eval(reader *r, const json_t *line, ya_error *err)
{
    static const char *const keys[YA_N_EVAL] = {"step", "eval_ce", "eval_ce_low", "eval_ce_mid",
                                                "eval_ce_high"};
    ya_eval_row row;
    for (int i = 0; i < YA_N_EVAL; i++)
        row.col[i] = number_of(line, keys[i]);
    const ya_figures *f = r->figures;
    double before = f->n_evals > 0 ? f->evals[f->n_evals - 1].col[YA_EVAL_STEP] : -1.0;
    if (!(row.col[YA_EVAL_STEP] > before) || f->n_evals >= YA_MAX_STEP_ROWS) {
        r->figures->n_odd++;
        return YA_OK;
    }
    return APPEND(r, evals, &row, err);
}

static ya_status add_event(reader *r, const json_t *line, const char *kind, ya_error *err)
{
    double step = number_of(line, "step");
    const char *text = ya_json_get_text(line, "text");
    if (!(step >= 0.0)) {
        r->figures->n_odd++;
        return YA_OK;
    }
    if (r->figures->n_events >= YA_MAX_EVENT_ROWS || r->figures->n_starts >= YA_MAX_EVENT_ROWS) {
        r->figures->n_more_events++;
        return YA_OK;
    }
    if (strcmp(kind, "start") == 0) {
        ya_start_row start = {step,
                              number_of(line, "planned_mb"),
                              number_of(line, "budget_mb"),
                              number_of(line, "pause_available_gb"),
                              number_of(line, "abort_available_gb"),
                              number_of(line, "time")};
        return APPEND(r, starts, &start, err);
    }
    ya_event_row row = {.step = step,
                        .time = number_of(line, "time"),
                        .available_gb = number_of(line, "mem_available_gb")};
    snprintf(row.kind, sizeof row.kind, "%s", kind);
    snprintf(row.text, sizeof row.text, "%s", text ? text : "");
    return APPEND(r, events, &row, err);
}

static ya_status add_line(reader *r, const ya_line *text, ya_error *err)
{
    json_t *line =
        text->too_long ? NULL : ya_json_load(text->text, text->size, 0, &(json_error_t){0});
    const char *kind = ya_json_get_text(line, "event");
    ya_status status = YA_OK;
    if (!json_is_object(line))
        r->figures->n_odd++;
    else if (!kind)
        status = add_step(r, line, err);
    else if (strcmp(kind, "eval") == 0)
        status = add_eval(r, line, err);
    else
        status = add_event(r, line, kind, err);
    json_decref(line);
    return status;
}

static ya_status read_lines(reader *r, const char *path, ya_error *err)
{
    ya_jsonl *stream = NULL;
    ya_status status = ya_jsonl_open(&stream, path, err);
    if (status)
        return status;
    for (;;) {
        ya_line line;
        YA_TRY(ya_jsonl_next(stream, &line, err));
        if (!line.text)
            break;
        YA_TRY(add_line(r, &line, err));
    }
done:
    ya_jsonl_close(stream);
    return status;
}

ya_status ya_figures_read(ya_figures *figures, const char *path, ya_error *err)
{
    char file[YA_PATH_MAX];
    reader r = {.figures = figures, .last_step = -1.0};
    ya_status status;
    *figures = (ya_figures){.path = ya_strdup(path)};
    if (!figures->path)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for the name of a run"));
    YA_TRY(ya_path_join(file, path, "metrics.jsonl", err));
    if (access(file, F_OK) != 0)
        YA_TRY(ya_fail(err, YA_ERR_IO,
                       "%s holds no metrics.jsonl: expected a directory that your_ai train wrote "
                       "to (its --output)",
                       path));
    YA_TRY(read_lines(&r, file, err));
    if (figures->n_steps == 0)
        YA_TRY(ya_fail(err, YA_ERR_DATA,
                       "%s reports no step yet: report needs at least one logged step "
                       "(--logging-steps of the run)",
                       file));
    YA_TRY(ya_path_join(file, path, "run.json", err));
    if (access(file, F_OK) == 0) /* runs of older versions have none */
        YA_TRY(ya_json_read_file(file, &figures->run, err));
done:
    if (status)
        ya_figures_free(figures);
    return status;
}

void ya_figures_free(ya_figures *figures)
{
    ya_free(figures->path);
    ya_free(figures->steps);
    ya_free(figures->evals);
    ya_free(figures->starts);
    ya_free(figures->events);
    json_decref(figures->run);
    *figures = (ya_figures){0};
}

/* run.json: ------------------------------------------------------------------------------------ */

const json_t *ya_figures_json(const ya_figures *figures, const char *keys)
{
    const json_t *at = figures->run;
    while (at && *keys) {
        size_t size = strcspn(keys, ".");
        at = json_object_getn(at, keys, size);
        keys += size + (keys[size] == '.');
    }
    return at;
}

double ya_figures_number(const ya_figures *figures, const char *keys)
{
    const json_t *value = ya_figures_json(figures, keys);
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    return fabs(number) <= BEYOND_USE ? number : NAN;
}

const char *ya_figures_text(const ya_figures *figures, const char *keys)
{
    return json_string_value(ya_figures_json(figures, keys));
}
