#include "data/rows.h"

#include "data/dataset.h"

#include <assert.h>

/* The first row reaches to its end; a later one that keeps its context covers M - M / 2 tokens
 * behind what the rows before it cover, one of a text M - 1. */
uint64_t ya_rows_bound(uint64_t length, int max_seq_length)
{
    uint64_t most = (uint64_t)max_seq_length, least = most - most / 2;
    if (length <= most)
        return length < 2 ? 0 : 1;
    return 1 + (length - most + least - 1) / least;
}

/* The row of the targets from token `first` to `last`, fed from token `begin` on. */
static bool make_row(const uint32_t *tokens, uint64_t at, uint32_t begin, uint32_t first,
                     uint32_t last, int32_t record, ya_row *row)
{
    *row = (ya_row){.at = at + begin, .record = record, .first = (int32_t)(first - begin)};
    for (uint32_t t = first; t <= last; t++) {
        if (tokens[t] & YA_TOKEN_COUNTED) {
            row->n_targets++;
            row->length = (int32_t)(t - begin);
        }
    }
    return row->n_targets > 0;
}

static int cut_text(const uint32_t *tokens, uint64_t at, uint32_t length, uint32_t stride,
                    int32_t record, ya_row *rows)
{
    int n = 0;
    for (uint32_t begin = 0; begin + 1 < length; begin += stride) {
        uint32_t end = length - begin > stride ? begin + stride : length - 1;
        n += make_row(tokens, at, begin, begin + 1, end, record, &rows[n]);
        if (length - begin <= stride)
            break;
    }
    return n;
}

/* The first row takes all targets that it can with everything before them; a later one those within
 * half a row behind its first, and what fits before the last of them. */
static int cut_answers(const uint32_t *tokens, uint64_t at, uint32_t length, uint32_t limit,
                       int32_t record, ya_row *rows)
{
    int n = 0;
    uint32_t next = 1;
    for (;;) {
        while (next < length && !(tokens[next] & YA_TOKEN_COUNTED))
            next++;
        if (next >= length)
            return n;
        uint32_t reach = next < limit ? limit - 1 : next + (limit - limit / 2) - 1;
        uint32_t last = next;
        for (uint32_t t = next; t <= reach && t < length; t++)
            if (tokens[t] & YA_TOKEN_COUNTED)
                last = t;
        uint32_t begin = last < limit ? 0 : last + 1 - limit;
        n += make_row(tokens, at, begin, next, last, record, &rows[n]);
        next = last + 1;
    }
}

int ya_rows_cut(const uint32_t *tokens, uint64_t at, uint32_t length, int max_seq_length,
                bool keep_context, int32_t record, ya_row *rows)
{
    assert(max_seq_length >= 2);
    uint32_t limit = (uint32_t)max_seq_length;
    return keep_context ? cut_answers(tokens, at, length, limit, record, rows)
                        : cut_text(tokens, at, length, limit - 1, record, rows);
}

typedef bool (*before)(const ya_row *a, const ya_row *b);

/* In the data set's order when the lengths are equal: no two rows are equal, so that any sorting
 * gives the same result. */
static bool is_longer(const ya_row *a, const ya_row *b)
{
    if (a->length != b->length)
        return a->length > b->length;
    return a->record != b->record ? a->record < b->record : a->at < b->at;
}

static bool is_earlier(const ya_row *a, const ya_row *b)
{
    if (a->pass != b->pass)
        return a->pass < b->pass;
    return a->record != b->record ? a->record < b->record : a->at < b->at;
}

static void sift(ya_row *rows, int root, int n, before less)
{
    ya_row moved = rows[root];
    for (int child = 2 * root + 1; child < n; child = 2 * root + 1) {
        if (child + 1 < n && less(&rows[child], &rows[child + 1]))
            child++;
        if (!less(&moved, &rows[child]))
            break;
        rows[root] = rows[child];
        root = child;
    }
    rows[root] = moved;
}

/* Heapsort: in place, and unlike qsort it never allocates. */
static void sort(ya_row *rows, int n, before less)
{
    for (int i = n / 2 - 1; i >= 0; i--)
        sift(rows, i, n, less);
    for (int end = n - 1; end > 0; end--) {
        ya_row last = rows[end];
        rows[end] = rows[0];
        rows[0] = last;
        sift(rows, 0, end, less);
    }
}

static int plan_packed(ya_row *rows, int n, int capacity, int32_t *left)
{
    int n_passes = 0;
    sort(rows, n, is_longer);
    for (int i = 0; i < n; i++) {
        int pass = 0;
        while (pass < n_passes && left[pass] < rows[i].length)
            pass++;
        if (pass == n_passes)
            left[n_passes++] = capacity;
        left[pass] -= rows[i].length;
        rows[i].pass = pass;
    }
    return n_passes;
}

static int plan_padded(ya_row *rows, int n, int capacity)
{
    int pass = 0, in_pass = 0;
    int64_t longest = 0;
    for (int i = 0; i < n; i++) {
        if (rows[i].length > longest)
            longest = rows[i].length;
        if (in_pass > 0 && (in_pass + 1) * longest > capacity) {
            pass++;
            in_pass = 0;
            longest = rows[i].length;
        }
        rows[i].pass = pass;
        in_pass++;
    }
    return n > 0 ? pass + 1 : 0;
}

int ya_rows_plan(ya_row *rows, int n, int capacity, bool packing, int32_t *scratch)
{
    for (int i = 0; i < n; i++)
        assert(rows[i].length > 0 && rows[i].length <= capacity);
    int n_passes =
        packing ? plan_packed(rows, n, capacity, scratch) : plan_padded(rows, n, capacity);
    sort(rows, n, is_earlier);
    return n_passes;
}
