/* x86-64 with AVX-512 F, BW, DQ, VL and BF16. */
#include "tensor/bf16_tiles.h"

#if defined(__AVX512BF16__)
#define LANES 16
#define TILE_ROWS 6
#define TILE_VECTORS 4
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/kernels_vector.inc"
typedef int32_t word __attribute__((may_alias));
#define TILE_SPLAT(p) ((vf)_mm512_set1_epi32(*(const word *)(p)))
#define TILE_MULTIPLY_ADD(sum, x, y)                                                               \
    (vf) _mm512_dpbf16_ps((__m512)(sum), (__m512bh)(x), (__m512bh)(y))
#include "tensor/kernels_tile.inc"

static __mmask16 first(int n)
{
    return (__mmask16)(n >= LANES ? 0xffff : n > 0 ? (1 << n) - 1 : 0);
}

static void pair_along(const float *x, int n, float *words)
{
    for (int i = 0; i < n; i += 2 * LANES) {
        __m512 low = _mm512_maskz_loadu_ps(first(n - i), x + i);
        __m512 high = _mm512_maskz_loadu_ps(first(n - i - LANES), x + i + LANES);
        __m512i pairs = (__m512i)_mm512_cvtne2ps_pbh(high, low);
        _mm512_mask_storeu_epi32(words + i / 2, first((n - i + 1) / 2), pairs);
    }
}

static void pair_across(const float *x, const float *y, int n, float *words)
{
    static const uint16_t order[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                       21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                       11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    __m512i alternating = _mm512_loadu_si512(order);
    for (int i = 0; i < n; i += LANES) {
        __m512 even = _mm512_maskz_loadu_ps(first(n - i), x + i);
        __m512 odd = y ? _mm512_maskz_loadu_ps(first(n - i), y + i) : _mm512_setzero_ps();
        __m512i both = (__m512i)_mm512_cvtne2ps_pbh(odd, even);
        _mm512_mask_storeu_epi32(words + i, first(n - i),
                                 _mm512_permutexvar_epi16(alternating, both));
    }
}

const ya_bf16_tiles ya_bf16_tiles_avx512 = {tile_matmul, pair_along, pair_across};
#else
typedef int ya_no_bf16_tiles;
#endif
