#include "data/analyze.h"

#include "base/alloc.h"
#include "base/chars.h"
#include "data/analysis.h"
#include "data/layout.h"
#include "data/pipeline.h"
#include "data/seen.h"
#include "model/compute.h"
#include "provenance/distrust.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a batch's work leaves for its turn. */
typedef struct {
    ya_finding *findings;
    size_t room;
    struct bad_line {
        uint64_t number;
        ya_line_reason reason;
    } * bad;
    size_t n_bad;
    ya_names fields, sources;
    ya_field_count *counts; /* YA_NAMES_MAX */
} result;

typedef struct {
    ya_raw raw;
    ya_scorer *scorer;
    char *value; /* an unescaped one */
    size_t value_room;
} thread;

typedef struct {
    const ya_settings *settings;
    ya_field_names names;
    const char *const *paths;
    size_t n_paths;
    ya_policy *policy;
    unsigned *hints;
    thread *threads;
    int n_threads;
    ya_analysis *files, total;
    ya_seen seen;
} analyzing;

/* Work: ---------------------------------------------------------------------------------------- */

static ya_status make_room(result *r, size_t n, ya_error *err)
{
    if (!r->counts)
        r->counts = ya_alloc_zero(YA_NAMES_MAX, sizeof *r->counts);
    if (n > r->room) {
        ya_free(r->findings);
        ya_free(r->bad);
        r->findings = ya_alloc_zero(n, sizeof *r->findings);
        r->bad = ya_alloc_zero(n, sizeof *r->bad);
        r->room = r->findings && r->bad ? n : 0;
    }
    if (!r->counts || r->room < n)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu lines", n);
    if (r->fields.n > 0)
        memset(r->counts, 0, r->fields.n * sizeof *r->counts);
    ya_names_clear(&r->fields);
    ya_names_clear(&r->sources);
    r->n_bad = 0;
    return YA_OK;
}

static ya_status count_fields(result *r, const ya_raw *raw, ya_error *err)
{
    for (uint32_t i = 0; i < raw->fields.n; i++) {
        const ya_raw_member *member = &raw->fields.items[i];
        uint32_t number;
        if (!ya_raw_is_last(&raw->fields, i))
            continue;
        ya_status status = ya_names_add(&r->fields, member->name, member->name_size, &number, err);
        if (status)
            return status;
        r->counts[number].count++;
        r->counts[number].types[member->value.type]++;
    }
    return YA_OK;
}

/* The values of the fields that should be unique, as keys: data.md, prepare's --key. */
static ya_status read_values(thread *t, ya_finding *f, ya_error *err)
{
    for (int i = 0; i < YA_N_UNIQUE; i++) {
        const char *name = ya_unique_fields[i];
        const ya_raw_member *member = ya_raw_own_or_metadata(&t->raw, name, strlen(name));
        if (!member || member->value.size == 0 ||
            (member->value.type != YA_JSON_STRING && member->value.type != YA_JSON_NUMBER))
            continue;
        const char *text = member->value.text;
        size_t size = member->value.size;
        if (member->value.escaped) {
            if (size > t->value_room) {
                ya_free(t->value);
                t->value = ya_alloc(size);
                t->value_room = t->value ? size : 0;
                if (!t->value)
                    return ya_fail(err, YA_ERR_MEMORY, "out of memory for a value");
            }
            size = ya_json_unescape(t->value, text, size);
            text = t->value;
        }
        f->values[i] = ya_key_of(text, size);
        f->values[i].high ^= (uint64_t)i
                             << 40; /* the same text in another field is another value */
        f->has_value |= (uint8_t)(1 << i);
    }
    return YA_OK;
}

