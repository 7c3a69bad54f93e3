/* Growth of memory per step: spec/memory.md, section 3. Pure. */
#ifndef YA_MEMORY_LEAK_H
#define YA_MEMORY_LEAK_H

#include <stdbool.h>
#include <stdint.h>

enum { YA_LEAK_WINDOW = 32, YA_LEAK_WARM_UP = 5 };

/* {0} to start. */
typedef struct {
    uint64_t n_steps;               /* readings so far */
    uint64_t last;                  /* RssAnon after the last step */
    int64_t growth[YA_LEAK_WINDOW]; /* a ring, bytes */
    int windows_above;              /* full windows in a row above the threshold */
} ya_leak;

/* RssAnon after a step. True when a window of YA_LEAK_WINDOW steps is full now. */
bool ya_leak_add(ya_leak *leak, uint64_t rss_anon);

/* Median growth a step, bytes, over the last YA_LEAK_WINDOW steps after YA_LEAK_WARM_UP steps, or
 * over as many as there are; 0 when there are none. Where memory falls back at times (a sawtooth),
 * the growth over the whole window counts, when that is less. */
double ya_leak_rate(const ya_leak *leak);

#endif
