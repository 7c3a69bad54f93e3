#include "provenance/words.h"

#include "base/alloc.h"
#include "base/chars.h"

#include <string.h>

/* While it is made, a trie of children in linked lists. */
typedef struct {
    uint32_t child, sibling, output; /* 0: none */
    uint16_t n_children, n_outputs;
    uint8_t byte;
} made_node;

typedef struct {
    ya_word_output output;
    uint32_t next; /* of the same node, 0: none */
} made_output;

struct ya_words_maker {
    made_node *nodes; /* [0]: the root */
    uint32_t n_nodes, room_nodes;
    made_output *outputs; /* [0] is not used */
    uint32_t n_outputs, room_outputs;
    uint64_t filter[(1 << YA_FILTER_LOG2) / 64];
};

/* Growing: ------------------------------------------------------------------------------------- */

static ya_status grow(void *array, uint32_t n, uint32_t *room, size_t size, ya_error *err)
{
    if (n < *room)
        return YA_OK;
    uint32_t more = *room ? 2 * *room : 1024;
    void **data = array;
    void *bigger = ya_realloc_array(*data, more, size);
    if (!bigger)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the words of a policy");
    *data = bigger;
    *room = more;
    return YA_OK;
}

ya_status ya_words_maker_new(ya_words_maker **out, ya_error *err)
{
    ya_words_maker *maker = ya_alloc_zero(1, sizeof *maker);
    ya_status status = YA_OK;
    *out = maker;
    if (!maker)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the words of a policy");
    YA_TRY(grow(&maker->nodes, 0, &maker->room_nodes, sizeof *maker->nodes, err));
    YA_TRY(grow(&maker->outputs, 0, &maker->room_outputs, sizeof *maker->outputs, err));
    maker->nodes[0] = (made_node){0};
    maker->n_nodes = maker->n_outputs = 1;
done:
    if (status) {
        ya_words_maker_free(maker);
        *out = NULL;
    }
    return status;
}

void ya_words_maker_free(ya_words_maker *maker)
{
    if (!maker)
        return;
    ya_free(maker->nodes);
    ya_free(maker->outputs);
    ya_free(maker);
}

/* Adding: -------------------------------------------------------------------------------------- */

static ya_status child_of(ya_words_maker *m, uint32_t parent, uint8_t byte, uint32_t *out,
                          ya_error *err)
{
    uint32_t *link = &m->nodes[parent].child;
    while (*link && m->nodes[*link].byte != byte)
        link = &m->nodes[*link].sibling;
    *out = *link;
    if (*link)
        return YA_OK;
    *link = *out = m->n_nodes;
    m->nodes[parent].n_children++;
    ya_status status = grow(&m->nodes, m->n_nodes, &m->room_nodes, sizeof *m->nodes, err);
    if (status)
        return status;
    m->nodes[m->n_nodes++] = (made_node){.byte = byte};
    return YA_OK;
}

/* An output of the node; one whole word a list, which is preferred to plurals; names first. */
static ya_status add_output(ya_words_maker *m, uint32_t node, ya_word_output output, ya_error *err)
{
    uint32_t *link = &m->nodes[node].output;
    bool shared = output.kind == YA_WORD_PLAIN || output.kind == YA_WORD_PLURAL;
    for (; shared && *link; link = &m->outputs[*link].next) {
        made_output *there = &m->outputs[*link];
        if (there->output.list != output.list || there->output.kind == YA_WORD_NAME)
            continue;
        if (there->output.kind == YA_WORD_PLURAL && output.kind == YA_WORD_PLAIN)
            there->output = output;
        return YA_OK;
    }
    ya_status status = grow(&m->outputs, m->n_outputs, &m->room_outputs, sizeof *m->outputs, err);
    if (status)
        return status;
    link = &m->nodes[node].output;
    while (*link && output.kind != YA_WORD_NAME)
        link = &m->outputs[*link].next;
    m->outputs[m->n_outputs] = (made_output){output, *link};
    *link = m->n_outputs++;
    m->nodes[node].n_outputs++;
    return YA_OK;
}

