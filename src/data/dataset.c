#include "data/dataset.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "data/encode.h"
#include "data/open.h"
#include "data/spool.h"
#include "provenance/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { STATIC_LABELS_MIN = 100, ROLES_ROOM = 200 };
static const int64_t PROGRESS_NS = 2000000000;

/* The reading of one data set. */
typedef struct {
    const ya_dataset_options *options;
    ya_dataset *set;
    ya_encoder *encoder;
    ya_policy *policy; /* NULL: records are not scored */
    ya_scorer *scorer;
    ya_spool tokens, records;
    ya_record record;
    ya_ids ids, counted;
    int64_t next_progress;
    unsigned hint; /* of the name of the file at hand */
    /* of the file at hand: do all its records carry the same two labels? */
    uint64_t file_records;
    double first_weight, first_entropy;
    bool same_labels;
} reading;

static uint32_t source_index(ya_dataset *set, const char *text, size_t size)
{
    char name[sizeof set->sources[0].name];
    size = size < sizeof name ? size : sizeof name - 1;
    memcpy(name, text, size);
    name[size] = '\0';
    if (!*name)
        strcpy(name, "(none)");
    for (uint32_t i = 0; i < set->n_sources; i++)
        if (strcmp(set->sources[i].name, name) == 0)
            return i;
    if (set->n_sources == YA_MAX_SOURCES - 1)
        strcpy(name, "(others)");
    else if (set->n_sources == YA_MAX_SOURCES)
        return YA_MAX_SOURCES - 1;
    snprintf(set->sources[set->n_sources].name, sizeof set->sources[0].name, "%s", name);
    return set->n_sources++;
}

static bool is_labelled(const ya_data_record *record)
{
    return record->has_pull || (!isnan(record->auth_weight) && !isnan(record->prov_entropy));
}

static ya_status check_labelled(const reading *r, const ya_data_record *record, ya_error *err)
{
    if (is_labelled(record) || !r->options->need_labels)
        return YA_OK;
    return ya_fail(err, YA_ERR_DATA,
                   "the record has no %s, which this distrust_mode needs, and token ids cannot be "
                   "scored: label the data, or pass --distrust-mode off",
                   isnan(record->auth_weight) ? "auth_weight" : "prov_entropy");
}

/* Gives a record that lacks a label both, and its source, by its score. */
static void label_record(reading *r, ya_data_record *record)
{
    const char *name = r->record.source ? r->record.source : "";
    ya_source source;
    ya_score score;
    if (is_labelled(record) || !r->scorer || r->record.kind == YA_RECORD_IDS) {
        record->source = source_index(r->set, name, strlen(name));
        return;
    }
    ya_raw_source(&r->record.raw, &source);
    source.hint = r->hint;
    ya_score_source(r->scorer, &source, &score);
    record->auth_weight = score.auth_weight;
    record->prov_entropy = score.prov_entropy;
    record->source = source_index(r->set, score.source_type, score.source_type_size);
    r->set->n_scored++;
    r->same_labels = false; /* they are the program's, not the file's */
}

/* The first token of every record is context only; a record of one token has no target. */
static ya_status spool_tokens(reading *r, ya_data_record *record, ya_error *err)
{
    uint32_t n_targets = 0;
    for (size_t i = 0; i < r->ids.size; i++) {
        bool counted = r->counted.data[i] != 0;
        uint32_t token = (uint32_t)r->ids.data[i] | (counted ? YA_TOKEN_COUNTED : 0);
        n_targets += counted;
        ya_status status = ya_spool_write(&r->tokens, &token, sizeof token, err);
        if (status)
            return status;
    }
    record->n_targets = n_targets;
    return YA_OK;
}

static void watch_labels(reading *r, const ya_data_record *record)
{
    if (r->file_records++ == 0) {
        r->first_weight = record->auth_weight;
        r->first_entropy = record->prov_entropy;
        r->same_labels = true;
    }
    r->same_labels = r->same_labels && record->auth_weight == r->first_weight &&
                     record->prov_entropy == r->first_entropy;
}

