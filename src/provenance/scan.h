/* One pass over a text for everything that is found by looking at it: inside provenance.
 *
 *     text, then source, url, publisher --scan--> what was found --score.c--> w and H
 */
#ifndef YA_PROVENANCE_SCAN_H
#define YA_PROVENANCE_SCAN_H

#include "provenance/policy.h"

enum { YA_SHOWN_CITATIONS = 20 };

typedef struct {
    const char *begin, *end;
} ya_span;

/* What was found in the scanned texts of one source. */
struct ya_scorer {
    const ya_policy *policy;
    /* of words */
    double institution;   /* the highest score */
    uint32_t n_primary;   /* occurrences */
    uint32_t n_consensus; /* distinct phrases */
    uint64_t types;       /* bit i: type of evidence i */
    bool patent_number;
    const ya_type_count *extra; /* what the record's source_type adds, or NULL */
    /* each word found, once, in order of its first occurrence: entries of the policy */
    uint32_t *order, n_order;
    uint64_t *seen; /* a bit for each entry */
    /* of patterns */
    uint32_t n_citations;
    ya_span citations[YA_SHOWN_CITATIONS]; /* the first ones */
    int year;                              /* 0: none; found, unless it was known before */
    ya_span date;                          /* where it was found */
};

/* Forgets what was found. */
void ya_scan_reset(ya_scorer *scorer);
/* Scans a text. A year is looked for in its first `n_dated` bytes, unless there is one already. */
void ya_scan_text(ya_scorer *scorer, const char *text, size_t size, size_t n_dated);
/* Scans source, url or publisher, where only institutions are looked for; host is the part in
 * which names as written match in any case: empty but in a url. */
void ya_scan_field(ya_scorer *scorer, const char *text, size_t size, ya_span host);

/* What counts for a type of evidence (score.c). */
double ya_scan_evidence(const ya_scorer *scorer, unsigned type);

#endif
