#include "base/barrier.h"

#include <limits.h>
#include <sched.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { LOOKS = 600 }; /* some 10 microseconds, less than a sleep and a wake cost */

static void pause_once(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

/* Sleeps unless *word is no longer `value`. */
static void sleep_while(atomic_int *word, int value)
{
#if defined(__linux__)
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
#else
    (void)word;
    (void)value;
    sched_yield();
#endif
}

static void wake_all(atomic_int *word)
{
#if defined(__linux__)
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
#else
    (void)word;
#endif
}

void ya_barrier_wait(ya_barrier *b, int n_threads)
{
    int meeting = atomic_load(&b->meetings);
    if (atomic_fetch_add(&b->arrived, 1) + 1 == n_threads) {
        atomic_store(&b->arrived, 0);
        atomic_fetch_add(&b->meetings, 1);
        /* Who adds itself to the sleepers after this look finds the count of meetings changed. */
        if (atomic_load(&b->sleepers) > 0)
            wake_all(&b->meetings);
        return;
    }
    for (int i = 0; i < LOOKS; i++) {
        if (atomic_load_explicit(&b->meetings, memory_order_acquire) != meeting)
            return;
        pause_once();
    }
    atomic_fetch_add(&b->sleepers, 1);
    while (atomic_load(&b->meetings) == meeting)
        sleep_while(&b->meetings, meeting);
    atomic_fetch_sub(&b->sleepers, 1);
}
