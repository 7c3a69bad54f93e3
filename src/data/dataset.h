/* A data set, tokenised once, lying in unlinked temporary files that are mapped read-only: it costs
 * disk and page cache, not anonymous memory.
 *
 *     tokens:   u32 each: the id, and bit 31 set when it counts as a target
 *     records:  ya_data_record each, in the order of files and lines
 *
 * A record longer than max_seq_length becomes several rows when passes are planned (data/batch.h);
 * here it is whole. */
#ifndef YA_DATA_DATASET_H
#define YA_DATA_DATASET_H

#include "base/error.h"
#include "data/data_report.h"
#include "data/fields.h"
#include "io/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YA_TOKEN_COUNTED UINT32_C(0x80000000)
enum { YA_MAX_SOURCES = 64 };

typedef struct {
    uint64_t offset;                  /* of its first token */
    uint32_t length;                  /* tokens */
    uint32_t n_targets;               /* n_i: counted targets; may be 0 */
    double auth_weight, prov_entropy; /* NaN: absent */
    double pull;                      /* with has_pull: its weight, instead of that of its labels */
    uint64_t line;
    uint32_t file;   /* index in ya_dataset.files */
    uint32_t source; /* index in ya_dataset.sources */
    bool has_pull;
    bool keeps_context; /* an answer: its rows see what stands before them (data/rows.h) */
} ya_data_record;

typedef struct {
    char *path; /* as opened */
    char sha256[YA_SHA256_HEX];
} ya_data_file;

/* One source_type, "(none)" for records without one, "(others)" for the last slot. */
typedef struct {
    char name[48];
} ya_source_name;

typedef struct {
    const uint32_t *tokens;
    const ya_data_record *records;
    uint64_t n_tokens, n_records, n_targets;
    ya_data_report report;
    uint64_t n_scored;     /* records that lacked a label and were scored */
    uint64_t n_unlabelled; /* records that lack a label all the same */
    uint32_t longest;      /* tokens of the longest record */
    ya_data_file *files;
    size_t n_files;
    ya_source_name sources[YA_MAX_SOURCES];
    uint32_t n_sources;
    size_t token_bytes, record_bytes; /* of the mappings */
} ya_dataset;

/* What becomes of a record longer than max_seq_length; the order of the setting's choices. */
typedef enum {
    YA_OVERLONG_SPLIT, /* into rows: data/rows.h */
    YA_OVERLONG_TRUNCATE,
    YA_OVERLONG_DROP,
    YA_OVERLONG_ERROR
} ya_overlong;

typedef struct {
    const char *const *paths;
    size_t n_paths;
    const char *name;             /* of the set, in the report: "data", "validation" */
    const char *model_path;       /* for tokenizer and chat template */
    const char *chat_template;    /* NULL: the model's own */
    const ya_field_names *fields; /* NULL: the usual ones */
    const char *directory;        /* where the temporary files go; NULL: TMPDIR, else /tmp */
    int vocab_size;
    int max_seq_length; /* 0: no record is too long */
    ya_overlong overlong;
    bool append_eos, last_answer; /* data/encode.h */
    const char *policy;           /* scores records that lack a label; NULL: the default policy */
    bool score;                   /* else such records stay without labels */
    bool weights;                 /* a record's weight is its pull; else it is not looked at */
    bool
        need_labels; /* a record with neither labels nor pull is YA_ERR_DATA naming file and line */
    bool skip_bad;   /* however many lines are left out */
    bool quiet;      /* no progress lines */
} ya_dataset_options;

/* Reads and tokenises the files in order, and shows the report. Lines that are no records are
 * counted, the first of each kind is shown. YA_ERR_DATA: more than one in twenty is left out
 * (unless skip_bad), no record is left, or a record needs a label. */
ya_status ya_dataset_open(ya_dataset **out, const ya_dataset_options *options,
                          ya_error *err) YA_CHECK;
void ya_dataset_close(ya_dataset *dataset);

/* The files of --data: a file itself; of a directory with train.* that (or its shards,
 * train-00000-of-00002.*) and, for validation, val.*, valid.*, validation.* or dev.* unless that is
 * empty; of another directory all its record files. test.* of a directory is never among them. Two
 * files that could be the same set are YA_ERR_DATA naming both. What is left out is said (ya_info).
 * `val` (n_val 0: not set) overrides the validation files. Texts are owned; free with
 * ya_data_paths_free. n_val 0: no validation. */
typedef struct {
    char **train, **val;
    size_t n_train, n_val;
} ya_data_paths;
ya_status ya_data_find(ya_data_paths *out, char *const *data, size_t n_data, char *const *val,
                       size_t n_val, ya_error *err) YA_CHECK;
void ya_data_paths_free(ya_data_paths *paths);

#endif
