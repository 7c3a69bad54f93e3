/* What the scorer needs of a record: spec/scoring.md, first paragraph. A parser of records
 * (data/raw.h) fills it with views that it owns; the scorer only reads. */
#ifndef YA_PROVENANCE_SOURCE_H
#define YA_PROVENANCE_SOURCE_H

#include <stddef.h>

/* The metadata that counts. A field is the record's own or, where that is absent or null, the one
 * in its `metadata` object. The first four are those that may date a record, in their order; the
 * next three those in which institutions are looked for. */
typedef enum {
    YA_SOURCE_YEAR,
    YA_SOURCE_DATE,
    YA_SOURCE_PUBLICATION_DATE,
    YA_SOURCE_PUBLISHED,
    YA_SOURCE_SOURCE,
    YA_SOURCE_URL,
    YA_SOURCE_PUBLISHER,
    YA_SOURCE_TYPE,           /* source_type */
    YA_SOURCE_CITATION_COUNT, /* citation_count */
    YA_N_SOURCE_FIELDS
} ya_source_field;

/* "year", "date", ...: the field's key. */
extern const char *const ya_source_field_names[YA_N_SOURCE_FIELDS];

typedef enum {
    YA_VALUE_NONE,   /* absent, or null in the record and in its metadata */
    YA_VALUE_STRING, /* text: UTF-8 without escapes; may hold NULs */
    YA_VALUE_NUMBER, /* text: as written, a JSON number */
    YA_VALUE_OTHER   /* a boolean, array or object: says nothing */
} ya_value_kind;

typedef struct {
    ya_value_kind kind;
    const char *text; /* STRING and NUMBER; not NUL-terminated */
    size_t size;
} ya_value;

/* All zero is a source without text and fields. */
typedef struct {
    /* The record's text as spec/data.md "Input" has it: valid UTF-8 in one piece (messages and
     * prompt + completion joined), trimmed, whole. May be NULL when size is 0. */
    const char *text;
    size_t size;
    ya_value fields[YA_N_SOURCE_FIELDS];
    /* What the name of the record's file hints at: ya_policy_hint(), once a file; all zero (no
     * hint) is what a parser leaves here. */
    unsigned hint;
} ya_source;

#endif
