#include "data/data_report.h"

#include "base/format.h"
#include "base/log.h"
#include "io/json.h"

#include <stdio.h>
#include <string.h>

enum { LINE_ROOM = 2048, MOST_BAD_PART = 20 };

void ya_count_at(ya_counted *counted, const char *path, uint64_t line, const char *why)
{
    const char *slash = strrchr(path, '/');
    if (counted->n++ == 0)
        snprintf(counted->first, sizeof counted->first, "%s:%llu%s%s", slash ? slash + 1 : path,
                 (unsigned long long)line, why ? ": " : "", why ? why : "");
}

/* Fields that are not used: -------------------------------------------------------------------- */

static void note_unused(void *user, const char *name, size_t size)
{
    ya_data_report *report = user;
    ya_shown shown = ya_show(name, size);
    for (uint32_t i = 0; i < report->n_unused; i++)
        if (strcmp(report->unused[i].name, shown.text) == 0) {
            report->unused[i].n++;
            return;
        }
    if (report->n_unused == YA_MAX_UNUSED) {
        report->n_unused_others++;
        return;
    }
    memcpy(report->unused[report->n_unused].name, shown.text, sizeof shown.text);
    report->unused[report->n_unused++].n = 1;
}

void ya_data_report_unused(ya_data_report *report, const ya_raw *raw)
{
    ya_raw_unused(raw, note_unused, report);
}

/* Lines: --------------------------------------------------------------------------------------- */

/* "12,480" */
static void add_count(ya_format *line, uint64_t n)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < size; i++)
        ya_format_add(line, "%s%c", i > 0 && (size - i) % 3 == 0 ? "," : "", digits[i]);
}

static uint64_t left_out(const ya_data_report *report)
{
    uint64_t n = 0;
    for (int i = 0; i < YA_N_LINE_REASONS; i++)
        n += report->left_out[i].n;
    return n;
}

uint64_t ya_data_report_bad(const ya_data_report *report)
{
    return left_out(report) - report->left_out[YA_LINE_OVERLONG].n;
}

/* The place of the first of its kind, without the sentence. */
static int place_size(const ya_counted *counted)
{
    const char *end = strstr(counted->first, ": ");
    return end ? (int)(end - counted->first) : (int)strlen(counted->first);
}

static void add_left_out(ya_format *line, const ya_data_report *report)
{
    const char *before = " left out (";
    uint64_t n = left_out(report);
    if (n == 0)
        return;
    ya_format_add(line, "; ");
    add_count(line, n);
    ya_format_add(line, n == 1 ? " line" : " lines");
    for (int i = 0; i < YA_N_LINE_REASONS; i++) {
        const ya_counted *counted = &report->left_out[i];
        if (counted->n == 0)
            continue;
        ya_format_add(line, "%s", before);
        add_count(line, counted->n);
        ya_format_add(line, " %s, first %.*s", ya_line_reason_text((ya_line_reason)i),
                      place_size(counted), counted->first);
        before = "; ";
    }
    ya_format_add(line, ")");
}

static void show_counts(const ya_data_report *report, const char *name)
{
    char text[LINE_ROOM];
    ya_format line = {.data = text, .room = sizeof text};
    const char *before = ": ";
    ya_format_add(&line, "%s: ", name);
    add_count(&line, report->n_records);
    ya_format_add(&line, report->n_records == 1 ? " record" : " records");
    for (int i = 0; i < YA_N_LAYOUTS; i++) {
        if (report->layouts[i] == 0)
            continue;
        ya_format_add(&line, "%s", before);
        add_count(&line, report->layouts[i]);
        ya_format_add(&line, " %s", ya_layout_get((ya_layout)i)->name);
        before = ", ";
    }
    add_left_out(&line, report);
    ya_info("%s", text);
}

static void show_unused(const ya_data_report *report)
{
    char text[LINE_ROOM];
    ya_format line = {.data = text, .room = sizeof text};
    if (report->n_unused == 0)
        return;
    ya_format_add(&line, "  fields not used: ");
    for (uint32_t i = 0; i < report->n_unused; i++) {
        ya_format_add(&line, "%s%s (", i ? ", " : "", report->unused[i].name);
        add_count(&line, report->unused[i].n);
        ya_format_add(&line, report->unused[i].n == 1 ? " record)" : " records)");
    }
    if (report->n_unused_others > 0)
        ya_format_add(&line, " and others");
    ya_info("%s", text);
}

static void show_long(const ya_data_report *report)
{
    char text[LINE_ROOM];
    ya_format line = {.data = text, .room = sizeof text};
    uint64_t n = report->n_split + report->n_answers + report->n_truncated +
                 report->left_out[YA_LINE_OVERLONG].n;
    const char *before = ": ";
    if (n == 0)
        return;
    ya_format_add(&line, "  ");
    add_count(&line, n);
    ya_format_add(&line, n == 1 ? " record is" : " records are");
    ya_format_add(&line, " longer than %d tokens", report->max_seq_length);
    if (report->n_split > 0) {
        ya_format_add(&line, "%s", before);
        add_count(&line, report->n_split);
        ya_format_add(&line, " split");
        before = ", ";
    }
    if (report->n_answers > 0) {
        ya_format_add(&line, "%s", before);
        add_count(&line, report->n_answers);
        ya_format_add(&line,
                      " learned with what fits of what stands before, at least the last %d "
                      "tokens",
                      report->max_seq_length / 2);
        before = ", ";
    }
    if (report->n_truncated > 0) {
        ya_format_add(&line, "%s", before);
        add_count(&line, report->n_truncated);
        ya_format_add(&line, " cut at their ends");
    }
    if (report->left_out[YA_LINE_OVERLONG].n > 0)
        ya_format_add(&line, "%sthe others left out", before);
    ya_info("%s", text);
}

