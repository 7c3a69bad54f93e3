/* Sources for the scorer, made of JSON as a user writes it. */
#ifndef TESTS_PROVENANCE_SOURCES_H
#define TESTS_PROVENANCE_SOURCES_H

#include "support/cmocka_all.h"

#include "data/raw.h"
#include "provenance/score.h"

#include <string.h>

/* The source of a record that is not bad; it points into `line` and `raw`, which is {0} at first
 * and may be used again. */
static inline ya_source source_of(ya_raw *raw, const char *line)
{
    ya_line whole = {.text = line, .size = strlen(line), .number = 1};
    ya_line_reason reason;
    ya_source source;
    ya_error err;
    assert_int_equal(ya_raw_parse(raw, &whole, &reason, &err), YA_OK);
    assert_int_equal(reason, YA_LINE_GOOD);
    assert_int_equal(ya_raw_read_text(raw, NULL, &reason, &err), YA_OK);
    assert_int_equal(reason, YA_LINE_GOOD);
    ya_raw_source(raw, &source);
    return source;
}

#endif
