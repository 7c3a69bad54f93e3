#include "memory/plan.h"

#include "base/log.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

/* Machines from this size on have the full limits of the guard. */
static const double FULL_SIZE_GB = 72.0, FULL_PAUSE_GB = 15.0, FULL_ABORT_GB = 10.0;

static const uint64_t MOMENTARY_BYTES = UINT64_C(32) << 20;

static uint64_t available_limit(double given_gb, double full_gb, const ya_memory_reading *now)
{
    if (given_gb >= 0.0)
        return (uint64_t)(given_gb * (double)YA_GB);
    uint64_t total = now->cgroup_limit < now->mem_total ? now->cgroup_limit : now->mem_total;
    double total_gb = (double)total / (double)YA_GB;
    return (uint64_t)(full_gb * fmin(1.0, total_gb / FULL_SIZE_GB) * (double)YA_GB);
}

uint64_t ya_pause_available(const ya_settings *s, const ya_memory_reading *now)
{
    return available_limit(s->pause_available_gb, FULL_PAUSE_GB, now);
}

uint64_t ya_abort_available(const ya_settings *s, const ya_memory_reading *now)
{
    return available_limit(s->abort_available_gb, FULL_ABORT_GB, now);
}

static void lower(ya_budget *budget, uint64_t bytes, const char *reason)
{
    if (bytes >= budget->bytes)
        return;
    budget->bytes = bytes;
    snprintf(budget->reason, sizeof budget->reason, "%s", reason);
}

/* A limit on a kind of mapping leaves for our memory what is not mapped of that kind yet, less what
 * is mapped for a moment while a run opens and saves. */
static void lower_by_rlimit(ya_budget *budget, int resource, uint64_t mapped, uint64_t anonymous,
                            const char *reason)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return;
    mapped += MOMENTARY_BYTES;
    uint64_t free_bytes = limit.rlim_cur > mapped ? limit.rlim_cur - mapped : 0;
    lower(budget, anonymous + free_bytes, reason);
}

void ya_budget_find(ya_budget *budget, const ya_settings *s, const ya_memory_reading *now)
{
    *budget = (ya_budget){.bytes = UINT64_MAX, .reason = "no limit"};
    if (s->max_memory > 0)
        lower(budget, s->max_memory, "max_memory");
    double share = (double)now->mem_total * s->memory_threshold_percentage / 100.0;
    lower(budget, (uint64_t)share, "memory_threshold_percentage of this machine's memory");
    lower(budget, now->cgroup_limit, "the cgroup's limit");
    lower_by_rlimit(budget, RLIMIT_AS, now->vm_size, now->rss_anon, "RLIMIT_AS");
    lower_by_rlimit(budget, RLIMIT_DATA, now->vm_data, now->rss_anon, "RLIMIT_DATA");
    uint64_t kept = ya_abort_available(s, now);
    uint64_t spare = now->mem_available > kept ? now->mem_available - kept : 0;
    lower(budget, now->rss_anon + spare, "the memory available now less abort_available_gb");
}

void ya_plan_make(ya_plan *plan, const ya_arena *dry, const ya_settings *s,
                  const ya_memory_reading *before, const ya_memory_reading *now, uint64_t mapped)
{
    *plan = (ya_plan){.regions = *dry, .mapped = mapped};
    plan->resident = before->rss_anon;
    plan->library = now->rss_anon > before->rss_anon ? now->rss_anon - before->rss_anon : 0;
    plan->anonymous_peak = plan->resident + plan->library + dry->used;
    ya_budget_find(&plan->budget, s, now);
    plan->fits = plan->anonymous_peak <= plan->budget.bytes;
}

static double mb(uint64_t bytes)
{
    return (double)bytes / (double)YA_MB;
}

void ya_plan_show(const ya_plan *plan)
{
    ya_info("memory plan:");
    for (int i = 0; i < plan->regions.n_regions; i++) {
        const ya_region *r = &plan->regions.regions[i];
        ya_info("  %-16s %10.1f MB  %-5s %s", r->name, mb(r->bytes), r->lifetime, r->reason);
    }
    ya_info("  %-16s %10.1f MB  %-5s %s", "program", mb(plan->resident), "run",
            "code's data, tables of the model");
    ya_info("  %-16s %10.1f MB  %-5s %s", "libraries", mb(plan->library), "run",
            "matmul kernels and what they allocate, measured");
    ya_info("  %-16s %10.1f MB  of %.1f MB allowed by %s", "in all", mb(plan->anonymous_peak),
            mb(plan->budget.bytes), plan->budget.reason);
    ya_info("  %-16s %10.1f MB  in files, which the kernel may drop and read again", "mapped",
            mb(plan->mapped));
}

static ya_status add_region(ya_buffer *out, const char *comma, const ya_region *r, ya_error *err)
{
    return ya_buffer_printf(out, err,
                            "%s\n  {\"name\": \"%s\", \"bytes\": %zu, \"lifetime\": \"%s\", "
                            "\"reason\": \"%s\"}",
                            comma, r->name, r->bytes, r->lifetime, r->reason);
}

ya_status ya_plan_json(const ya_plan *plan, ya_buffer *out, ya_error *err)
{
    ya_status status;
    ya_region rest[2] = {
        {"program", "run", "code's data, tables of the model", plan->resident},
        {"libraries", "run", "matmul kernels and what they allocate, measured", plan->library},
    };
    YA_TRY(ya_buffer_printf(out, err,
                            "\"anonymous_peak_mb\": %.3f, \"mapped_mb\": %.3f, \"budget_mb\": "
                            "%.3f, \"budget_reason\": \"%s\", \"fits\": %s, \"regions\": [",
                            mb(plan->anonymous_peak), mb(plan->mapped), mb(plan->budget.bytes),
                            plan->budget.reason, plan->fits ? "true" : "false"));
    for (int i = 0; i < plan->regions.n_regions; i++)
        YA_TRY(add_region(out, i ? "," : "", &plan->regions.regions[i], err));
    for (int i = 0; i < 2; i++)
        YA_TRY(add_region(out, ",", &rest[i], err));
    YA_TRY(ya_buffer_printf(out, err, "]"));
done:
    return status;
}
