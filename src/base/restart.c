#include "base/restart.h"

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

void ya_restart_prepared(char *const argv[])
{
    bool spin = set_spin_count(), tunables = set_tunables();
    if (spin || tunables)
        execv("/proc/self/exe", argv);
}