/* "user, system": whose turns a chat has, for one that teaches nothing. */
static void list_roles(const ya_record *record, char text[ROLES_ROOM])
{
    size_t used = (size_t)snprintf(text, ROLES_ROOM, "its turns are of: ");
    for (size_t i = 0; i < record->conversation.n_messages && used < ROLES_ROOM - 1; i++) {
        const ya_message *m = &record->conversation.messages[i];
        used += (size_t)snprintf(text + used, ROLES_ROOM - used, "%s%.30s%s", i ? ", " : "",
                                 m->role, m->context ? " (context)" : "");
    }
}

/* What of the record is to be said. */
static void report_record(reading *r, const ya_data_record *record)
{
    ya_data_report *report = &r->set->report;
    const char *path = r->set->files[record->file].path;
    const ya_conversation *chat = &r->record.conversation;
    char roles[ROLES_ROOM];
    bool is_chat = r->record.kind == YA_RECORD_CHAT && chat->n_messages > 0;
    report->n_records++;
    report->layouts[r->record.raw.layout]++;
    ya_data_report_unused(report, &r->record.raw);
    if (record->n_targets == 0) {
        if (is_chat)
            list_roles(&r->record, roles);
        ya_count_at(&report->empty, path, record->line, is_chat ? roles : NULL);
    } else if (is_chat && strcmp(chat->messages[chat->n_messages - 1].role, "assistant") != 0) {
        ya_count_at(&report->open_ended, path, record->line, NULL);
    }
}

/* A record longer than max_seq_length; *left_out: it is not taken. */
static ya_status handle_long(reading *r, ya_data_record *record, bool *left_out, ya_error *err)
{
    ya_data_report *report = &r->set->report;
    size_t limit = (size_t)r->options->max_seq_length;
    report->max_seq_length = r->options->max_seq_length;
    *left_out = false;
    if (limit == 0 || r->ids.size <= limit)
        return YA_OK;
    switch (r->options->overlong) {
    case YA_OVERLONG_SPLIT:
        report->n_split += !record->keeps_context;
        report->n_answers += record->keeps_context;
        break;
    case YA_OVERLONG_TRUNCATE:
        report->n_truncated++;
        r->ids.size = r->counted.size = limit;
        break;
    case YA_OVERLONG_DROP:
        ya_count_at(&report->left_out[YA_LINE_OVERLONG], r->set->files[record->file].path,
                    record->line, NULL);
        *left_out = true;
        break;
    case YA_OVERLONG_ERROR:
        return ya_fail(
            err, YA_ERR_DATA,
            "the record has %zu tokens, --max-seq-length is %zu, and --overlong is error",
            r->ids.size, limit);
    }
    return YA_OK;
}

static ya_status spool_record(reading *r, ya_data_record *record, ya_error *err)
{
    ya_dataset *set = r->set;
    ya_status status;
    record->length = (uint32_t)r->ids.size;
    YA_TRY(spool_tokens(r, record, err));
    YA_TRY(ya_spool_write(&r->records, record, sizeof *record, err));
    report_record(r, record);
    set->n_records++;
    set->n_tokens += record->length;
    set->n_targets += record->n_targets;
    set->n_unlabelled += !is_labelled(record);
    if (record->length > set->longest)
        set->longest = record->length;
done:
    return status;
}

