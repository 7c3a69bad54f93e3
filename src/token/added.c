#include "token/added.h"

#include "base/alloc.h"
#include "token/unicode.h"

#include <stdlib.h>
#include <string.h>

/* ---- The trie ---- */

static uint32_t child_of(const ya_added_set *set, uint32_t node, uint8_t byte)
{
    if (node == 0)
        return set->first[byte];
    uint32_t child = set->nodes[node].child;
    while (child && set->nodes[child].byte != byte)
        child = set->nodes[child].sibling;
    return child;
}

static ya_status new_node(ya_added_set *set, uint32_t parent, uint8_t byte, uint32_t *out,
                          ya_error *err)
{
    if (set->n_nodes + 1 >= set->room_nodes) {
        size_t room = 2 * set->room_nodes + 64;
        ya_added_node *nodes = ya_realloc_array(set->nodes, room, sizeof *nodes);
        if (!nodes)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for the added tokens");
        set->nodes = nodes;
        set->room_nodes = room;
    }
    if (set->n_nodes == 0)
        set->nodes[set->n_nodes++] = (ya_added_node){0, 0, -1, 0};
    *out = (uint32_t)set->n_nodes++;
    set->nodes[*out] = (ya_added_node){0, 0, -1, byte};
    if (parent == 0) {
        set->first[byte] = *out;
    } else {
        set->nodes[*out].sibling = set->nodes[parent].child;
        set->nodes[parent].child = *out;
    }
    return YA_OK;
}

ya_status ya_added_insert(ya_added_set *set, const char *text, size_t size, ya_added added,
                          ya_error *err)
{
    if (size == 0 || size > YA_ADDED_MAX_BYTES)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "the added token with id %d has %zu bytes, expected 1 to %d", added.id, size,
                       YA_ADDED_MAX_BYTES);
    uint32_t node = 0;
    for (size_t i = 0; i < size; i++) {
        uint32_t child = child_of(set, node, (uint8_t)text[i]);
        if (!child) {
            ya_status status = new_node(set, node, (uint8_t)text[i], &child, err);
            if (status != YA_OK)
                return status;
        }
        node = child;
    }
    if (set->nodes[node].token >= 0)
        return YA_OK;
    if (set->n_tokens == set->room_tokens) {
        size_t room = 2 * set->room_tokens + 16;
        ya_added *tokens = ya_realloc_array(set->tokens, room, sizeof *tokens);
        if (!tokens)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for the added tokens");
        set->tokens = tokens;
        set->room_tokens = room;
    }
    added.size = (uint32_t)size;
    set->nodes[node].token = (int32_t)set->n_tokens;
    set->tokens[set->n_tokens++] = added;
    return YA_OK;
}

void ya_added_free(ya_added_set *set)
{
    ya_free(set->tokens);
    ya_free(set->nodes);
    *set = (ya_added_set){0};
}

/* ---- Matches ---- */

/* Where the next plain range begins at or behind `at` (SIZE_MAX: nowhere); `at` itself if it lies in
 * one. `k` is the caller's place in the ranges. */
static size_t plain_limit(ya_plain plain, size_t *k, size_t at)
{
    while (*k < plain.n_ranges && plain.ranges[*k].end <= at)
        ++*k;
    if (*k == plain.n_ranges)
        return SIZE_MAX;
    return plain.ranges[*k].begin > at ? plain.ranges[*k].begin : at;
}

/* Whether a token may end at `end` where the next plain range begins at `limit`. */
static bool is_allowed(ya_plain plain, const ya_added *token, size_t end, size_t limit)
{
    return end <= limit || (plain.flags && !(plain.flags[token->id] & YA_TOKEN_SPECIAL));
}

/* The longest token that begins at `at` and is allowed there, or NULL. */
static const ya_added *longest_at(const ya_added_set *set, const char *text, size_t size, size_t at,
                                  ya_plain plain, size_t limit)
{
    const ya_added *best = NULL;
    for (uint32_t node = 0; at < size;) {
        node = child_of(set, node, (uint8_t)text[at++]);
        if (!node)
            break;
        const ya_added *token =
            set->nodes[node].token >= 0 ? &set->tokens[set->nodes[node].token] : NULL;
        if (token && is_allowed(plain, token, at, limit))
            best = token;
    }
    return best;
}

const ya_added *ya_added_at(const ya_added_set *set, const char *text, size_t size, size_t at)
{
    return set->n_tokens ? longest_at(set, text, size, at, (ya_plain){0}, SIZE_MAX) : NULL;
}

static size_t skip_to_first(const ya_added_set *set, const char *text, size_t size, size_t at)
{
    while (at < size && !set->first[(uint8_t)text[at]])
        at++;
    return at;
}

static bool touches_word(const char *text, size_t size, size_t begin, size_t end)
{
    size_t length;
    return (begin > 0 &&
            (ya_unicode_flags(ya_utf8_before(text, text + begin, &length)) & YA_UC_WORD)) ||
           (end < size && (ya_unicode_flags(ya_utf8_get(text + end, &length)) & YA_UC_WORD));
}

