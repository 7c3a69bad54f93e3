/* Works on one segment at a time: a starter and the marks behind it, which can only interact among
 * themselves. Invariants:
 *   1. A segment begins with a character of class 0 that composes with nothing before it, or at the
 *      beginning of the text.
 *   2. Decomposed characters of a segment are sorted by class before any is composed. */
#include "token/nfc.h"

#include "base/alloc.h"
#include "token/unicode.h"
#include "token/unicode_tables.h"

#include <string.h>

enum { /* Unicode 3.12, conjoining jamo */
       S_BASE = 0xAC00,
       L_BASE = 0x1100,
       V_BASE = 0x1161,
       T_BASE = 0x11A7,
       L_COUNT = 19,
       V_COUNT = 21,
       T_COUNT = 28,
       S_COUNT = L_COUNT * V_COUNT * T_COUNT
};

typedef struct {
    uint32_t *points; /* code point << 8 | combining class */
    uint32_t *sorted; /* room for one run of marks */
    size_t size, room;
} segment;

bool ya_nfc_may_change(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        unsigned char lead = (unsigned char)text[at];
        if (lead < 0xCC) { /* below U+0300 everything is in NFC */
            at += lead < 0x80 ? 1 : 2;
            continue;
        }
        size_t length;
        if (ya_unicode_flags(ya_utf8_get(text + at, &length)) & YA_UC_NFC)
            return true;
        at += length;
    }
    return false;
}

/* Index of the entry whose key (entry >> shift) is `key`, or -1. */
static ptrdiff_t search(const uint32_t *table, size_t n, int shift, uint32_t key)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (table[middle] >> shift < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && table[low] >> shift == key ? (ptrdiff_t)low : -1;
}

static uint32_t class_of(uint32_t c)
{
    if (c < 0x300)
        return 0;
    ptrdiff_t i = search(ya_unicode_ccc, ya_unicode_n_ccc, 8, c);
    return i < 0 ? 0 : ya_unicode_ccc[i] & 0xFF;
}

static ya_status push(segment *s, uint32_t c, ya_error *err)
{
    if (s->size == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        uint32_t *points = ya_realloc_array(s->points, room, sizeof *points);
        if (points)
            s->points = points;
        uint32_t *sorted = ya_realloc_array(s->sorted, room, sizeof *sorted);
        if (sorted)
            s->sorted = sorted;
        if (!points || !sorted)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory while normalizing a text");
        s->room = room;
    }
    s->points[s->size++] = c << 8 | class_of(c);
    return YA_OK;
}

static ya_status push_decomposed(segment *s, uint32_t c, ya_error *err)
{
    ya_status status = YA_OK;
    if (c >= S_BASE && c < S_BASE + S_COUNT) {
        uint32_t i = c - S_BASE;
        YA_TRY(push(s, L_BASE + i / (V_COUNT * T_COUNT), err));
        YA_TRY(push(s, V_BASE + i % (V_COUNT * T_COUNT) / T_COUNT, err));
        return i % T_COUNT ? push(s, T_BASE + i % T_COUNT, err) : YA_OK;
    }
    ptrdiff_t i = c < 0xC0 ? -1 : search(ya_unicode_nfd, ya_unicode_n_nfd, 3, c);
    if (i < 0)
        return push(s, c, err);
    const uint32_t *parts = ya_unicode_nfd_parts + ya_unicode_nfd_start[i];
    for (uint32_t k = 0; k < (ya_unicode_nfd[i] & 7); k++)
        YA_TRY(push(s, parts[k], err));
done:
    return status;
}

/* Stable counting sort of a run of marks by class: linear, so that a megabyte of marks is no
 * attack. */
static void sort_run(uint32_t *run, uint32_t *sorted, size_t n)
{
    size_t start[257] = {0};
    for (size_t i = 0; i < n; i++)
        start[(run[i] & 0xFF) + 1]++;
    for (size_t i = 1; i < 257; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < n; i++)
        sorted[start[run[i] & 0xFF]++] = run[i];
    memcpy(run, sorted, n * sizeof *run);
}

