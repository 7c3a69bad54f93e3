/* Pass 2. The chosen lines are read again and written, as they come, to a file without a name; from
 * there their examples go to train.jsonl and val.jsonl in the order of the draws. */
#include "data/prepare_internal.h"

#include "base/alloc.h"
#include "base/chars.h"
#include "data/text.h"
#include "io/json.h"

#include <math.h>
#include <string.h>

static const double HIGHEST_ENTROPY = 1e9; /* bits; of more there are no statistics */

enum { KEPT_ROOM = 4 << 20, COPY_BYTES = 1 << 20, RECORD_MAX_BYTES = 1 << 30 };

/* The examples of one chosen record. */
typedef struct {
    uint32_t record;
    size_t size; /* bytes of its lines, at most RECORD_MAX_BYTES */
    uint32_t n_examples;
    double w, h;
    ya_trivium trivium;
} piece;

typedef struct {
    piece *pieces;
    size_t n_pieces, room_pieces;
    ya_buffer lines;
} result;

static void free_result(void *argument)
{
    result *r = argument;
    ya_free(r->pieces);
    ya_buffer_free(&r->lines);
}

static bool is_chosen(const ya_prepared *record)
{
    return record->fate == YA_FATE_TRAIN || record->fate == YA_FATE_VAL;
}

/* Metadata: ------------------------------------------------------------------------------------ */

static bool is_scalar(const ya_json_value *value)
{
    return value->type == YA_JSON_STRING || value->type == YA_JSON_NUMBER ||
           value->type == YA_JSON_BOOLEAN;
}

static bool holds_text(const ya_raw *raw, const ya_raw_member *member)
{
    const ya_raw_member *own = ya_raw_find(&raw->fields, member->name, member->name_size);
    return own && own->field >= 0 && raw->used & YA_FIELD_BIT(own->field);
}

static ya_status add_member(ya_buffer *out, bool *first, const ya_raw_member *member, ya_error *err)
{
    const ya_json_value *value = &member->value;
    const char *quote = value->type == YA_JSON_STRING ? "\"" : "";
    ya_status status;
    YA_TRY(ya_buffer_add(out, ", ", *first ? 0 : 2, err));
    YA_TRY(ya_json_quote(out, member->name, member->name_size, err));
    YA_TRY(ya_buffer_add(out, ": ", 2, err));
    YA_TRY(ya_buffer_add(out, quote, strlen(quote), err));
    YA_TRY(ya_buffer_add(out, value->text, value->size, err));
    YA_TRY(ya_buffer_add(out, quote, strlen(quote), err));
    *first = false;
done:
    return status;
}

/* The scalar fields of the record, then those of its metadata that are not among them. */
static ya_status add_metadata(ya_buffer *out, const ya_raw *raw, ya_error *err)
{
    bool first = true;
    ya_status status;
    YA_TRY(ya_buffer_add(out, "{", 1, err));
    for (uint32_t i = 0; i < raw->fields.n; i++) {
        const ya_raw_member *member = &raw->fields.items[i];
        if (is_scalar(&member->value) && ya_raw_is_last(&raw->fields, i) &&
            !holds_text(raw, member))
            YA_TRY(add_member(out, &first, member, err));
    }
    for (uint32_t i = 0; i < raw->metadata.n; i++) {
        const ya_raw_member *member = &raw->metadata.items[i];
        const ya_raw_member *own = ya_raw_find(&raw->fields, member->name, member->name_size);
        if (is_scalar(&member->value) && ya_raw_is_last(&raw->metadata, i) &&
            !(own && is_scalar(&own->value)))
            YA_TRY(add_member(out, &first, member, err));
    }
    YA_TRY(ya_buffer_add(out, "}", 1, err));
done:
    return status;
}

/* Examples: ------------------------------------------------------------------------------------ */

