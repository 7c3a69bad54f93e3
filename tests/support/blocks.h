/* Random rows of stored types whose values are small and finite. */
#ifndef TESTS_SUPPORT_BLOCKS_H
#define TESTS_SUPPORT_BLOCKS_H

#include "base/random.h"
#include "io/dtype.h"

#include <math.h>
#include <string.h>

/* Where the halves of a block are, and values for weights of deviation 0.02 when all other bits are
 * random; a second one is minus the mean, or the scale of the minimums. */
typedef struct {
    ya_dtype type;
    int at, second_at; /* -1: none */
    float value, second;
} blocks_scale;

static const blocks_scale BLOCKS_SCALES[] = {
    {YA_Q4_0, 0, -1, 4.3e-3f, 0},
    {YA_Q4_1, 0, 2, 4.3e-3f, -7.5f * 4.3e-3f},
    {YA_Q5_0, 0, -1, 2.2e-3f, 0},
    {YA_Q5_1, 0, 2, 2.2e-3f, -15.5f * 2.2e-3f},
    {YA_Q8_0, 0, -1, 2.7e-4f, 0},
    {YA_Q2_K, 80, 82, 1.5e-3f, 1.5f * 1.5e-3f},
    {YA_Q3_K, 108, -1, 4.7e-4f, 0},
    {YA_Q4_K, 0, 2, 7.7e-5f, 7.5f * 7.7e-5f},
    {YA_Q5_K, 0, 2, 3.8e-5f, 15.5f * 3.8e-5f},
    {YA_Q6_K, 208, -1, 1.46e-5f, 0},
    {YA_IQ4_NL, 0, -1, 2.8e-4f, 0},
    {YA_IQ4_XS, 0, -1, 1.5e-5f, 0},
};
enum { N_BLOCKS_SCALES = sizeof BLOCKS_SCALES / sizeof *BLOCKS_SCALES };

/* The half float nearest to x, |x| < 2. */
static inline uint16_t blocks_half(float x)
{
    int exponent;
    float fraction = frexpf(fabsf(x), &exponent); /* |x| = fraction * 2^exponent, [0.5, 1) */
    uint16_t sign = x < 0 ? 0x8000 : 0;
    if (x == 0 || exponent < -13)
        return (uint16_t)(sign | lrintf(fabsf(x) * 0x1p24f));
    return (uint16_t)(sign | (((exponent + 13) << 10) + lrintf(fraction * 0x1p11f)));
}

/* n elements of `type`, which is F32, F16, BF16 or a block type of whose blocks n is a multiple;
 * returns the bytes written. */
static inline size_t blocks_row(ya_dtype type, int n, uint64_t seed, unsigned char *row)
{
    const ya_dtype_info *info = ya_dtype_get(type);
    size_t each = (size_t)info->block_bytes, size = (size_t)(n / info->block_size) * each;
    for (size_t i = 0; i < size; i++)
        row[i] = (unsigned char)(ya_splitmix64(seed, i) >> 32);
    for (int i = 0; i < n && info->block_size == 1; i++) {
        float x = 0.035f * (2 * ya_unit_float(ya_splitmix64(seed, (uint64_t)i)) - 1);
        uint16_t half = blocks_half(x);
        if (type == YA_F16)
            memcpy(row + (size_t)i * each, &half, 2);
        else /* the upper bytes of an f32 are a bf16 */
            memcpy(row + (size_t)i * each, (unsigned char *)&x + 4 - each, each);
    }
    for (int s = 0; s < N_BLOCKS_SCALES; s++)
        for (size_t at = 0; BLOCKS_SCALES[s].type == type && at < size; at += each) {
            uint16_t d = blocks_half(BLOCKS_SCALES[s].value),
                     m = blocks_half(BLOCKS_SCALES[s].second);
            memcpy(row + at + BLOCKS_SCALES[s].at, &d, 2);
            if (BLOCKS_SCALES[s].second_at >= 0)
                memcpy(row + at + BLOCKS_SCALES[s].second_at, &m, 2);
        }
    return size;
}

#endif
