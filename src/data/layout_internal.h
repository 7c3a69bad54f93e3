/* What the readers of layouts share (data/layout.c has their table). */
#ifndef YA_DATA_LAYOUT_INTERNAL_H
#define YA_DATA_LAYOUT_INTERNAL_H

#include "data/layout.h"

#include <string.h>

typedef enum {
    YA_TAKEN,
    YA_REFUSED, /* with a reason and a sentence */
    YA_PASSED   /* something else may be in it */
} ya_outcome;

typedef struct {
    ya_raw *raw;
    ya_reading how;
    ya_line_reason *reason;
    ya_error *err;
    ya_status status; /* of what cannot go on */
} ya_layout_reading;

typedef struct {
    const char *text;
    size_t size;
} ya_layout_slice;

#define YA_LAYOUT_BIT(field) YA_FIELD_BIT(YA_RAW_##field)

/* Sets the reason and the sentence; REFUSED. */
ya_outcome ya_layout_refuse(ya_layout_reading *r, ya_line_reason reason, const char *format, ...)
    YA_PRINTF(3, 4);
/* TAKEN, or REFUSED with a status that ends the reading. */
ya_outcome ya_layout_stop(ya_layout_reading *r, ya_status status);

/* The member of that role when it has a value. */
const ya_raw_member *ya_layout_there(const ya_raw *raw, ya_raw_field field);
bool ya_layout_is_blank(const char *text, size_t size);
bool ya_layout_is_array(ya_layout_reading *r, ya_raw_field field);
/* The string of a field that is there, unescaped; else refuses it by its type. */
bool ya_layout_string(ya_layout_reading *r, ya_raw_field field, ya_layout_slice *out);
/* The same of the first of several fields that is there; empty when none is. */
bool ya_layout_first(ya_layout_reading *r, const ya_raw_field *fields, int n, ya_layout_slice *out);
#define YA_LAYOUT_FIRST(r, out, ...)                                                               \
    ya_layout_first(r, (const ya_raw_field[]){__VA_ARGS__},                                        \
                    sizeof((ya_raw_field[]){__VA_ARGS__}) / sizeof(ya_raw_field), out)

/* Two texts as one, with `between` when neither is blank. */
ya_layout_slice ya_layout_join(ya_raw *raw, ya_layout_slice a, const char *between,
                               ya_layout_slice b);
/* The record's text, without the white space at its ends; blank is refused. */
ya_outcome ya_layout_set_text(ya_layout_reading *r, ya_layout_slice text);
/* Whether the i-th member has a value that is neither learned, nor context, nor provenance. */
bool ya_layout_is_unused(const ya_raw *raw, uint32_t i);

static inline char *ya_layout_put(char *to, const char *text, size_t size)
{
    if (size > 0)
        memcpy(to, text, size);
    return to + size;
}

/* The messages of a field, appended; `context`: nothing of them is learned. */
ya_outcome ya_layout_messages(ya_layout_reading *r, ya_raw_field field, bool context);
ya_outcome ya_layout_join_messages(ya_layout_reading *r);
/* Of a conversation whose messages are read: system message, tools, answers, the text. */
ya_outcome ya_layout_finish_chat(ya_layout_reading *r);

/* The readers: the fields that the table asks for are there. */
ya_outcome ya_layout_read_tokens(ya_layout_reading *r);
ya_outcome ya_layout_read_named_text(ya_layout_reading *r);
ya_outcome ya_layout_read_chat(ya_layout_reading *r);
ya_outcome ya_layout_read_sharegpt(ya_layout_reading *r);
ya_outcome ya_layout_read_preference(ya_layout_reading *r);
ya_outcome ya_layout_read_completion(ya_layout_reading *r);
ya_outcome ya_layout_read_completion_chat(ya_layout_reading *r);
ya_outcome ya_layout_read_alpaca(ya_layout_reading *r);
ya_outcome ya_layout_read_question(ya_layout_reading *r);
ya_outcome ya_layout_read_response(ya_layout_reading *r);
ya_outcome ya_layout_read_text(ya_layout_reading *r);
ya_outcome ya_layout_read_summary(ya_layout_reading *r);
ya_outcome ya_layout_read_archive(ya_layout_reading *r);

#endif
