/* Pass 1. Threads find out all that can be said of a line by itself; what depends on the lines
 * before it - is its key new, are its texts - is decided in their order. */
#include "data/prepare_internal.h"

#include "base/alloc.h"
#include "base/chars.h"
#include "data/text.h"
#include "io/json.h"
#include "provenance/distrust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_ROOM = 4 << 20, FILE_BITS = (1 << 24) - 1 };
static const uint64_t LINE_BITS = (UINT64_C(1) << 40) - 1;

typedef struct {
    ya_line_reason reason;
    bool has_key;
    uint8_t band;
    ya_key key;
    size_t first_chunk;
    uint32_t n_chunks;
} line_result;

typedef struct {
    line_result *lines;
    size_t room_lines;
    ya_key *chunks; /* hashes of normalised texts */
    size_t n_chunks, room_chunks;
} result;

static void free_result(void *argument)
{
    result *r = argument;
    ya_free(r->lines);
    ya_free(r->chunks);
}

/* Work: ---------------------------------------------------------------------------------------- */

/* A label as it is written. */
static double rounded(double value)
{
    char text[400]; /* of 1e308, 309 digits */
    snprintf(text, sizeof text, "%.4f", value);
    return strtod(text, NULL) + 0.0; /* no negative zero */
}

static bool is_there(const ya_raw_member *member)
{
    return member && member->value.type != YA_JSON_NULL;
}

bool ya_prepare_kept_labels(const ya_preparation *p, const ya_raw *raw, double *w, double *h,
                            ya_line_reason *reason)
{
    const ya_raw_member *weight = ya_raw_known(&raw->fields, YA_RAW_AUTH_WEIGHT);
    const ya_raw_member *entropy = ya_raw_known(&raw->fields, YA_RAW_PROV_ENTROPY);
    if (!p->settings->keep_labels || !is_there(weight) || !is_there(entropy))
        return false;
    *reason = YA_LINE_LABELS;
    if (weight->value.type != YA_JSON_NUMBER || entropy->value.type != YA_JSON_NUMBER)
        return false;
    *w = ya_raw_number(&weight->value);
    *h = ya_raw_number(&entropy->value);
    if (ya_distrust_check_labels(*w, *h, NULL))
        return false;
    *reason = YA_LINE_GOOD;
    *w = rounded(*w);
    *h = rounded(*h);
    return true;
}

static ya_status add_chunk(ya_preparer *t, result *r, const char *text, size_t size, ya_error *err)
{
    if (r->n_chunks == r->room_chunks) {
        size_t room = r->room_chunks + r->room_chunks / 2 + 256;
        ya_key *more = ya_realloc_array(r->chunks, room, sizeof *more);
        if (!more)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu chunks", room);
        r->chunks = more;
        r->room_chunks = room;
    }
    size_t normalized = ya_text_normalize(t->normalized, text, size);
    r->chunks[r->n_chunks++] = ya_key_of(t->normalized, normalized);
    return YA_OK;
}

static ya_status add_chunks(const ya_preparation *p, ya_preparer *t, result *r, line_result *line,
                            ya_error *err)
{
    const char *text = t->raw.text;
    size_t size = t->raw.text_size;
    ya_status status;
    line->first_chunk = r->n_chunks;
    if (size > t->normalized_room || t->normalized_room > KEPT_ROOM) {
        ya_free(t->normalized);
        t->normalized_room = 0;
        t->normalized = ya_alloc(size);
        if (!t->normalized)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for a text");
        t->normalized_room = size;
    }
    if (t->raw.kind != YA_RECORD_TEXT)
        YA_TRY(add_chunk(t, r, text, size, err));
    else
        while (size > 0) {
            const char *chunk = text;
            size_t n = ya_text_take_chunk(&text, &size, (size_t)p->settings->max_chars);
            YA_TRY(add_chunk(t, r, chunk, n, err));
        }
    line->n_chunks = (uint32_t)(r->n_chunks - line->first_chunk);
    status = YA_OK;
done:
    return status;
}

static ya_status read_line(const ya_preparation *p, ya_preparer *t, const ya_batch *batch, size_t i,
                           result *r, ya_error *err)
{
    line_result *line = &r->lines[i];
    ya_raw *raw = &t->raw;
    ya_status status;
    double w = 0, h = 0;
    *line = (line_result){.reason = YA_LINE_GOOD};
    YA_TRY(ya_raw_parse(raw, &batch->lines[i], &line->reason, err));
    if (line->reason == YA_LINE_GOOD)
        YA_TRY(ya_raw_read_text(raw, YA_READ_ARCHIVE, &line->reason, err));
    if (line->reason != YA_LINE_GOOD)
        return YA_OK;
    bool kept = ya_prepare_kept_labels(p, raw, &w, &h, &line->reason);
    if (line->reason == YA_LINE_GOOD && raw->kind == YA_RECORD_TEXT && p->settings->min_chars > 0 &&
        !ya_text_is_longer(raw->text, raw->text_size, (size_t)p->settings->min_chars - 1))
        line->reason = YA_LINE_SHORT;
    if (line->reason != YA_LINE_GOOD)
        return YA_OK;
    if (!kept) {
        ya_source source;
        ya_score score;
        ya_raw_source(raw, &source);
        source.hint = p->hints[batch->file];
        ya_score_source(t->scorer, &source, &score);
        w = score.auth_weight;
    }
    line->band = (uint8_t)ya_policy_band(p->policy, w);
    const char *key;
    size_t size;
    line->has_key = ya_raw_key(raw, p->settings->key, strlen(p->settings->key), &key, &size);
    if (line->has_key)
        line->key = ya_key_of(key, size);
    status = add_chunks(p, t, r, line, err);
done:
    return status;
}

