/* x86-64 with AVX-512 F, BW, DQ, VL: 32 registers of 16 floats. */
#if defined(__AVX512F__)
#define LANES 16
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define KERNELS ya_kernels_avx512
#define KERNELS_NAME "avx512"
#include "tensor/kernels.inc"
#else
typedef int ya_no_avx512;
#endif
