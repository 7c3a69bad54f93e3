#include "base/arena.h"

#include "base/checked.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void ya_arena_init_dry(ya_arena *arena)
{
    memset(arena, 0, sizeof *arena);
    arena->size = SIZE_MAX;
}

ya_status ya_arena_init(ya_arena *arena, size_t bytes, ya_error *err)
{
    memset(arena, 0, sizeof *arena);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = ya_round_up(bytes ? bytes : 1, page);
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return ya_fail_errno(err, YA_ERR_MEMORY, "cannot reserve %.2f GB of address space",
                             (double)size / 1e9);
    arena->base = base;
    arena->size = size;
    return YA_OK;
}

void ya_arena_free(ya_arena *arena)
{
    if (arena->base)
        munmap(arena->base, arena->size);
    memset(arena, 0, sizeof *arena);
}

static ya_region *region_of(ya_arena *arena, const char *name, const char *lifetime,
                            const char *reason)
{
    for (int i = 0; i < arena->n_regions; i++)
        if (strcmp(arena->regions[i].name, name) == 0)
            return &arena->regions[i];
    if (arena->n_regions == YA_ARENA_MAX_REGIONS)
        return NULL;
    ya_region *region = &arena->regions[arena->n_regions++];
    *region = (ya_region){name, lifetime, reason, 0};
    return region;
}

void *ya_arena_take(ya_arena *arena, const char *name, const char *lifetime, const char *reason,
                    size_t count, size_t size)
{
    size_t bytes, end;
    ya_region *region = region_of(arena, name, lifetime, reason);
    if (!region || !ya_mul_size(count, size, &bytes) || bytes > SIZE_MAX - YA_ARENA_ALIGN ||
        !ya_add_size(arena->used, ya_round_up(bytes, YA_ARENA_ALIGN), &end) || end > arena->size) {
        arena->failed = true;
        return NULL;
    }
    void *block = arena->base ? arena->base + arena->used : NULL;
    region->bytes += end - arena->used;
    arena->used = end;
    return block;
}

void ya_arena_drop(const ya_arena *arena, size_t from, size_t to)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t begin = ya_round_up(from, page), end = to / page * page;
    if (arena->base && begin < end && end <= arena->size)
        madvise(arena->base + begin, end - begin, MADV_DONTNEED);
}
