#include "base/restart.h"

#include <omp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPIN_COUNT "1000" /* some microseconds: measured in docs/PERFORMANCE.md */
#define TCACHE "glibc.malloc.tcache_count"

/* Each returns true when it has changed the environment. */
static bool set_spin_count(void)
{
    return !getenv("GOMP_SPINCOUNT") && !getenv("OMP_WAIT_POLICY") &&
           setenv("GOMP_SPINCOUNT", SPIN_COUNT, 1) == 0;
}

static bool set_tunables(void)
{
    const char *given = getenv("GLIBC_TUNABLES");
    char value[1024];
    if (given && strstr(given, TCACHE))
        return false;
    int n = snprintf(value, sizeof value, "%s%s" TCACHE "=0", given ? given : "",
                     given && *given ? ":" : "");
    return n < (int)sizeof value && setenv("GLIBC_TUNABLES", value, 1) == 0;
}

void ya_restart_unbound(void)
{
    cpu_set_t all;
    int ids[CPU_SETSIZE];
    CPU_ZERO(&all);
    for (int place = 0; place < omp_get_num_places(); place++) {
        int n = omp_get_place_num_procs(place);
        if (n > CPU_SETSIZE)
            return;
        omp_get_place_proc_ids(place, ids);
        for (int i = 0; i < n; i++)
            if (ids[i] >= 0 && ids[i] < CPU_SETSIZE)
                CPU_SET(ids[i], &all);
    }
    if (CPU_COUNT(&all) > 0)
        (void)sched_setaffinity(0, sizeof all, &all);
}

void ya_restart_prepared(char *const argv[])
{
    bool spin = set_spin_count(), tunables = set_tunables();
    if (!spin && !tunables)
        return;
    ya_restart_unbound();
    execv("/proc/self/exe", argv);
}