/* All that follows the text: ", "auth_weight": ..., "metadata": {...}}". */
static ya_status render_labels(ya_buffer *out, const ya_raw *raw, const ya_score *score, double w,
                               double h, ya_error *err)
{
    const char *trivium = ya_trivium_name(score->trivium);
    ya_status status;
    out->size = 0;
    YA_TRY(ya_buffer_printf(out, err, ", \"auth_weight\": %.4f, \"prov_entropy\": %.4f, ", w, h));
    YA_TRY(ya_buffer_add(out, "\"source_type\": ", 15, err));
    YA_TRY(ya_json_quote(out, score->source_type, score->source_type_size, err));
    if (trivium)
        YA_TRY(ya_buffer_printf(out, err, ", \"trivium_category\": \"%s\"", trivium));
    YA_TRY(ya_buffer_printf(
        out, err, ", \"citation_count\": %llu, \"primary_source_count\": %u, \"metadata\": ",
        (unsigned long long)score->citations, score->n_primary));
    YA_TRY(add_metadata(out, raw, err));
    YA_TRY(ya_buffer_add(out, "}\n", 2, err));
done:
    return status;
}

/* A value as written, without the white space between its tokens. */
static ya_status add_compact(ya_buffer *out, const char *text, size_t size, ya_error *err)
{
    const char *end = text + size, *kept = text;
    bool inside = false;
    ya_status status;
    for (const char *at = text; at < end; at++) {
        if (inside) {
            if (*at == '\\')
                at++;
            else if (*at == '"')
                inside = false;
        } else if (*at == '"') {
            inside = true;
        } else if (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') {
            YA_TRY(ya_buffer_add(out, kept, (size_t)(at - kept), err));
            kept = at + 1;
        }
    }
    YA_TRY(ya_buffer_add(out, kept, (size_t)(end - kept), err));
done:
    return status;
}

typedef struct {
    ya_buffer *out;
    bool first;
} kept;

static ya_status add_kept(void *user, const char *name, const ya_json_value *value, ya_error *err)
{
    kept *k = user;
    const char *quote = value->type == YA_JSON_STRING ? "\"" : "";
    ya_status status;
    YA_TRY(ya_buffer_printf(k->out, err, "%s\"%s\": %s", k->first ? "{" : ", ", name, quote));
    if (*quote)
        YA_TRY(ya_buffer_add(k->out, value->text, value->size, err));
    else
        YA_TRY(add_compact(k->out, value->text, value->size, err));
    YA_TRY(ya_buffer_add(k->out, quote, strlen(quote), err));
    k->first = false;
done:
    return status;
}

/* A record with a structure is one example, as written. */
static ya_status render_whole(ya_preparer *t, ya_buffer *out, ya_error *err)
{
    kept k = {out, true};
    ya_status status;
    YA_TRY(ya_raw_kept(&t->raw, add_kept, &k, err));
    YA_TRY(ya_buffer_add(out, t->labels.data, t->labels.size, err));
done:
    return status;
}

/* Position of the first dropped chunk of `record` or a later one. */
static size_t find_dropped(const ya_preparation *p, uint32_t record)
{
    size_t low = 0, high = p->n_dropped;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->dropped[middle].record < record)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static ya_status render_chunks(const ya_preparation *p, ya_preparer *t, uint32_t record,
                               ya_buffer *out, uint32_t *n_examples, ya_error *err)
{
    const char *text = t->raw.text;
    size_t size = t->raw.text_size, dropped = find_dropped(p, record);
    ya_status status = YA_OK;
    for (uint32_t i = 0; size > 0; i++) {
        const char *chunk = text;
        size_t n = ya_text_take_chunk(&text, &size, (size_t)p->settings->max_chars);
        if (dropped < p->n_dropped && p->dropped[dropped].record == record &&
            p->dropped[dropped].chunk == i) {
            dropped++;
            continue;
        }
        YA_TRY(ya_buffer_add(out, "{\"text\": ", 9, err));
        YA_TRY(ya_json_quote(out, chunk, n, err));
        YA_TRY(ya_buffer_add(out, t->labels.data, t->labels.size, err));
        ++*n_examples;
    }
done:
    return status;
}

