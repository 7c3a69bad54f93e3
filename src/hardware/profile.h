/* Hardware profiles (configs/hardware/): which one suits a machine, and one made to measure. */
#ifndef YA_HARDWARE_PROFILE_H
#define YA_HARDWARE_PROFILE_H

#include "base/buffer.h"
#include "base/embedded.h"

#include <stdint.h>

typedef struct {
    const ya_embedded *file;
    double memory_gb, budget_gb; /* that it was written for */
} ya_profile;

/* The largest profile that a machine of `memory` bytes fills (a tenth less will do: systems keep
 * some); the smallest one for machines below all of them. */
ya_profile ya_profile_for(uint64_t memory);

/* Appends that profile with its `hardware` section rewritten for a machine of `memory` bytes, the
 * training budget in proportion, and `notes`. */
ya_status ya_profile_write(const ya_profile *profile, uint64_t memory, const char *notes,
                           ya_buffer *out, ya_error *err) YA_CHECK;

#endif
