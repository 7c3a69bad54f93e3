#include "tensor/products.h"

#include "tensor/kernels.h"

#include <dnnl.h>
#include <stdatomic.h>
#include <stdbool.h>

static const ya_products *choose(void)
{
#if defined(__x86_64__)
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    if ((isa & dnnl_cpu_isa_avx512_core_vnni) == dnnl_cpu_isa_avx512_core_vnni)
        return &ya_products_vnni;
    if (ya_kernels_get() == &ya_kernels_avx2)
        return &ya_products_avx2;
#endif
    return NULL;
}

const ya_products *ya_products_get(void)
{
    /* Kept, as ya_kernels_get keeps its own: every thread would choose the same. */
    static const ya_products *_Atomic chosen;
    static atomic_bool known;
    if (!atomic_load(&known)) {
        chosen = choose();
        atomic_store(&known, true);
    }
    return chosen;
}