/* Work: ---------------------------------------------------------------------------------------- */

static ya_status has_changed(const ya_preparation *p, const ya_prepared *record, ya_error *err)
{
    return ya_fail(
        err, YA_ERR_DATA,
        "%s:%llu is another line than before: leave the input alone while it is prepared",
        p->paths.paths[record->file], (unsigned long long)record->line);
}

static ya_status render_record(const ya_preparation *p, ya_preparer *t, const ya_line *line,
                               piece *to, ya_buffer *out, ya_error *err)
{
    const ya_prepared *record = &p->records[to->record];
    ya_line_reason reason;
    ya_source source;
    ya_score score;
    ya_status status;
    YA_TRY(ya_raw_parse(&t->raw, line, &reason, err));
    if (reason == YA_LINE_GOOD)
        YA_TRY(ya_raw_read_text(&t->raw, YA_READ_ARCHIVE, &reason, err));
    if (reason != YA_LINE_GOOD)
        return has_changed(p, record, err);
    ya_raw_source(&t->raw, &source);
    source.hint = p->hints[record->file];
    ya_score_source(t->scorer, &source, &score);
    if (!ya_prepare_kept_labels(p, &t->raw, &to->w, &to->h, &reason)) {
        to->w = score.auth_weight;
        to->h = score.prov_entropy;
    }
    to->trivium = score.trivium;
    YA_TRY(render_labels(&t->labels, &t->raw, &score, to->w, to->h, err));
    if (t->labels.size * (uint64_t)record->n_examples + 6 * (uint64_t)line->size > RECORD_MAX_BYTES)
        return ya_fail(err, YA_ERR_DATA,
                       "%s:%llu: the metadata of %zu bytes would be written %u times, with each "
                       "chunk of the text: choose a larger --max-chars, or shorten it",
                       p->paths.paths[record->file], (unsigned long long)record->line,
                       t->labels.size, record->n_examples);
    size_t before = out->size;
    if (t->raw.kind == YA_RECORD_TEXT)
        YA_TRY(render_chunks(p, t, to->record, out, &to->n_examples, err));
    else
        YA_TRY(render_whole(t, out, err));
    if (t->raw.kind != YA_RECORD_TEXT)
        to->n_examples = 1;
    if (to->n_examples != record->n_examples)
        return has_changed(p, record, err);
    to->size = out->size - before;
done:
    return status;
}

