/* A meeting point of threads that wait politely: some microseconds of looking, then sleep. A
 * neighbour that wants the processor of one of them costs its share of it, and not a time slice at
 * each meeting, as it does where threads spin until all are there.
 *
 * Zero-initialised is ready. Any number of meetings, one after the other, by the same threads. */
#ifndef YA_BASE_BARRIER_H
#define YA_BASE_BARRIER_H

#include <stdatomic.h>

typedef struct {
    atomic_int arrived;  /* at the meeting to come */
    atomic_int meetings; /* held so far; what sleepers wait on */
    atomic_int sleepers;
} ya_barrier;

/* Returns when all `n_threads` have called it. What they wrote before is seen by all after. */
void ya_barrier_wait(ya_barrier *barrier, int n_threads);

#endif
