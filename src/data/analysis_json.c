/* What analyze found as JSON. Numbers that are no counts have 4 decimals; one of nothing is null.
 */
#include "base/alloc.h"
#include "data/analysis.h"
#include "io/json.h"

#include <math.h>

typedef struct {
    ya_buffer *out;
    ya_error *err;
    ya_status status; /* the first failure; nothing is added after it */
} writer;

static void put(writer *w, const char *text)
{
    if (w->status == YA_OK)
        w->status = ya_buffer_printf(w->out, w->err, "%s", text);
}

static void put_name(writer *w, const char *text, size_t size)
{
    if (w->status == YA_OK)
        w->status = ya_json_quote(w->out, text, size, w->err);
}

static void put_count(writer *w, const char *key, uint64_t n)
{
    if (w->status == YA_OK)
        w->status = ya_buffer_printf(w->out, w->err, "\"%s\": %llu", key, (unsigned long long)n);
}

static void put_real(writer *w, const char *key, bool there, double x)
{
    if (w->status == YA_OK && there)
        w->status = ya_buffer_printf(w->out, w->err, "\"%s\": %.4f", key, x);
    else if (w->status == YA_OK)
        w->status = ya_buffer_printf(w->out, w->err, "\"%s\": null", key);
}

static void put_counts(writer *w, const char *key, const uint64_t *counts, int n)
{
    put(w, "\"");
    put(w, key);
    put(w, "\": [");
    for (int i = 0; i < n && w->status == YA_OK; i++)
        w->status = ya_buffer_printf(w->out, w->err, "%s%llu", i ? ", " : "",
                                     (unsigned long long)counts[i]);
    put(w, "]");
}

static void put_moments(writer *w, const ya_moments *m, bool whole, bool deviation)
{
    double n = (double)m->n, mean = m->sum / n;
    put_count(w, "count", m->n);
    if (whole && m->n > 0 && w->status == YA_OK) {
        w->status =
            ya_buffer_printf(w->out, w->err, ", \"min\": %.0f, \"max\": %.0f", m->min, m->max);
    } else {
        put(w, ", ");
        put_real(w, "min", m->n > 0, m->min);
        put(w, ", ");
        put_real(w, "max", m->n > 0, m->max);
    }
    put(w, ", ");
    put_real(w, "mean", m->n > 0, mean);
    if (!deviation)
        return;
    put(w, ", ");
    put_real(w, "std", m->n > 0, sqrt(fmax(0, m->sum_of_squares / n - mean * mean)));
}

static void put_fields(writer *w, const ya_analysis *a)
{
    static const char *const types[YA_N_JSON_TYPES] = {"string", "number", "boolean",
                                                       "null",   "array",  "object"};
    put(w, "\"fields\": {");
    for (uint32_t i = 0; i < a->fields.n; i++) {
        bool first = true;
        put(w, i ? ", " : "");
        put_name(w, a->fields.items[i].text, a->fields.items[i].size);
        put(w, ": {");
        put_count(w, "count", a->field_counts[i].count);
        put(w, ", \"types\": {");
        for (int k = 0; k < YA_N_JSON_TYPES; k++) {
            if (a->field_counts[i].types[k] == 0)
                continue;
            put(w, first ? "" : ", ");
            put_count(w, types[k], a->field_counts[i].types[k]);
            first = false;
        }
        put(w, "}}");
    }
    put(w, "}, \"unique\": {");
    bool first = true;
    for (int i = 0; i < YA_N_UNIQUE; i++) {
        uint64_t n = a->n_values[i], unique = a->n_unique[i];
        if (n == 0)
            continue;
        put(w, first ? "\"" : ", \"");
        put(w, ya_unique_fields[i]);
        put(w, "\": {");
        put_count(w, "total", n);
        put(w, ", ");
        put_count(w, "unique", unique);
        put(w, ", ");
        put_real(w, "duplicate_share", true, (double)(n - unique) / (double)n);
        put(w, ", \"flag\": \"");
        put(w, ya_duplicate_flag(n, unique));
        put(w, "\"}");
        first = false;
    }
    put(w, "}, ");
}

static void put_numbers(writer *w, const ya_analysis *a)
{
    put(w, "\"years\": {");
    put_moments(w, &a->years, true, false);
    put(w, ", ");
    put_count(w, "unknown", a->unknown_years);
    put(w, "}, \"w\": {");
    put_moments(w, &a->w, false, true);
    for (int i = 0; i < YA_N_BANDS; i++) {
        put(w, ", ");
        put_count(w, ya_band_name((ya_band)i), a->bands[i]);
    }
    put(w, ", ");
    put_counts(w, "histogram", a->w_bins, YA_BINS);
    put(w, "}, \"H\": {");
    put_moments(w, &a->H, false, true);
    put(w, ", ");
    put_counts(w, "histogram", a->H_bins, YA_BINS);
    put(w, "}, \"text\": {");
    put_moments(w, &a->text, true, false);
    put(w, ", ");
    put_count(w, "total", (uint64_t)a->text.sum);
    put(w, "}, ");
    put_real(w, "ess", a->w.n > 0, ya_analysis_ess(a));
}

static void put_sources(writer *w, const ya_analysis *a)
{
    uint32_t *order = NULL;
    put(w, ", \"sources\": [");
    if (w->status == YA_OK)
        w->status = ya_analysis_order(a, &order, w->err);
    for (uint32_t i = 0; w->status == YA_OK && i < a->sources.n; i++) {
        const ya_source_count *count = &a->source_counts[order[i]];
        put(w, i ? ", {\"source_type\": " : "{\"source_type\": ");
        put_name(w, a->sources.items[order[i]].text, a->sources.items[order[i]].size);
        put(w, ", ");
        put_count(w, "records", count->records);
        put(w, ", ");
        put_real(w, "weight_share", true, count->weight / a->sum_v);
        put(w, "}");
    }
    put(w, "], \"flags\": [");
    const char *flags[3];
    int n = ya_analysis_flags(a, flags);
    for (int i = 0; i < n; i++) {
        put(w, i ? ", \"" : "\"");
        put(w, flags[i]);
        put(w, "\"");
    }
    put(w, "]}");
    ya_free(order);
}

static void put_analysis(writer *w, const ya_analysis *a)
{
    put(w, "{");
    if (a->file) {
        put(w, "\"file\": ");
        put_name(w, a->file, __builtin_strlen(a->file));
        put(w, ", ");
    }
    put_count(w, "records", a->records);
    put(w, ", ");
    put_count(w, "parse_errors", a->parse_errors);
    put(w, ", ");
    put_count(w, "no_text", a->no_text);
    put(w, ", ");
    put_count(w, "scored", a->scored);
    put(w, ", ");
    put_count(w, "bad_labels", a->bad_labels);
    put(w, ", ");
    put_fields(w, a);
    put_numbers(w, a);
    put_sources(w, a);
}

ya_status ya_analysis_json(const ya_analysis *files, size_t n_files, const ya_analysis *total,
                           ya_buffer *out, ya_error *err)
{
    writer w = {out, err, YA_OK};
    put(&w, "{\"files\": [");
    for (size_t i = 0; i < n_files; i++) {
        put(&w, i ? ",\n" : "\n");
        put_analysis(&w, &files[i]);
    }
    put(&w, "],\n\"total\": ");
    put_analysis(&w, total);
    put(&w, "}\n");
    return w.status;
}
