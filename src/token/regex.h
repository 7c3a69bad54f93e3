/* Regular expressions of tokenizer.json that are not among the known ones, through PCRE2. \p{L},
 * \p{N} and \s are those of unicode.h whatever version of Unicode the library has. */
#ifndef YA_TOKEN_REGEX_H
#define YA_TOKEN_REGEX_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct ya_regex ya_regex;

/* Compiles an expression as Oniguruma reads it; what the two engines read differently (nested or
 * intersected classes) is YA_ERR_UNSUPPORTED, as is an expression that does not compile. */
ya_status ya_regex_open(ya_regex **out, const char *pattern, ya_error *err) YA_CHECK;
void ya_regex_close(ya_regex *regex);
/* As it was compiled; lives as long as the regex. */
const char *ya_regex_pattern(const ya_regex *regex);

/* The next match at or behind `from` in well-formed UTF-8; *found false when there is none. Any
 * thread. An expression that backtracks without end is YA_ERR_DATA. */
ya_status ya_regex_find(const ya_regex *regex, const char *text, size_t size, size_t from,
                        bool *found, size_t *begin, size_t *end, ya_error *err) YA_CHECK;

#endif
