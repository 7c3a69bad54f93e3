/* One line of a data set as its author wrote it: its fields, and which have a meaning.
 * spec/data.md "Input", spec/records.md. Views point into the line or into memory of the ya_raw,
 * and hold until its next line.
 *
 *     ya_raw raw = {.names = &names};                             one a thread
 *     ya_raw_parse(&raw, &line, &reason, err)                     long, json, object
 *     ya_raw_read_text(&raw, how, &reason, err)                   data/layout.h: layout, text
 *     ya_raw_source(&raw, &source)                                for the scorer
 *
 * Each at most once a line, in this order. */
#ifndef YA_DATA_RAW_H
#define YA_DATA_RAW_H

#include "base/error.h"
#include "data/fields.h"
#include "io/json_scan.h"
#include "io/jsonl.h"
#include "provenance/source.h"
#include "token/chat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a record is, whatever layout it was written in (data/layout.h). */
typedef enum {
    YA_RECORD_TEXT,       /* all of it is trained on */
    YA_RECORD_CHAT,       /* what the assistant says is */
    YA_RECORD_COMPLETION, /* what follows the prompt is */
    YA_RECORD_IDS,        /* what its labels say is */
    YA_RECORD_PAIRS       /* a chosen and a rejected answer */
} ya_record_kind;

/* The layouts of records, in the order in which they are looked for: data/layout.h. */
typedef enum {
    YA_LAYOUT_TOKENS,
    YA_LAYOUT_NAMED_TEXT, /* --text-field */
    YA_LAYOUT_CHAT,
    YA_LAYOUT_SHAREGPT,
    YA_LAYOUT_PREFERENCE,
    YA_LAYOUT_COMPLETION,
    YA_LAYOUT_COMPLETION_CHAT,
    YA_LAYOUT_ALPACA,
    YA_LAYOUT_QUESTION,
    YA_LAYOUT_RESPONSE,
    YA_LAYOUT_TEXT,
    YA_LAYOUT_SUMMARY,
    YA_LAYOUT_ARCHIVE,
    YA_N_LAYOUTS
} ya_layout;

/* Why a line is no record, in the order in which they count. */
typedef enum {
    YA_LINE_GOOD,
    YA_LINE_LONG,     /* over YA_LINE_MAX_BYTES */
    YA_LINE_JSON,     /* not JSON, or nested deeper than YA_RECORD_MAX_DEPTH */
    YA_LINE_OBJECT,   /* JSON, but no object; a row of a table with too few or too many cells */
    YA_LINE_MESSAGES, /* a message that is no {role, content} */
    YA_LINE_TEXT,     /* no text, or none of the layouts */
    YA_LINE_ANSWER,   /* training: a question without an answer */
    YA_LINE_PAIR,     /* training: a preference pair */
    YA_LINE_TEMPLATE, /* training: what the model's chat template refuses */
    YA_LINE_LABELS,   /* a label that is none */
    YA_LINE_IDS,      /* training: token ids or their labels that are none */
    YA_LINE_OVERLONG, /* training with --overlong drop: longer than max_seq_length */
    YA_LINE_SHORT,    /* prepare: plain text below --min-chars */
    YA_N_LINE_REASONS
} ya_line_reason;

/* "json", "object", ...: the reason's name; "good". */
const char *ya_line_reason_name(ya_line_reason reason);
/* What it says of a line or of several: "not JSON", "without an answer". */
const char *ya_line_reason_text(ya_line_reason reason);

/* "file:line: reason" on stderr, unless quiet. */
void ya_line_show_bad(const char *path, uint64_t number, ya_line_reason reason);

enum { YA_RECORD_MAX_DEPTH = 256, YA_UNUSED_PARTS = 8 };

/* A member of an object. Names are unescaped, values as written. */
typedef struct {
    const char *name;
    uint32_t name_size;
    int16_t field; /* ya_raw_field, or -1 */
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
    ya_raw_object fields;   /* of the record */
    ya_raw_object metadata; /* of its `metadata` object; none: empty */

    const ya_field_names *names; /* --field, --text-field; NULL: the usual names */
    bool table; /* the line is a row of a table: values are cells, all of them strings */

    /* from ya_raw_read_text */
    ya_record_kind kind;
    ya_layout layout;
    const char *text;           /* trimmed; in one piece whatever the kind */
    size_t text_size;           /* > 0 */
    const ya_raw_member *field; /* TEXT: the member that holds it */
    const char *untrimmed;      /* TEXT: the field; COMPLETION: the prompt; unescaped, as is */
    size_t untrimmed_size;
    const char *completion; /* COMPLETION: unescaped, as is */
    size_t completion_size;
    ya_message *messages; /* CHAT; owned */
    size_t n_messages, room_messages;
    const char *tools; /* CHAT: JSON text of the list of tools; NULL: none */
    size_t tools_size;
    uint64_t used; /* bits of ya_raw_field: members that are learned or context */
    char unused_parts[YA_UNUSED_PARTS][64]; /* what inside members nothing is known of, as
                                               messages[].mood */
    int n_unused_parts;
    ya_error why; /* of a bad line: a whole sentence */

    char *scratch; /* owned: unescaped strings, joined texts */
    size_t scratch_used, scratch_room;
} ya_raw;

/* Reads a line's fields. A bad line is YA_OK with its *reason; YA_ERR_MEMORY otherwise. */
ya_status ya_raw_parse(ya_raw *raw, const ya_line *line, ya_line_reason *reason,
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

/* `size` bytes of the line's scratch memory; inside data (data/layout.c says what may be taken). */
char *ya_raw_take(ya_raw *raw, size_t size);
/* Notes a part of a member as not used: `before` and a name; each once, the first YA_UNUSED_PARTS.
 */
void ya_raw_note_unused(ya_raw *raw, const char *before, const char *name, size_t size);
/* Gives the last `size` bytes taken back. */
void ya_raw_give_back(ya_raw *raw, size_t size);

void ya_raw_free(ya_raw *raw);

#endif
