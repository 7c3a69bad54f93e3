#include "data/minhash.h"

#include "base/chars.h"
#include "base/random.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SHINGLE_WORDS = 5, BLOCK = 128, LANES = 32, SEED = 0x6d68 };

/* h_j(x) = factor_j x + offset_j modulo 2^32, of shingles that are random numbers already. */
typedef struct {
    uint32_t factor[YA_MINHASH_SIZE], offset[YA_MINHASH_SIZE];
} functions;

static void make_functions(functions *f)
{
    for (uint64_t j = 0; j < YA_MINHASH_SIZE; j++) {
        f->factor[j] = (uint32_t)(ya_splitmix64(SEED, 2 * j) >> 32) | 1;
        f->offset[j] = (uint32_t)(ya_splitmix64(SEED, 2 * j + 1) >> 32);
    }
}

/* minima[j] = min(minima[j], h_j(x) over all x) */
static inline __attribute__((always_inline)) void
lower_minima(uint32_t minima[YA_MINHASH_SIZE], const functions *f, const uint32_t *x, size_t n)
{
    for (size_t from = 0; from < YA_MINHASH_SIZE; from += LANES) {
        uint32_t least[LANES];
        for (int j = 0; j < LANES; j++)
            least[j] = minima[from + j];
        for (size_t i = 0; i < n; i++)
            for (int j = 0; j < LANES; j++) {
                uint32_t hash = f->factor[from + j] * x[i] + f->offset[from + j];
                least[j] = hash < least[j] ? hash : least[j];
            }
        for (int j = 0; j < LANES; j++)
            minima[from + j] = least[j];
    }
}

static void lower_base(uint32_t minima[YA_MINHASH_SIZE], const functions *f, const uint32_t *x,
                       size_t n)
{
    lower_minima(minima, f, x, n);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void
lower_avx2(uint32_t minima[YA_MINHASH_SIZE], const functions *f, const uint32_t *x, size_t n)
{
    lower_minima(minima, f, x, n);
}
#endif

typedef struct {
    uint32_t minima[YA_MINHASH_SIZE];
    functions functions;
    uint32_t block[BLOCK];
    size_t n;
} hashing;

static void flush(hashing *h)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        lower_avx2(h->minima, &h->functions, h->block, h->n);
    else
#endif
        lower_base(h->minima, &h->functions, h->block, h->n);
    h->n = 0;
}

/* A 5-gram: the hashes of its words, oldest at `from` in a ring. */
static void add_shingle(hashing *h, const uint64_t words[SHINGLE_WORDS], size_t from, size_t n)
{
    uint64_t sum = n;
    for (size_t i = 0; i < n; i++)
        sum = sum * UINT64_C(0x9E3779B97F4A7C15) + words[(from + i) % SHINGLE_WORDS];
    h->block[h->n++] = (uint32_t)(ya_splitmix64(sum, 0) >> 32);
    if (h->n == BLOCK)
        flush(h);
}

/* The next word at or behind *at; NULL at the end. */
static const char *next_word(const char **at, const char *end)
{
    size_t n;
    while (*at < end && ya_word_at(*at, end) == 0)
        ++*at;
    const char *word = *at;
    while ((n = ya_word_at(*at, end)) > 0)
        *at += n;
    return *at > word ? word : NULL;
}

static void add_shingles(hashing *h, const char *text, size_t size)
{
    uint64_t words[SHINGLE_WORDS];
    const char *at = text, *end = text + size, *word;
    size_t n_words = 0;
    while ((word = next_word(&at, end)) != NULL) {
        words[n_words++ % SHINGLE_WORDS] = XXH3_64bits(word, (size_t)(at - word));
        if (n_words >= SHINGLE_WORDS)
            add_shingle(h, words, n_words % SHINGLE_WORDS, SHINGLE_WORDS);
    }
    if (n_words == 0) /* symbols, or a script whose letters are no word characters */
        words[n_words++] = XXH3_64bits(text, size);
    if (n_words < SHINGLE_WORDS)
        add_shingle(h, words, 0, n_words);
}

void ya_minhash(ya_signature *out, const char *text, size_t size)
{
    hashing h = {.n = 0};
    make_functions(&h.functions);
    for (int j = 0; j < YA_MINHASH_SIZE; j++)
        h.minima[j] = UINT32_MAX;
    add_shingles(&h, text, size);
    flush(&h);
    for (int j = 0; j < YA_MINHASH_SIZE; j++)
        out->minima[j] = (uint16_t)(h.minima[j] * UINT32_C(0x9E3779B1) >> 16);
}

double ya_minhash_similarity(const ya_signature *a, const ya_signature *b)
{
    unsigned n_equal = 0;
    for (int j = 0; j < YA_MINHASH_SIZE; j++)
        n_equal += a->minima[j] == b->minima[j];
    return (double)n_equal / YA_MINHASH_SIZE;
}
