/* The fields of a record that have a meaning, by name; --field ROLE=NAME gives one another name.
 * Layouts are made of them (data/layout.h). */
#ifndef YA_DATA_FIELDS_H
#define YA_DATA_FIELDS_H

#include "base/error.h"
#include "provenance/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first YA_RAW_N_TEXTS are where the plain text of raw archives may be, the first that is long
 * enough; the first of them is `text`. */
typedef enum {
    YA_RAW_TEXT,
    YA_RAW_CONTENT,
    YA_RAW_BODY,
    YA_RAW_ABSTRACT,
    YA_RAW_DESCRIPTION,
    YA_RAW_SUMMARY,
    YA_RAW_OCR_ENG,
    YA_RAW_OCR_TEXT,
    YA_RAW_ARTICLE,
    YA_RAW_DOCUMENT,
    YA_RAW_TITLE,
    YA_RAW_SUPPORT, /* a passage is preferred to a question */
    YA_RAW_QUESTION,
    YA_RAW_ANSWER,
    YA_RAW_N_TEXTS,
    YA_RAW_MESSAGES = YA_RAW_N_TEXTS,
    YA_RAW_CONVERSATIONS,
    YA_RAW_PROMPT,
    YA_RAW_COMPLETION,
    YA_RAW_RESPONSE,
    YA_RAW_INSTRUCTION,
    YA_RAW_INPUT,
    YA_RAW_OUTPUT,
    YA_RAW_SYSTEM,
    YA_RAW_SYSTEM_PROMPT,
    YA_RAW_HISTORY,
    YA_RAW_CONTEXT,
    YA_RAW_PASSAGE,
    YA_RAW_ANSWERS,
    YA_RAW_HIGHLIGHTS,
    YA_RAW_CHOSEN,
    YA_RAW_REJECTED,
    YA_RAW_TOOLS,
    YA_RAW_FUNCTIONS,
    YA_RAW_INPUT_IDS,
    YA_RAW_LABELS,
    YA_RAW_ATTENTION_MASK,
    YA_RAW_METADATA,
    YA_RAW_WEIGHT,
    YA_RAW_AUTH_WEIGHT,
    YA_RAW_PROV_ENTROPY,
    YA_RAW_IDENTIFIER,
    YA_RAW_ID,
    YA_RAW_TRIVIUM_CATEGORY,
    YA_RAW_PRIMARY_SOURCE_COUNT,
    YA_RAW_SOURCE_FIRST, /* ya_source_field */
    YA_RAW_N_FIELDS = YA_RAW_SOURCE_FIRST + YA_N_SOURCE_FIELDS
} ya_raw_field;
_Static_assert(YA_RAW_N_FIELDS <= 64, "a field is a bit of 64");

#define YA_FIELD_BIT(field) (UINT64_C(1) << (field))

/* Fields with another name. */
typedef struct {
    const char *names[YA_RAW_N_FIELDS]; /* borrowed; NULL: the usual one */
    uint64_t given;                     /* bits of those that are not NULL */
} ya_field_names;

/* From --field ROLE=NAME and --text-field NAME (NULL: not given); the texts are kept by reference.
 * A role is the usual name of a field. YA_ERR_USAGE: not of that form, an unknown role, a role
 * twice. */
ya_status ya_field_names_read(ya_field_names *out, char *const *pairs, size_t n_pairs,
                              const char *text_field, ya_error *err) YA_CHECK;

/* The field of that name, or -1; `names` may be NULL. */
int ya_field_of(const ya_field_names *names, const char *name, size_t size);

/* What the field is called here. */
const char *ya_field_name(const ya_field_names *names, ya_raw_field field);

#endif
