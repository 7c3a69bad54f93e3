/* Python's sort: stable, with an order that may fail. */
#include "token/chat/run.h"

#include <string.h>

typedef struct {
    ya_value key, item;
} pair;

/* Merges from[0..middle) and from[middle..n) into `to`; equal ones keep their order. */
static bool merge(ya_run *run, const pair *from, uint32_t middle, uint32_t n, bool reverse,
                  pair *to)
{
    uint32_t a = 0, b = middle;
    for (uint32_t i = 0; i < n; i++) {
        bool right = a == middle;
        if (a < middle && b < n &&
            !(reverse ? ya_order(run, YA_OP_LT, from[a].key, from[b].key, &right)
                      : ya_order(run, YA_OP_LT, from[b].key, from[a].key, &right)))
            return false;
        to[i] = right ? from[b++] : from[a++];
    }
    return true;
}

bool ya_sort(ya_run *run, ya_value *items, ya_value *keys, uint32_t n, bool reverse)
{
    pair *from = ya_memory_get(&run->memory, 2 * (size_t)n * sizeof *from), *to = from + n;
    if (!from)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < n; i++)
        from[i] = (pair){keys[i], items[i]};
    for (uint32_t width = 1; width < n; width *= 2) {
        for (uint32_t at = 0; at < n; at += 2 * width) {
            uint32_t left = n - at < width ? n - at : width;
            uint32_t both = n - at < 2 * width ? n - at : 2 * width;
            if (!merge(run, from + at, left, both, reverse, to + at))
                return false;
        }
        pair *kept = from;
        from = to;
        to = kept;
    }
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = from[i].key;
        items[i] = from[i].item;
    }
    return true;
}
