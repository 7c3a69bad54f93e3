/* Signals and the memory guard, between passes. */
#include "base/clock.h"
#include "base/log.h"
#include "train/interrupt.h"
#include "train/loop.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

static const int64_t RELEASE_EVENT_NS = 10 * INT64_C(1000000000);

static double gb(uint64_t bytes)
{
    return (double)bytes / (double)YA_GB;
}

static bool stop(ya_loop *loop, ya_status status)
{
    loop->stop = status;
    loop->again = false;
    return false;
}

/* True when the event could be written; else the run stops. */
static bool tell(ya_loop *loop, const char *name, const ya_memory_reading *before,
                 const ya_memory_reading *after, const char *text)
{
    ya_progress_break(loop->progress);
    ya_warn("%s", text);
    ya_status status = ya_metrics_guard(loop->metrics, loop->state->step, name, text, before, after,
                                        &loop->stop_error);
    return status ? stop(loop, status) : true;
}

static bool check_signal(ya_loop *loop)
{
    int signal = ya_interrupt_signal();
    if (!signal)
        return true;
    const char *name = signal == SIGTERM   ? "SIGTERM"
                       : signal == SIGHUP  ? "SIGHUP"
                       : signal == SIGPIPE ? "SIGPIPE"
                                           : "SIGINT";
    return stop(loop, ya_fail(&loop->stop_error, YA_ERR_INTERRUPTED, "interrupted by %s", name));
}

static const char *why(const ya_loop *loop, const ya_memory_reading *now, char text[192])
{
    const ya_guard_limits *l = &loop->guard.limits;
    if (loop->guard.state == YA_GUARD_OVER)
        snprintf(text, 192, "this process holds %.2f GB, it may hold %.2f GB", gb(now->rss_anon),
                 gb(l->most_anonymous));
    else if (loop->guard.state == YA_GUARD_CRITICAL)
        snprintf(text, 192, "only %.2f GB of memory is available, below abort_available_gb %.2f",
                 gb(ya_guard_left(now)), gb(l->abort_available));
    else if (ya_guard_left(now) < l->pause_available)
        snprintf(text, 192, "%.2f GB of memory available, the limit is %.2f GB",
                 gb(ya_guard_left(now)), gb(l->pause_available));
    else
        snprintf(text, 192, "%.0f %% of the time is stalled on memory, the limit is %.0f %%",
                 now->psi_some_avg10, l->psi_pause_percent);
    return text;
}

/* Gives back what can be had again: free heap, mapped weights. */
static bool release(ya_loop *loop, const ya_memory_reading *before, ya_memory_reading *now)
{
    char text[320], reason[192];
    why(loop, before, reason);
    malloc_trim(0);
    ya_model_drop_pages(loop->job->model);
    ya_memory_read(&loop->job->probe, now);
    if (ya_now_ns() < loop->next_release_ns)
        return true;
    loop->next_release_ns = ya_now_ns() + RELEASE_EVENT_NS;
    snprintf(text, sizeof text, "%s: released %.2f GB of mapped weights and %.2f MB of heap",
             reason,
             gb(before->rss_file -
                (now->rss_file < before->rss_file ? now->rss_file : before->rss_file)),
             ((double)before->rss_anon - (double)now->rss_anon) / (double)YA_MB);
    return tell(loop, "release", before, now, text);
}

/* Passes of this and the next steps are smaller and what only a pass needs goes back to the system;
 * what a step is does not change. */
static bool shrink(ya_loop *loop, ya_memory_reading *now)
{
    ya_job *job = loop->job;
    const ya_memory_reading before = *now;
    char text[192];
    int *pass_tokens = &job->batch.config.pass_tokens, was = *pass_tokens;
    int smaller = (int)(was * job->settings.batch_size_reduction_factor);
    if (smaller < (int)job->settings.max_seq_length)
        smaller = (int)job->settings.max_seq_length;
    if (smaller >= was)
        return true;
    *pass_tokens = smaller;
    loop->again = !loop->validating;
    ya_arena_drop(&job->arena, job->passes_at, job->arena.used);
    ya_memory_read(&job->probe, now);
    snprintf(
        text, sizeof text, "passes of %d tokens instead of %d from now on: %.2f GB given back",
        smaller, was,
        gb(before.rss_anon - (now->rss_anon < before.rss_anon ? now->rss_anon : before.rss_anon)));
    return tell(loop, "shrink", &before, now, text);
}

