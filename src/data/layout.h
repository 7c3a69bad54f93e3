/* The layouts that records come in: spec/records.md "Layouts", as one table, which --help,
 * docs/RECORDS.md and the sentences about unknown records are made of. */
#ifndef YA_DATA_LAYOUT_H
#define YA_DATA_LAYOUT_H

#include "base/buffer.h"
#include "data/raw.h"

typedef struct {
    const char *name;       /* "Alpaca": as reports count it */
    const char *recognised; /* by which fields; `code` in back quotes, as Markdown has it */
    const char *context, *learned;
} ya_layout_text;

const ya_layout_text *ya_layout_get(ya_layout layout);

typedef enum {
    YA_READ_ARCHIVE, /* score, analyze, prepare, dedupe: a record of a layout, or else the first
                        long text of a raw archive (spec/data.md) */
    YA_READ_TRAINING /* a record of a layout; one that is of none, or half of one, is refused */
} ya_reading;

/* Finds the layout of the record whose fields were read, and its texts. A record that is none is
 * YA_OK with *reason, and raw->why is a sentence that names its fields. */
ya_status ya_raw_read_text(ya_raw *raw, ya_reading how, ya_line_reason *reason,
                           ya_error *err) YA_CHECK;

/* Calls `visit` for each member with a value that is neither learned, nor context, nor provenance:
 * its name, as "explanation", or "messages[].mood" of a message's member. */
void ya_raw_unused(const ya_raw *raw, void (*visit)(void *user, const char *name, size_t size),
                   void *user);

/* The members that hold the record, as they are written into prepared data: calls `visit` with the
 * usual name and the value of each. */
ya_status ya_raw_kept(const ya_raw *raw,
                      ya_status (*visit)(void *user, const char *name, const ya_json_value *value,
                                         ya_error *err),
                      void *user, ya_error *err) YA_CHECK;

/* Append the table: as the section "Records" of --help, and as Markdown. */
ya_status ya_layouts_help(ya_buffer *out, ya_error *err) YA_CHECK;
ya_status ya_layouts_markdown(ya_buffer *out, ya_error *err) YA_CHECK;

#endif
