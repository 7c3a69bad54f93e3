/* Compiled without contraction of a * b + c (CMakeLists.txt): quantising is bit-exact. */
#include "export/store.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 32, Q8_0_BYTES = 34, Q4_0_BYTES = 18, HALF_INFINITY = 0x7C00 };

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* IEEE 754 binary16, round to nearest even. */
static uint16_t half_of(float x)
{
    const uint32_t least_infinite = 0x477FF000, least_normal = 0x38800000;
    uint32_t bits = bits_of(x), sign = bits >> 16 & 0x8000;
    bits &= 0x7FFFFFFF;
    if (bits >= least_infinite) /* 65520 and above round to infinity */
        return (uint16_t)(sign | (bits > 0x7F800000 ? 0x7E00 : HALF_INFINITY));
    if (bits < least_normal) { /* 0.5 has the last place of f16's subnormals: adding it rounds */
        float magnitude;
        memcpy(&magnitude, &bits, sizeof magnitude);
        return (uint16_t)(sign | (bits_of(magnitude + 0.5f) - bits_of(0.5f)));
    }
    bits += 0xFFF + (bits >> 13 & 1);
    return (uint16_t)(sign | ((bits - 0x38000000) >> 13));
}

static uint16_t brain_of(float x)
{
    uint32_t bits = bits_of(x);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static bool store_halves(const float *src, int n, uint8_t *dst)
{
    bool fits = true;
    for (int i = 0; i < n; i++) {
        uint16_t half = half_of(src[i]);
        fits = fits && (half & HALF_INFINITY) != HALF_INFINITY;
        memcpy(dst + 2 * (size_t)i, &half, 2);
    }
    return fits;
}

static bool store_brains(const float *src, int n, uint8_t *dst)
{
    uint32_t most = 0;
    for (int i = 0; i < n; i++) {
        uint16_t brain = brain_of(src[i]);
        most = (brain & 0x7FFFu) > most ? brain & 0x7FFFu : most;
        memcpy(dst + 2 * (size_t)i, &brain, 2);
    }
    return most < 0x7F80;
}

/* The element of greatest magnitude, the first among equals. */
static float greatest(const float *x)
{
    float most = 0.0f, value = x[0];
    for (int i = 0; i < BLOCK; i++)
        if (fabsf(x[i]) > most) {
            most = fabsf(x[i]);
            value = x[i];
        }
    return value;
}

/* 1 / d as ggml takes it; what d cannot be inverted to is rounded to a scale of 0 anyway. */
static float inverse(float d)
{
    float inverted = d == 0.0f ? 0.0f : 1.0f / d;
    return isfinite(inverted) ? inverted : 0.0f;
}

static void put_scale(uint8_t *dst, float d)
{
    uint16_t half = half_of(d);
    memcpy(dst, &half, sizeof half);
}

/* | d: f16 | 32 x i8 |, x = d q */
static void store_q8_0(const float *x, uint8_t *dst)
{
    float d = fabsf(greatest(x)) / 127.0f, id = inverse(d);
    put_scale(dst, d);
    for (int i = 0; i < BLOCK; i++)
        dst[2 + i] = (uint8_t)(int8_t)roundf(x[i] * id);
}

/* | d: f16 | 16 x (low: element i, high: element i + 16) |, x = d (q - 8) */
static void store_q4_0(const float *x, uint8_t *dst)
{
    float d = greatest(x) / -8.0f, id = inverse(d);
    put_scale(dst, d);
    for (int i = 0; i < BLOCK / 2; i++) {
        int low = (int)(x[i] * id + 8.5f), high = (int)(x[i + BLOCK / 2] * id + 8.5f);
        low = low > 15 ? 15 : low;
        high = high > 15 ? 15 : high;
        dst[2 + i] = (uint8_t)(low | high << 4);
    }
}

static bool all_finite(const float *x, int n)
{
    uint32_t most = 0;
    for (int i = 0; i < n; i++) {
        uint32_t magnitude = bits_of(x[i]) & 0x7FFFFFFF;
        most = magnitude > most ? magnitude : most;
    }
    return most < 0x7F800000;
}

/* A scale beyond f16 is no block. */
static bool store_blocks(ya_dtype type, const float *src, int n, uint8_t *dst)
{
    int bytes = type == YA_Q8_0 ? Q8_0_BYTES : Q4_0_BYTES;
    for (int i = 0; i < n / BLOCK; i++, src += BLOCK, dst += bytes) {
        uint16_t scale;
        if (type == YA_Q8_0)
            store_q8_0(src, dst);
        else
            store_q4_0(src, dst);
        memcpy(&scale, dst, sizeof scale);
        if ((scale & HALF_INFINITY) == HALF_INFINITY)
            return false;
    }
    return true;
}

bool ya_store_knows(ya_dtype type)
{
    return type == YA_F32 || type == YA_F16 || type == YA_BF16 || type == YA_Q8_0 ||
           type == YA_Q4_0;
}

bool ya_store_row(ya_dtype type, const float *src, int n, void *dst)
{
    if (!all_finite(src, n))
        return false;
    switch (type) {
    case YA_F32:
        memcpy(dst, src, (size_t)n * sizeof *src);
        return true;
    case YA_F16:
        return store_halves(src, n, dst);
    case YA_BF16:
        return store_brains(src, n, dst);
    default:
        return store_blocks(type, src, n, dst);
    }
}
