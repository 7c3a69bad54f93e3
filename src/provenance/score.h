/* Authority weight and provenance entropy of a source, after a policy: spec/scoring.md.
 *
 *     ya_policy *policy;                       one for all threads, read-only once it is there
 *     ya_policy_open(&policy, path, err)       path NULL: the one compiled in
 *     ya_scorer *scorer;                       one a thread
 *     ya_scorer_new(&scorer, policy, err)
 *     source.hint = ya_policy_hint(policy, "big_patent.jsonl", 16)      once a file
 *     ya_score_source(scorer, &source, &score)                          once a record
 */
#ifndef YA_PROVENANCE_SCORE_H
#define YA_PROVENANCE_SCORE_H

#include "base/buffer.h"
#include "base/error.h"
#include "provenance/source.h"

#include <stddef.h>
#include <stdint.h>

typedef struct ya_policy ya_policy;
typedef struct ya_scorer ya_scorer;

typedef enum { YA_BAND_LOW, YA_BAND_MID, YA_BAND_HIGH, YA_N_BANDS } ya_band;
typedef enum {
    YA_TRIVIUM_NONE,
    YA_TRIVIUM_GRAMMAR,
    YA_TRIVIUM_LOGIC,
    YA_TRIVIUM_RHETORIC,
    YA_N_TRIVIA
} ya_trivium;

/* Lives as long as the scorer, its policy and the source, and until the scorer's next source. */
typedef struct {
    double auth_weight, prov_entropy; /* w, H: rounded to 4 decimals */
    const char *source_type;          /* UTF-8, not NUL-terminated; never empty */
    size_t source_type_size;
    ya_trivium trivium;   /* NONE: no known type */
    uint64_t citations;   /* n; UINT64_MAX: that or more */
    uint32_t n_primary;   /* prim: occurrences of primary markers */
    uint32_t n_consensus; /* distinct consensus phrases */
    uint32_t n_types;     /* distinct types of evidence */
    int year;             /* 0: unknown */
    double citation, institution, consensus, age, primary; /* C I S A P */
    double base, diversity;                                /* base and D, bits */
    double text_weight, text_entropy; /* measured from the text alone, clamped, not rounded */
    const char *prior;                /* the name of the one used; NULL: none */
} ya_score;

/* Reads and compiles a policy (YAML, at most 1 MiB); `path` NULL: the default one, compiled in.
 * YA_ERR_USAGE names file, line and key. The current year is taken here: of SOURCE_DATE_EPOCH when
 * set (YA_ERR_USAGE when it is no number of seconds), else of the clock. Close with
 * ya_policy_close. */
ya_status ya_policy_open(ya_policy **out, const char *path, ya_error *err) YA_CHECK;
ya_status ya_policy_parse(ya_policy **out, const char *text, size_t size, const char *what,
                          ya_error *err) YA_CHECK;
void ya_policy_close(ya_policy *policy);

/* What a file's base name, with its ending, hints at; 0: nothing. */
unsigned ya_policy_hint(const ya_policy *policy, const char *name, size_t size);
/* The w of that hint's prior (of a dated type, the dated one's); without a hint that of unknown. */
double ya_policy_hint_weight(const ya_policy *policy, unsigned hint);
/* low: w < bands.low; high: w > bands.high; else mid. */
ya_band ya_policy_band(const ya_policy *policy, double auth_weight);
/* "low", "mid", "high"; "grammar", ..., NULL for NONE. */
const char *ya_band_name(ya_band band);
const char *ya_trivium_name(ya_trivium trivium);

/* Not for two threads at once; `policy` must outlive it. */
ya_status ya_scorer_new(ya_scorer **out, const ya_policy *policy, ya_error *err) YA_CHECK;
void ya_scorer_free(ya_scorer *scorer);

/* Scores; cannot fail and allocates nothing. */
void ya_score_source(ya_scorer *scorer, const ya_source *source, ya_score *score);
/* The same, and appends the object that `score --explain` shows: {"C": ..., "words": {...}}. */
ya_status ya_score_explain(ya_scorer *scorer, const ya_source *source, ya_score *score,
                           ya_buffer *out, ya_error *err) YA_CHECK;

#endif
