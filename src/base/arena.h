/* The arena: every byte of a run, named, sized before the first step.
 *
 * The same layout code runs twice. On a dry arena ya_arena_take only adds up and returns NULL, so
 * the sum of a dry run is the plan; on a real one it hands out memory from a block of exactly that
 * size. Plan and arena can therefore not differ.
 *
 *     | region | pad | region | pad | ... | each region 64-byte aligned, the whole page aligned
 *
 * Not for more than one thread at a time. */
#ifndef YA_BASE_ARENA_H
#define YA_BASE_ARENA_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { YA_ARENA_ALIGN = 64, YA_ARENA_MAX_REGIONS = 64 };

typedef struct {
    const char *name;     /* static storage: "adapter", "activations", ... */
    const char *lifetime; /* "run", "step", "pass" */
    const char *reason;   /* why these bytes are needed, a few words */
    size_t bytes;
} ya_region;

typedef struct {
    unsigned char *base; /* NULL: dry */
    size_t size;         /* bytes reserved, SIZE_MAX when dry */
    size_t used;
    bool failed; /* a take did not fit or overflowed */
    int n_regions;
    ya_region regions[YA_ARENA_MAX_REGIONS];
} ya_arena;

/* A dry arena: counts only. */
void ya_arena_init_dry(ya_arena *arena);

/* A real one of `bytes` (rounded up to pages) of private anonymous memory; pages are committed when
 * first written. YA_ERR_MEMORY when the address space is not to be had. Free with ya_arena_free. */
ya_status ya_arena_init(ya_arena *arena, size_t bytes, ya_error *err) YA_CHECK;
void ya_arena_free(ya_arena *arena);

/* `count` * `size` zeroed bytes, 64-byte aligned, booked under `name` (takes of one name add up;
 * the first one's lifetime and reason count). NULL when dry, or (sticky `failed`) when it does not
 * fit. The strings must live as long as the arena. */
void *ya_arena_take(ya_arena *arena, const char *name, const char *lifetime, const char *reason,
                    size_t count, size_t size);

/* Gives the whole pages of bytes [from, to) back to the system: they read as zero and are committed
 * again when written. Does nothing on a dry arena. */
void ya_arena_drop(const ya_arena *arena, size_t from, size_t to);

#endif
