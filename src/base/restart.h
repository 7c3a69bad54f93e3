/* What the C library and OpenMP read from the environment when they are loaded. */
#ifndef YA_BASE_RESTART_H
#define YA_BASE_RESTART_H

/* Starts the program again, once, with these set unless the user has set them; call it first in
 * main. Where it cannot, only speed and some MB differ.
 *
 * GOMP_SPINCOUNT: GNU OpenMP's threads spin for milliseconds before they sleep, which is fastest on
 * an idle machine; but one more busy process on the same processors then stops them all for whole
 * time slices, and a step takes ten times as long. OMP_WAIT_POLICY counts as set by the user too.
 *
 * GLIBC_TUNABLES, glibc.malloc.tcache_count=0: oneDNN's classic gemm takes an aligned buffer a
 * thread and product and gives it back. What glibc cuts off in front of such a block stays in the
 * thread's cache, where it joins no neighbour, so that the next buffer lies behind it and the heap
 * grows by tens of MB, differently in each run (glibc bug 14581). Without that cache memory is the
 * same in each run, and the plan can foretell it. */
void ya_restart_prepared(char *const argv[]);

/* Lets the calling thread run on all of OpenMP's places again. With OMP_PROC_BIND or OMP_PLACES
 * set, GNU OpenMP binds the first thread to the first place as soon as it is loaded; a program
 * started from there would take that place for the whole machine. Call it before starting one. */
void ya_restart_unbound(void);

#endif
