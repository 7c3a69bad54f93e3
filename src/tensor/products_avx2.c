/* x86-64 with AVX2, FMA, F16C: a run of 32 codes a register. */
#if defined(__AVX2__)
#define RUNS 1
#define PRODUCTS ya_products_avx2
#define PRODUCTS_NAME "avx2"
#include "tensor/products.inc"
#else
typedef int ya_no_products_avx2;
#endif
