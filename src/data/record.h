/* One record of a data set: what it is, what it says, how it weighs. spec/records.md. */
#ifndef YA_DATA_RECORD_H
#define YA_DATA_RECORD_H

#include "base/error.h"
#include "data/layout.h"

#include <jansson.h>
#include <stddef.h>

/* Texts are as written (white space at the ends included) and may hold NULs. They point into the
 * line or into `raw`, and hold until the next line. */
typedef struct {
    ya_record_kind kind;
    const char *text; /* TEXT: the text; COMPLETION: the prompt */
    size_t text_size;
    const char *completion;
    size_t completion_size;
    ya_conversation conversation;          /* CHAT */
    const json_t *ids, *labels, *attended; /* IDS: arrays; labels NULL: all count; attended NULL: no
                                              id is padding */
    double auth_weight, prov_entropy;      /* NaN: absent */
    double weight;                         /* its pull itself; NaN: absent */
    const char *source;                    /* source_type, else source, or NULL; NUL-terminated */
    json_t *json;                          /* IDS: what ids and labels belong to; owned */
    ya_raw raw;                            /* .names may be set before the first line */
} ya_record;

/* Reads a line. `record` starts as {0} and may be used again and again; free it at the end. A line
 * that is no record, or has labels that are no numbers or out of range (distrust-loss.md), is YA_OK
 * with its *reason and record->raw.why. */
ya_status ya_record_parse(ya_record *record, const ya_line *line, ya_line_reason *reason,
                          ya_error *err) YA_CHECK;
void ya_record_free(ya_record *record);

#endif
