#include "token/split.h"

#include "token/unicode.h"

#include <string.h>

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
#define OTHERS "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

static const struct {
    const char *regex;
    ya_matcher *matcher;
} known[] = {
    {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
     ya_split_gpt2},
    {"'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
     ya_split_gpt2},
    {CONTRACTIONS "\\p{N}{1,3}" OTHERS, ya_split_llama3},
    {CONTRACTIONS "\\p{N}" OTHERS, ya_split_qwen2},
};

ya_matcher *ya_split_known(const char *regex)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(regex, known[i].regex) == 0)
            return known[i].matcher;
    return NULL;
}

const char *ya_split_regex(ya_matcher *matcher)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].matcher == matcher)
            return known[i].regex;
    return NULL;
}

enum { CLASSES = YA_UC_LETTER | YA_UC_NUMBER | YA_UC_SPACE };

/* The classes of the character at `at`, and its bytes. */
static inline unsigned class_at(const char *text, size_t at, size_t *length)
{
    return ya_unicode_flags(ya_utf8_get(text + at, length)) & CLASSES;
}

/* The end of the run of characters of `class` (0: neither letter, number nor space), at most
 * `limit` of them. */
static inline size_t run_end(const char *text, size_t size, size_t at, unsigned class, size_t limit)
{
    for (size_t length; limit-- && at < size && class_at(text, at, &length) == class;)
        at += length;
    return at;
}

/* \s+(?!\S)|\s+ : a run of white space without its last character, which goes with what follows,
 * unless it is alone or ends the text. */
static size_t match_spaces(const char *text, size_t size)
{
    size_t at = 0, last = 0, length;
    while (at < size && class_at(text, at, &length) == YA_UC_SPACE) {
        last = at;
        at += length;
    }
    return at == size || last == 0 ? at : last;
}

/* 's 't 'm 'd 're 've 'll behind the apostrophe at text[0]: bytes with it, or 0. */
static size_t match_contraction(const char *text, size_t size, bool any_case)
{
    if (size < 2)
        return 0;
    unsigned char fold = any_case ? 0x20 : 0;
    char a = (char)(text[1] | fold), b = size > 2 ? (char)(text[2] | fold) : '\0';
    if (a == 's' || a == 't' || a == 'm' || a == 'd')
        return 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l'))
        return 3;
    if (any_case && size > 2 && memcmp(text + 1, "\xC5\xBF", 2) == 0) /* U+017F folds to s */
        return 3;
    return 0;
}

size_t ya_split_gpt2(const char *text, size_t size)
{
    if (text[0] == '\'') {
        size_t contraction = match_contraction(text, size, false);
        if (contraction)
            return contraction;
    }
    size_t at = 0, length;
    unsigned class = class_at(text, 0, &length);
    if (class == YA_UC_SPACE) {
        if (text[0] != ' ' || size == 1)
            return match_spaces(text, size);
        class = class_at(text, 1, &length);
        if (class == YA_UC_SPACE)
            return match_spaces(text, size);
        at = 1;
    }
    return run_end(text, size, at + length, class, SIZE_MAX);
}

/* \s*[\r\n]+ : to the last line break of the run of white space; 0 if there is none. */
static size_t match_lines(const char *text, size_t size)
{
    size_t end = 0, length;
    for (size_t at = 0; at < size && class_at(text, at, &length) == YA_UC_SPACE;) {
        at += length;
        if (text[at - 1] == '\n' || text[at - 1] == '\r')
            end = at;
    }
    return end;
}

static inline size_t match_cased(const char *text, size_t size, size_t max_digits)
{
    size_t length, next_length;
    unsigned class = class_at(text, 0, &length);
    if (class == YA_UC_LETTER)
        return run_end(text, size, length, YA_UC_LETTER, SIZE_MAX);
    if (class == YA_UC_NUMBER)
        return run_end(text, size, length, YA_UC_NUMBER, max_digits - 1);
    if (text[0] == '\'') {
        size_t contraction = match_contraction(text, size, true);
        if (contraction)
            return contraction;
    }
    unsigned next = length < size ? class_at(text, length, &next_length) : YA_UC_SPACE;
    if (next == YA_UC_LETTER && text[0] != '\r' && text[0] != '\n')
        return run_end(text, size, length + next_length, YA_UC_LETTER, SIZE_MAX);
    if (class == 0 || (text[0] == ' ' && next == 0)) {
        size_t at = run_end(text, size, length, 0, SIZE_MAX);
        while (at < size && (text[at] == '\r' || text[at] == '\n'))
            at++;
        return at;
    }
    size_t lines = match_lines(text, size);
    return lines ? lines : match_spaces(text, size);
}

size_t ya_split_llama3(const char *text, size_t size)
{
    return match_cased(text, size, 3);
}

size_t ya_split_qwen2(const char *text, size_t size)
{
    return match_cased(text, size, 1);
}
