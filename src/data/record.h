/* One line of a data set: what it is, what it says, its provenance labels. spec/data.md "Input",
 * spec/cli.md (records that are tokenised already). */
#ifndef YA_DATA_RECORD_H
#define YA_DATA_RECORD_H

#include "base/error.h"
#include "data/raw.h"
#include "token/chat.h"

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
    ya_message *messages; /* CHAT; owned, kept from line to line */
    size_t n_messages, room_messages;
    const json_t *ids, *labels;       /* IDS: arrays; labels NULL: all count */
    double auth_weight, prov_entropy; /* NaN: absent */
    const char *source;               /* source_type or NULL; NUL-terminated */
    json_t *json;                     /* IDS: what ids and labels belong to; owned */
    ya_raw raw;
} ya_record;

/* Reads a line of `size` bytes. `record` starts as {0} and may be used again and again; free it at
 * the end. `text_field`: the field that holds the text instead of the usual ones, or NULL. A bad
 * line is YA_OK with its *reason; labels that are no numbers or out of range (distrust-loss.md)
 * are YA_ERR_DATA with the value. */
ya_status ya_record_parse(ya_record *record, const char *line, size_t size, const char *text_field,
                          ya_line_reason *reason, ya_error *err) YA_CHECK;
void ya_record_free(ya_record *record);

#endif