/* The first record at or behind a line. */
static uint32_t find_record(const ya_preparation *p, uint32_t file, uint64_t line)
{
    uint32_t low = 0, high = p->n_records;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const ya_prepared *record = &p->records[middle];
        if (record->file < file || (record->file == file && record->line < line))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static ya_status work(void *context, int thread, ya_batch *batch, ya_error *err)
{
    const ya_preparation *p = context;
    result *r = batch->result;
    ya_status status = YA_OK;
    uint32_t next = find_record(p, batch->file, batch->lines[0].number);
    r->n_pieces = r->lines.size = 0;
    if (batch->n_lines > r->room_pieces) {
        ya_free(r->pieces);
        r->room_pieces = 0;
        r->pieces = ya_alloc_zero(batch->n_lines, sizeof *r->pieces);
        if (!r->pieces)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu records", batch->n_lines);
        r->room_pieces = batch->n_lines;
    }
    for (size_t i = 0; i < batch->n_lines; i++) {
        const ya_line *line = &batch->lines[i];
        if (next == p->n_records || p->records[next].file != batch->file ||
            p->records[next].line != line->number)
            continue;
        if (is_chosen(&p->records[next])) {
            piece *to = &r->pieces[r->n_pieces++];
            *to = (piece){.record = next};
            YA_TRY(render_record(p, &p->threads[thread], line, to, &r->lines, err));
        }
        next++;
    }
done:
    return status;
}

/* In order: ------------------------------------------------------------------------------------ */

static void add_statistics(ya_prepare_statistics *s, const ya_policy *policy, const piece *e)
{
    ya_band_sums *band = &s->bands[ya_policy_band(policy, e->w)];
    unsigned __int128 n = e->n_examples;
    uint64_t w = (uint64_t)llround(e->w * YA_LABEL_UNITS);
    bool is_countable = e->h < HIGHEST_ENTROPY;
    uint64_t h = is_countable ? (uint64_t)llround(e->h * YA_LABEL_UNITS) : 0;
    band->n += e->n_examples;
    band->w += n * w;
    band->w_squares += n * w * w;
    band->h += n * h;
    band->h_squares += n * h * h;
    band->h_unknown |= !is_countable;
    s->trivium[e->trivium] += e->n_examples;
    if (e->h >= YA_PREPARE_HIGH_ENTROPY)
        s->high_entropy += e->n_examples;
}

static ya_status emit(void *context, ya_batch *batch, ya_error *err)
{
    ya_preparation *p = context;
    result *r = batch->result;
    ya_status status;
    for (size_t i = 0; i < r->n_pieces; i++) {
        p->offsets[r->pieces[i].record] = p->examples_size;
        p->sizes[r->pieces[i].record] = (uint32_t)r->pieces[i].size;
        p->examples_size += r->pieces[i].size;
        p->n_written++;
        add_statistics(&p->statistics, p->policy, &r->pieces[i]);
    }
    YA_TRY(ya_spool_write(&p->examples, r->lines.data, r->lines.size, err));
    if (r->lines.room > KEPT_ROOM)
        ya_buffer_free(&r->lines);
done:
    return status;
}

static ya_status copy_examples(ya_preparation *p, ya_fate fate, ya_outfile *to, char *buffer,
                               ya_error *err)
{
    size_t used = 0;
    ya_status status = YA_OK;
    for (uint32_t i = 0; i < p->n_records; i++) {
        uint32_t record = p->order[i].record;
        if (p->records[record].fate != fate)
            continue;
        uint64_t at = p->offsets[record], end = at + p->sizes[record];
        while (at < end) {
            size_t n = end - at < COPY_BYTES - used ? (size_t)(end - at) : COPY_BYTES - used;
            YA_TRY(ya_spool_read(&p->examples, at, buffer + used, n, err));
            at += n;
            used += n;
            if (used < COPY_BYTES)
                continue;
            YA_TRY(ya_sink_write(&to->sink, buffer, used, err));
            used = 0;
        }
    }
    YA_TRY(ya_sink_write(&to->sink, buffer, used, err));
done:
    return status;
}

static ya_status copy_all(ya_preparation *p, ya_error *err)
{
    ya_status status;
    char *buffer = ya_alloc(COPY_BYTES);
    if (!buffer)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for writing examples");
    YA_TRY(copy_examples(p, YA_FATE_TRAIN, &p->train_file, buffer, err));
    YA_TRY(copy_examples(p, YA_FATE_VAL, &p->val_file, buffer, err));
done:
    ya_free(buffer);
    return status;
}

ya_status ya_prepare_write(ya_preparation *p, ya_error *err)
{
    const ya_pipeline pipeline = {
        .paths = (const char *const *)p->paths.paths,
        .n_paths = p->paths.n_paths,
        .names = &p->fields,
        .again = true,
        .n_threads = p->n_threads,
        .doing = "prepare: writing",
        .result_size = sizeof(result),
        .context = p,
        .work = work,
        .emit = emit,
        .free_result = free_result,
    };
    uint32_t n_chosen = 0;
    ya_status status;
    for (uint32_t i = 0; i < p->n_records; i++)
        n_chosen += is_chosen(&p->records[i]);
    YA_TRY(ya_pipeline_run(&pipeline, err));
    if (p->n_written != n_chosen)
        return ya_fail(
            err, YA_ERR_DATA,
            "the input has fewer lines than before: leave it alone while it is prepared");
    YA_TRY(copy_all(p, err));
done:
    return status;
}
