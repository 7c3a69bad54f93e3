#include "provenance/patterns.h"

#include "base/chars.h"

#include <string.h>

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && ya_is_digit(*at))
        at++;
    return at;
}

static bool starts_with(const char *at, const char *end, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(end - at) >= n && memcmp(at, text, n) == 0;
}

static bool starts_folded(const char *at, const char *end, const char *text)
{
    for (; *text; text++, at++)
        if (at == end || ya_fold(*at) != *text)
            return false;
    return true;
}

/* Names: --------------------------------------------------------------------------------------- */

static bool is_month(const char *at, size_t size)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    for (size_t i = 0; i < sizeof months / sizeof *months; i++)
        if (strlen(months[i]) == size && starts_folded(at, at + size, months[i]))
            return true;
    return false;
}

/* N: a capital or a letter of U+00C0-U+024F, then all that follow of letters, ', U+2019 and -;
 * no month. */
static const char *name_at(const char *at, const char *end)
{
    const char *begin = at;
    if (at == end || (ya_is_letter(*at) ? *at > 'Z' : ya_word_at(at, end) != 2))
        return NULL;
    for (;;) {
        if (at < end && (ya_is_letter(*at) || *at == '\'' || *at == '-'))
            at++;
        else if (ya_word_at(at, end) == 2)
            at += 2;
        else if (starts_with(at, end, "\xE2\x80\x99"))
            at += 3;
        else
            break;
    }
    return is_month(begin, (size_t)(at - begin)) ? NULL : at;
}

/* Citations: ----------------------------------------------------------------------------------- */

/* - or U+2013: its bytes. */
static size_t dash_at(const char *at, const char *end)
{
    if (at < end && *at == '-')
        return 1;
    return starts_with(at, end, "\xE2\x80\x93") ? 3 : 0;
}

/* [0-9]+(W*[,;-]W*[0-9]+)* */
static const char *numbers_at(const char *at, const char *end)
{
    if (at == end || !ya_is_digit(*at))
        return NULL;
    for (;;) {
        at = skip_digits(at, end);
        const char *next = ya_skip_space(at, end);
        size_t n = next < end && (*next == ',' || *next == ';') ? 1 : dash_at(next, end);
        next = ya_skip_space(next + n, end);
        if (n == 0 || next == end || !ya_is_digit(*next))
            return at;
        at = next;
    }
}

/* W+etW+al\.?|W+(&|and)W+N, or nothing. */
static const char *co_author_at(const char *at, const char *end)
{
    const char *word = ya_skip_space(at, end);
    if (word == at)
        return at;
    size_t n = starts_with(word, end, "et")    ? 2
               : starts_with(word, end, "and") ? 3
               : starts_with(word, end, "&")   ? 1
                                               : 0;
    const char *next = ya_skip_space(word + n, end);
    if (n == 0 || next == word + n)
        return at;
    if (n != 2) {
        const char *behind = name_at(next, end);
        return behind ? behind : at;
    }
    if (!starts_with(next, end, "al"))
        return at;
    next += 2;
    return next < end && *next == '.' ? next + 1 : next;
}

/* ,W*pp?\.W*[0-9]+(W*-W*[0-9]+)?, or nothing. */
static const char *pages_at(const char *at, const char *end)
{
    if (at == end || *at != ',')
        return at;
    const char *next = ya_skip_space(at + 1, end);
    if (!starts_with(next, end, "p"))
        return at;
    next += starts_with(next, end, "pp") ? 2 : 1;
    if (!starts_with(next, end, "."))
        return at;
    next = ya_skip_space(next + 1, end);
    const char *behind = skip_digits(next, end);
    if (behind == next)
        return at;
    next = ya_skip_space(behind, end);
    size_t n = dash_at(next, end);
    if (n == 0)
        return behind;
    next = ya_skip_space(next + n, end);
    return next < end && ya_is_digit(*next) ? skip_digits(next, end) : behind;
}

