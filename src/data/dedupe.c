#include "data/dedupe.h"

#include "base/alloc.h"
#include "data/keyset.h"
#include "data/layout.h"
#include "data/minhash.h"
#include "data/open.h"
#include "data/pipeline.h"
#include "data/text.h"
#include "io/outfile.h"
#include "model/compute.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { KEPT_ROOM = 4 << 20 };

typedef enum { LINE_BAD, LINE_MISSING, LINE_COMPARED } line_kind;

/* What a batch's work leaves for its turn: of each line its kind and what it is compared by. */
typedef struct {
    struct {
        ya_line_reason reason;
        line_kind kind;
        ya_key key;
    } * lines;
    ya_signature *signatures; /* with --near */
    size_t room;
} result;

typedef struct {
    ya_raw raw;
    char *normalized;
    size_t room;
} thread;

typedef struct {
    const ya_settings *settings;
    ya_field_names names;
    const char *const *paths;
    thread *threads;
    ya_keyset keys;
    ya_nearset *near;
    ya_outfile output;
    ya_buffer kept; /* of a batch */
    uint64_t n_original, n_unique, n_duplicates, n_missing, n_bad;
} dedupe;

/* Work: ---------------------------------------------------------------------------------------- */

static ya_status make_room(result *r, size_t n, bool near, ya_error *err)
{
    if (n <= r->room)
        return YA_OK;
    ya_free(r->lines);
    ya_free(r->signatures);
    r->room = 0;
    r->lines = ya_alloc_zero(n, sizeof *r->lines);
    r->signatures = near ? ya_alloc_zero(n, sizeof *r->signatures) : NULL;
    if (!r->lines || (near && !r->signatures))
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu lines", n);
    r->room = n;
    return YA_OK;
}

static void free_result(void *argument)
{
    result *r = argument;
    ya_free(r->lines);
    ya_free(r->signatures);
}

static ya_status sign(thread *t, ya_signature *signature, ya_error *err)
{
    if (t->raw.text_size > t->room) {
        ya_free(t->normalized);
        t->room = 0;
        t->normalized = ya_alloc(t->raw.text_size);
        if (!t->normalized)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for a text");
        t->room = t->raw.text_size;
    }
    size_t size = ya_text_normalize(t->normalized, t->raw.text, t->raw.text_size);
    ya_minhash(signature, t->normalized, size);
    return YA_OK;
}

/* What the line, whose fields are read, is compared by. */
static ya_status compare_by(const dedupe *d, thread *t, result *r, size_t i, ya_error *err)
{
    const char *key = d->settings->key, *text;
    size_t size;
    ya_line_reason reason;
    ya_status status = YA_OK;
    r->lines[i].kind = LINE_MISSING;
    if (d->near) {
        YA_TRY(ya_raw_read_text(&t->raw, YA_READ_ARCHIVE, &reason, err));
        if (reason != YA_LINE_GOOD)
            return YA_OK;
        YA_TRY(sign(t, &r->signatures[i], err));
        r->lines[i].kind = LINE_COMPARED;
    } else if (ya_raw_key(&t->raw, key, strlen(key), &text, &size)) {
        r->lines[i].key = ya_key_of(text, size);
        r->lines[i].kind = LINE_COMPARED;
    }
done:
    return status;
}

static ya_status work(void *context, int index, ya_batch *batch, ya_error *err)
{
    const dedupe *d = context;
    thread *t = &d->threads[index];
    result *r = batch->result;
    ya_status status;
    YA_TRY(make_room(r, batch->n_lines, d->near != NULL, err));
    for (size_t i = 0; i < batch->n_lines; i++) {
        r->lines[i].kind = LINE_BAD;
        YA_TRY(ya_raw_parse(&t->raw, &batch->lines[i], &r->lines[i].reason, err));
        if (r->lines[i].reason == YA_LINE_GOOD)
            YA_TRY(compare_by(d, t, r, i, err));
    }
done:
    return status;
}

/* Emission: ------------------------------------------------------------------------------------ */

static ya_status keep(dedupe *d, const ya_line *line, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_add(&d->kept, line->text, line->size, err));
    YA_TRY(ya_buffer_add(&d->kept, "\n", 1, err));
    d->n_unique++;
done:
    return status;
}

