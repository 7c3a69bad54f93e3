/* Threads meet: what each wrote before is there for all after, also when they sleep in between. */
#include "support/cmocka_all.h"

#include "base/barrier.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { MOST_THREADS = 5, MEETINGS = 3000, SLOW = 500 };

static struct {
    ya_barrier barrier;
    int n_threads;
    int counts[MOST_THREADS];
    int wrong[MOST_THREADS];
} shared;

static void *meet_often(void *argument)
{
    int me = (int)(size_t)argument;
    for (int i = 1; i <= MEETINGS; i++) {
        if (i % SLOW == 0 && me == i / SLOW % shared.n_threads) /* the others fall asleep */
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        shared.counts[me] = i;
        ya_barrier_wait(&shared.barrier, shared.n_threads);
        for (int t = 0; t < shared.n_threads; t++)
            shared.wrong[me] += shared.counts[t] != i;
        ya_barrier_wait(&shared.barrier, shared.n_threads);
    }
    return NULL;
}

static void nobody_goes_on_before_all_have_come(void **state)
{
    (void)state;
    for (int n = 1; n <= MOST_THREADS; n++) {
        pthread_t threads[MOST_THREADS];
        memset(&shared, 0, sizeof shared);
        shared.n_threads = n;
        for (int t = 0; t < n; t++)
            assert_int_equal(pthread_create(&threads[t], NULL, meet_often, (void *)(size_t)t), 0);
        for (int t = 0; t < n; t++)
            pthread_join(threads[t], NULL);
        for (int t = 0; t < n; t++)
            assert_int_equal(shared.wrong[t], 0);
        assert_int_equal(atomic_load(&shared.barrier.meetings), 2 * MEETINGS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_goes_on_before_all_have_come)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
