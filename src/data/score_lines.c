#include "data/score_lines.h"

#include "base/alloc.h"
#include "base/format.h"
#include "base/log.h"
#include "data/layout.h"
#include "data/open.h"
#include "data/pipeline.h"
#include "io/json.h"
#include "model/compute.h"
#include "provenance/score.h"

#include <stdio.h>
#include <string.h>

enum { OUT_KEPT = 4 << 20 };

/* What a batch's work leaves for its turn. */
typedef struct {
    ya_buffer out;
    struct {
        uint64_t number;
        ya_line_reason reason;
    } * bad;
    size_t n_bad, room_bad;
} result;

typedef struct {
    ya_raw raw;
    ya_scorer *scorer;
    ya_buffer explanation;
} thread;

typedef struct {
    const ya_settings *settings;
    ya_field_names names;
    const char *const *paths;
    ya_policy *policy;
    ya_buffer *heads; /* of each file: {"file": NAME, "line": */
    unsigned *hints;
    thread *threads;
    int n_threads;
    uint64_t n_scored, n_bad;
} scoring;

/* Work: ---------------------------------------------------------------------------------------- */

static ya_status add(ya_buffer *out, const char *text, ya_error *err)
{
    return ya_buffer_add(out, text, strlen(text), err);
}

static ya_status add_fixed4(ya_buffer *out, const char *key, double value, ya_error *err)
{
    char text[YA_FIXED4_MAX];
    size_t n = ya_fixed4(text, value);
    ya_status status = add(out, key, err);
    return status ? status : ya_buffer_add(out, text, n, err);
}

static ya_status add_count(ya_buffer *out, const char *key, uint64_t value, ya_error *err)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    ya_status status = add(out, key, err);
    return status ? status : ya_buffer_add(out, digits + at, sizeof digits - at, err);
}

static ya_status add_score(ya_buffer *out, const ya_score *score, ya_error *err)
{
    ya_status status;
    YA_TRY(add_fixed4(out, ", \"auth_weight\": ", score->auth_weight, err));
    YA_TRY(add_fixed4(out, ", \"prov_entropy\": ", score->prov_entropy, err));
    YA_TRY(add(out, ", \"source_type\": ", err));
    YA_TRY(ya_json_quote(out, score->source_type, score->source_type_size, err));
    if (score->trivium != YA_TRIVIUM_NONE) {
        YA_TRY(add(out, ", \"trivium_category\": \"", err));
        YA_TRY(add(out, ya_trivium_name(score->trivium), err));
        YA_TRY(add(out, "\"", err));
    }
    YA_TRY(add_count(out, ", \"citation_count\": ", score->citations, err));
    YA_TRY(add_count(out, ", \"primary_source_count\": ", score->n_primary, err));
done:
    return status;
}

static ya_status score_record(const scoring *s, thread *t, const ya_batch *batch,
                              const ya_line *line, ya_error *err)
{
    result *r = batch->result;
    const ya_buffer *head = &s->heads[batch->file];
    ya_source source;
    ya_score score;
    ya_status status = YA_OK;
    ya_raw_source(&t->raw, &source);
    source.hint = s->hints[batch->file];
    t->explanation.size = 0;
    if (s->settings->explain)
        YA_TRY(ya_score_explain(t->scorer, &source, &score, &t->explanation, err));
    else
        ya_score_source(t->scorer, &source, &score);
    YA_TRY(ya_buffer_add(&r->out, head->data, head->size, err));
    YA_TRY(add_count(&r->out, "", line->number, err));
    YA_TRY(add_score(&r->out, &score, err));
    if (s->settings->explain) {
        YA_TRY(add(&r->out, ", \"explain\": ", err));
        YA_TRY(ya_buffer_add(&r->out, t->explanation.data, t->explanation.size, err));
    }
    status = add(&r->out, "}\n", err);
done:
    return status;
}

static ya_status note_bad(result *r, const ya_line *line, ya_line_reason reason, ya_error *err)
{
    if (r->n_bad == r->room_bad) {
        size_t room = 2 * r->room_bad + 16;
        void *bigger = ya_realloc_array(r->bad, room, sizeof *r->bad);
        if (!bigger)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu bad lines", room);
        r->bad = bigger;
        r->room_bad = room;
    }
    r->bad[r->n_bad].number = line->number;
    r->bad[r->n_bad++].reason = reason;
    return YA_OK;
}