/* N(co-author)?,?W*[0-9]{4}[a-z]?(pages)? */
static const char *author_at(const char *at, const char *end)
{
    at = name_at(at, end);
    if (!at)
        return NULL;
    at = co_author_at(at, end);
    if (at < end && *at == ',')
        at++;
    at = ya_skip_space(at, end);
    if (end - at < 4 || skip_digits(at, at + 4) != at + 4)
        return NULL;
    at += 4;
    if (at < end && *at >= 'a' && *at <= 'z')
        at++;
    return pages_at(at, end);
}

const char *ya_cite_bracket(const char *at, const char *end)
{
    char close = *at == '[' ? ']' : ')';
    const char *behind = *at == '[' ? numbers_at(at + 1, end) : NULL;
    if (!behind)
        behind = author_at(at + 1, end);
    return behind && behind < end && *behind == close ? behind + 1 : NULL;
}

const char *ya_cite_phrase(const char *at, const char *end)
{
    if (starts_folded(at, end, "ibid"))
        return ya_word_at(at + 4, end) ? NULL : at + 4;
    size_t n = starts_folded(at, end, "op") ? 2 : starts_folded(at, end, "loc") ? 3 : 0;
    if (n == 0)
        return NULL;
    at += n;
    if (at < end && *at == '.')
        at++;
    at = ya_skip_space(at, end);
    if (!starts_folded(at, end, "cit"))
        return NULL;
    return ya_word_at(at + 3, end) ? NULL : at + 3;
}

/* ^W*[0-9]+\.W+N,.*[0-9]{4}.*$ */
const char *ya_cite_line(const char *at, const char *end)
{
    const char *number = at;
    size_t n;
    while (number < end && *number != '\n' && (n = ya_space_at(number, end)) > 0)
        number += n;
    if (number == end || !ya_is_digit(*number))
        return NULL;
    at = skip_digits(number, end);
    if (at == end || *at != '.')
        return NULL;
    const char *lf = memchr(at, '\n', (size_t)(end - at));
    end = lf ? lf : end;
    const char *name = ya_skip_space(at + 1, end);
    if (name == at + 1)
        return NULL;
    at = name_at(name, end);
    if (!at || at == end || *at != ',')
        return NULL;
    for (at++; at < end; at++) {
        const char *behind = skip_digits(at, end);
        if (behind - at == 4)
            return end;
        at = behind < end ? behind : end - 1;
    }
    return NULL;
}

/* Patent numbers: ------------------------------------------------------------------------------ */

/* W*[0-9]([,. /]?[0-9]){4} */
bool ya_patent_number(const char *at, const char *end)
{
    at = ya_skip_space(at, end);
    for (int digits = 0; digits < 5; digits++) {
        if (digits > 0 && at < end && (*at == ',' || *at == '.' || *at == ' ' || *at == '/'))
            at++;
        if (at == end || !ya_is_digit(*at))
            return false;
        at++;
    }
    return true;
}

/* Numbers of fields: --------------------------------------------------------------------------- */

/* A JSON number as written, -?D(.D)?(e[+-]?D)?, taken apart. */
typedef struct {
    const char *digits, *end; /* of D.D, its point included */
    int64_t point;            /* digits before the decimal point once the exponent has moved it */
    bool negative;
} number_parts;

static int64_t exponent_of(const char *at, const char *end)
{
    enum { LARGE = 1 << 30 };
    bool negative = at < end && *at == '-';
    int64_t value = 0;
    at += at < end && (*at == '-' || *at == '+');
    for (; at < end && ya_is_digit(*at); at++)
        value = value < LARGE ? value * 10 + (*at - '0') : value;
    return negative ? -value : value;
}

static number_parts parts_of(const char *text, size_t size)
{
    const char *at = text, *end = text + size;
    number_parts p = {.negative = at < end && *at == '-'};
    p.digits = at += p.negative;
    at = skip_digits(at, end);
    p.point = at - p.digits;
    if (at < end && *at == '.')
        at = skip_digits(at + 1, end);
    p.end = at;
    if (at < end && (*at == 'e' || *at == 'E'))
        p.point += exponent_of(at + 1, end);
    return p;
}

