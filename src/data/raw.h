/* One line of a data set as its author wrote it: its fields, its text, what is wrong with it.
 * spec/data.md "Input" is implemented here and nowhere else. Views point into the line or into
 * memory of the ya_raw, and hold until its next line.
 *
 *     ya_raw raw = {0};                                           one a thread
 *     ya_raw_parse(&raw, &line, &reason, err)                     long, json, object
 *     ya_raw_read_text(&raw, text_field, &reason, err)            messages, text
 *     ya_raw_source(&raw, &source)                                for the scorer
 *
 * Each at most once a line, in this order. */
#ifndef YA_DATA_RAW_H
#define YA_DATA_RAW_H

#include "base/error.h"
#include "io/json_scan.h"
#include "io/jsonl.h"
#include "provenance/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    YA_RECORD_TEXT,       /* all of it is trained on */
    YA_RECORD_CHAT,       /* what the assistant says is */
    YA_RECORD_COMPLETION, /* what follows the prompt is */
    YA_RECORD_IDS         /* what its labels say is (data/record.h) */
} ya_record_kind;

/* Why a line is no record, in the order in which they count. */
typedef enum {
    YA_LINE_GOOD,
    YA_LINE_LONG,     /* over YA_LINE_MAX_BYTES */
    YA_LINE_JSON,     /* not JSON, or nested deeper than YA_RECORD_MAX_DEPTH */
    YA_LINE_OBJECT,   /* JSON, but no object */
    YA_LINE_MESSAGES, /* a message that is no {role, content} */
    YA_LINE_TEXT,     /* no text */
    YA_LINE_LABELS,   /* prepare --keep-labels: a label that is none */
    YA_LINE_SHORT,    /* prepare: plain text below --min-chars */
    YA_N_LINE_REASONS
} ya_line_reason;

/* "json", "object", ...: the reason's name; "good". */
const char *ya_line_reason_name(ya_line_reason reason);

/* "file:line: reason" on stderr, unless quiet. */
void ya_line_show_bad(const char *path, uint64_t number, ya_line_reason reason);

enum { YA_RECORD_MAX_DEPTH = 256 };

/* The fields that have a meaning. The first YA_RAW_N_TEXTS are where plain text may be, the first
 * that is long enough. */
typedef enum {
    YA_RAW_TEXT_FIRST,
    YA_RAW_N_TEXTS = 14,
    YA_RAW_MESSAGES = YA_RAW_N_TEXTS,
    YA_RAW_PROMPT,
    YA_RAW_COMPLETION,
    YA_RAW_METADATA,
    YA_RAW_AUTH_WEIGHT,
    YA_RAW_PROV_ENTROPY,
    YA_RAW_INPUT_IDS,
    YA_RAW_LABELS,
    YA_RAW_SOURCE_FIRST, /* ya_source_field */
    YA_RAW_N_FIELDS = YA_RAW_SOURCE_FIRST + YA_N_SOURCE_FIELDS
} ya_raw_field;

/* A member of an object. Names are unescaped, values as written. */
typedef struct {
    const char *name;
    uint32_t name_size;
    ya_json_value value;
} ya_raw_member;

/* All members of an object in their order, those included whose name comes again. */
typedef struct {
    ya_raw_member *items; /* owned */
    uint32_t n, room;
    int32_t known[YA_RAW_N_FIELDS]; /* the last member of that name, or -1 */
    uint32_t *index;                /* owned; open addressing, for objects of many members */
    uint32_t index_room;            /* 0: this one has few */
    uint32_t index_allocated;
} ya_raw_object;

typedef struct {
    const char *role; /* NUL-terminated */
    const char *content;
    size_t content_size;
    bool has_content; /* false: absent or null, and content is "" */
} ya_raw_message;

typedef struct {
    ya_raw_object fields;   /* of the record */
    ya_raw_object metadata; /* of its `metadata` object; none: empty */

    /* from ya_raw_read_text */
    ya_record_kind kind;        /* TEXT, CHAT or COMPLETION */
    const char *text;           /* trimmed; in one piece whatever the kind */
    size_t text_size;           /* > 0 */
    const ya_raw_member *field; /* TEXT: the member that holds it */
    const char *untrimmed;      /* TEXT: the field; COMPLETION: the prompt; unescaped, as is */
    size_t untrimmed_size;
    const char *completion; /* COMPLETION: unescaped, as is */
    size_t completion_size;
    ya_raw_message *messages; /* CHAT; owned */
    size_t n_messages, room_messages;

    char *scratch; /* owned: unescaped strings, joined texts */
    size_t scratch_used, scratch_room;
} ya_raw;

/* Reads a line's fields. A bad line is YA_OK with its *reason; YA_ERR_MEMORY otherwise. */
ya_status ya_raw_parse(ya_raw *raw, const ya_line *line, ya_line_reason *reason,
                       ya_error *err) YA_CHECK;

/* Finds the text. `text_field`: the field that holds it instead of the usual ones, or NULL. */
ya_status ya_raw_read_text(ya_raw *raw, const char *text_field, ya_line_reason *reason,
                           ya_error *err) YA_CHECK;

/* What the scorer reads; `hint` is left 0. Without ya_raw_read_text, or when that found none, the
 * source has no text. */
void ya_raw_source(ya_raw *raw, ya_source *source);

/* The last member of that name, or NULL. */
const ya_raw_member *ya_raw_find(const ya_raw_object *object, const char *name, size_t size);
const ya_raw_member *ya_raw_known(const ya_raw_object *object, ya_raw_field field);
/* True when no later member of `object` has the name of items[i]. */
bool ya_raw_is_last(const ya_raw_object *object, uint32_t i);
/* The record's own or, where that is absent or null, the one in its metadata; NULL: neither. */
const ya_raw_member *ya_raw_own_or_metadata(const ya_raw *raw, const char *name, size_t size);

/* What identifies a record: the field of that name, the record's own or its metadata's, when it is
 * a string that is not empty (*text unescaped) or a number (*text as written). At most once a line.
 */
bool ya_raw_key(ya_raw *raw, const char *name, size_t name_size, const char **text, size_t *size);

/* A string's value, unescaped; at most once a line and member. */
void ya_raw_string(ya_raw *raw, const ya_json_value *value, const char **text, size_t *size);
/* The same, always copied, and NUL-terminated behind its bytes. */
const char *ya_raw_copy(ya_raw *raw, const ya_json_value *string);
/* A number's value; infinite when it is out of range. */
double ya_raw_number(const ya_json_value *value);

void ya_raw_free(ya_raw *raw);

#endif
