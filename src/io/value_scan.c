/* Nearly all bytes of a data set lie inside strings: string_run() passes over those that end
 * nothing, sixteen at a time where the processor has SSE2, else eight. */
#include "io/value_scan.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A byte that ends a run: quote, backslash, control character. */
static inline bool is_stop(unsigned char c)
{
    return c == '"' || c == '\\' || c < 0x20;
}

#ifdef __SSE2__
static inline char *skip_blocks(char *at, char *end)
{
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i stops = _mm_or_si128(
            _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        unsigned mask = (unsigned)_mm_movemask_epi8(stops);
        if (mask)
            return at + __builtin_ctz(mask);
    }
    return at;
}
#else
/* Nonzero when one of the eight bytes is zero. */
static inline uint64_t zero_byte(uint64_t bytes)
{
    return (bytes - UINT64_C(0x0101010101010101)) & ~bytes & UINT64_C(0x8080808080808080);
}

static inline char *skip_blocks(char *at, char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t bytes;
        memcpy(&bytes, at, 8);
        if (zero_byte(bytes ^ UINT64_C(0x2222222222222222)) |
            zero_byte(bytes ^ UINT64_C(0x5C5C5C5C5C5C5C5C)) |
            zero_byte(bytes & UINT64_C(0xE0E0E0E0E0E0E0E0)))
            break;
    }
    return at;
}
#endif

static inline char *string_run(char *at, char *end)
{
    at = skip_blocks(at, end);
    while (at < end && !is_stop((unsigned char)*at))
        at++;
    return at;
}

static void line_break(ya_value_scan *scan, char *at, char instead)
{
    scan->n_lines += *at == '\n';
    if (scan->one_line)
        *at = instead;
}

/* Inside a string. Returns the byte behind its closing quote, or `end` with in_string still set. */
static char *scan_string(ya_value_scan *scan, char *at, char *end)
{
    if (scan->escaped && at < end) {
        scan->escaped = false;
        at += (unsigned char)*at >= 0x20;
    }
    while ((at = string_run(at, end)) < end) {
        char c = *at;
        if (c == '"') {
            scan->in_string = false;
            return at + 1;
        }
        if (c == '\n' || c == '\r')
            line_break(scan, at, '\t');
        at++;
        if (c != '\\')
            continue;
        scan->escaped = at == end;
        if (at < end && (unsigned char)*at >= 0x20)
            at++;
    }
    return end;
}

enum { PLAIN, SPACE, BREAK, QUOTE, OPEN, CLOSE, BETWEEN };
static const unsigned char classes[256] = {
    [' '] = SPACE, ['\t'] = SPACE, ['\n'] = BREAK, ['\r'] = BREAK,  ['"'] = QUOTE,   ['{'] = OPEN,
    ['['] = OPEN,  ['}'] = CLOSE,  [']'] = CLOSE,  [','] = BETWEEN, [':'] = BETWEEN,
};

/* A number or word: to the first byte that belongs to something else. */
static char *scan_scalar(char *at, char *end)
{
    while (at < end && classes[(unsigned char)*at] == PLAIN)
        at++;
    return at < end ? at : NULL;
}

/* Brackets and what stands between them. */
static char *scan_nested(ya_value_scan *scan, char *at, char *end)
{
    while (at < end) {
        if (scan->in_string) {
            at = scan_string(scan, at, end);
            continue;
        }
        char *here = at++;
        switch (classes[(unsigned char)*here]) {
        case BREAK:
            line_break(scan, here, ' ');
            break;
        case QUOTE:
            scan->in_string = true;
            break;
        case OPEN:
            scan->depth++;
            break;
        case CLOSE:
            if (--scan->depth == 0)
                return at;
            break;
        default:
            break;
        }
    }
    return NULL;
}

char *ya_scan_value(ya_value_scan *scan, char *at, char *end)
{
    if (at == end)
        return NULL;
    if (scan->scalar)
        return scan_scalar(at, end);
    if (scan->depth == 0 && !scan->in_string) {
        switch (classes[(unsigned char)*at]) {
        case OPEN:
            scan->depth = 1;
            break;
        case QUOTE:
            scan->in_string = true;
            break;
        default:
            scan->scalar = true;
            return scan_scalar(at + 1, end);
        }
        at++;
    }
    if (scan->depth > 0)
        return scan_nested(scan, at, end);
    at = scan_string(scan, at, end);
    return scan->in_string ? NULL : at;
}