static ya_status work(void *context, int index, ya_batch *batch, ya_error *err)
{
    const scoring *s = context;
    thread *t = &s->threads[index];
    result *r = batch->result;
    ya_status status = YA_OK;
    r->out.size = r->n_bad = 0;
    for (size_t i = 0; i < batch->n_lines; i++) {
        const ya_line *line = &batch->lines[i];
        ya_line_reason reason;
        YA_TRY(ya_raw_parse(&t->raw, line, &reason, err));
        if (reason == YA_LINE_GOOD)
            YA_TRY(ya_raw_read_text(&t->raw, YA_READ_ARCHIVE, &reason, err));
        if (reason == YA_LINE_GOOD)
            YA_TRY(score_record(s, t, batch, line, err));
        else
            YA_TRY(note_bad(r, line, reason, err));
    }
done:
    return status;
}

static ya_status emit(void *context, ya_batch *batch, ya_error *err)
{
    scoring *s = context;
    result *r = batch->result;
    for (size_t i = 0; i < r->n_bad; i++)
        ya_line_show_bad(s->paths[batch->file], r->bad[i].number, r->bad[i].reason);
    s->n_bad += r->n_bad;
    s->n_scored += batch->n_lines - r->n_bad;
    if (fwrite(r->out.data, 1, r->out.size, stdout) != r->out.size)
        return ya_fail_errno(err, YA_ERR_IO, "cannot write to standard output");
    if (r->out.room > OUT_KEPT)
        ya_buffer_free(&r->out);
    return YA_OK;
}

static void free_result(void *argument)
{
    result *r = argument;
    ya_buffer_free(&r->out);
    ya_free(r->bad);
}

/* The whole: ----------------------------------------------------------------------------------- */

static ya_status prepare_files(scoring *s, const ya_paths *paths, ya_error *err)
{
    ya_status status = YA_OK;
    s->paths = (const char *const *)paths->paths;
    s->heads = ya_alloc_zero(paths->n_paths, sizeof *s->heads);
    s->hints = ya_alloc_zero(paths->n_paths, sizeof *s->hints);
    if (!s->heads || !s->hints)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu files", paths->n_paths);
    for (size_t i = 0; i < paths->n_paths; i++) {
        const char *slash = strrchr(s->paths[i], '/');
        const char *name = slash ? slash + 1 : s->paths[i];
        s->hints[i] = ya_policy_hint(s->policy, name, strlen(name));
        YA_TRY(add(&s->heads[i], "{\"file\": ", err));
        YA_TRY(ya_json_quote(&s->heads[i], name, strlen(name), err));
        YA_TRY(add(&s->heads[i], ", \"line\": ", err));
        YA_TRY(ya_data_check(s->paths[i], &s->names, err));
    }
done:
    return status;
}

static ya_status prepare_threads(scoring *s, ya_error *err)
{
    ya_status status = YA_OK;
    s->threads = ya_alloc_zero((size_t)s->n_threads, sizeof *s->threads);
    if (!s->threads)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %d threads", s->n_threads);
    for (int i = 0; i < s->n_threads; i++) {
        s->threads[i].raw.names = &s->names;
        YA_TRY(ya_scorer_new(&s->threads[i].scorer, s->policy, err));
    }
done:
    return status;
}

static ya_status run(scoring *s, const ya_paths *paths, ya_error *err)
{
    const ya_pipeline pipeline = {
        .paths = s->paths,
        .n_paths = paths->n_paths,
        .names = &s->names,
        .n_threads = s->n_threads,
        .doing = "score",
        .result_size = sizeof(result),
        .context = s,
        .work = work,
        .emit = emit,
        .free_result = free_result,
    };
    return ya_pipeline_run(&pipeline, err);
}

static void free_all(scoring *s, size_t n_paths)
{
    for (int i = 0; s->threads && i < s->n_threads; i++) {
        ya_raw_free(&s->threads[i].raw);
        ya_scorer_free(s->threads[i].scorer);
        ya_buffer_free(&s->threads[i].explanation);
    }
    for (size_t i = 0; s->heads && i < n_paths; i++)
        ya_buffer_free(&s->heads[i]);
    ya_free(s->threads);
    ya_free(s->heads);
    ya_free(s->hints);
    ya_policy_close(s->policy);
}

ya_status ya_score_lines(const ya_settings *settings, ya_error *err)
{
    scoring s = {.settings = settings, .n_threads = ya_compute_threads(settings)};
    ya_paths paths = {0};
    ya_status status;
    YA_TRY(ya_field_names_read(&s.names, settings->field.items, settings->field.n,
                               settings->text_field, err));
    YA_TRY(ya_policy_open(&s.policy, settings->policy, err));
    YA_TRY(ya_record_files_list(&paths, settings->input, err));
    YA_TRY(prepare_files(&s, &paths, err));
    YA_TRY(prepare_threads(&s, err));
    YA_TRY(run(&s, &paths, err));
    ya_info("scored %llu records, %llu bad lines", (unsigned long long)s.n_scored,
            (unsigned long long)s.n_bad);
done:
    free_all(&s, paths.n_paths);
    ya_paths_free(&paths);
    return status;
}
