#include "eval/evaluate.h"

#include "base/format.h"
#include "train/interrupt.h"
#include "train/job.h"
#include "train/passes.h"

#include <math.h>
#include <stdio.h>

enum { TEXT_BYTES = 4096 };

typedef struct {
    ya_ce_sums sums;
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
    ya_ce_sums_add(&e->sums, record, sum_ce);
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

static double mean_ce(double sum, uint64_t n)
{
    return n > 0 ? sum / (double)n : NAN;
}

static void add_figures(ya_format *out, double sum, uint64_t tokens, uint64_t records)
{
    double ce = mean_ce(sum, tokens);
    ya_format_add(out, "\"ce\": ");
    ya_format_json_real(out, ce);
    add_key(out, "perplexity", exp(ce));
    ya_format_add(out, ", \"tokens\": %llu, \"records\": %llu", (unsigned long long)tokens,
                  (unsigned long long)records);
}

static void print_json(const ya_ce_sums *sums, uint64_t n_records)
{
    char text[TEXT_BYTES];
    ya_format out = {.data = text, .room = sizeof text};
    ya_format_add(&out, "{");
    add_figures(&out, sums->sum_ce, sums->n_targets, n_records);
    ya_format_add(&out, ", \"bands\": {");
    for (int band = 0; band < YA_N_BANDS; band++) {
        ya_format_add(&out, "%s\"%s\": {", band ? ", " : "", ya_band_names[band]);
        add_figures(&out, sums->band_ce[band], sums->band_targets[band], sums->band_records[band]);
        ya_format_add(&out, "}");
    }
    ya_format_add(&out, "}}");
    puts(text);
}

static void print_row(const char *name, double sum, uint64_t tokens, uint64_t records)
{
    double ce = mean_ce(sum, tokens);
    printf("%-6s %12.6f %14.4f %12llu %10llu\n", name, ce, exp(ce), (unsigned long long)tokens,
           (unsigned long long)records);
}

static void print_table(const ya_ce_sums *sums, uint64_t n_records)
{
    printf("%-6s %12s %14s %12s %10s\n", "band", "ce", "perplexity", "tokens", "records");
    for (int band = 0; band < YA_N_BANDS; band++)
        if (sums->band_records[band] > 0)
            print_row(ya_band_names[band], sums->band_ce[band], sums->band_targets[band],
                      sums->band_records[band]);
    print_row("all", sums->sum_ce, sums->n_targets, n_records);
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

ya_status ya_evaluate(const ya_settings *s, ya_error *err)
{
    ya_job job;
    evaluation e = {0};
    ya_status status = open_job(&job, s, err);
    if (!status && s->per_record && !(e.per_record = fopen(s->per_record, "w")))
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", s->per_record);
    if (!status)
        status = run(&job, &e, err);
    if (e.per_record) {
        ya_status closed = close_file(e.per_record, s->per_record, status ? NULL : err);
        status = status ? status : closed;
    }
    if (!status && s->json)
        print_json(&e.sums, job.train_data->n_records);
    else if (!status)
        print_table(&e.sums, job.train_data->n_records);
    ya_job_close(&job);
    return status;
}
