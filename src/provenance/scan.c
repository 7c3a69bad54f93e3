/* Invariants:
 *   1. Places are looked at from left to right, each once.
 *   2. A list's matches do not overlap: `free_from[list]` is where its scan goes on.
 *   3. At one place a list takes its longest word that ends there as its kind demands.
 *   4. Nothing is read behind `end`. */
#include "provenance/scan.h"

#include "provenance/blocks.h"

#include <string.h>

typedef struct {
    ya_scorer *found;
    const ya_words *words;
    const char *text, *end;
    const char *dated_end; /* a year is looked for up to here; NULL: not at all */
    ya_span host;          /* of a field */
    bool is_text;
    const char *free_from[YA_MAX_LISTS];
} scanning;

/* The longest match of each list at one place. */
typedef struct {
    uint64_t lists; /* bit: the list has one */
    uint32_t entry[YA_MAX_LISTS];
    const char *end[YA_MAX_LISTS];
} matches;

/* What is found: ------------------------------------------------------------------------------- */

static void add_word(ya_scorer *f, uint32_t entry)
{
    const ya_entry *e = &f->policy->entries[entry];
    bool is_new = !(f->seen[entry / 64] >> entry % 64 & 1);
    if (is_new) {
        f->seen[entry / 64] |= UINT64_C(1) << entry % 64;
        f->order[f->n_order++] = entry;
    }
    if (e->list == YA_LIST_INSTITUTION)
        f->institution = e->score > f->institution ? e->score : f->institution;
    else if (e->list == YA_LIST_CONSENSUS)
        f->n_consensus += is_new;
    else if (e->list == YA_LIST_PRIMARY)
        f->n_primary++;
    else
        f->types |= UINT64_C(1) << (e->list - YA_LIST_TYPES);
}

static void add_citation(scanning *s, const char *begin, const char *end)
{
    ya_scorer *f = s->found;
    if (!end || begin < s->free_from[YA_LIST_CITE])
        return;
    s->free_from[YA_LIST_CITE] = end;
    if (f->n_citations < YA_SHOWN_CITATIONS)
        f->citations[f->n_citations] = (ya_span){begin, end};
    f->n_citations++;
}

/* A year behind the word or sign [begin, behind). */
static void look_for_year(scanning *s, const char *begin, const char *behind)
{
    ya_scorer *f = s->found;
    if (f->year || !s->dated_end || behind > s->dated_end)
        return;
    const char *end = ya_year_behind(behind, s->dated_end, f->policy->years.accepted, &f->year);
    if (end)
        f->date = (ya_span){begin, end};
}

/* Words: --------------------------------------------------------------------------------------- */

/* The text [at, end) matched `name` in any case; does it as written, white space aside? */
static bool is_as_written(const char *at, const char *end, const char *name)
{
    while (at < end) {
        if (*name == ' ')
            at = ya_skip_space(at, end);
        else if (*at++ != *name)
            return false;
        name++;
    }
    return true;
}

/* The end of a host's name: behind a word character or a hyphen, and at its end. */
static bool is_host_end(const scanning *s, const char *at, const char *behind)
{
    if (at == s->text || !(at[-1] == '-' || ya_word_before(s->text, at)))
        return false;
    if (ya_word_at(behind, s->end) || behind == s->end)
        return behind == s->end;
    return *behind != '-' && !(*behind == '.' && ya_word_at(behind + 1, s->end));
}

/* Whether an output of a node holds for the text [at, behind), whose first letters match. */
static bool holds(scanning *s, const ya_word_output *o, const char *at, const char *behind)
{
    const ya_policy *p = s->found->policy;
    switch ((ya_word_kind)o->kind) {
    case YA_WORD_NAME:
        return !s->is_text && !ya_word_at(behind, s->end) && !ya_word_before(s->text, at) &&
               ((at >= s->host.begin && behind <= s->host.end) ||
                is_as_written(at, behind, p->entries[o->entry].word.text));
    case YA_WORD_PLAIN:
    case YA_WORD_PLURAL:
        return !ya_word_at(behind, s->end) && !ya_word_before(s->text, at);
    case YA_WORD_HOST:
        return is_host_end(s, at, behind);
    case YA_WORD_OFFICE:
        return s->is_text && !s->found->patent_number && !ya_word_before(s->text, at) &&
               is_as_written(at, behind, p->offices[o->entry].text) &&
               ya_patent_number(behind, s->end);
    case YA_WORD_CITE:
        return s->is_text && !ya_word_before(s->text, at);
    case YA_WORD_DATE:
        return s->is_text && s->dated_end && behind <= s->dated_end &&
               !ya_word_before(s->text, at) && !ya_word_at(behind, s->dated_end);
    }
    return false;
}

static void consider(scanning *s, matches *m, const ya_word_node *node, const char *at,
                     const char *behind)
{
    uint64_t here = 0; /* of a list's words for one text the first counts */
    for (unsigned i = 0; i < node->n_outputs; i++) {
        const ya_word_output *o = &s->words->outputs[node->output + i];
        uint64_t bit = UINT64_C(1) << o->list;
        if ((!s->is_text && o->list != YA_LIST_INSTITUTION) || (here & bit) ||
            at < s->free_from[o->list] || !holds(s, o, at, behind))
            continue;
        here |= bit;
        m->lists |= bit;
        m->entry[o->list] = o->entry;
        m->end[o->list] = behind;
    }
}

/* The child of a node for a byte, 0: none. */
static uint32_t child_of(const ya_words *w, const ya_word_node *node, uint8_t byte)
{
    for (uint32_t c = node->child; c < node->child + node->n_children; c++)
        if (w->bytes[c] == byte)
            return c;
    return 0;
}

