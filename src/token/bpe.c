/* Short words are merged by looking for the best pair again and again in a small array; long ones
 * with a heap over a linked list. Invariants of the latter:
 *   1. rank[p] is the rank of the pair that begins at the live position p, NO_RANK if it has none
 *      or p is dead.
 *   2. Every live pair is in the heap as rank << 32 | p. An entry whose rank is no longer rank[p]
 *      is stale and skipped.
 *   3. A merge adds at most two entries and takes one, so 2n places are enough for n symbols. */
#include "token/bpe.h"

#include "base/alloc.h"
#include "token/unicode.h"

#include <assert.h>
#include <string.h>

enum { SHORT_WORD = 40 };
static const uint32_t NO_RANK = UINT32_MAX;

static size_t merge_slot(const ya_bpe *bpe, uint64_t pair)
{
    uint64_t h = pair * 0x9E3779B97F4A7C15u;
    size_t mask = bpe->n_merge_slots - 1, i = (size_t)(h ^ h >> 32) & mask;
    while (bpe->merges[i].pair != pair && bpe->merges[i].pair != UINT64_MAX)
        i = (i + 1) & mask;
    return i;
}

/* The rank of a pair and what it becomes, NO_RANK if it never merges. */
static inline uint32_t rank_of(const ya_bpe *bpe, int32_t left, int32_t right, int32_t *id)
{
    const ya_merge *merge =
        &bpe->merges[merge_slot(bpe, (uint64_t)(uint32_t)left << 32 | (uint32_t)right)];
    *id = merge->id;
    return merge->rank; /* NO_RANK in an empty slot */
}

/* Merges ids[0..n) in place for small n; returns how many are left. */
static size_t merge_short(const ya_bpe *bpe, int32_t *ids, size_t n)
{
    uint32_t rank[SHORT_WORD];
    int32_t merged[SHORT_WORD];
    assert(n <= SHORT_WORD);
    for (size_t i = 0; i + 1 < n; i++)
        rank[i] = rank_of(bpe, ids[i], ids[i + 1], &merged[i]);
    while (n > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < n; i++)
            if (rank[i] < rank[best])
                best = i;
        if (rank[best] == NO_RANK)
            break;
        ids[best] = merged[best];
        size_t tail = n - best - 2; /* symbols behind the pair */
        memmove(ids + best + 1, ids + best + 2, tail * sizeof *ids);
        memmove(rank + best, rank + best + 1, tail * sizeof *rank);
        memmove(merged + best, merged + best + 1, tail * sizeof *merged);
        n--;
        if (best > 0)
            rank[best - 1] = rank_of(bpe, ids[best - 1], ids[best], &merged[best - 1]);
        if (best + 1 < n)
            rank[best] = rank_of(bpe, ids[best], ids[best + 1], &merged[best]);
    }
    return n;
}

