/* What was read, what was left out and why: said before anything is learned, and kept in run.json.
 * spec/records.md, "Files". */
#ifndef YA_DATA_DATA_REPORT_H
#define YA_DATA_DATA_REPORT_H

#include "base/buffer.h"
#include "data/layout.h"
#include "io/shown.h"

enum { YA_MAX_UNUSED = 32, YA_REPORT_TEXT = 320 };

/* Records of a kind: how many, and where the first is. */
typedef struct {
    uint64_t n;
    char first[YA_REPORT_TEXT]; /* "chat.jsonl:77"; of a bad line with its sentence behind ": " */
} ya_counted;

/* All zero at the start. */
typedef struct {
    uint64_t n_records;
    uint64_t layouts[YA_N_LAYOUTS];
    ya_counted left_out[YA_N_LINE_REASONS];
    char first_bad[YA_REPORT_TEXT]; /* of those left out, whatever the reason; "": none */
    struct {
        char name[sizeof(ya_shown)];
        uint64_t n;
    } unused[YA_MAX_UNUSED]; /* fields that are neither learned nor context nor provenance */
    uint32_t n_unused;
    uint64_t n_unused_others;     /* values of fields that had no place in the list */
    ya_counted empty;             /* records without a target: taken, contribute nothing */
    ya_counted open_ended;        /* chats that no turn of the assistant ends */
    uint64_t n_dropped_reasoning; /* of earlier turns, which the template leaves out */
    uint64_t n_split;             /* longer than max_seq_length: texts in rows */
    uint64_t n_answers;           /* answers with a part of what stands before them */
    uint64_t n_truncated;
    int max_seq_length;
} ya_data_report;

/* One more; `why` NULL: none. */
void ya_count_at(ya_counted *counted, const char *path, uint64_t line, const char *why);

/* Notes the members of the record that are not used. */
void ya_data_report_unused(ya_data_report *report, const ya_raw *raw);

/* Lines that were left out, but for those that --overlong drop takes. */
uint64_t ya_data_report_bad(const ya_data_report *report);

/* On stderr; `name` begins the first line. */
void ya_data_report_show(const ya_data_report *report, const char *name);
/* YA_ERR_DATA when nothing is left, or more than one line in twenty is bad unless skip_bad. */
ya_status ya_data_report_judge(const ya_data_report *report, bool skip_bad, ya_error *err) YA_CHECK;
/* Appends it as a JSON object. */
ya_status ya_data_report_json(const ya_data_report *report, ya_buffer *out, ya_error *err) YA_CHECK;

#endif
