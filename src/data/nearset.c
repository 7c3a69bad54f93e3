/* Signatures lie in blocks that do not move. Those that share a bucket are chained, a chain for
 * each band; links are positions + 1, 0 ends a chain:
 *
 *     heads[hash of a band's rows]  ->  entry i  ->  next[i][band]  -> ...
 *
 *     bytes an entry: 768 signature + 96 links + 96 to 120 heads */
#include "data/minhash.h"

#include "base/alloc.h"

#include <string.h>

enum { BLOCK_ENTRIES = 1024, FIRST_BUCKETS = 256 };
static const double LIKE = 0.8;

typedef struct {
    ya_signature signature;
    uint32_t next[YA_MINHASH_BANDS];
} entry;

struct ya_nearset {
    entry **blocks;
    uint32_t n, room; /* entries */
    uint32_t *heads;
    uint64_t n_buckets; /* of each band */
};

static entry *entry_at(const ya_nearset *set, uint32_t i)
{
    return &set->blocks[i / BLOCK_ENTRIES][i % BLOCK_ENTRIES];
}

/* The rows of a band; different bands have different rows. */
static uint64_t rows_of(const ya_signature *signature, unsigned band)
{
    uint64_t rows;
    _Static_assert(sizeof rows == YA_MINHASH_ROWS * sizeof *signature->minima, "a band's bytes");
    memcpy(&rows, &signature->minima[band * YA_MINHASH_ROWS], sizeof rows);
    return rows;
}

static uint32_t *head_of(const ya_nearset *set, uint64_t rows, unsigned band)
{
    uint64_t hash = (rows ^ rows >> 32) * UINT64_C(0xBF58476D1CE4E5B9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94D049BB133111EB);
    uint64_t bucket = (uint64_t)((unsigned __int128)hash * set->n_buckets >> 64);
    return &set->heads[band * set->n_buckets + bucket];
}

static void link_entry(ya_nearset *set, uint32_t i)
{
    entry *e = entry_at(set, i);
    for (unsigned band = 0; band < YA_MINHASH_BANDS; band++) {
        uint32_t *head = head_of(set, rows_of(&e->signature, band), band);
        e->next[band] = *head;
        *head = i + 1;
    }
}

/* More buckets, when there are fewer than entries; the chains are made anew. */
static ya_status grow_heads(ya_nearset *set, ya_error *err)
{
    if (set->n < set->n_buckets)
        return YA_OK;
    set->n_buckets += set->n_buckets / 4 + FIRST_BUCKETS;
    ya_free(set->heads);
    set->heads = ya_alloc_zero(set->n_buckets, YA_MINHASH_BANDS * sizeof *set->heads);
    if (!set->heads)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the signatures of %u records",
                       set->n);
    for (uint32_t i = 0; i < set->n; i++)
        link_entry(set, i);
    return YA_OK;
}

static ya_status grow_entries(ya_nearset *set, ya_error *err)
{
    if (set->n < set->room)
        return YA_OK;
    if (set->n > UINT32_MAX - 2 * BLOCK_ENTRIES)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "more than %u different records", set->n);
    size_t n_blocks = set->room / BLOCK_ENTRIES;
    entry **blocks = ya_realloc_array(set->blocks, n_blocks + 1, sizeof *blocks);
    if (blocks) {
        set->blocks = blocks;
        blocks[n_blocks] = ya_alloc_zero(BLOCK_ENTRIES, sizeof **blocks);
    }
    if (!blocks || !blocks[n_blocks])
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the signatures of %u records",
                       set->n);
    set->room += BLOCK_ENTRIES;
    return YA_OK;
}

static bool has_like(const ya_nearset *set, const ya_signature *signature)
{
    for (unsigned band = 0; band < YA_MINHASH_BANDS; band++) {
        uint64_t rows = rows_of(signature, band);
        for (uint32_t link = *head_of(set, rows, band); link;) {
            const entry *e = entry_at(set, link - 1);
            if (rows_of(&e->signature, band) == rows &&
                ya_minhash_similarity(&e->signature, signature) >= LIKE)
                return true;
            link = e->next[band];
        }
    }
    return false;
}

ya_status ya_nearset_new(ya_nearset **out, ya_error *err)
{
    *out = ya_alloc_zero(1, sizeof **out);
    return *out ? YA_OK : ya_fail(err, YA_ERR_MEMORY, "out of memory for a set of signatures");
}

ya_status ya_nearset_add(ya_nearset *set, const ya_signature *signature, bool *added, ya_error *err)
{
    ya_status status;
    YA_TRY(grow_entries(set, err));
    YA_TRY(grow_heads(set, err));
    *added = !has_like(set, signature);
    if (*added) {
        entry_at(set, set->n)->signature = *signature;
        link_entry(set, set->n);
        set->n++;
    }
done:
    return status;
}

void ya_nearset_free(ya_nearset *set)
{
    if (!set)
        return;
    for (uint32_t i = 0; i < set->room / BLOCK_ENTRIES; i++)
        ya_free(set->blocks[i]);
    ya_free(set->blocks);
    ya_free(set->heads);
    ya_free(set);
}