/* The record's own labels, when it has both: 1 when in range, -1 when not; else 0. */
static int own_labels(const ya_raw *raw, double *w, double *h)
{
    const ya_raw_member *weight = ya_raw_known(&raw->fields, YA_RAW_AUTH_WEIGHT);
    const ya_raw_member *entropy = ya_raw_known(&raw->fields, YA_RAW_PROV_ENTROPY);
    ya_error err;
    if (!weight || !entropy || weight->value.type == YA_JSON_NULL ||
        entropy->value.type == YA_JSON_NULL)
        return 0;
    if (weight->value.type != YA_JSON_NUMBER || entropy->value.type != YA_JSON_NUMBER)
        return -1;
    *w = ya_raw_number(&weight->value);
    *h = ya_raw_number(&entropy->value);
    return ya_distrust_check_labels(*w, *h, &err) == YA_OK ? 1 : -1;
}

static ya_status find(const analyzing *a, thread *t, ya_batch *batch, ya_finding *f, ya_error *err)
{
    result *r = batch->result;
    ya_source source;
    ya_score score;
    ya_status status;
    YA_TRY(count_fields(r, &t->raw, err));
    YA_TRY(read_values(t, f, err));
    ya_raw_source(&t->raw, &source);
    source.hint = a->hints[batch->file];
    if (!f->has_text)
        source.size = 0;
    ya_score_source(t->scorer, &source, &score);
    f->year = score.year;
    f->n_characters = ya_count_characters(source.text ? source.text : "", source.size);
    int own = own_labels(&t->raw, &f->w, &f->H);
    f->own_labels = own > 0;
    f->bad_labels = own < 0;
    f->scored = own == 0 && f->has_text;
    f->counts = own > 0 || f->scored;
    if (f->scored) {
        f->w = score.auth_weight;
        f->H = score.prov_entropy;
    }
    status = ya_names_add(&r->sources, score.source_type, score.source_type_size, &f->source, err);
done:
    return status;
}

static ya_status work(void *context, int index, ya_batch *batch, ya_error *err)
{
    const analyzing *a = context;
    thread *t = &a->threads[index];
    result *r = batch->result;
    ya_status status;
    YA_TRY(make_room(r, batch->n_lines, err));
    for (size_t i = 0; i < batch->n_lines; i++) {
        ya_finding *f = &r->findings[i];
        ya_line_reason reason;
        *f = (ya_finding){0};
        YA_TRY(ya_raw_parse(&t->raw, &batch->lines[i], &reason, err));
        f->is_object = reason == YA_LINE_GOOD;
        if (f->is_object) {
            YA_TRY(ya_raw_read_text(&t->raw, YA_READ_ARCHIVE, &reason, err));
            f->has_text = reason == YA_LINE_GOOD;
            YA_TRY(find(a, t, batch, f, err));
        }
        if (reason != YA_LINE_GOOD)
            r->bad[r->n_bad++] = (struct bad_line){batch->lines[i].number, reason};
    }
done:
    return status;
}

/* Emission: ------------------------------------------------------------------------------------ */

static ya_status add_values(analyzing *a, ya_analysis *file, const ya_finding *f, uint32_t number,
                            ya_error *err)
{
    for (int i = 0; i < YA_N_UNIQUE; i++) {
        bool new_here, new_at_all;
        if (!(f->has_value >> i & 1))
            continue;
        ya_status status = ya_seen_add(&a->seen, f->values[i], number, &new_here, &new_at_all, err);
        if (status)
            return status;
        file->n_unique[i] += new_here;
        a->total.n_unique[i] += new_at_all;
    }
    return YA_OK;
}

static ya_status emit(void *context, ya_batch *batch, ya_error *err)
{
    analyzing *a = context;
    result *r = batch->result;
    ya_analysis *both[2] = {&a->files[batch->file], &a->total};
    ya_status status = YA_OK;
    for (size_t i = 0; i < r->n_bad; i++)
        ya_line_show_bad(a->paths[batch->file], r->bad[i].number, r->bad[i].reason);
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < r->fields.n; i++)
            YA_TRY(ya_analysis_add_field(both[k], r->fields.items[i].text, r->fields.items[i].size,
                                         &r->counts[i], err));
    for (size_t i = 0; i < batch->n_lines; i++) {
        const ya_finding *f = &r->findings[i];
        const char *source = f->is_object ? r->sources.items[f->source].text : "";
        size_t source_size = f->is_object ? r->sources.items[f->source].size : 0;
        for (int k = 0; k < 2; k++)
            YA_TRY(ya_analysis_add(both[k], a->policy, f, source, source_size, err));
        YA_TRY(add_values(a, both[0], f, batch->file, err));
    }
