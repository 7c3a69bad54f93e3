#include "tensor/kernels.h"

#include <dnnl.h>
#include <stdbool.h>
#if defined(__x86_64__)
#include <cpuid.h>

/* __builtin_cpu_supports does not know "f16c" in Clang 14. */
static bool has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}
#endif

static const ya_kernels *choose(void)
{
#if defined(__x86_64__)
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    if ((isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core)
        return &ya_kernels_avx512;
    if ((isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2 && has_f16c() &&
        __builtin_cpu_supports("fma"))
        return &ya_kernels_avx2;
#endif
    return &ya_kernels_base;
}

const ya_kernels *ya_kernels_get(void)
{
    /* Kept: cpuid takes microseconds under a hypervisor. Every thread would choose the same. */
    static const ya_kernels *_Atomic chosen;
    const ya_kernels *kernels = chosen;
    if (!kernels)
        chosen = kernels = choose();
    return kernels;
}
