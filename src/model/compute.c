#include "model/compute.h"

#include "base/log.h"
#include "base/team.h"
#include "model/engine.h"

int ya_compute_threads(const ya_settings *settings)
{
    return settings->threads > 0 ? (int)settings->threads : ya_team_largest();
}

bool ya_compute_bf16(const ya_settings *settings)
{
    static bool said;
    bool native = ya_engine_has_bf16();
    if (settings->dtype == YA_COMPUTE_BF16 && !native && !said) {
        ya_warn(
            "this processor has no native bf16: computing in f32, which is exact and faster here");
        said = true;
    }
    return settings->dtype != YA_COMPUTE_F32 && native;
}