static void heap_push(ya_bpe_scratch *s, uint64_t entry)
{
    size_t i = s->n_heap++;
    while (i > 0 && s->heap[(i - 1) / 2] > entry) {
        s->heap[i] = s->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    s->heap[i] = entry;
}

static uint64_t heap_pop(ya_bpe_scratch *s)
{
    uint64_t top = s->heap[0], last = s->heap[--s->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s->n_heap)
            break;
        if (child + 1 < s->n_heap && s->heap[child + 1] < s->heap[child])
            child++;
        if (s->heap[child] >= last)
            break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return top;
}

static void look_at_pair(const ya_bpe *bpe, ya_bpe_scratch *s, size_t at)
{
    s->rank[at] = NO_RANK;
    if (s->next[at] < 0)
        return;
    s->rank[at] = rank_of(bpe, s->id[at], s->id[s->next[at]], &s->merged[at]);
    if (s->rank[at] != NO_RANK)
        heap_push(s, (uint64_t)s->rank[at] << 32 | at);
}

static ya_status reserve_long(ya_bpe_scratch *s, size_t n, ya_error *err)
{
    if (n <= s->room)
        return YA_OK;
    size_t room = n + n / 4;
    int32_t **arrays[] = {&s->id, &s->next, &s->previous, &s->merged};
    bool ok = true;
    for (size_t i = 0; i < 4; i++) {
        ya_free(*arrays[i]);
        ok &= (*arrays[i] = ya_alloc_zero(room, sizeof(int32_t))) != NULL;
    }
    ya_free(s->rank);
    ya_free(s->heap);
    s->rank = ya_alloc_zero(room, sizeof *s->rank);
    s->heap = ya_alloc_zero(2 * room, sizeof *s->heap);
    s->room = ok && s->rank && s->heap ? room : 0;
    if (s->room == 0)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a word of %zu symbols", n);
    return YA_OK;
}

static ya_status merge_long(const ya_bpe *bpe, ya_bpe_scratch *s, int32_t *ids, size_t *count,
                            ya_error *err)
{
    size_t n = *count;
    ya_status status = reserve_long(s, n, err);
    if (status != YA_OK)
        return status;
    s->n_heap = 0;
    for (size_t i = 0; i < n; i++) {
        s->id[i] = ids[i];
        s->previous[i] = (int32_t)i - 1;
        s->next[i] = i + 1 < n ? (int32_t)i + 1 : -1;
    }
    for (size_t i = 0; i < n; i++)
        look_at_pair(bpe, s, i);
    while (s->n_heap) {
        uint64_t entry = heap_pop(s);
        size_t at = (uint32_t)entry;
        if (s->rank[at] != entry >> 32)
            continue;
        int32_t right = s->next[at];
        s->id[at] = s->merged[at];
        s->rank[right] = NO_RANK;
        s->next[at] = s->next[right];
        if (s->next[at] >= 0)
            s->previous[s->next[at]] = (int32_t)at;
        look_at_pair(bpe, s, at);
        if (s->previous[at] >= 0)
            look_at_pair(bpe, s, (size_t)s->previous[at]);
    }
    size_t left = 0;
    for (int32_t i = 0; i >= 0; i = s->next[i])
        ids[left++] = s->id[i];
    *count = left;
    return YA_OK;
}

static ya_status reserve_symbols(ya_bpe_scratch *s, size_t n, ya_error *err)
{
    if (n <= s->room_symbols)
        return YA_OK;
    ya_free(s->symbols);
    s->symbols = ya_alloc_zero(n + n / 4, sizeof *s->symbols);
    s->room_symbols = s->symbols ? n + n / 4 : 0;
    if (!s->symbols)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a word of %zu symbols", n);
    return YA_OK;
}

/* The symbols of a word as the reference collects them: an unknown is held back until the next
 * symbol that has its own token, so that byte tokens can overtake it. */
typedef struct {
    int32_t *out;
    size_t n;
    bool unknown;
} collector;

static void collect_token(collector *c, const ya_bpe *bpe, int32_t id)
{
    if (c->unknown)
        c->out[c->n++] = bpe->unk;
    c->unknown = false;
    c->out[c->n++] = id;
}

static void collect_unknown(collector *c, const ya_bpe *bpe)
{
    if (bpe->unk < 0)
        return;
    if (c->unknown && !bpe->fuse_unk)
        c->out[c->n++] = bpe->unk;
    c->unknown = true;
}

static void collect_byte(collector *c, const ya_bpe *bpe, uint8_t byte)
{
    const ya_symbol *symbol = &bpe->bytes[byte];
    if (symbol->n == 0) {
        collect_unknown(c, bpe);
    } else if (!symbol->fallback) {
        collect_token(c, bpe, symbol->ids[0]);
    } else {
        for (int k = 0; k < symbol->n; k++)
            c->out[c->n++] = symbol->ids[k];
    }
}

static void collect_character(collector *c, const ya_bpe *bpe, const char *text, size_t length)
{
    unsigned char lead = (unsigned char)text[0];
    int32_t id = lead < 0x80 ? bpe->ascii[lead] : ya_strings_find(&bpe->words, text, length);
    if (id >= 0) {
        collect_token(c, bpe, id);
        return;
    }
    for (size_t k = 0; k < length; k++) {
        if (bpe->bytes[(unsigned char)text[k]].n == 0) {
            collect_unknown(c, bpe);
            return;
        }
    }
    for (size_t k = 0; k < length; k++)
        c->out[c->n++] = bpe->bytes[(unsigned char)text[k]].ids[0];
}

/* At most 2 * size + 1 symbols. */
static size_t symbols_of(const ya_bpe *bpe, const char *word, size_t size, int32_t *out)
{
    collector c = {out, 0, false};
    if (bpe->byte_level) {
        for (size_t i = 0; i < size; i++)
            collect_byte(&c, bpe, (uint8_t)word[i]);
    } else {
        for (size_t i = 0; i < size;) {
            size_t length = ya_utf8_length(word[i]);
            collect_character(&c, bpe, word + i, length);
            i += length;
        }
    }
    if (c.unknown)
        out[c.n++] = bpe->unk;
    return c.n;
}

static ya_status add_all(ya_ids *ids, const int32_t *from, size_t n, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t i = 0; i < n; i++)
        YA_TRY(ya_ids_add(ids, from[i], err));
done:
    return status;
}