void ya_data_report_show(const ya_data_report *report, const char *name)
{
    show_counts(report, name);
    show_unused(report);
    show_long(report);
    if (report->n_dropped_reasoning > 0)
        ya_info("  the chat template leaves out the reasoning of %llu earlier answers",
                (unsigned long long)report->n_dropped_reasoning);
    if (report->empty.n > 0)
        ya_warn("%llu record%s no token to learn and contribute%s nothing, first %s",
                (unsigned long long)report->empty.n, report->empty.n == 1 ? " has" : "s have",
                report->empty.n == 1 ? "s" : "", report->empty.first);
    if (report->open_ended.n > 0)
        ya_warn("%llu chat%s with a turn that no turn of the assistant follows; it is not learned, "
                "first %s",
                (unsigned long long)report->open_ended.n,
                report->open_ended.n == 1 ? " ends" : "s end", report->open_ended.first);
}

/* Judgement: ----------------------------------------------------------------------------------- */

ya_status ya_data_report_judge(const ya_data_report *report, bool skip_bad, ya_error *err)
{
    uint64_t bad = ya_data_report_bad(report), all = bad + report->n_records;
    const char *first = report->first_bad;
    if (report->n_records == 0)
        return ya_fail(err, YA_ERR_DATA, "no usable record%s%s",
                       *first ? "; the first of those left out: " : " in the data", first);
    if (skip_bad || bad * MOST_BAD_PART <= all)
        return YA_OK;
    return ya_fail(err, YA_ERR_DATA,
                   "%llu of %llu records cannot be read, more than one in twenty; the first: %s; "
                   "--skip-bad goes on without them",
                   (unsigned long long)bad, (unsigned long long)all, first);
}

/* JSON: ---------------------------------------------------------------------------------------- */

static ya_status add_counted(ya_buffer *out, const char *before, const char *name,
                             const ya_counted *counted, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "%s\"%s\": {\"count\": %llu, \"first\": ", before, name,
                            (unsigned long long)counted->n));
    YA_TRY(ya_json_quote(out, counted->first, strlen(counted->first), err));
    YA_TRY(ya_buffer_add(out, "}", 1, err));
done:
    return status;
}

static ya_status add_lists(const ya_data_report *report, ya_buffer *out, ya_error *err)
{
    const char *before = "";
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, ", \"layouts\": {"));
    for (int i = 0; i < YA_N_LAYOUTS; i++) {
        if (report->layouts[i] == 0)
            continue;
        YA_TRY(ya_buffer_printf(out, err, "%s\"%s\": %llu", before,
                                ya_layout_get((ya_layout)i)->name,
                                (unsigned long long)report->layouts[i]));
        before = ", ";
    }
    before = "";
    YA_TRY(ya_buffer_printf(out, err, "}, \"left_out\": {"));
    for (int i = 0; i < YA_N_LINE_REASONS; i++) {
        if (report->left_out[i].n == 0)
            continue;
        YA_TRY(add_counted(out, before, ya_line_reason_name((ya_line_reason)i),
                           &report->left_out[i], err));
        before = ", ";
    }
    YA_TRY(ya_buffer_printf(out, err, "}, \"unused_fields\": {"));
    for (uint32_t i = 0; i < report->n_unused; i++) {
        YA_TRY(ya_buffer_add(out, ", ", i ? 2 : 0, err));
        YA_TRY(ya_json_quote(out, report->unused[i].name, strlen(report->unused[i].name), err));
        YA_TRY(ya_buffer_printf(out, err, ": %llu", (unsigned long long)report->unused[i].n));
    }
    status = ya_buffer_add(out, "}", 1, err);
done:
    return status;
}

ya_status ya_data_report_json(const ya_data_report *report, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "{\"records\": %llu", (unsigned long long)report->n_records));
    YA_TRY(add_lists(report, out, err));
    YA_TRY(ya_buffer_printf(out, err,
                            ", \"longer\": {\"max_seq_length\": %d, \"split\": %llu, "
                            "\"answers\": %llu, \"truncated\": %llu}",
                            report->max_seq_length, (unsigned long long)report->n_split,
                            (unsigned long long)report->n_answers,
                            (unsigned long long)report->n_truncated));
    YA_TRY(ya_buffer_printf(out, err, ", \"dropped_reasoning\": %llu",
                            (unsigned long long)report->n_dropped_reasoning));
    YA_TRY(add_counted(out, ", ", "without_target", &report->empty, err));
    YA_TRY(add_counted(out, ", ", "open_ended", &report->open_ended, err));
    status = ya_buffer_add(out, "}", 1, err);
done:
    return status;
}