static ya_status emit_line(dedupe *d, const ya_batch *batch, size_t i, ya_error *err)
{
    const result *r = batch->result;
    const ya_line *line = &batch->lines[i];
    bool is_new = true;
    ya_status status = YA_OK;
    d->n_original++;
    if (r->lines[i].kind == LINE_BAD) {
        ya_line_show_bad(d->paths[batch->file], line->number, r->lines[i].reason);
        d->n_bad++;
        return YA_OK;
    }
    if (r->lines[i].kind == LINE_MISSING)
        d->n_missing++;
    else if (d->near)
        YA_TRY(ya_nearset_add(d->near, &r->signatures[i], &is_new, err));
    else
        YA_TRY(ya_keyset_add(&d->keys, r->lines[i].key, &is_new, err));
    if (is_new)
        status = keep(d, line, err);
    else
        d->n_duplicates++;
done:
    return status;
}

static ya_status emit(void *context, ya_batch *batch, ya_error *err)
{
    dedupe *d = context;
    ya_status status = YA_OK;
    d->kept.size = 0;
    for (size_t i = 0; i < batch->n_lines; i++)
        YA_TRY(emit_line(d, batch, i, err));
    YA_TRY(ya_sink_write(&d->output.sink, d->kept.data, d->kept.size, err));
    if (d->kept.room > KEPT_ROOM)
        ya_buffer_free(&d->kept);
done:
    return status;
}

/* The whole: ----------------------------------------------------------------------------------- */

static void print_counts(const dedupe *d)
{
    const char *format = d->settings->json
                             ? "{\"original\": %llu, \"unique\": %llu, \"duplicates\": %llu, "
                               "\"missing\": %llu, \"bad\": %llu}\n"
                             : "original    %12llu\nunique      %12llu\nduplicates  %12llu\n"
                               "missing     %12llu\nbad         %12llu\n";
    printf(format, (unsigned long long)d->n_original, (unsigned long long)d->n_unique,
           (unsigned long long)d->n_duplicates, (unsigned long long)d->n_missing,
           (unsigned long long)d->n_bad);
}

/* What is written is JSON lines: not in the place of an input of another form. */
static ya_status check_output(const char *output, const ya_paths *inputs,
                              const ya_field_names *names, ya_error *err)
{
    struct stat to, from;
    if (stat(output, &to) != 0 || !S_ISREG(to.st_mode))
        return YA_OK;
    for (size_t i = 0; i < inputs->n_paths; i++) {
        ya_record_file *file;
        const char *path = inputs->paths[i];
        if (stat(path, &from) != 0 || from.st_dev != to.st_dev || from.st_ino != to.st_ino)
            continue;
        ya_status status = ya_data_open(&file, path, names, err);
        if (status)
            return status;
        ya_record_form form = ya_record_file_form(file);
        ya_record_file_close(file);
        if (form != YA_FORM_LINES)
            return ya_fail(err, YA_ERR_USAGE,
                           "--output %s is an input that holds no lines of JSON, which is what "
                           "dedupe writes: name another file",
                           output);
    }
    return YA_OK;
}

static ya_status run(dedupe *d, const ya_paths *paths, int n_threads, ya_error *err)
{
    const ya_pipeline pipeline = {
        .paths = d->paths,
        .n_paths = paths->n_paths,
        .names = &d->names,
        .n_threads = n_threads,
        .doing = "dedupe",
        .result_size = sizeof(result),
        .context = d,
        .work = work,
        .emit = emit,
        .free_result = free_result,
    };
    return ya_pipeline_run(&pipeline, err);
}

ya_status ya_dedupe(const ya_settings *settings, ya_error *err)
{
    int n_threads = ya_compute_threads(settings);
    dedupe d = {.settings = settings};
    ya_paths paths = {0};
    ya_status status;
    YA_TRY(ya_field_names_read(&d.names, settings->field.items, settings->field.n,
                               settings->text_field, err));
    YA_TRY(ya_record_files_list(&paths, settings->input, err));
    YA_TRY(check_output(settings->output, &paths, &d.names, err));
    d.paths = (const char *const *)paths.paths;
    d.threads = ya_alloc_zero((size_t)n_threads, sizeof *d.threads);
    if (!d.threads)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for %d threads", n_threads));
    for (int i = 0; i < n_threads; i++)
        d.threads[i].raw.names = &d.names;
    if (settings->near)
        YA_TRY(ya_nearset_new(&d.near, err));
    YA_TRY(ya_outfile_begin(&d.output, settings->output, 0, err));
    YA_TRY(ya_outfile_end(&d.output, run(&d, &paths, n_threads, err), err));
    print_counts(&d);
done:
    for (int i = 0; d.threads && i < n_threads; i++) {
        ya_raw_free(&d.threads[i].raw);
        ya_free(d.threads[i].normalized);
    }
    ya_free(d.threads);
    ya_buffer_free(&d.kept);
    ya_nearset_free(d.near);
    ya_keyset_free(&d.keys);
    ya_paths_free(&paths);
    return status;
}
