/* Random numbers that are pure functions of (seed, index): nothing to save but the seed. */
#ifndef YA_BASE_RANDOM_H
#define YA_BASE_RANDOM_H

#include <stdint.h>

/* Output `index` (from 0) of SplitMix64 seeded with `seed`: Steele, Lea, Flood 2014.
 * ya_splitmix64(42, 0) = 0xbdd732262feb6e95. */
static inline uint64_t ya_splitmix64(uint64_t seed, uint64_t index)
{
    uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* A uniform float in [0, 1) from the top 24 bits of a draw. */
static inline float ya_unit_float(uint64_t draw)
{
    return (float)(draw >> 40) * 0x1p-24f;
}

/* A uniform double in [0, 1) from the top 53 bits of a draw. */
static inline double ya_unit_double(uint64_t draw)
{
    return (double)(draw >> 11) * 0x1p-53;
}

#endif
