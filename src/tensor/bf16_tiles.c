#include "tensor/bf16_tiles.h"

#include "tensor/matmul.h"

#include <stddef.h>

const ya_bf16_tiles *ya_bf16_tiles_get(void)
{
#if defined(__x86_64__)
    if (ya_matmul_has_bf16())
        return &ya_bf16_tiles_avx512;
#endif
    return NULL;
}
