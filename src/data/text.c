#include "data/text.h"

#include "base/chars.h"

#include <stdint.h>
#include <string.h>

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

void ya_text_trim(const char **text, size_t *size)
{
    const char *end = *text + *size;
    ya_trim(text, &end);
    *size = (size_t)(end - *text);
}

bool ya_text_is_longer(const char *text, size_t size, size_t limit)
{
    if (size <= limit)
        return false;
    if (limit <= SIZE_MAX / 4 && size > 4 * limit)
        return true;
    return ya_count_characters(text, size) > limit;
}

/* Copies whole words of 8 bytes, or what they hold before the first byte that may be white space,
 * in ASCII lower case; returns how many bytes count. Needs room for as many as are left of the
 * text. */
static size_t lower_run(char *to, const char *text, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    size_t n = 0;
    while (end - text >= 8) {
        uint64_t x;
        memcpy(&x, text, 8);
        uint64_t low = x & ~tops, ascii = ~x & tops, nbsp = x ^ ones * 0xC2;
        uint64_t maybe = (~(low + ones * (0x7F - ' ')) & ascii) | ((nbsp - ones) & ~nbsp & tops);
        uint64_t upper = ((low + ones * (0x80 - 'A')) ^ (low + ones * (0x7F - 'Z'))) & ascii;
        x |= upper >> 2;
        memcpy(to + n, &x, 8);
        if (maybe)
            return n + (size_t)__builtin_ctzll(maybe) / 8;
        n += 8;
        text += 8;
    }
    return n;
}

size_t ya_text_normalize(char *to, const char *text, size_t size)
{
    const char *end = text + size;
    char *out = to;
    bool after_space = false;
    while (text < end) {
        size_t n = lower_run(out, text, end);
        if (n > 0) {
            out += n;
            text += n;
            after_space = false;
        }
        if (text == end)
            break;
        n = ya_space_at(text, end);
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
    while (at < end && (n = ya_space_at(at, end)) > 0) {
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
    while (n_chars < max_chars || (n_chars == max_chars && ya_space_at(at, end))) {
        if (ya_space_at(at, end)) {
            int kind;
            const char *behind = pass_run(at, end, &kind);
            if (n_chars >= max_chars / 2)
                last[kind] = at;
            size_t run = ya_count_characters(at, (size_t)(behind - at));
            if (n_chars + run > max_chars) { /* no cut found: behind max_chars, in this run */
                for (; n_chars < max_chars; n_chars++)
                    at += ya_space_at(at, end);
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