static ya_status add_record(reading *r, uint32_t file, uint64_t line, ya_error *err)
{
    ya_dataset *set = r->set;
    bool left_out;
    ya_status status;
    ya_data_record record = {
        .offset = set->n_tokens,
        .auth_weight = r->record.auth_weight,
        .prov_entropy = r->record.prov_entropy,
        .has_pull = r->options->weights && !isnan(r->record.weight),
        .pull = r->record.weight,
        .line = line,
        .file = file,
        .keeps_context = r->record.kind != YA_RECORD_TEXT,
    };
    if (r->ids.size > INT32_MAX)
        return ya_fail(err, YA_ERR_DATA, "the record has %zu tokens, at most %d are possible",
                       r->ids.size, INT32_MAX);
    YA_TRY(handle_long(r, &record, &left_out, err));
    if (left_out)
        return YA_OK;
    watch_labels(r, &record);
    label_record(r, &record);
    YA_TRY(check_labelled(r, &record, err));
    YA_TRY(spool_record(r, &record, err));
done:
    return status;
}

static void leave_out(reading *r, uint32_t file, uint64_t line, ya_line_reason reason,
                      const char *why)
{
    ya_counted *counted = &r->set->report.left_out[reason];
    ya_count_at(counted, r->set->files[file].path, line, why);
    if (counted->n == 1)
        ya_warn("%s; it is left out", counted->first);
    if (!r->set->report.first_bad[0])
        memcpy(r->set->report.first_bad, counted->first, sizeof counted->first);
}

/* What the record says as tokens; what only this record is to blame for is a reason. */
static ya_status encode(reading *r, ya_line_reason *reason, ya_error *err)
{
    ya_error why = {0};
    ya_status status = ya_encoder_encode(r->encoder, &r->record, &r->ids, &r->counted, &why);
    if (status == YA_ERR_DATA) {
        *reason = r->record.kind == YA_RECORD_IDS ? YA_LINE_IDS : YA_LINE_TEMPLATE;
        r->record.raw.why = why;
        return YA_OK;
    }
    if (status && err)
        *err = why;
    return status;
}

static void show_progress(reading *r)
{
    if (r->options->quiet || (r->set->n_records & 63) != 0 || ya_now_ns() < r->next_progress)
        return;
    r->next_progress = ya_now_ns() + PROGRESS_NS;
    ya_info("tokenising: %llu records, %.1f million tokens", (unsigned long long)r->set->n_records,
            (double)r->set->n_tokens * 1e-6);
}

static ya_status read_line(reading *r, uint32_t file, const ya_line *line, ya_error *err)
{
    const char *path = r->set->files[file].path;
    ya_line_reason reason;
    ya_status status = ya_record_parse(&r->record, line, &reason, err);
    if (!status && reason == YA_LINE_GOOD)
        status = encode(r, &reason, err);
    if (!status && reason == YA_LINE_GOOD)
        status = add_record(r, file, line->number, err);
    else if (!status)
        leave_out(r, file, line->number, reason, r->record.raw.why.text);
    if (status && status != YA_ERR_MEMORY)
        return ya_wrap(err, status, "%s:%llu", path, (unsigned long long)line->number);
    if (!status)
        show_progress(r);
    return status;
}

static ya_status read_data_file(reading *r, uint32_t file, ya_error *err)
{
    ya_data_file *f = &r->set->files[file];
    ya_record_file *stream = NULL;
    ya_line line;
    ya_status status;
    const char *slash = strrchr(f->path, '/'), *name = slash ? slash + 1 : f->path;
    r->file_records = 0;
    r->hint = r->policy ? ya_policy_hint(r->policy, name, strlen(name)) : 0;
    YA_TRY(ya_sha256_file(f->path, f->sha256, err));
    YA_TRY(ya_data_open(&stream, f->path, r->options->fields, err));
    ya_data_say(stream, f->path);
    for (;;) {
        YA_TRY(ya_record_file_next(stream, &line, err));
        if (!line.text)
            break;
        YA_TRY(read_line(r, file, &line, err));
    }
    if (r->file_records >= STATIC_LABELS_MIN && r->same_labels)
        ya_warn("all %llu records of %s carry the same labels (auth_weight %g, prov_entropy %g): "
                "they look assigned per file, not per record",
                (unsigned long long)r->file_records, f->path, r->first_weight, r->first_entropy);
done:
    ya_record_file_close(stream);
    return status;
}