static void pass_filter(ya_words_maker *m, const char *word, size_t run)
{
    uint32_t first = 0;
    memcpy(&first, word, run < 4 ? run : 4);
    uint32_t bit = ya_word_key(first, run < 4 ? (unsigned)run : 4);
    m->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* What may follow without a break behind an office (digits) or op and loc (cit). */
static void pass_joined(ya_words_maker *m, const char *word, size_t run, ya_word_kind kind)
{
    char joined[8] = {0};
    if (run >= 4)
        return;
    memcpy(joined, word, run);
    if (kind == YA_WORD_CITE) {
        memcpy(joined + run, "cit", 3);
        pass_filter(m, joined, 4);
    }
    for (char c = '0'; kind == YA_WORD_OFFICE && c <= '9'; c++) {
        joined[run] = c;
        pass_filter(m, joined, run + 1);
        pass_joined(m, joined, run + 1, kind);
    }
}

static ya_status add_text(ya_words_maker *m, const char *text, size_t size, ya_word_output output,
                          ya_error *err)
{
    uint32_t node = 0;
    for (size_t i = 0; i < size; i++) {
        ya_status status = child_of(m, node, (uint8_t)ya_fold(text[i]), &node, err);
        if (status)
            return status;
    }
    size_t run = 0, n;
    while ((n = ya_word_at(text + run, text + size)) > 0)
        run += n;
    pass_filter(m, text, run);
    if (run == size)
        pass_joined(m, text, run, output.kind);
    return add_output(m, node, output, err);
}

ya_status ya_words_add(ya_words_maker *maker, const char *text, size_t size, unsigned list,
                       ya_word_kind kind, uint32_t entry, ya_error *err)
{
    ya_word_output output = {entry, (uint8_t)list, (uint8_t)kind};
    ya_status status = add_text(maker, text, size, output, err);
    if (status || kind != YA_WORD_PLAIN)
        return status;
    char plural[YA_WORD_MAX + 3];
    size_t n = ya_plural(plural, text, size);
    output.kind = YA_WORD_PLURAL;
    return n ? add_text(maker, plural, n, output, err) : YA_OK;
}

size_t ya_plural(char out[YA_WORD_MAX + 3], const char *text, size_t size)
{
    char last = ya_fold(text[size - 1]), before = size > 1 ? ya_fold(text[size - 2]) : ' ';
    if (last == 's')
        return 0;
    memcpy(out, text, size);
    if (last == 'x' || last == 'z' || (last == 'h' && (before == 'c' || before == 's'))) {
        memcpy(out + size, "es", 2);
        return size + 2;
    }
    if (last == 'y' &&
        !(before == 'a' || before == 'e' || before == 'i' || before == 'o' || before == 'u')) {
        memcpy(out + size - 1, "ies", 3);
        return size + 2;
    }
    out[size] = 's';
    return size + 1;
}

/* Finishing: ----------------------------------------------------------------------------------- */

static void copy_outputs(ya_words *w, const ya_words_maker *m, const made_node *from,
                         ya_word_node *to)
{
    to->output = w->n_outputs;
    to->n_outputs = from->n_outputs;
    for (uint32_t o = from->output; o; o = m->outputs[o].next)
        w->outputs[w->n_outputs++] = m->outputs[o].output;
}

/* Breadth first: `order[i]` is the made node that becomes node i. */
static void lay_out(ya_words *w, const ya_words_maker *m, uint32_t *order)
{
    order[0] = 0;
    w->n_nodes = 1;
    for (uint32_t i = 0; i < w->n_nodes; i++) {
        const made_node *from = &m->nodes[order[i]];
        ya_word_node *to = &w->nodes[i];
        w->bytes[i] = from->byte;
        to->child = w->n_nodes;
        to->n_children = from->n_children;
        for (uint32_t c = from->child; c; c = m->nodes[c].sibling)
            order[w->n_nodes++] = c;
        copy_outputs(w, m, from, to);
    }
}

/* The root's children by byte; those that begin no word are looked for at each of their places. */
static void index_root(ya_words *w)
{
    for (uint32_t i = 0; i < w->nodes[0].n_children; i++) {
        uint32_t child = w->nodes[0].child + i;
        unsigned char byte = w->bytes[child];
        w->root[byte] = child;
        bool is_word = ya_word_at((const char *)&byte, (const char *)&byte + 1) > 0;
        w->starts[byte] = !is_word;
        w->other_starts = w->other_starts || (!is_word && byte != '.');
    }
}

ya_status ya_words_finish(ya_words *words, const ya_words_maker *maker, ya_error *err)
{
    uint32_t *order = ya_alloc_zero(maker->n_nodes, sizeof *order);
    words->bytes = ya_alloc_zero(maker->n_nodes, 1);
    words->nodes = ya_alloc_zero(maker->n_nodes, sizeof *words->nodes);
    words->outputs = ya_alloc_zero(maker->n_outputs, sizeof *words->outputs);
    bool good = order && words->bytes && words->nodes && words->outputs;
    if (good) {
        lay_out(words, maker, order);
        index_root(words);
        memcpy(words->filter, maker->filter, sizeof words->filter);
    }
    ya_free(order);
    return good ? YA_OK : ya_fail(err, YA_ERR_MEMORY, "out of memory for the words of a policy");
}

void ya_words_free(ya_words *words)
{
    ya_free(words->bytes);
    ya_free(words->nodes);
    ya_free(words->outputs);
    *words = (ya_words){0};
}
