#include "token/chat/value.h"

#include "token/unicode.h"

#include <string.h>

/* ---- Texts in one piece ---- */

ya_str *ya_str_view(ya_memory *memory, const char *data, size_t size, uint32_t source, uint32_t at)
{
    if (size >= UINT32_MAX) {
        memory->failed = true;
        return NULL;
    }
    ya_str *str = ya_memory_get(memory, sizeof *str);
    if (str)
        *str = (ya_str){.data = data ? data : "",
                        .size = (uint32_t)size,
                        .n_runs = 1,
                        .one = {(uint32_t)size, source, at}};
    return str;
}

ya_str *ya_str_literal(ya_memory *memory, const char *text)
{
    return ya_str_view(memory, text, strlen(text), YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN);
}

const ya_origin *ya_str_runs(const ya_str *str)
{
    return str->n_runs == 1 ? &str->one : str->runs;
}

/* The run in which byte `at` lies. */
static size_t run_at(const ya_origin *runs, size_t n, size_t at)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (runs[middle].end > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Run k of `runs`, cut to [begin, end) and counted from there. */
static ya_origin cut_run(const ya_origin *runs, size_t k, size_t begin, size_t end)
{
    size_t from = k ? runs[k - 1].end : 0;
    ya_origin run = runs[k];
    if (run.at != YA_AT_UNKNOWN && from < begin)
        run.at += (uint32_t)(begin - from);
    run.end = (uint32_t)((run.end < end ? run.end : end) - begin);
    return run;
}

ya_str *ya_str_part(ya_memory *memory, ya_str *str, size_t begin, size_t end)
{
    if (begin == 0 && end == str->size)
        return str;
    const ya_origin *runs = ya_str_runs(str);
    size_t first = begin < end ? run_at(runs, str->n_runs, begin) : 0;
    size_t last = begin < end ? run_at(runs, str->n_runs, end - 1) : 0;
    ya_origin one = begin < end ? cut_run(runs, first, begin, end)
                                : (ya_origin){0, runs[0].source, YA_AT_UNKNOWN};
    ya_str *part = ya_str_view(memory, str->data + begin, end - begin, one.source, one.at);
    if (!part)
        return NULL;
    part->safe = str->safe;
    part->ascii = part->measured = str->measured && str->ascii;
    part->n_chars = part->size;
    if (first == last)
        return part;
    ya_origin *cut = ya_memory_get(memory, (last - first + 1) * sizeof *cut);
    if (!cut)
        return NULL;
    for (size_t k = first; k <= last; k++)
        cut[k - first] = cut_run(runs, k, begin, end);
    part->n_runs = (uint32_t)(last - first + 1);
    part->runs = cut;
    return part;
}

uint32_t ya_str_length(ya_str *str)
{
    if (str->measured)
        return str->n_chars;
    uint32_t n = 0;
    for (size_t i = 0; i < str->size; i++)
        n += ((unsigned char)str->data[i] & 0xC0) != 0x80;
    str->measured = true;
    str->n_chars = n;
    str->ascii = n == str->size;
    return n;
}

size_t ya_str_offset(ya_str *str, size_t n)
{
    size_t at = 0;
    if (n >= ya_str_length(str))
        return str->size;
    if (str->ascii)
        return n;
    while (n-- > 0)
        at += ya_utf8_length(str->data[at]);
    return at;
}

bool ya_str_is(const ya_str *str, const char *text)
{
    size_t size = strlen(text);
    return str->size == size && memcmp(str->data, text, size) == 0;
}

/* Bytes of UTF-8 order as their code points do. */
int ya_str_compare(const ya_str *a, const ya_str *b)
{
    size_t size = a->size < b->size ? a->size : b->size;
    int order = size ? memcmp(a->data, b->data, size) : 0;
    return order ? order : a->size < b->size ? -1 : a->size > b->size;
}

/* ---- Growing ---- */

static bool add_run(ya_memory *memory, ya_writer *w, uint32_t source, uint32_t at, size_t size)
{
    if (w->n_runs) {
        ya_origin *last = &w->runs[w->n_runs - 1];
        size_t from = w->n_runs > 1 ? last[-1].end : 0;
        bool follows = last->at == YA_AT_UNKNOWN
                           ? at == YA_AT_UNKNOWN
                           : at != YA_AT_UNKNOWN && at == last->at + (last->end - from);
        if (last->source == source && (follows || (source & ~(uint32_t)YA_GENERATED) == 0)) {
            last->end += (uint32_t)size;
            return true;
        }
    }
    if (w->n_runs == w->room_runs) {
        size_t room = 2 * w->room_runs + 8;
        ya_origin *runs =
            ya_memory_grow(memory, w->runs, w->n_runs * sizeof *runs, room * sizeof *runs);
        if (!runs)
            return false;
        w->runs = runs;
        w->room_runs = room;
    }
    w->runs[w->n_runs++] = (ya_origin){(uint32_t)w->size, source, at};
    return true;
}

/* An empty text of a message leaves an empty run: where it stands is known. */
static bool marks(uint32_t source)
{
    return (source & ~(uint32_t)YA_GENERATED) != YA_SOURCE_TEMPLATE;
}

bool ya_write(ya_memory *memory, ya_writer *w, const char *text, size_t size, uint32_t source,
              uint32_t at)
{
    if (size == 0 && !marks(source))
        return !memory->failed;
    if (size >= UINT32_MAX - w->size)
        memory->failed = true;
    if (w->room - w->size < size) {
        size_t room = w->room + w->room / 2 + size + 64;
        char *data = ya_memory_grow(memory, w->data, w->size, room);
        if (!data)
            return false;
        w->data = data;
        w->room = room;
    }
    if (size)
        memcpy(w->data + w->size, text, size);
    w->size += size;
    return add_run(memory, w, source, at, size);
}

bool ya_write_part(ya_memory *memory, ya_writer *w, const ya_str *str, size_t begin, size_t end)
{
    if (begin >= end)
        return !memory->failed;
    const ya_origin *runs = ya_str_runs(str);
    size_t k = run_at(runs, str->n_runs, begin);
    for (; begin < end; k++) {
        ya_origin run = cut_run(runs, k, begin, end);
        if (!ya_write(memory, w, str->data + begin, run.end, run.source, run.at))
            return false;
        begin += run.end;
    }
    return true;
}

static bool write_flat(ya_memory *memory, ya_writer *w, const ya_str *str, uint32_t flags)
{
    const ya_origin *runs = ya_str_runs(str);
    size_t begin = 0;
    for (size_t k = 0; k < str->n_runs; begin = runs[k++].end)
        if (!ya_write(memory, w, str->data + begin, runs[k].end - begin, runs[k].source | flags,
                      runs[k].at))
            return false;
    return !memory->failed;
}

/* A rope may be as deep as it has parts: the parts still to be written wait on a stack of ours. */
bool ya_write_str(ya_memory *memory, ya_writer *w, const ya_str *str, uint32_t flags)
{
    if (str->data)
        return write_flat(memory, w, str, flags);
    typedef struct waiting {
        const ya_str *str;
        struct waiting *next;
    } waiting;
    waiting *stack = NULL, *unused = NULL;
    for (;;) {
        if (!str->data) {
            waiting *entry = unused ? unused : ya_memory_get(memory, sizeof *entry);
            if (!entry)
                return false;
            unused = unused ? unused->next : NULL;
            *entry = (waiting){str->right, stack};
            stack = entry;
            str = str->left;
            continue;
        }
        if (!write_flat(memory, w, str, flags))
            return false;
        if (!stack)
            return true;
        waiting *top = stack;
        str = top->str;
        stack = top->next;
        top->next = unused;
        unused = top;
    }
}

static void settle(ya_str *str, const ya_writer *w)
{
    str->data = w->data ? w->data : "";
    str->size = (uint32_t)w->size;
    str->n_runs = w->n_runs ? (uint32_t)w->n_runs : 1;
    if (w->n_runs > 1)
        str->runs = w->runs;
    else
        str->one = w->n_runs ? w->runs[0] : (ya_origin){0, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN};
}

ya_str *ya_written(ya_memory *memory, const ya_writer *w)
{
    ya_str *str = ya_memory_get(memory, sizeof *str);
    if (!str || memory->failed)
        return NULL;
    *str = (ya_str){0};
    settle(str, w);
    return str;
}

bool ya_str_flat(ya_memory *memory, ya_str *str)
{
    if (str->data)
        return true;
    ya_writer w = {.data = ya_memory_get(memory, str->size + 1u), .room = str->size};
    if (!w.data || !ya_write_str(memory, &w, str, 0))
        return false;
    settle(str, &w);
    return true;
}

ya_str *ya_str_join(ya_memory *memory, ya_str *left, ya_str *right)
{
    if (left->size == 0 && left->data && !left->safe && !marks(ya_str_runs(left)->source))
        return right;
    if (right->size == 0 && right->data && !marks(ya_str_runs(right)->source))
        return left;
    ya_str *str = ya_memory_get(memory, sizeof *str);
    if (!str || right->size >= UINT32_MAX - left->size) {
        memory->failed = true;
        return NULL;
    }
    *str = (ya_str){.size = left->size + right->size, .left = left, .right = right};
    return str;
}
