/* What is not a list of words: citations, years, patent numbers. spec/scoring.md, with its letters:
 * W white space, N a name. Each function looks at one place `at` of a text that ends at `end` and
 * returns what lies behind the match, NULL when there is none; none reads behind `end`. */
#ifndef YA_PROVENANCE_PATTERNS_H
#define YA_PROVENANCE_PATTERNS_H

#include "provenance/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* At '[' or '(': [12], [1, 2], (Author, 2020), [Author & Author 2020], ... */
const char *ya_cite_bracket(const char *at, const char *end);
/* At a word's start: ibid, op. cit., loc. cit. */
const char *ya_cite_phrase(const char *at, const char *end);
/* At the start of a line: its end when it is an item of a bibliography. */
const char *ya_cite_line(const char *at, const char *end);

/* Behind the name of a patent office: whether a patent number is there. */
bool ya_patent_number(const char *at, const char *end);

/* The accepted years, both included. */
typedef struct {
    int first, last;
} ya_year_range;

/* Behind "copyright", "(c)" and so on: the end of a year, which is put into *year. */
const char *ya_year_behind(const char *at, const char *end, ya_year_range range, int *year);
/* The first accepted year of a field, 0 when it has none. */
int ya_year_of(const ya_value *value, ya_year_range range);

/* A number >= 0 without fraction, or a string of digits; UINT64_MAX stands for all that is more.
 * False for any other value. */
bool ya_count_of(const ya_value *value, uint64_t *count);

#endif
