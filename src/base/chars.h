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

static inline bool ya_is_utf8_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Behind the well-formed UTF-8 sequence of two to four bytes at `at` (Unicode 15, table 3-7), or
 * NULL. */
static inline const char *ya_utf8_sequence(const char *at, const char *end)
{
    const unsigned char *s = (const unsigned char *)at;
    ptrdiff_t left = end - at;
    if (s[0] < 0xC2 || s[0] > 0xF4 || left < 2)
        return NULL;
    if (s[0] < 0xE0)
        return ya_is_utf8_tail(s[1]) ? at + 2 : NULL;
    if (s[0] < 0xF0) {
        if (left < 3 || !ya_is_utf8_tail(s[1]) || !ya_is_utf8_tail(s[2]) ||
            (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F))
            return NULL;
        return at + 3;
    }
    if (left < 4 || !ya_is_utf8_tail(s[1]) || !ya_is_utf8_tail(s[2]) || !ya_is_utf8_tail(s[3]) ||
        (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
        return NULL;
    return at + 4;
}

/* Appends a code point in UTF-8; returns the byte behind it. */
static inline char *ya_put_code_point(char *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* Whether all of text[0..size) is well-formed UTF-8. */
bool ya_is_utf8(const char *text, size_t size);

/* Bytes of the first `n` characters of text[0..size), at most `size`. */
size_t ya_prefix_size(const char *text, size_t size, size_t n);
/* Characters of text[0..size). */
size_t ya_count_characters(const char *text, size_t size);

#endif