/* Where the white space before `end` begins, looking back no further than `from`. */
static size_t spaces_before(const char *text, size_t from, size_t end)
{
    size_t length;
    while (end > from &&
           (ya_unicode_flags(ya_utf8_before(text, text + end, &length)) & YA_UC_SPACE))
        end -= length;
    return end;
}

static size_t spaces_behind(const char *text, size_t size, size_t at)
{
    size_t length;
    while (at < size && (ya_unicode_flags(ya_utf8_get(text + at, &length)) & YA_UC_SPACE))
        at += length;
    return at;
}

ya_status ya_added_split(const ya_added_set *set, const char *text, size_t size, ya_plain plain,
                         ya_part_sink *sink, void *context, ya_error *err)
{
    ya_status status = YA_OK;
    size_t done_to = 0, k = 0;
    for (size_t at = 0; set->n_tokens && at < size;) {
        at = skip_to_first(set, text, size, at);
        if (at >= size)
            break;
        size_t limit = plain_limit(plain, &k, at);
        const ya_added *token = longest_at(set, text, size, at, plain, limit);
        if (!token) {
            at++;
            continue;
        }
        size_t begin = at, end = at + token->size;
        at = end;
        if (token->single_word && touches_word(text, size, begin, end))
            continue;
        if (token->lstrip && begin > done_to)
            begin = spaces_before(text, done_to, begin);
        if (token->rstrip)
            end = spaces_behind(text, size, end);
        if (begin > done_to)
            YA_TRY(sink(context, NULL, done_to, begin, err));
        YA_TRY(sink(context, token, begin, end, err));
        done_to = end;
    }
    if (done_to < size)
        status = sink(context, NULL, done_to, size, err);
done:
    return status;
}

/* ---- llama.cpp's way ---- */

typedef struct {
    size_t at;
    const ya_added *token;
} occurrence;

typedef struct {
    occurrence *data;
    size_t size, room;
} occurrences;

static ya_status add_occurrence(occurrences *found, size_t at, const ya_added *token, ya_error *err)
{
    if (found->size == found->room) {
        size_t room = 2 * found->room + 64;
        occurrence *data = ya_realloc_array(found->data, room, sizeof *data);
        if (!data)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu special tokens", room);
        found->data = data;
        found->room = room;
    }
    found->data[found->size++] = (occurrence){at, token};
    return YA_OK;
}

static ya_status find_all(const ya_added_set *set, const char *text, size_t size, ya_plain plain,
                          occurrences *found, ya_error *err)
{
    ya_status status = YA_OK;
    size_t k = 0;
    for (size_t at = 0; set->n_tokens && at < size; at++) {
        at = skip_to_first(set, text, size, at);
        size_t limit = plain_limit(plain, &k, at);
        uint32_t node = 0;
        for (size_t i = at; i < size; i++) {
            node = child_of(set, node, (uint8_t)text[i]);
            if (!node)
                break;
            int32_t t = set->nodes[node].token;
            if (t >= 0 && is_allowed(plain, &set->tokens[t], i + 1, limit))
                YA_TRY(add_occurrence(found, at, &set->tokens[t], err));
        }
    }
done:
    return status;
}

static int by_length(const void *a, const void *b)
{
    const occurrence *x = a, *y = b;
    if (x->token->size != y->token->size)
        return x->token->size > y->token->size ? -1 : 1;
    if (x->token->id != y->token->id)
        return x->token->id < y->token->id ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static int by_place(const void *a, const void *b)
{
    const occurrence *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Keeps the occurrences that no better one overlaps. A later one is not longer, so it overlaps
 * exactly if its first or its last byte is taken. */
static ya_status choose(occurrences *found, size_t size, ya_error *err)
{
    uint8_t *taken = ya_alloc_zero(size, 1);
    if (!taken)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a text of %zu bytes", size);
    qsort(found->data, found->size, sizeof *found->data, by_length);
    size_t kept = 0;
    for (size_t i = 0; i < found->size; i++) {
        occurrence o = found->data[i];
        if (taken[o.at] || taken[o.at + o.token->size - 1])
            continue;
        memset(taken + o.at, 1, o.token->size);
        found->data[kept++] = o;
    }
    found->size = kept;
    ya_free(taken);
    qsort(found->data, kept, sizeof *found->data, by_place);
    return YA_OK;
}

ya_status ya_added_partition(const ya_added_set *set, const char *text, size_t size, ya_plain plain,
                             ya_part_sink *sink, void *context, ya_error *err)
{
    ya_status status = YA_OK;
    occurrences found = {0};
    size_t done_to = 0;
    YA_TRY(find_all(set, text, size, plain, &found, err));
    if (found.size)
        YA_TRY(choose(&found, size, err));
    for (size_t i = 0; i < found.size; i++) {
        occurrence o = found.data[i];
        if (o.at > done_to)
            YA_TRY(sink(context, NULL, done_to, o.at, err));
        YA_TRY(sink(context, o.token, o.at, o.at + o.token->size, err));
        done_to = o.at + o.token->size;
    }
    if (done_to < size)
        status = sink(context, NULL, done_to, size, err);
done:
    ya_free(found.data);
    return status;
}
