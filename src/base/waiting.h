/* How threads wait for each other. */
#ifndef YA_BASE_WAITING_H
#define YA_BASE_WAITING_H

/* GNU OpenMP's threads spin for milliseconds before they sleep, which is fastest on an idle
 * machine; but one more busy process on the same processors then stops them all for whole time
 * slices, and a step takes ten times as long. The spin count is read when the library is loaded, so
 * this sets GOMP_SPINCOUNT and starts the program again, once, unless the user has set
 * GOMP_SPINCOUNT or OMP_WAIT_POLICY. Call it first in main. */
void ya_wait_politely(char *const argv[]);

#endif
