#include "base/waiting.h"

#include <stdlib.h>
#include <unistd.h>

#define SPIN_COUNT "1000" /* some microseconds: measured in docs/PERFORMANCE.md */

void ya_wait_politely(char *const argv[])
{
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY"))
        return;
    if (setenv("GOMP_SPINCOUNT", SPIN_COUNT, 1) == 0)
        execv("/proc/self/exe", argv); /* where it fails, waiting is all that differs */
}
