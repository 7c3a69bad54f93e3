#include "data/text.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the white-space character at `at` (< end), or 0. */
static inline size_t space_at(const char *at, const char *end)
{
    if (*at == ' ' || (*at >= '\t' && *at <= '\r'))
        return 1;
    return end - at >= 2 && (unsigned char)at[0] == 0xC2 && (unsigned char)at[1] == 0xA0 ? 2 : 0;
}

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Bytes of the white-space character that ends at `end` (> from). */
static size_t space_before(const char *from, const char *end)
{
    char last = end[-1];
    if (last == ' ' || (last >= '\t' && last <= '\r'))
        return 1;
    return end - from >= 2 && (unsigned char)last == 0xA0 && (unsigned char)end[-2] == 0xC2 ? 2 : 0;
}

void ya_text_trim(const char **text, size_t *size)
{
    const char *at = *text, *end = at + *size;
    size_t n;
    while (at < end && (n = space_at(at, end)) > 0)
        at += n;
    while (at < end && (n = space_before(at, end)) > 0)
        end -= n;
    *text = at;
    *size = (size_t)(end - at);
}

/* Of eight bytes, those that begin a character. */
static size_t beginnings(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    uint64_t tails = bytes >> 7 & ~bytes >> 6 & UINT64_C(0x0101010101010101);
    return 8 - (size_t)__builtin_popcountll(tails);
}

size_t ya_text_length(const char *text, size_t size)
{
    size_t length = 0, i = 0;
    for (; i + 8 <= size; i += 8)
        length += beginnings(text + i);
    for (; i < size; i++)
        length += !is_tail(text[i]);
    return length;
}

bool ya_text_is_longer(const char *text, size_t size, size_t limit)
{
    if (size <= limit)
        return false;
    if (limit <= SIZE_MAX / 4 && size > 4 * limit)
        return true;
    return ya_text_length(text, size) > limit;
}

size_t ya_text_normalize(char *to, const char *text, size_t size)
{
    const char *end = text + size;
    char *out = to;
    bool after_space = false;
    while (text < end) {
        size_t n = space_at(text, end);
        if (n == 0) {
            char c = *text++;
            *out++ = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        } else {
            if (!after_space)
                *out++ = ' ';
            text += n;
        }
        after_space = n > 0;
    }
    return (size_t)(out - to);
}

/* Where to cut: the best run of white space seen so far, by what it holds. */
enum { CUT_PARAGRAPH, CUT_LINE, CUT_ANY, N_CUTS };

/* Behind the run of white space at `at`; its kind of cut. */
static const char *pass_run(const char *at, const char *end, int *kind)
{
    int n_lf = 0;
    size_t n;
    while (at < end && (n = space_at(at, end)) > 0) {
        n_lf += *at == '\n';
        at += n;
    }
    *kind = n_lf >= 2 ? CUT_PARAGRAPH : n_lf == 1 ? CUT_LINE : CUT_ANY;
    return at;
}

/* The place to cut a text that has more than `max_chars` characters. */
static const char *find_cut(const char *at, const char *end, size_t max_chars)
{
    const char *last[N_CUTS] = {0};
    size_t n_chars = 0;
    while (n_chars < max_chars || (n_chars == max_chars && space_at(at, end))) {
        if (space_at(at, end)) {
            int kind;
            const char *behind = pass_run(at, end, &kind);
            if (n_chars >= max_chars / 2)
                last[kind] = at;
            size_t run = ya_text_length(at, (size_t)(behind - at));
            if (n_chars + run > max_chars) { /* no cut found: behind max_chars, in this run */
                for (; n_chars < max_chars; n_chars++)
                    at += space_at(at, end);
                break;
            }
            n_chars += run;
            at = behind;
            continue;
        }
        for (at++; at < end && is_tail(*at);)
            at++;
        n_chars++;
    }
    for (int kind = 0; kind < N_CUTS; kind++)
        if (last[kind])
            return last[kind];
    return at;
}

size_t ya_text_take_chunk(const char **text, size_t *size, size_t max_chars)
{
    const char *chunk = *text;
    size_t chunk_size = *size;
    if (!ya_text_is_longer(chunk, chunk_size, max_chars)) {
        *text = chunk + chunk_size;
        *size = 0;
        return chunk_size;
    }
    const char *cut = find_cut(chunk, chunk + chunk_size, max_chars);
    *text = cut;
    *size -= (size_t)(cut - chunk);
    ya_text_trim(text, size);
    chunk_size = (size_t)(cut - chunk);
    ya_text_trim(&chunk, &chunk_size);
    return chunk_size;
}