static uint64_t append_digit(uint64_t value, unsigned digit)
{
    uint64_t more;
    if (__builtin_mul_overflow(value, UINT64_C(10), &more) ||
        __builtin_add_overflow(more, (uint64_t)digit, &more))
        return UINT64_MAX;
    return more;
}

/* The value of a number without fraction that is not negative, exactly; UINT64_MAX: that or more.
 * 1956.0 has no fraction, 2e-1 has one. */
static bool whole_number(const char *text, size_t size, uint64_t *value)
{
    number_parts p = parts_of(text, size);
    int64_t i = 0;
    *value = 0;
    for (const char *at = p.digits; at < p.end; at++) {
        if (*at == '.')
            continue;
        unsigned digit = (unsigned)(*at - '0');
        if (i++ < p.point)
            *value = append_digit(*value, digit);
        else if (digit)
            return false;
    }
    for (; i < p.point && *value && *value != UINT64_MAX; i++)
        *value = append_digit(*value, 0);
    return !p.negative || *value == 0;
}

bool ya_count_of(const ya_value *value, uint64_t *count)
{
    if (value->kind == YA_VALUE_NUMBER)
        return whole_number(value->text, value->size, count);
    if (value->kind != YA_VALUE_STRING || value->size == 0)
        return false;
    *count = 0;
    for (size_t i = 0; i < value->size; i++) {
        if (!ya_is_digit(value->text[i]))
            return false;
        *count = append_digit(*count, (unsigned)(value->text[i] - '0'));
    }
    return true;
}

/* Years: --------------------------------------------------------------------------------------- */

/* YYYY, or YYYYMMDD with a month and day that can be; 0 for other numbers of `n` digits. */
static int year_of_digits(uint64_t number, size_t n, ya_year_range range)
{
    if (n == 8) {
        uint64_t month = number / 100 % 100, day = number % 100;
        if (month < 1 || month > 12 || day < 1 || day > 31)
            return 0;
        number /= 10000;
    } else if (n != 4) {
        return 0;
    }
    int year = (int)number;
    return year >= range.first && year <= range.last ? year : 0;
}

static int year_of_run(const char *digits, size_t n, ya_year_range range)
{
    uint64_t number = 0;
    if (n != 4 && n != 8)
        return 0;
    for (size_t i = 0; i < n; i++)
        number = number * 10 + (uint64_t)(digits[i] - '0');
    return year_of_digits(number, n, range);
}

int ya_year_of(const ya_value *value, ya_year_range range)
{
    uint64_t number;
    if (value->kind == YA_VALUE_NUMBER) {
        if (!whole_number(value->text, value->size, &number))
            return 0;
        size_t n = number >= 1000 && number <= 9999           ? 4
                   : number >= 10000000 && number <= 99999999 ? 8
                                                              : 0;
        return year_of_digits(number, n, range);
    }
    if (value->kind != YA_VALUE_STRING)
        return 0;
    const char *at = value->text, *end = value->text + value->size;
    int year = 0;
    while (at < end && !year) {
        const char *behind = skip_digits(at, end);
        year = year_of_run(at, (size_t)(behind - at), range);
        at = behind + (behind < end);
    }
    return year;
}

static const char *skip_separators(const char *at, const char *end)
{
    for (;;) {
        const char *next = ya_skip_space(at, end);
        if (next < end && (*next == ',' || *next == ':'))
            next++;
        if (next == at)
            return at;
        at = next;
    }
}

const char *ya_year_behind(const char *at, const char *end, ya_year_range range, int *year)
{
    at = skip_separators(at, end);
    if (starts_folded(at, end, "in")) {
        const char *next = skip_separators(at + 2, end);
        if (next == at + 2)
            return NULL;
        at = next;
    }
    const char *behind = skip_digits(at, end);
    if (behind - at != 4)
        return NULL;
    *year = year_of_run(at, 4, range);
    return *year ? behind : NULL;
}