done:
    return status;
}

static void free_result(void *argument)
{
    result *r = argument;
    ya_free(r->findings);
    ya_free(r->bad);
    ya_free(r->counts);
    ya_names_free(&r->fields);
    ya_names_free(&r->sources);
}

/* The whole: ----------------------------------------------------------------------------------- */

static ya_status prepare(analyzing *a, const ya_paths *paths, ya_error *err)
{
    ya_status status = YA_OK;
    a->paths = (const char *const *)paths->paths;
    a->n_paths = paths->n_paths;
    a->hints = ya_alloc_zero(a->n_paths, sizeof *a->hints);
    a->files = ya_alloc_zero(a->n_paths, sizeof *a->files);
    a->threads = ya_alloc_zero((size_t)a->n_threads, sizeof *a->threads);
    if (!a->hints || !a->files || !a->threads)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu files", a->n_paths);
    for (size_t i = 0; i < a->n_paths; i++) {
        const char *slash = strrchr(a->paths[i], '/');
        a->files[i].file = slash ? slash + 1 : a->paths[i];
        a->hints[i] = ya_policy_hint(a->policy, a->files[i].file, strlen(a->files[i].file));
    }
    for (int i = 0; i < a->n_threads; i++) {
        a->threads[i].raw.names = &a->names;
        YA_TRY(ya_scorer_new(&a->threads[i].scorer, a->policy, err));
    }
done:
    return status;
}

static ya_status read_all(analyzing *a, ya_error *err)
{
    const ya_pipeline pipeline = {
        .paths = a->paths,
        .n_paths = a->n_paths,
        .names = &a->names,
        .n_threads = a->n_threads,
        .doing = "analyze",
        .result_size = sizeof(result),
        .context = a,
        .work = work,
        .emit = emit,
        .free_result = free_result,
    };
    ya_status status = ya_pipeline_run(&pipeline, err);
    for (size_t i = 0; i < a->n_paths; i++) {
        ya_analysis_end_file(&a->files[i]);
        a->total.static_labels = a->total.static_labels || a->files[i].static_labels;
    }
    return status;
}

static void free_all(analyzing *a)
{
    for (int i = 0; a->threads && i < a->n_threads; i++) {
        ya_raw_free(&a->threads[i].raw);
        ya_scorer_free(a->threads[i].scorer);
        ya_free(a->threads[i].value);
    }
    for (size_t i = 0; a->files && i < a->n_paths; i++)
        ya_analysis_free(&a->files[i]);
    ya_analysis_free(&a->total);
    ya_seen_free(&a->seen);
    ya_free(a->threads);
    ya_free(a->files);
    ya_free(a->hints);
    ya_policy_close(a->policy);
}

ya_status ya_analyze(const ya_settings *settings, ya_error *err)
{
    analyzing a = {.settings = settings, .n_threads = ya_compute_threads(settings)};
    ya_paths paths = {0};
    ya_buffer out = {0};
    ya_status status;
    YA_TRY(ya_field_names_read(&a.names, settings->field.items, settings->field.n,
                               settings->text_field, err));
    YA_TRY(ya_policy_open(&a.policy, settings->policy, err));
    YA_TRY(ya_record_files_list(&paths, settings->input, err));
    YA_TRY(prepare(&a, &paths, err));
    YA_TRY(read_all(&a, err));
    if (settings->json)
        YA_TRY(ya_analysis_json(a.files, a.n_paths, &a.total, &out, err));
    else
        YA_TRY(ya_analysis_table(a.files, a.n_paths, &a.total, &out, err));
    fwrite(out.data, 1, out.size, stdout); /* main looks whether it arrived */
done:
    ya_buffer_free(&out);
    free_all(&a);
    ya_paths_free(&paths);
    return status;
}
