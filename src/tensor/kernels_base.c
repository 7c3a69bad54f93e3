/* For any processor. */
#define LANES 4
#define TILE_ROWS 2
#define TILE_VECTORS 4
#define KERNELS ya_kernels_base
#define KERNELS_NAME "base"
#include "tensor/kernels.inc"