static void sort_marks(segment *s)
{
    for (size_t i = 0; i < s->size;) {
        size_t end = i;
        bool ordered = true;
        while (end < s->size && (s->points[end] & 0xFF) != 0) {
            ordered &= end == i || (s->points[end - 1] & 0xFF) <= (s->points[end] & 0xFF);
            end++;
        }
        if (!ordered)
            sort_run(s->points + i, s->sorted, end - i);
        i = end + 1;
    }
}

/* The primary composite of two characters or 0. */
static uint32_t composite_of(uint32_t first, uint32_t second)
{
    if (first >= L_BASE && first < L_BASE + L_COUNT)
        return second >= V_BASE && second < V_BASE + V_COUNT
                   ? S_BASE + ((first - L_BASE) * V_COUNT + (second - V_BASE)) * T_COUNT
                   : 0;
    if (first >= S_BASE && first < S_BASE + S_COUNT)
        return (first - S_BASE) % T_COUNT == 0 && second > T_BASE && second < T_BASE + T_COUNT
                   ? first + (second - T_BASE)
                   : 0;
    uint64_t key = (uint64_t)first << 32 | second;
    size_t low = 0, high = ya_unicode_n_compose;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ya_unicode_compose[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ya_unicode_n_compose && ya_unicode_compose[low] == key ? ya_unicode_composite[low]
                                                                        : 0;
}

/* Composes in place: each character with the last starter unless something between them blocks it.
 */
static void compose(segment *s)
{
    size_t kept = 0, starter = SIZE_MAX;
    uint32_t last_class = 0;
    for (size_t i = 0; i < s->size; i++) {
        uint32_t point = s->points[i], class = point & 0xFF;
        bool adjacent = starter != SIZE_MAX && starter + 1 == kept;
        if (starter != SIZE_MAX && (adjacent || (last_class != 0 && last_class < class))) {
            uint32_t whole = composite_of(s->points[starter] >> 8, point >> 8);
            if (whole) {
                s->points[starter] = whole << 8;
                continue;
            }
        }
        if (class == 0)
            starter = kept;
        last_class = class;
        s->points[kept++] = point;
    }
    s->size = kept;
}

static ya_status flush(segment *s, ya_changed *out, size_t origin, ya_error *err)
{
    ya_status status = YA_OK;
    sort_marks(s);
    compose(s);
    for (size_t i = 0; i < s->size; i++) {
        char bytes[4];
        size_t length = ya_utf8_put(s->points[i] >> 8, bytes);
        YA_TRY(ya_changed_insert(out, bytes, length, origin, err));
    }
    s->size = 0;
done:
    return status;
}

/* Bytes from `at` in which no character reacts with its neighbours, the last one left out if
 * something follows. */
static size_t inert(const char *text, size_t size, size_t at)
{
    size_t last = at, end = at;
    while (end < size) {
        size_t length;
        if (ya_unicode_flags(ya_utf8_get(text + end, &length)) & YA_UC_NFC)
            return last - at;
        last = end;
        end += length;
    }
    return size - at;
}

ya_status ya_nfc(ya_changed *out, const char *text, size_t size, ya_trace trace, ya_error *err)
{
    ya_status status = YA_OK;
    segment s = {0};
    for (size_t at = 0; at < size;) {
        size_t plain = inert(text, size, at);
        YA_TRY(ya_changed_copy(out, text, trace, at, plain, err));
        at += plain;
        size_t origin = at < size ? ya_trace_at(trace, at) : 0;
        /* A starter with everything behind it that may react. */
        for (bool first = true; at < size; first = false) {
            size_t length;
            uint32_t c = ya_utf8_get(text + at, &length);
            if (!first && !(ya_unicode_flags(c) & YA_UC_NFC))
                break;
            YA_TRY(push_decomposed(&s, c, err));
            at += length;
        }
        YA_TRY(flush(&s, out, origin, err));
    }
done:
    ya_free(s.points);
    ya_free(s.sorted);
    return status;
}
