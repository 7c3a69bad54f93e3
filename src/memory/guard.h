/* What a memory reading asks for: spec/memory.md, section 3. Pure; the run acts on it. */
#ifndef YA_MEMORY_GUARD_H
#define YA_MEMORY_GUARD_H

#include "memory/plan.h"

typedef enum {
    YA_GUARD_CALM,
    YA_GUARD_PRESSURE, /* the machine is short of memory: release, pause */
    YA_GUARD_OVER,     /* this process holds more than it may */
    YA_GUARD_CRITICAL  /* save and stop */
} ya_guard_state;

typedef struct {
    uint64_t pause_available, abort_available, most_anonymous; /* bytes */
    double psi_pause_percent;
} ya_guard_limits;

ya_guard_limits ya_guard_limits_of(const ya_settings *s, const ya_memory_reading *now);

/* The gravest condition. */
ya_guard_state ya_guard_judge(const ya_guard_limits *limits, const ya_memory_reading *now);

/* True when a pause may end: 5 % above the pause limit and the stalls gone. */
bool ya_guard_recovered(const ya_guard_limits *limits, const ya_memory_reading *now);

#endif
