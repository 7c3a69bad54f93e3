/* What the parts of prepare share. */
#ifndef YA_DATA_PREPARE_INTERNAL_H
#define YA_DATA_PREPARE_INTERNAL_H

#include "base/buffer.h"
#include "data/keyset.h"
#include "data/layout.h"
#include "data/pipeline.h"
#include "data/selection.h"
#include "data/spool.h"
#include "io/outfile.h"
#include "provenance/score.h"
#include "settings/settings.h"

/* T of the specification: of one file, or of all. */
typedef struct {
    uint64_t lines, rejected[YA_N_LINE_REASONS], duplicate_key, records, examples, duplicate_text;
    uint64_t fates[YA_FATE_VAL + 1]; /* examples */
} ya_prepare_counts;

enum { YA_LABEL_UNITS = 10000 };

/* Of a good primary source, in bits (distrust-loss.md). */
static const double YA_PREPARE_HIGH_ENTROPY = 5.5;

/* Sums over examples; labels as multiples of 0.0001, so that sums are exact. */
typedef struct {
    uint64_t n;
    unsigned __int128 w, w_squares, h, h_squares;
    bool h_unknown; /* one is too high to be added */
} ya_band_sums;

typedef struct {
    ya_band_sums bands[YA_N_BANDS];
    uint64_t trivium[YA_N_TRIVIA], high_entropy;
} ya_prepare_statistics;

/* A chunk that is no example, of a record that has others. */
typedef struct {
    uint32_t record, chunk;
} ya_dropped;

/* Of one thread. */
typedef struct {
    ya_raw raw;
    ya_scorer *scorer;
    char *normalized;
    size_t normalized_room;
    ya_buffer labels; /* what follows the text in an example */
} ya_preparer;

typedef struct {
    const ya_settings *settings;
    ya_field_names fields;
    ya_policy *policy;
    ya_paths paths;
    const char **names; /* base names of the paths */
    unsigned *hints;
    uint64_t *caps;
    ya_prepare_counts *counts; /* a file each */
    ya_preparer *threads;
    int n_threads;

    /* pass 1 */
    ya_keyset keys, texts;
    uint32_t keys_file; /* whose keys these are */
    ya_buffer rejected; /* lines of rejected.jsonl of a batch */
    ya_prepared *records;
    uint32_t n_records, room_records;
    ya_dropped *dropped; /* by record and chunk */
    size_t n_dropped, room_dropped;

    /* pass 2 */
    ya_drawn *order;
    uint64_t *offsets; /* in `examples`, of each record that is chosen */
    uint32_t *sizes;
    ya_spool examples;
    uint64_t examples_size;
    uint32_t n_written; /* records */
    ya_prepare_statistics statistics;

    ya_outfile train_file, val_file, rejected_file, summary_file;
} ya_preparation;

/* The labels of a record under --keep-labels, rounded. False: it lacks one, so that it is scored. A
 * label that is none: *reason. */
bool ya_prepare_kept_labels(const ya_preparation *p, const ya_raw *raw, double *w, double *h,
                            ya_line_reason *reason);
/* Passes over the input; both leave the pipeline's order alone. */
ya_status ya_prepare_read(ya_preparation *p, ya_error *err) YA_CHECK;
ya_status ya_prepare_write(ya_preparation *p, ya_error *err) YA_CHECK;
/* summary.json, and the same on the terminal. */
ya_status ya_prepare_summary(const ya_preparation *p, ya_buffer *out, ya_error *err) YA_CHECK;
void ya_prepare_print(const ya_preparation *p);

#endif
