/* x86-64 with AVX2, FMA, F16C: 16 registers of 8 floats. */
#if defined(__AVX2__)
#define LANES 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define KERNELS ya_kernels_avx2
#define KERNELS_NAME "avx2"
#include "tensor/kernels.inc"
#else
typedef int ya_no_avx2;
#endif
