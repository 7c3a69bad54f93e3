/* Characters as spec/scoring.md "Matching" has them, in well-formed UTF-8. White space: space, TAB,
 * LF, VT, FF, CR, U+00A0. Word characters: ASCII letters and digits, '_', and U+00C0-U+024F except
 * U+00D7 and U+00F7. Ill-formed text gives some answer, but nothing behind `end` is read. */
#ifndef YA_BASE_CHARS_H
#define YA_BASE_CHARS_H

#include <stdbool.h>
#include <stddef.h>

/* ASCII only, whatever the locale. */
static inline bool ya_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ya_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char ya_fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Bytes of the white-space character at `at`, 0 when there is none there or at == end. */
static inline size_t ya_space_at(const char *at, const char *end)
{
    if (at == end)
        return 0;
    if (*at == ' ' || (*at >= '\t' && *at <= '\r'))
        return 1;
    return end - at >= 2 && (unsigned char)at[0] == 0xC2 && (unsigned char)at[1] == 0xA0 ? 2 : 0;
}

/* Behind the run of white space at `at`. */
static inline const char *ya_skip_space(const char *at, const char *end)
{
    size_t n;
    while ((n = ya_space_at(at, end)) > 0)
        at += n;
    return at;
}

/* Takes the white space off both ends of [*begin, *end). */
static inline void ya_trim(const char **begin, const char **end)
{
    *begin = ya_skip_space(*begin, *end);
    while (*end > *begin) {
        const char *last = *end - 1;
        if (*end - *begin >= 2 && (unsigned char)last[0] == 0xA0 && (unsigned char)last[-1] == 0xC2)
            *end -= 2;
        else if (ya_space_at(last, *end) == 1)
            *end -= 1;
        else
            break;
    }
}

/* A letter of U+00C0-U+024F, of its two bytes. */
static inline bool ya_is_latin(char lead, char next)
{
    unsigned char a = (unsigned char)lead, b = (unsigned char)next;
    if (a < 0xC3 || a > 0xC9 || (b & 0xC0) != 0x80)
        return false;
    return a == 0xC3 ? b != 0x97 && b != 0xB7 : a < 0xC9 || b <= 0x8F;
}

/* Bytes of the word character at `at`, 0 when there is none. */
static inline size_t ya_word_at(const char *at, const char *end)
{
    if (at == end)
        return 0;
    if (ya_is_letter(*at) || ya_is_digit(*at) || *at == '_')
        return 1;
    return end - at >= 2 && ya_is_latin(at[0], at[1]) ? 2 : 0;
}

/* Whether a word character ends right before `at`. */
static inline bool ya_word_before(const char *begin, const char *at)
{
    if (at == begin)
        return false;
    if (ya_word_at(at - 1, at))
        return true;
    return at - begin >= 2 && ya_is_latin(at[-2], at[-1]);
}

/* Bytes of the first `n` characters of text[0..size), at most `size`. */
size_t ya_prefix_size(const char *text, size_t size, size_t n);
/* Characters of text[0..size). */
size_t ya_count_characters(const char *text, size_t size);

#endif
