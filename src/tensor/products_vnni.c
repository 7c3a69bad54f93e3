/* x86-64 with AVX-512 F, BW, DQ, VL and VNNI: two runs of 32 codes a register. */
#if defined(__AVX512VNNI__)
#define RUNS 2
#define PRODUCTS ya_products_vnni
#define PRODUCTS_NAME "avx512_vnni"
#include "tensor/products.inc"
#else
typedef int ya_no_products_vnni;
#endif
