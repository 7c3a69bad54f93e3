#include "memory/guard.h"

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
    };
}

static bool is_below(uint64_t limit, double factor, const ya_memory_reading *now)
{
    uint64_t left =
        now->cgroup_headroom < now->mem_available ? now->cgroup_headroom : now->mem_available;
    return (double)left < factor * (double)limit;
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
    return !is_below(limits->pause_available, 1.05, now) &&
           now->psi_some_avg10 <= limits->psi_pause_percent;
}
