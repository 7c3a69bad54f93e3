#include "eval/evaluate.h"

#include "base/format.h"
#include "eval/portions.h"
#include "eval/systems.h"
#include "train/interrupt.h"
#include "train/job.h"
#include "train/passes.h"

#include <math.h>
#include <stdio.h>

enum { TEXT_BYTES = 4096 };

typedef struct {
    ya_portions portions;
    FILE *per_record; /* NULL: not wanted */
} evaluation;

static bool watch(void *user)
{
    (void)user;
    return ya_interrupt_signal() == 0;
}

static void add_key(ya_format *line, const char *key, double value)
{
    ya_format_add(line, ", \"%s\": ", key);
    ya_format_json_real(line, value);
}

static void visit(void *user, uint64_t index, const ya_data_record *record, double sum_ce)
{
    evaluation *e = user;
    ya_portions_add(&e->portions, record, sum_ce);
    if (!e->per_record)
        return;
    char text[TEXT_BYTES];
    ya_format line = {.data = text, .room = sizeof text};
    ya_format_add(&line, "{\"index\": %llu", (unsigned long long)index);
    add_key(&line, "sum_ce", sum_ce);
    ya_format_add(&line, ", \"n\": %u", record->n_targets);
    add_key(&line, "auth_weight", record->auth_weight);
    add_key(&line, "prov_entropy", record->prov_entropy);
    ya_format_add(&line, "}\n");
    fputs(line.data, e->per_record);
}

static ya_status run(ya_job *job, evaluation *e, ya_error *err)
{
    const ya_likelihoods l = {job->engine, &job->batch, job->train_data, job->record,
                              job->sum_ce, watch,       visit,           e};
    ya_interrupt_begin();
    bool whole = ya_likelihoods_run(&l);
    ya_interrupt_end();
    return whole ? YA_OK : ya_fail(err, YA_ERR_INTERRUPTED, "interrupted");
}

static ya_status open_job(ya_job *job, const ya_settings *s, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_job_open(job, s, YA_FOR_EVALUATE, NULL, err));
    YA_TRY(ya_job_read_data(job, NULL, err));
    YA_TRY(ya_job_fit(job, err));
    if (!job->plan.fits)
        YA_TRY(ya_job_refuse(job, err));
    YA_TRY(ya_job_reserve(job, err));
done:
    return status;
}

static ya_status close_file(FILE *file, const char *path, ya_error *err)
{
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
    return YA_OK;
}

/* Measures one system; `per_record` NULL: no lines. */
static ya_status measure(const ya_settings *s, const char *per_record, ya_portions *out,
                         ya_error *err)
{
    ya_job job;
    evaluation e = {0};
    ya_status status = open_job(&job, s, err);
    if (!status)
        status = ya_portions_begin(&e.portions, job.train_data, err);
    if (!status && per_record && !(e.per_record = fopen(per_record, "w")))
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", per_record);
    if (!status)
        status = run(&job, &e, err);
    if (e.per_record) {
        ya_status closed = close_file(e.per_record, per_record, status ? NULL : err);
        status = status ? status : closed;
    }
    ya_job_close(&job);
    if (status)
        ya_portions_free(&e.portions);
    *out = e.portions;
    return status;
}

/* The same with the base model alone. */
static ya_status measure_base(const ya_settings *s, ya_portions *out, ya_error *err)
{
    ya_systems systems;
    ya_settings base = *s;
    ya_status status = ya_systems_find(&systems, s, err);
    if (status)
        return status;
    base.model = systems.base_path;
    base.adapter = base.base = NULL;
    status = measure(&base, NULL, out, err);
    ya_systems_free(&systems);
    return status;
}

static ya_status print_json(const ya_portions *p, const ya_portions *base, ya_error *err)
{
    json_t *root = ya_portions_json(p);
    bool good = root && (!base || json_object_set_new(root, "base", ya_portions_json(base)) == 0);
    ya_status status = YA_OK;
    if (!good)
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for the results");
    else if (json_dumpf(root, stdout, JSON_REAL_PRECISION(17)) != 0)
        status = ya_fail(err, YA_ERR_IO, "cannot write to standard output");
    else
        putchar('\n');
    json_decref(root);
    return status;
}

ya_status ya_evaluate(const ya_settings *s, ya_error *err)
{
    ya_portions found = {0}, base = {0};
    ya_status status;
    if (s->compare)
        YA_TRY(measure_base(s, &base, err));
    YA_TRY(measure(s, s->per_record, &found, err));
    if (found.all.n_targets > 0 && !isfinite(found.all.sum_ce))
        YA_TRY(
            ya_fail(err, YA_ERR_DATA,
                    "the model's likelihoods are not finite: its weights, or the adapter's, hold "
                    "NaN or infinite values, or values too large for this type"));
    if (s->json)
        status = print_json(&found, s->compare ? &base : NULL, err);
    else
        ya_portions_print(&found, s->compare ? &base : NULL);
done:
    ya_portions_free(&found);
    ya_portions_free(&base);
    return status;
}
