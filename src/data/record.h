/* One line of a data set: what it is, what it says, its provenance labels. spec/data.md "Input",
 * spec/cli.md (records that are tokenised already). */
#ifndef YA_DATA_RECORD_H
#define YA_DATA_RECORD_H

#include "base/error.h"
#include "token/chat.h"

#include <jansson.h>
#include <stddef.h>

typedef enum {
    YA_RECORD_TEXT,       /* all of it is trained on */
    YA_RECORD_CHAT,       /* what the assistant says is */
    YA_RECORD_COMPLETION, /* what follows the prompt is */
    YA_RECORD_IDS         /* what its labels say is */
} ya_record_kind;

/* Why a line is no record; bad lines are counted and shown, not silently dropped. */
typedef enum {
    YA_LINE_GOOD,
    YA_LINE_LONG,     /* over YA_LINE_MAX_BYTES */
    YA_LINE_JSON,     /* not JSON */
    YA_LINE_OBJECT,   /* JSON, but no object */
    YA_LINE_MESSAGES, /* a message that is no {role, content} */
    YA_LINE_TEXT      /* no text */
} ya_line_reason;

enum { YA_RECORD_MAX_DEPTH = 256 };

/* Texts point into `json`, are as written (white space at the ends included), and may hold NULs. */
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
    const char *source;               /* source_type or NULL */
    json_t *json;                     /* owned */
} ya_record;

/* "json", "object", ...: the reason's name. */
const char *ya_line_reason_name(ya_line_reason reason);

/* Reads a line of `size` bytes. `record` starts as {0} and may be used again and again; free it at
 * the end. `text_field`: the field that holds the text instead of the usual ones, or NULL. A bad
 * line is YA_OK with its *reason; labels that are no numbers or out of range (distrust-loss.md)
 * are YA_ERR_DATA with the value. */
ya_status ya_record_parse(ya_record *record, const char *line, size_t size, const char *text_field,
                          ya_line_reason *reason, ya_error *err) YA_CHECK;
void ya_record_free(ya_record *record);

#endif
