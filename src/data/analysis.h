/* What `analyze` finds out about a file, or about all of them: the S of spec/data.md "analyze". */
#ifndef YA_DATA_ANALYSIS_H
#define YA_DATA_ANALYSIS_H

#include "base/buffer.h"
#include "data/keyset.h"
#include "data/names.h"
#include "io/json_scan.h"
#include "provenance/score.h"

#include <stdbool.h>

enum { YA_N_UNIQUE = 4, YA_BINS = 10, YA_N_JSON_TYPES = YA_JSON_OBJECT + 1 };

/* identifier, id, url, title */
extern const char *const ya_unique_fields[YA_N_UNIQUE];

/* One line, as a thread leaves it for its turn. */
typedef struct {
    bool is_object, has_text, scored, bad_labels;
    bool own_labels;   /* both, in range */
    bool counts;       /* w and H are there */
    uint8_t has_value; /* bit i: of unique field i */
    int year;          /* 0: unknown */
    double w, H;
    uint64_t n_characters;
    uint32_t source; /* in the batch's names */
    ya_key values[YA_N_UNIQUE];
} ya_finding;

/* n numbers; the rest only when n > 0. */
typedef struct {
    uint64_t n;
    double min, max, sum, sum_of_squares;
} ya_moments;

typedef struct {
    uint64_t count, types[YA_N_JSON_TYPES]; /* by ya_json_type */
} ya_field_count;

typedef struct {
    uint64_t records;
    double weight; /* sum of v */
} ya_source_count;

typedef struct {
    const char *file; /* base name; NULL: all files */
    uint64_t n_lines; /* that are not blank */
    uint64_t records, parse_errors, no_text, scored, bad_labels;
    ya_names fields, sources;
    ya_field_count *field_counts;
    ya_source_count *source_counts;
    uint32_t field_room, source_room; /* of the counts */
    uint64_t n_values[YA_N_UNIQUE], n_unique[YA_N_UNIQUE];
    ya_moments years, w, H, text;
    uint64_t unknown_years;
    uint64_t bands[YA_N_BANDS], w_bins[YA_BINS], H_bins[YA_BINS];
    double sum_v, sum_v2;
    bool same_labels; /* so far: all records carry the labels first_w and first_H */
    bool static_labels;
    double first_w, first_H;
} ya_analysis;

/* Adds a line. `source`: its source type. */
ya_status ya_analysis_add(ya_analysis *analysis, const ya_policy *policy, const ya_finding *finding,
                          const char *source, size_t source_size, ya_error *err) YA_CHECK;
/* Adds counts of a field. */
ya_status ya_analysis_add_field(ya_analysis *analysis, const char *name, size_t size,
                                const ya_field_count *count, ya_error *err) YA_CHECK;
/* A file is at its end, and nothing is added any more. */
void ya_analysis_end_file(ya_analysis *analysis);
void ya_analysis_free(ya_analysis *analysis);

/* Effective sample size, 0 of nothing. The flags, in their order: returns how many. */
double ya_analysis_ess(const ya_analysis *analysis);
int ya_analysis_flags(const ya_analysis *analysis, const char *flags[3]);
/* Numbers of the sources, those with most records first, then by name; to be freed. */
ya_status ya_analysis_order(const ya_analysis *analysis, uint32_t **order, ya_error *err) YA_CHECK;

/* OK below 1 %, WARN below 10 %, else HIGH. */
const char *ya_duplicate_flag(uint64_t n_values, uint64_t n_unique);

/* Appends {"files": [S with file], "total": S}. */
ya_status ya_analysis_json(const ya_analysis *files, size_t n_files, const ya_analysis *total,
                           ya_buffer *out, ya_error *err) YA_CHECK;
/* Appends the same as a table for a terminal. */
ya_status ya_analysis_table(const ya_analysis *files, size_t n_files, const ya_analysis *total,
                            ya_buffer *out, ya_error *err) YA_CHECK;

#endif
