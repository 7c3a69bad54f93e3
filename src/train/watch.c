/* Signals and the memory guard, between passes. */
#include "base/clock.h"
#include "base/log.h"
#include "train/interrupt.h"
#include "train/loop.h"

#include <malloc.h>
#include <signal.h>
#include <time.h>

static const int64_t FIRST_SLEEP_NS = 10000000, LAST_SLEEP_NS = 1000000000;

static double gb(uint64_t bytes)
{
    return (double)bytes / (double)YA_GB;
}

static bool stop(ya_loop *loop, ya_status status)
{
    loop->stop = status;
    return false;
}

static bool check_signal(ya_loop *loop)
{
    int signal = ya_interrupt_signal();
    if (!signal)
        return true;
    return stop(loop, ya_fail(&loop->stop_error, YA_ERR_INTERRUPTED, "interrupted by %s",
                              signal == SIGTERM ? "SIGTERM" : "SIGINT"));
}

static bool stop_critical(ya_loop *loop, const ya_memory_reading *now)
{
    uint64_t left =
        now->cgroup_headroom < now->mem_available ? now->cgroup_headroom : now->mem_available;
    ya_status status = ya_loop_event(loop, "critical", &loop->stop_error,
                                     "only %.2f GB of memory is available, below "
                                     "abort_available_gb %.2f",
                                     gb(left), gb(loop->limits.abort_available));
    if (!status)
        status = ya_fail(&loop->stop_error, YA_ERR_GUARD,
                         "stopped by the memory guard: %.2f GB available, the limit is %.2f GB",
                         gb(left), gb(loop->limits.abort_available));
    return stop(loop, status);
}

/* Gives back what can be had again: free heap, mapped weights. */
static void release(ya_loop *loop, ya_memory_reading *now)
{
    malloc_trim(0);
    ya_model_drop_pages(loop->job->model);
    ya_memory_read(&loop->job->probe, now);
}

/* Passes of the next steps are smaller; what a step is does not change. */
static bool shrink(ya_loop *loop)
{
    const ya_settings *s = &loop->job->settings;
    int *pass_tokens = &loop->job->batch.config.pass_tokens;
    int smaller = (int)(*pass_tokens * s->batch_size_reduction_factor);
    if (smaller < (int)s->max_seq_length)
        smaller = (int)s->max_seq_length;
    if (smaller >= *pass_tokens)
        return false;
    *pass_tokens = smaller;
    return true;
}

static void sleep_ns(int64_t ns)
{
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    nanosleep(&t, NULL); /* a signal ends it early, as it should */
}

static bool end_pause(ya_loop *loop, bool recovered, double seconds)
{
    ya_error *err = &loop->stop_error;
    ya_status status;
    if (recovered) {
        status =
            ya_loop_event(loop, "resume", err, "memory is available again after %.1f s", seconds);
    } else {
        loop->pause_over = true;
        status = ya_loop_event(loop, "pause_timeout", err,
                               "memory is still short after %.1f s; going on%s", seconds,
                               shrink(loop) ? " in smaller passes" : "");
    }
    return status ? stop(loop, status) : true;
}

static bool pause_run(ya_loop *loop, ya_memory_reading *now)
{
    const ya_settings *s = &loop->job->settings;
    int64_t start = ya_now_ns(), sleep = FIRST_SLEEP_NS;
    ya_status status = ya_loop_event(loop, "pause", &loop->stop_error,
                                     "pausing: %.2f GB of memory available, the limit is %.2f GB",
                                     gb(now->mem_available), gb(loop->limits.pause_available));
    if (status)
        return stop(loop, status);
    for (;;) {
        double seconds = (double)(ya_now_ns() - start) * 1e-9;
        if (!check_signal(loop))
            return false;
        if (ya_guard_judge(&loop->limits, now) == YA_GUARD_CRITICAL)
            return stop_critical(loop, now);
        bool recovered = ya_guard_recovered(&loop->limits, now);
        if (recovered || seconds >= s->pause_timeout_s)
            return end_pause(loop, recovered, seconds);
        sleep_ns(sleep);
        sleep = 2 * sleep < LAST_SLEEP_NS ? 2 * sleep : LAST_SLEEP_NS;
        ya_memory_read(&loop->job->probe, now);
    }
}

static bool stop_over(ya_loop *loop, const ya_memory_reading *now)
{
    return stop(loop, ya_fail(&loop->stop_error, YA_ERR_GUARD,
                              "stopped by the memory guard: this process holds %.2f GB, it may "
                              "hold %.2f GB",
                              gb(now->rss_anon), gb(loop->limits.most_anonymous)));
}

bool ya_loop_watch(void *user)
{
    ya_loop *loop = user;
    ya_memory_reading now;
    ya_progress_refresh(loop->progress);
    if (!check_signal(loop))
        return false;
    ya_memory_read(&loop->job->probe, &now);
    ya_guard_state state = ya_guard_judge(&loop->limits, &now);
    if (state == YA_GUARD_CALM)
        loop->pause_over = false;
    if (state == YA_GUARD_CALM || (state == YA_GUARD_PRESSURE && loop->pause_over))
        return true;
    release(loop, &now);
    switch (ya_guard_judge(&loop->limits, &now)) {
    case YA_GUARD_CRITICAL:
        return stop_critical(loop, &now);
    case YA_GUARD_OVER:
        return stop_over(loop, &now);
    case YA_GUARD_PRESSURE:
        return pause_run(loop, &now);
    case YA_GUARD_CALM:
        break;
    }
    return true;
}

ya_status ya_loop_watch_leak(ya_loop *loop, uint64_t rss_anon, ya_error *err)
{
    const ya_settings *s = &loop->job->settings;
    if (!ya_leak_add(&loop->leak, rss_anon))
        return YA_OK;
    double rate_mb = ya_leak_rate(&loop->leak) / (double)YA_MB;
    if (rate_mb <= s->memory_leak_threshold_mb) {
        loop->leak.windows_above = 0;
        return YA_OK;
    }
    loop->leak.windows_above++;
    double left_mb = ((double)loop->limits.most_anonymous - (double)rss_anon) / (double)YA_MB;
    ya_status status = ya_loop_event(loop, "leak", err,
                                     "memory grows by %.2f MB a step; the limit is %.0f steps away",
                                     rate_mb, left_mb / rate_mb);
    if (status || loop->leak.windows_above < 2 || s->leak_action == YA_LEAK_WARN)
        return status;
    loop->stop = ya_fail(&loop->stop_error, YA_ERR_GUARD,
                         "stopped by the memory guard: memory grows by %.2f MB a step", rate_mb);
    return loop->stop;
}