static void take(scanning *s, const matches *m, const char *at)
{
    for (uint64_t lists = m->lists; lists; lists &= lists - 1) {
        int list = __builtin_ctzll(lists);
        if (list == YA_LIST_CITE) {
            add_citation(s, at, ya_cite_phrase(at, s->end));
        } else if (list == YA_LIST_DATE) {
            look_for_year(s, at, m->end[list]);
        } else if (list == YA_LIST_OFFICE) {
            s->found->patent_number = true;
        } else {
            s->free_from[list] = m->end[list];
            add_word(s->found, m->entry[list]);
        }
    }
}

/* All words that begin at `at`. */
static void look_for_words(scanning *s, const char *at)
{
    const ya_words *w = s->words;
    uint32_t n = w->root[(unsigned char)ya_fold(*at)];
    const char *i = at + 1;
    matches m;
    m.lists = 0;
    while (n) {
        const ya_word_node *node = &w->nodes[n];
        if (node->n_outputs)
            consider(s, &m, node, at, i);
        if (!node->n_children || i == s->end)
            break;
        const char *behind = ya_skip_space(i, s->end);
        n = child_of(w, node, behind > i ? ' ' : (uint8_t)ya_fold(*i));
        i = behind > i ? behind : i + 1;
    }
    if (m.lists)
        take(s, &m, at);
}

/* Places: -------------------------------------------------------------------------------------- */

/* Whether a word may begin at `at`, where a run of `run` (at most 4) bytes of word characters does.
 */
static bool passes(const scanning *s, const char *at, unsigned run)
{
    uint32_t first = 0;
    if (s->end - at >= 4)
        memcpy(&first, at, 4);
    else
        memcpy(&first, at, (size_t)(s->end - at));
    uint32_t bit = ya_word_key(first, run);
    return s->words->filter[bit / 64] >> bit % 64 & 1;
}

/* At one of the bytes that are looked at beside the beginnings of words. */
static void look_at_other(scanning *s, const char *at)
{
    if (s->words->starts[(unsigned char)*at])
        look_for_words(s, at);
    if (!s->is_text)
        return;
    if (*at == '\n')
        add_citation(s, at + 1, ya_cite_line(at + 1, s->end));
    else if (*at == '[' || *at == '(')
        add_citation(s, at, ya_cite_bracket(at, s->end));
    if (*at == '(' && s->end - at >= 3 && ya_fold(at[1]) == 'c' && at[2] == ')')
        look_for_year(s, at, at + 3);
    else if ((unsigned char)*at == 0xA9 && at > s->text && (unsigned char)at[-1] == 0xC2)
        look_for_year(s, at - 1, at + 1);
}

/* Bytes with which words of the policy begin that are neither letters nor looked at anyway. */
static uint64_t other_starts(const scanning *s, size_t at, size_t n)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n && i < YA_BLOCK; i++)
        bits |= (uint64_t)s->words->starts[(unsigned char)s->text[at + i]] << i;
    return bits;
}

static void scan(scanning *s)
{
    size_t size = (size_t)(s->end - s->text);
    ya_block block, next = {0};
    uint64_t before = 0; /* the bit behind which the block begins */
    if (size)
        ya_block_read(&next, s->text, size, 0);
    for (size_t at = 0; at < size; at += YA_BLOCK) {
        block = next;
        next = (ya_block){0};
        if (size - at > YA_BLOCK)
            ya_block_read(&next, s->text, size, at + YA_BLOCK);
        if (s->words->other_starts)
            block.other |= other_starts(s, at, size - at);
        uint64_t starts = block.word & ~(block.word << 1 | before);
        before = block.word >> (YA_BLOCK - 1);
        for (uint64_t places = starts | block.other; places; places &= places - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(places);
            const char *place = s->text + at + bit;
            if (!(starts >> bit & 1)) {
                look_at_other(s, place);
                continue;
            }
            uint64_t word = block.word >> bit;
            if (bit > YA_BLOCK - 4)
                word |= next.word << (YA_BLOCK - bit);
            unsigned run = (unsigned)__builtin_ctzll(~word | 1 << 4);
            if (passes(s, place, run))
                look_for_words(s, place);
        }
    }
}

static void begin(scanning *s, ya_scorer *scorer, const char *text, size_t size)
{
    s->found = scorer;
    s->words = &scorer->policy->words;
    s->text = text;
    s->end = text + size;
    for (int i = 0; i < YA_MAX_LISTS; i++)
        s->free_from[i] = text;
}

void ya_scan_reset(ya_scorer *scorer)
{
    for (uint32_t i = 0; i < scorer->n_order; i++)
        scorer->seen[scorer->order[i] / 64] = 0;
    scorer->institution = 0;
    scorer->n_primary = scorer->n_consensus = scorer->n_order = scorer->n_citations = 0;
    scorer->types = 0;
    scorer->patent_number = false;
    scorer->year = 0;
    scorer->date = (ya_span){NULL, NULL};
}

void ya_scan_text(ya_scorer *scorer, const char *text, size_t size, size_t n_dated)
{
    scanning s = {.is_text = true, .dated_end = scorer->year ? NULL : text + n_dated};
    begin(&s, scorer, text, size);
    add_citation(&s, text, ya_cite_line(text, s.end));
    scan(&s);
}

void ya_scan_field(ya_scorer *scorer, const char *text, size_t size, ya_span host)
{
    scanning s = {.host = host};
    begin(&s, scorer, text, size);
    scan(&s);
}