static void sleep_ns(int64_t ns)
{
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    nanosleep(&t, NULL); /* a signal ends it early, as it should */
}

static bool stop_for_good(ya_loop *loop, const ya_memory_reading *now)
{
    char reason[192], text[320];
    why(loop, now, reason);
    snprintf(text, sizeof text, "stopped by the memory guard: %s", reason);
    if (!tell(loop, loop->guard.state == YA_GUARD_OVER ? "over" : "critical", now, now, text))
        return false;
    return stop(loop, ya_fail(&loop->stop_error, YA_ERR_GUARD, "%s", text));
}

/* Tells of a pause's beginning or end. */
static bool tell_pause(ya_loop *loop, ya_guard_action action, const ya_memory_reading *first,
                       const ya_memory_reading *now)
{
    char text[320], reason[192];
    double seconds = (double)(ya_now_ns() - loop->guard.since_ns) * 1e-9;
    if (action == YA_GUARD_PAUSE) {
        snprintf(text, sizeof text, "pausing: %s", why(loop, now, reason));
        return tell(loop, "pause", first, now, text);
    }
    if (action == YA_GUARD_RESUME) {
        snprintf(text, sizeof text, "memory is available again after %.1f s", seconds);
        return tell(loop, "resume", first, now, text);
    }
    snprintf(text, sizeof text, "memory is still short after %.1f s; going on", seconds);
    return tell(loop, "pause_timeout", first, now, text);
}

/* Does what the guard says; false: the run stops. */
static bool act(ya_loop *loop, ya_guard_action action, const ya_memory_reading *first,
                ya_memory_reading *now)
{
    switch (action) {
    case YA_GUARD_GO:
        return true;
    case YA_GUARD_RELEASE:
        return release(loop, first, now);
    case YA_GUARD_SHRINK:
        return shrink(loop, now);
    case YA_GUARD_PAUSE:
    case YA_GUARD_RESUME:
        return tell_pause(loop, action, first, now);
    case YA_GUARD_TIMEOUT:
        return tell_pause(loop, action, first, now) && shrink(loop, now);
    case YA_GUARD_SLEEP:
        return true;
    case YA_GUARD_STOP:
        return stop_for_good(loop, now);
    }
    return true;
}

static bool is_last(ya_guard_action action)
{
    return action == YA_GUARD_GO || action == YA_GUARD_RESUME || action == YA_GUARD_TIMEOUT;
}

bool ya_loop_watch(void *user)
{
    ya_loop *loop = user;
    ya_memory_reading first, now;
    ya_memory_read(&loop->job->probe, &first);
    now = first;
    ya_progress_refresh(loop->progress);
    for (;;) {
        if (!check_signal(loop))
            return false;
        ya_guard_action action = ya_guard_next(&loop->guard, &now, ya_now_ns());
        if (!act(loop, action, &first, &now))
            return false;
        if (is_last(action))
            return !loop->again;
        if (action == YA_GUARD_PAUSE || action == YA_GUARD_SLEEP) {
            sleep_ns(loop->guard.sleep_ns);
            ya_memory_read(&loop->job->probe, &now);
        }
    }
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
    double most = (double)loop->guard.limits.most_anonymous;
    double left_mb = (most - (double)rss_anon) / (double)YA_MB;
    ya_status status = ya_loop_event(loop, "leak", err,
                                     "memory grows by %.2f MB a step; the limit is %.0f steps away",
                                     rate_mb, left_mb > 0.0 ? left_mb / rate_mb : 0.0);
    if (status || loop->leak.windows_above < 2 || s->leak_action == YA_LEAK_WARN)
        return status;
    loop->stop = ya_fail(&loop->stop_error, YA_ERR_GUARD,
                         "stopped by the memory guard: memory grows by %.2f MB a step", rate_mb);
    return loop->stop;
}
