/* A policy as it is compiled: inside provenance. The keys of the YAML keep their names here. */
#ifndef YA_PROVENANCE_POLICY_H
#define YA_PROVENANCE_POLICY_H

#include "base/buffer.h"
#include "provenance/patterns.h"
#include "provenance/score.h"
#include "provenance/words.h"

enum {
    YA_MAX_TYPES = YA_MAX_LISTS - YA_LIST_TYPES - 3, /* of evidence; three lists are not of words */
    YA_LIST_OFFICE = YA_MAX_LISTS - 3,
    YA_LIST_CITE,
    YA_LIST_DATE,
    YA_POLICY_MAX_BYTES = 1 << 20,
    YA_POLICY_MAX_WORDS = 20000,
    YA_POLICY_MAX_CHARS = 1 << 24 /* blend.max_chars */
};

/* min(cap, step * something) */
typedef struct {
    double step, cap;
} ya_step_cap;

/* A text of the policy, owned by it; NUL-terminated, without NULs. */
typedef struct {
    const char *text;
    size_t size;
} ya_name;

/* A word of a list. */
typedef struct {
    ya_name word;
    double score; /* institutions */
    unsigned list;
    bool as_written;
} ya_entry;

/* A part of source_type adds `count` to a type of evidence. */
typedef struct {
    ya_name part;
    unsigned type;
    double count;
} ya_type_count;

/* A type of records. A dated one has its name and prior with a year before years.old, otherwise
 * the name `dated` and no prior. */
typedef struct {
    ya_name name, dated; /* dated.text NULL: not dated */
    double w, H;
    ya_trivium trivium;
} ya_prior;

/* Name parts, joined by '_', and the prior's number. */
typedef struct {
    ya_name parts;
    unsigned prior;
} ya_hint;

struct ya_policy {
    struct {
        double base, max;
        ya_step_cap citation, consensus, primary;
        double age[3];
    } weight;
    struct {
        double base[3];
        ya_step_cap primary, types, consensus;
        double institution;
    } entropy;
    struct {
        int old, recent;
        ya_year_range accepted;
    } years;
    struct {
        double prior;
        size_t min_chars, max_chars;
    } blend;
    struct {
        double low, high;
    } bands;
    ya_name *exempt_hosts; /* in lower case */
    ya_entry *entries;
    ya_name *types, *offices;
    ya_type_count *counts;
    ya_prior *priors;
    ya_hint *hints;
    size_t n_exempt_hosts, n_entries, n_types, n_offices, n_counts, n_priors, n_hints;
    unsigned unknown;     /* the number of the prior of that name */
    unsigned patent_type; /* the type of evidence that patent numbers count for */
    ya_words words;
    char **texts; /* all that the names above point to */
    size_t n_texts, room_texts;
};

/* Fills an empty policy from YAML, but neither `words` nor the current year. */
ya_status ya_policy_read(ya_policy *policy, const char *text, size_t size, const char *what,
                         ya_error *err) YA_CHECK;

/* Keeps a copy of a text as long as the policy lives. */
ya_status ya_policy_keep(ya_policy *policy, const char *text, size_t size, ya_name *out,
                         ya_error *err) YA_CHECK;

/* The number of the prior that has this name, dated or not; n_priors: none. */
size_t ya_policy_find_prior(const ya_policy *policy, const char *name, size_t size);

/* The name parts of a text, runs of ASCII letters and digits in lower case, one after another. */
typedef struct {
    const char *at, *end; /* what is left */
    const char *part;     /* not in lower case */
    size_t size;
} ya_parts;
bool ya_next_part(ya_parts *parts);
/* Whether the parts of `text`, joined by '_', are `name` (which is in lower case). */
bool ya_parts_equal(const char *text, size_t size, const char *name);

#endif
