/* A text in blocks of 64 bytes, each a few words of 64 bits: which bytes belong to word characters,
 * and at which something other than a word may begin. */
#ifndef YA_PROVENANCE_BLOCKS_H
#define YA_PROVENANCE_BLOCKS_H

#include "base/chars.h"

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { YA_BLOCK = 64 };

typedef struct {
    uint64_t word;  /* bytes of word characters (chars.h) */
    uint64_t other; /* '[', '(', '.', LF, and 0xA9 behind 0xC2: the copyright sign */
} ya_block;

/* One byte at a time: for the end of a text, and where there is no SSE2. */
static inline uint64_t ya_block_scalar(ya_block *block, const char *text, size_t n)
{
    uint64_t high = 0;
    *block = (ya_block){0};
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        block->word |= (uint64_t)(ya_is_letter(c) || ya_is_digit(c) || c == '_') << i;
        block->other |= (uint64_t)(c == '[' || c == '(' || c == '.' || c == '\n') << i;
        high |= (uint64_t)((signed char)c < 0) << i;
    }
    return high;
}

#ifdef __SSE2__
static inline __m128i ya_in_range(__m128i bytes, char low, char high)
{
    __m128i from_low = _mm_sub_epi8(bytes, _mm_set1_epi8(low));
    __m128i width = _mm_set1_epi8((char)(high - low));
    return _mm_cmpeq_epi8(_mm_min_epu8(from_low, width), from_low);
}

static inline uint64_t ya_block_vector(ya_block *block, const char *text)
{
    uint64_t high = 0;
    *block = (ya_block){0};
    for (int part = 0; part < 4; part++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text + 16 * part));
        __m128i letters = ya_in_range(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z');
        __m128i word = _mm_or_si128(_mm_or_si128(letters, ya_in_range(v, '0', '9')),
                                    _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
        __m128i other = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('[')),
                                                  _mm_cmpeq_epi8(v, _mm_set1_epi8('('))),
                                     _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('.')),
                                                  _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'))));
        block->word |= (uint64_t)(unsigned)_mm_movemask_epi8(word) << 16 * part;
        block->other |= (uint64_t)(unsigned)_mm_movemask_epi8(other) << 16 * part;
        high |= (uint64_t)(unsigned)_mm_movemask_epi8(v) << 16 * part;
    }
    return high;
}
#endif

/* The block at `at` < size of a text. A word character of two bytes may lie across its ends. */
static inline void ya_block_read(ya_block *block, const char *text, size_t size, size_t at)
{
    size_t n = size - at;
    uint64_t high;
#ifdef __SSE2__
    if (n >= YA_BLOCK)
        high = ya_block_vector(block, text + at);
    else
#endif
        high = ya_block_scalar(block, text + at, n < YA_BLOCK ? n : YA_BLOCK);
    for (; high; high &= high - 1) {
        int bit = __builtin_ctzll(high);
        size_t i = at + (size_t)bit;
        unsigned char c = (unsigned char)text[i], before = i ? (unsigned char)text[i - 1] : 0;
        bool begins = c >= 0xC3 && c <= 0xC9 && i + 1 < size && ya_is_latin(text[i], text[i + 1]);
        bool ends = before >= 0xC3 && before <= 0xC9 && ya_is_latin(text[i - 1], text[i]);
        block->word |= (uint64_t)(begins || ends) << bit;
        block->other |= (uint64_t)(c == 0xA9 && before == 0xC2) << bit;
    }
}

#endif