/* A word without asking whether it is a token. */
static ya_status encode_by_merges(const ya_bpe *bpe, ya_bpe_scratch *s, const char *word,
                                  size_t size, ya_ids *ids, ya_error *err)
{
    ya_status status = YA_OK;
    int32_t few[2 * SHORT_WORD + 1];
    int32_t *symbols = few;
    if (size > SHORT_WORD) {
        YA_TRY(reserve_symbols(s, 2 * size + 1, err));
        symbols = s->symbols;
    }
    size_t n = symbols_of(bpe, word, size, symbols);
    if (n <= SHORT_WORD)
        n = merge_short(bpe, symbols, n);
    else
        YA_TRY(merge_long(bpe, s, symbols, &n, err));
    status = add_all(ids, symbols, n, err);
done:
    return status;
}

/* A word that holds no boundary where `split_spaces` would end it. */
static ya_status encode_word(const ya_bpe *bpe, ya_bpe_scratch *s, const char *word, size_t size,
                             ya_ids *ids, ya_error *err)
{
    int32_t id = ya_strings_find(&bpe->words, word, size);
    if (id >= 0 && bpe->whole[id])
        return ya_ids_add(ids, id, err);
    return encode_by_merges(bpe, s, word, size, ids, err);
}

static bool is_mark(const char *at, const char *end)
{
    return end - at >= 3 && memcmp(at, "\xE2\x96\x81", 3) == 0;
}

/* The end of the stretch of U+2581 and of what is no U+2581 behind it. */
static const char *end_of_space_word(const char *at, const char *end)
{
    while (is_mark(at, end))
        at += 3;
    while (at < end) {
        at = memchr(at, 0xE2, (size_t)(end - at));
        if (!at)
            return end;
        if (is_mark(at, end))
            return at;
        at++;
    }
    return end;
}

ya_status ya_bpe_encode(const ya_bpe *bpe, ya_bpe_scratch *scratch, const char *word, size_t size,
                        ya_ids *ids, ya_error *err)
{
    ya_status status = YA_OK;
    if (size == 0)
        return YA_OK;
    if (size > INT32_MAX / 4)
        return ya_fail(err, YA_ERR_DATA, "a text without a boundary is %zu bytes long, at most %d",
                       size, INT32_MAX / 4);
    if (bpe->ignore_merges) {
        int32_t id = ya_strings_find(&bpe->words, word, size);
        if (id >= 0)
            return ya_ids_add(ids, id, err);
    }
    if (!bpe->split_spaces)
        return encode_word(bpe, scratch, word, size, ids, err);
    for (const char *at = word, *end = word + size; at < end;) {
        const char *stop = end_of_space_word(at, end);
        YA_TRY(encode_word(bpe, scratch, at, (size_t)(stop - at), ids, err));
        at = stop;
    }
done:
    return status;
}

void ya_bpe_scratch_free(ya_bpe_scratch *s)
{
    ya_free(s->id);
    ya_free(s->next);
    ya_free(s->previous);
    ya_free(s->merged);
    ya_free(s->rank);
    ya_free(s->heap);
    ya_free(s->symbols);
    *s = (ya_bpe_scratch){0};
}

