#include "memory/guard.h"

static const int64_t FIRST_SLEEP_NS = 10000000, LAST_SLEEP_NS = 1000000000;
/* A pause ends 5 % above the limit, or when nothing was short for a while: memory that comes back
 * to just above it is enough, if it stays, and waiting for more would hold a run until the
 * time-out. */
static const double RECOVERED = 1.05;
static const int64_t STEADY_NS = 5000000000;

ya_guard_limits ya_guard_limits_of(const ya_settings *s, const ya_memory_reading *now)
{
    double share = (double)now->mem_total * s->memory_threshold_percentage / 100.0;
    uint64_t most = (uint64_t)share;
    if (s->max_memory > 0 && s->max_memory < most)
        most = s->max_memory;
    return (ya_guard_limits){
        .pause_available = ya_pause_available(s, now),
        .abort_available = ya_abort_available(s, now),
        .most_anonymous = most,
        .psi_pause_percent = s->psi_pause_percent,
        .pause_timeout_s = s->pause_timeout_s,
    };
}

uint64_t ya_guard_left(const ya_memory_reading *now)
{
    return now->cgroup_headroom < now->mem_available ? now->cgroup_headroom : now->mem_available;
}

static bool is_below(uint64_t limit, double factor, const ya_memory_reading *now)
{
    return (double)ya_guard_left(now) < factor * (double)limit;
}

ya_guard_state ya_guard_judge(const ya_guard_limits *limits, const ya_memory_reading *now)
{
    if (is_below(limits->abort_available, 1.0, now))
        return YA_GUARD_CRITICAL;
    if (now->rss_anon > limits->most_anonymous)
        return YA_GUARD_OVER;
    if (is_below(limits->pause_available, 1.0, now) ||
        now->psi_some_avg10 > limits->psi_pause_percent)
        return YA_GUARD_PRESSURE;
    return YA_GUARD_CALM;
}

bool ya_guard_recovered(const ya_guard_limits *limits, const ya_memory_reading *now)
{
    return !is_below(limits->pause_available, RECOVERED, now) &&
           now->psi_some_avg10 <= limits->psi_pause_percent;
}

static ya_guard_action calm(ya_guard *g, ya_guard_action action)
{
    g->phase = YA_PHASE_CALM;
    return action;
}

static ya_guard_action begin_pause(ya_guard *g, int64_t now_ns)
{
    if (g->waived)
        return calm(g, YA_GUARD_GO);
    g->phase = YA_PHASE_PAUSING;
    g->since_ns = now_ns;
    g->calm_ns = INT64_MAX;
    g->sleep_ns = FIRST_SLEEP_NS;
    return YA_GUARD_PAUSE;
}

static ya_guard_action go_on_pausing(ya_guard *g, const ya_memory_reading *now, int64_t now_ns)
{
    if (g->state != YA_GUARD_CALM)
        g->calm_ns = INT64_MAX;
    else if (g->calm_ns == INT64_MAX)
        g->calm_ns = now_ns;
    if (ya_guard_recovered(&g->limits, now) || g->calm_ns <= now_ns - STEADY_NS)
        return calm(g, YA_GUARD_RESUME);
    if ((double)(now_ns - g->since_ns) * 1e-9 >= g->limits.pause_timeout_s) {
        g->waived = true;
        return calm(g, YA_GUARD_TIMEOUT);
    }
    g->sleep_ns = 2 * g->sleep_ns < LAST_SLEEP_NS ? 2 * g->sleep_ns : LAST_SLEEP_NS;
    return YA_GUARD_SLEEP;
}

static ya_guard_action look_first(ya_guard *g)
{
    if (g->state == YA_GUARD_CALM)
        g->waived = false;
    if (g->state == YA_GUARD_CALM || (g->state == YA_GUARD_PRESSURE && g->waived))
        return YA_GUARD_GO;
    g->phase = YA_PHASE_RELEASED;
    return YA_GUARD_RELEASE;
}

ya_guard_action ya_guard_next(ya_guard *g, const ya_memory_reading *now, int64_t now_ns)
{
    g->state = ya_guard_judge(&g->limits, now);
    if (g->phase == YA_PHASE_CALM)
        return look_first(g);
    if (g->state == YA_GUARD_CRITICAL)
        return calm(g, YA_GUARD_STOP);
    if (g->state == YA_GUARD_OVER) {
        if (g->phase == YA_PHASE_SHRUNK)
            return calm(g, YA_GUARD_STOP);
        g->phase = YA_PHASE_SHRUNK;
        return YA_GUARD_SHRINK;
    }
    if (g->phase == YA_PHASE_PAUSING)
        return go_on_pausing(g, now, now_ns);
    return g->state == YA_GUARD_PRESSURE ? begin_pause(g, now_ns) : calm(g, YA_GUARD_GO);
}
