#include "model/compute.h"

#include "model/engine.h"

#include <omp.h>

int ya_compute_threads(const ya_settings *settings)
{
    return settings->threads > 0 ? (int)settings->threads : omp_get_num_procs();
}

bool ya_compute_bf16(const ya_settings *settings)
{
    if (settings->dtype == YA_COMPUTE_AUTO)
        return ya_engine_has_bf16();
    return settings->dtype == YA_COMPUTE_BF16;
}
