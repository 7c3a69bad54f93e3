#include "base/team.h"

#include <omp.h>

static int count_team(void)
{
    int n = 0;
#pragma omp parallel reduction(+ : n)
    n += 1;
    return n;
}

ya_status ya_team_begin(int threads, ya_error *err)
{
    omp_set_dynamic(0);
    omp_set_max_active_levels(1);
    omp_set_num_threads(threads);
    int n = count_team();
    if (n < threads)
        return ya_fail(err, YA_ERR_USAGE,
                       "OpenMP gives %d of the %d threads that are wanted (OMP_THREAD_LIMIT is "
                       "%d): pass --threads %d, or raise the limit",
                       n, threads, omp_get_thread_limit(), n);
    return YA_OK;
}

int ya_team_largest(void)
{
    int processors = omp_get_num_procs(), limit = omp_get_thread_limit();
    return processors < limit ? processors : limit;
}
