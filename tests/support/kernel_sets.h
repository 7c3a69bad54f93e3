/* The kernels of every instruction set that this processor has. */
#ifndef TESTS_SUPPORT_KERNEL_SETS_H
#define TESTS_SUPPORT_KERNEL_SETS_H

#include "tensor/kernels.h"
#include "tensor/products.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const ya_kernels *sets[3];
static int n_sets;
static const ya_products *products[2];
static int n_products;

#if defined(__x86_64__)
/* __builtin_cpu_supports does not know "f16c" in Clang 14. */
static bool has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}
#endif

static void find_sets(void)
{
    sets[n_sets++] = &ya_kernels_base;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c()) {
        sets[n_sets++] = &ya_kernels_avx2;
        products[n_products++] = &ya_products_avx2;
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        sets[n_sets++] = &ya_kernels_avx512;
    if (sets[n_sets - 1] == &ya_kernels_avx512 && __builtin_cpu_supports("avx512vnni"))
        products[n_products++] = &ya_products_vnni;
#endif
}

#endif