static ya_status work(void *context, int thread, ya_batch *batch, ya_error *err)
{
    const ya_preparation *p = context;
    result *r = batch->result;
    ya_status status = YA_OK;
    r->n_chunks = 0;
    if (batch->n_lines > r->room_lines) {
        ya_free(r->lines);
        r->room_lines = 0;
        r->lines = ya_alloc_zero(batch->n_lines, sizeof *r->lines);
        if (!r->lines)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu lines", batch->n_lines);
        r->room_lines = batch->n_lines;
    }
    for (size_t i = 0; i < batch->n_lines; i++)
        YA_TRY(read_line(p, &p->threads[thread], batch, i, r, err));
done:
    return status;
}

/* In order: ------------------------------------------------------------------------------------ */

static ya_status reject(ya_preparation *p, uint32_t file, const ya_line *line,
                        ya_line_reason reason, ya_error *err)
{
    ya_buffer *out = &p->rejected;
    ya_status status;
    ya_line_show_bad(p->paths.paths[file], line->number, reason);
    p->counts[file].rejected[reason]++;
    YA_TRY(ya_buffer_add(out, "{\"file\": ", 9, err));
    YA_TRY(ya_json_quote(out, p->names[file], strlen(p->names[file]), err));
    YA_TRY(ya_buffer_printf(out, err, ", \"line\": %llu, \"reason\": \"%s\", \"raw\": ",
                            (unsigned long long)line->number, ya_line_reason_name(reason)));
    YA_TRY(ya_json_quote(out, line->text, line->size, err));
    YA_TRY(ya_buffer_add(out, "}\n", 2, err));
done:
    return status;
}

static ya_status drop_chunk(ya_preparation *p, uint32_t chunk, ya_error *err)
{
    if (p->n_dropped == p->room_dropped) {
        size_t room = p->room_dropped + p->room_dropped / 4 + 256;
        ya_dropped *more = ya_realloc_array(p->dropped, room, sizeof *more);
        if (!more)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu repeated texts", room);
        p->dropped = more;
        p->room_dropped = room;
    }
    p->dropped[p->n_dropped++] = (ya_dropped){p->n_records, chunk};
    return YA_OK;
}

static ya_status add_record(ya_preparation *p, const ya_prepared *record, ya_error *err)
{
    if (p->n_records == p->room_records) {
        uint64_t room = (uint64_t)p->room_records + p->room_records / 4 + 1024;
        ya_prepared *more =
            room <= UINT32_MAX ? ya_realloc_array(p->records, room, sizeof *more) : NULL;
        if (!more)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %llu records",
                           (unsigned long long)room);
        p->records = more;
        p->room_records = (uint32_t)room;
    }
    p->records[p->n_records++] = *record;
    return YA_OK;
}

/* A good record: its key, then its texts. */
static ya_status take_record(ya_preparation *p, uint32_t file, uint64_t number, const result *r,
                             const line_result *line, ya_error *err)
{
    ya_prepare_counts *counts = &p->counts[file];
    size_t n_dropped = p->n_dropped;
    uint32_t n_examples = 0;
    bool is_new;
    ya_status status = YA_OK;
    if (line->has_key && ya_keyset_has(&p->keys, line->key)) {
        counts->duplicate_key++;
        return YA_OK;
    }
    counts->records++;
    counts->examples += line->n_chunks;
    for (uint32_t i = 0; i < line->n_chunks; i++) {
        YA_TRY(ya_keyset_add(&p->texts, r->chunks[line->first_chunk + i], &is_new, err));
        if (!is_new)
            YA_TRY(drop_chunk(p, i, err));
        n_examples += is_new;
    }
    counts->duplicate_text += line->n_chunks - n_examples;
    if (n_examples == 0) { /* no record: nothing is noted of it */
        p->n_dropped = n_dropped;
        return YA_OK;
    }
    if (line->has_key)
        YA_TRY(ya_keyset_add(&p->keys, line->key, &is_new, err));
    const ya_prepared record = {.line = number & LINE_BITS,
                                .file = file & FILE_BITS,
                                .n_examples = n_examples,
                                .band = line->band};
    status = add_record(p, &record, err);
done:
    return status;
}

static ya_status emit(void *context, ya_batch *batch, ya_error *err)
{
    ya_preparation *p = context;
    const result *r = batch->result;
    ya_status status = YA_OK;
    if (batch->file != p->keys_file) {
        ya_keyset_free(&p->keys);
        p->keys_file = batch->file;
    }
    p->rejected.size = 0;
    for (size_t i = 0; i < batch->n_lines; i++) {
        const ya_line *line = &batch->lines[i];
        p->counts[batch->file].lines++;
        if (r->lines[i].reason != YA_LINE_GOOD)
            YA_TRY(reject(p, batch->file, line, r->lines[i].reason, err));
        else
            YA_TRY(take_record(p, batch->file, line->number, r, &r->lines[i], err));
    }
    YA_TRY(ya_sink_write(&p->rejected_file.sink, p->rejected.data, p->rejected.size, err));
    if (p->rejected.room > KEPT_ROOM)
        ya_buffer_free(&p->rejected);
done:
    return status;
}

ya_status ya_prepare_read(ya_preparation *p, ya_error *err)
{
    const ya_pipeline pipeline = {
        .paths = (const char *const *)p->paths.paths,
        .n_paths = p->paths.n_paths,
        .names = &p->fields,
        .n_threads = p->n_threads,
        .doing = "prepare: reading",
        .result_size = sizeof(result),
        .context = p,
        .work = work,
        .emit = emit,
        .free_result = free_result,
    };
    ya_status status = ya_pipeline_run(&pipeline, err);
    ya_keyset_free(&p->keys);
    ya_keyset_free(&p->texts);
    ya_buffer_free(&p->rejected);
    return status;
}
