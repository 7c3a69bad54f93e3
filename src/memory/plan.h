/* The memory plan: what a run will hold, against what it may hold. spec/memory.md, section 1. */
#ifndef YA_MEMORY_PLAN_H
#define YA_MEMORY_PLAN_H

#include "base/arena.h"
#include "memory/system.h"
#include "settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

/* The least of all limits, in bytes of anonymous memory of this process, and which one it is. */
typedef struct {
    uint64_t bytes;
    char reason[96];
} ya_budget;

/* pause_available_gb and abort_available_gb in bytes: as given, or 15 and 10 GB scaled down by
 * MemTotal / 72 GB (of a smaller cgroup, by its limit / 72 GB). */
uint64_t ya_pause_available(const ya_settings *s, const ya_memory_reading *now);
uint64_t ya_abort_available(const ya_settings *s, const ya_memory_reading *now);

/* max_memory; memory_threshold_percentage of MemTotal; cgroups; RLIMIT_AS and RLIMIT_DATA (less
 * what is mapped already); MemAvailable less abort_available. */
void ya_budget_find(ya_budget *budget, const ya_settings *s, const ya_memory_reading *now);

typedef struct {
    ya_arena regions;        /* the dry arena: its named regions and their sum */
    uint64_t resident;       /* anonymous memory: program, libraries' data, tables of the model */
    uint64_t library;        /* matmul kernels: their code, tables, and buffers while they run */
    uint64_t anonymous_peak; /* regions + resident + library */
    uint64_t mapped;         /* weights and tokenised data, in files */
    ya_budget budget;
    bool fits;
} ya_plan;

/* Adds up. `before` and `now` are the readings before the kernels were made and after each has run;
 * `mapped` is in files. */
void ya_plan_make(ya_plan *plan, const ya_arena *dry, const ya_settings *s,
                  const ya_memory_reading *before, const ya_memory_reading *now, uint64_t mapped);

/* The table, on stderr (ya_info). */
void ya_plan_show(const ya_plan *plan);

/* Appends "anonymous_peak_mb": ... "regions": [...], without braces around them. */
ya_status ya_plan_json(const ya_plan *plan, ya_buffer *out, ya_error *err) YA_CHECK;

#endif
