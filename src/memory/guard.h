/* The memory guard: spec/memory.md, section 3. A state machine, pure: what it decides is a function
 * of its settings, the readings it is given and their times. The run acts on it.
 *
 *     calm --short--> released --still pressure--> pausing --recovered--> calm
 *                        |                            +------time-out----> calm, pressure waived
 *                        +-------still over--------> shrunk ---still over---> stopped
 *     anywhere but in calm: critical --> stopped
 *
 * A waived pressure stays so until a reading is calm once: a run that has waited goes on. */
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
    double pause_timeout_s;
} ya_guard_limits;

/* What is to be done now. After all but GO, RESUME and STOP a new reading is to be given. */
typedef enum {
    YA_GUARD_GO,      /* train on */
    YA_GUARD_RELEASE, /* give back what can be had again: heap, mapped weights */
    YA_GUARD_SHRINK,  /* make passes smaller; then ya_guard_next again */
    YA_GUARD_PAUSE,   /* a pause begins: sleep ya_guard.sleep_ns */
    YA_GUARD_SLEEP,   /* it goes on: sleep ya_guard.sleep_ns */
    YA_GUARD_RESUME,  /* memory is available again: train on */
    YA_GUARD_TIMEOUT, /* the pause has lasted long enough: make passes smaller, train on */
    YA_GUARD_STOP     /* save and stop; ya_guard.state says why */
} ya_guard_action;

typedef struct {
    ya_guard_limits limits;
    ya_guard_state state; /* of the last reading */
    enum { YA_PHASE_CALM, YA_PHASE_RELEASED, YA_PHASE_SHRUNK, YA_PHASE_PAUSING } phase;
    bool waived;                /* a pause timed out: pressure alone is no reason to stop again */
    int64_t since_ns, sleep_ns; /* of the pause at hand: its beginning, the next sleep */
    int64_t calm_ns;            /* since when all readings in it are calm; INT64_MAX: not */
} ya_guard;

/* Limits from the settings and this machine. */
ya_guard_limits ya_guard_limits_of(const ya_settings *s, const ya_memory_reading *now);

/* The gravest condition. */
ya_guard_state ya_guard_judge(const ya_guard_limits *limits, const ya_memory_reading *now);

/* True when a pause may end at once: 5 % above the pause limit and the stalls gone. It ends as well
 * when every reading of 5 s was calm. */
bool ya_guard_recovered(const ya_guard_limits *limits, const ya_memory_reading *now);

/* The next action after the reading `now`, taken at `now_ns` (monotonic). {.limits = ...} to start.
 * Call it after each pass, and again after each action until it is GO, RESUME, TIMEOUT or STOP. */
ya_guard_action ya_guard_next(ya_guard *guard, const ya_memory_reading *now, int64_t now_ns);

/* The lesser of MemAvailable and the cgroups' headroom: what is left before something is killed. */
uint64_t ya_guard_left(const ya_memory_reading *now);

#endif