static ya_status read_all(reading *r, ya_error *err)
{
    const ya_dataset_options *o = r->options;
    ya_dataset *set = r->set;
    const char *directory = o->directory ? o->directory : getenv("TMPDIR");
    if (!directory || !*directory)
        directory = "/tmp";
    ya_status status;
    const ya_encoder_options encoder = {
        .model_path = o->model_path,
        .chat_template = o->chat_template,
        .vocab_size = o->vocab_size,
        .append_eos = o->append_eos,
        .last_answer = o->last_answer,
    };
    YA_TRY(ya_encoder_new(&r->encoder, &encoder, err));
    r->record.raw.names = o->fields;
    YA_TRY(ya_spool_open(&r->tokens, directory, err));
    YA_TRY(ya_spool_open(&r->records, directory, err));
    r->next_progress = ya_now_ns() + PROGRESS_NS;
    if (o->score) {
        YA_TRY(ya_policy_open(&r->policy, o->policy, err));
        YA_TRY(ya_scorer_new(&r->scorer, r->policy, err));
    }
    for (uint32_t i = 0; i < set->n_files; i++)
        YA_TRY(read_data_file(r, i, err));
    if (set->n_scored > 0)
        ya_info("scored on loading: %llu of %llu records, which lacked a label",
                (unsigned long long)set->n_scored, (unsigned long long)set->n_records);
    set->report.n_dropped_reasoning = ya_encoder_dropped_reasoning(r->encoder);
    ya_data_report_show(&set->report, o->name ? o->name : "data");
    status = ya_data_report_judge(&set->report, o->skip_bad, err);
    if (status)
        return ya_wrap(err, status, "%s%s", set->files[0].path,
                       set->n_files > 1 ? " and the other files" : "");
    const void *data;
    YA_TRY(ya_spool_map(&r->tokens, &data, &set->token_bytes, err));
    set->tokens = data;
    YA_TRY(ya_spool_map(&r->records, &data, &set->record_bytes, err));
    set->records = data;
done:
    return status;
}

static ya_status copy_paths(ya_dataset *set, const ya_dataset_options *options, ya_error *err)
{
    set->files = ya_alloc_zero(options->n_paths, sizeof *set->files);
    for (size_t i = 0; set->files && i < options->n_paths; i++) {
        set->files[i].path = ya_strdup(options->paths[i]);
        if (!set->files[i].path)
            break;
        set->n_files++;
    }
    return set->n_files == options->n_paths
               ? YA_OK
               : ya_fail(err, YA_ERR_MEMORY, "out of memory for the paths of the data");
}

ya_status ya_dataset_open(ya_dataset **out, const ya_dataset_options *options, ya_error *err)
{
    *out = ya_alloc_zero(1, sizeof **out);
    if (!*out)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a data set");
    reading r = {.options = options, .set = *out, .tokens.fd = -1, .records.fd = -1};
    ya_status status;
    YA_TRY(copy_paths(*out, options, err));
    YA_TRY(read_all(&r, err));
done:
    ya_encoder_free(r.encoder);
    ya_scorer_free(r.scorer);
    ya_policy_close(r.policy);
    ya_spool_close(&r.tokens);
    ya_spool_close(&r.records);
    ya_record_free(&r.record);
    ya_ids_free(&r.ids);
    ya_ids_free(&r.counted);
    if (status) {
        ya_dataset_close(*out);
        *out = NULL;
    }
    return status;
}

void ya_dataset_close(ya_dataset *dataset)
{
    if (!dataset)
        return;
    if (dataset->tokens)
        munmap((void *)(uintptr_t)dataset->tokens, dataset->token_bytes);
    if (dataset->records)
        munmap((void *)(uintptr_t)dataset->records, dataset->record_bytes);
    for (size_t i = 0; i < dataset->n_files; i++)
        ya_free(dataset->files[i].path);
    ya_free(dataset->files);
    ya_free(dataset);
}