/* ---- Filling ---- */

static ya_status grow_merges(ya_bpe *bpe, ya_error *err)
{
    ya_bpe bigger = *bpe;
    bigger.n_merge_slots = bpe->n_merge_slots ? 2 * bpe->n_merge_slots : 64;
    bigger.merges = ya_alloc_zero(bigger.n_merge_slots, sizeof *bigger.merges);
    if (!bigger.merges)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu merges", bigger.n_merge_slots);
    for (size_t i = 0; i < bigger.n_merge_slots; i++)
        bigger.merges[i] = (ya_merge){UINT64_MAX, NO_RANK, -1};
    for (size_t i = 0; i < bpe->n_merge_slots; i++)
        if (bpe->merges[i].pair != UINT64_MAX)
            bigger.merges[merge_slot(&bigger, bpe->merges[i].pair)] = bpe->merges[i];
    ya_free(bpe->merges);
    *bpe = bigger;
    return YA_OK;
}

ya_status ya_bpe_add_merge(ya_bpe *bpe, int32_t left, int32_t right, uint32_t rank, int32_t id,
                           ya_error *err)
{
    assert(left >= 0 && right >= 0 && id >= 0 && rank != NO_RANK);
    ya_status status = YA_OK;
    if (2 * (bpe->n_merges + 1) > bpe->n_merge_slots)
        YA_TRY(grow_merges(bpe, err));
    uint64_t pair = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    ya_merge *merge = &bpe->merges[merge_slot(bpe, pair)];
    bpe->n_merges += merge->pair == UINT64_MAX;
    *merge = (ya_merge){pair, rank, id};
done:
    return status;
}

/* True when some token holds a U+2581 behind another character, so that words cannot end there. */
static bool space_inside(const ya_strings *words)
{
    for (size_t id = 0; id < words->n_ids; id++) {
        size_t size;
        const char *text = ya_strings_text(words, (int32_t)id, &size);
        if (text && end_of_space_word(text, text + size) != text + size)
            return true;
    }
    return false;
}

static ya_status find_whole(ya_bpe *bpe, ya_error *err)
{
    ya_status status = YA_OK;
    ya_bpe_scratch scratch = {0};
    ya_ids ids = {0};
    bpe->whole = ya_alloc_zero(bpe->words.n_ids, 1);
    if (!bpe->whole)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu tokens", bpe->words.n_ids);
    for (size_t id = 0; id < bpe->words.n_ids; id++) {
        size_t size;
        const char *text = ya_strings_text(&bpe->words, (int32_t)id, &size);
        if (!text || size == 0)
            continue;
        ids.size = 0;
        YA_TRY(encode_by_merges(bpe, &scratch, text, size, &ids, err));
        bpe->whole[id] = ids.size == 1 && ids.data[0] == (int32_t)id;
    }
done:
    ya_ids_free(&ids);
    ya_bpe_scratch_free(&scratch);
    return status;
}

ya_status ya_bpe_finish(ya_bpe *bpe, ya_error *err)
{
    ya_status status = YA_OK;
    if (bpe->n_merge_slots == 0)
        YA_TRY(grow_merges(bpe, err));
    for (int c = 0; c < 128; c++) {
        char text = (char)c;
        bpe->ascii[c] = bpe->byte_level ? -1 : ya_strings_find(&bpe->words, &text, 1);
    }
    bool every_byte = true;
    for (int b = 0; b < 256; b++)
        every_byte &= bpe->bytes[b].n > 0 || b == 0xC0 || b == 0xC1 || b >= 0xF5;
    /* Unknowns may fuse across a boundary; where every byte of UTF-8 has a token there are none. */
    bpe->split_spaces = !bpe->byte_level && every_byte && !space_inside(&bpe->words);
    status = find_whole(bpe, err);
done:
    return status;
}

void ya_bpe_free(ya_bpe *bpe)
{
    ya_strings_free(&bpe->words);
    ya_free(bpe->merges);
    ya_free(bpe->whole);
    *bpe = (ya_bpe){0};
}
