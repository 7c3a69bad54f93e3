#include "token/pieces.h"

#include "base/alloc.h"
#include "token/unicode.h"

#include <stdlib.h>
#include <string.h>

bool ya_piece_reachable(int type)
{
    return type == YA_PIECE_NORMAL || type == YA_PIECE_UNDEFINED || type == YA_PIECE_UNUSED;
}

ya_status ya_pieces_alloc(ya_pieces *p, size_t n, ya_error *err)
{
    p->n_tokens = n;
    p->type = ya_alloc_zero(n, 1);
    p->reachable = ya_alloc_zero(n, 1);
    p->score = ya_alloc_zero(n, sizeof *p->score);
    if (!p->type || !p->reachable || !p->score)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu tokens", n);
    return YA_OK;
}

ya_status ya_pieces_add_added(ya_pieces *p, ya_added_set *symbols, ya_error *err)
{
    ya_tokenizer *t = p->t;
    ya_status status = ya_tokenizer_alloc_flags(t, err);
    for (size_t id = 0; status == YA_OK && id < p->n_tokens; id++) {
        size_t size;
        const char *text = ya_strings_text(&t->tokens, (int32_t)id, &size);
        bool special = p->type[id] == YA_PIECE_CONTROL || p->type[id] == YA_PIECE_UNKNOWN;
        if (special)
            t->flags[id] |= YA_TOKEN_SPECIAL;
        else if (p->type[id] != YA_PIECE_USER_DEFINED)
            continue;
        if (size)
            status = ya_added_insert(special ? &t->raw : symbols, text, size,
                                     (ya_added){.id = (int32_t)id}, err);
    }
    return status;
}

static int descending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x > y ? -1 : x < y;
}

/* How many scores are higher: the rank, the same for equal scores. */
static uint32_t rank_of(const float *sorted, size_t n, float score)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sorted[middle] > score)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static int32_t reachable_id(const ya_pieces *p, const char *text, size_t size)
{
    int32_t id = ya_strings_find(&p->t->tokens, text, size);
    return id >= 0 && p->reachable[id] ? id : -1;
}

/* Every way in which two tokens make this one. */
static ya_status add_splits(ya_pieces *p, const char *text, size_t size, int32_t id, uint32_t rank,
                            ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t at = ya_utf8_length(text[0]); at < size; at += ya_utf8_length(text[at])) {
        int32_t left = reachable_id(p, text, at), right = reachable_id(p, text + at, size - at);
        if (left >= 0 && right >= 0)
            YA_TRY(ya_bpe_add_merge(&p->t->bpe, left, right, rank, id, err));
    }
done:
    return status;
}

static ya_status merges_from_scores(ya_pieces *p, ya_error *err)
{
    ya_status status = YA_OK;
    float *sorted = ya_alloc_zero(p->n_tokens, sizeof *sorted);
    if (!sorted)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu scores", p->n_tokens);
    memcpy(sorted, p->score, p->n_tokens * sizeof *sorted);
    qsort(sorted, p->n_tokens, sizeof *sorted, descending);
    for (size_t i = 0; i < p->n_tokens; i++) {
        size_t size;
        const char *text = ya_strings_text(&p->t->tokens, (int32_t)i, &size);
        if (!p->reachable[i] || size < 2 || size > YA_ADDED_MAX_BYTES ||
            reachable_id(p, text, size) != (int32_t)i)
            continue;
        YA_TRY(
            add_splits(p, text, size, (int32_t)i, rank_of(sorted, p->n_tokens, p->score[i]), err));
    }
done:
    ya_free(sorted);
    return status;
}

static ya_status add_piece_decoder(ya_tokenizer *t, ya_error *err)
{
    ya_decode_step steps[] = {{.kind = YA_DECODE_REPLACE},
                              {.kind = YA_DECODE_BYTE_FALLBACK},
                              {.kind = YA_DECODE_FUSE},
                              {.kind = YA_DECODE_STRIP, .start = 1}};
    ya_status status = YA_OK;
    for (size_t i = 0; i < 4; i++) {
        bool replace = steps[i].kind == YA_DECODE_REPLACE;
        if (replace)
            steps[i].pattern = ya_strdup("\xE2\x96\x81");
        if (replace || steps[i].kind == YA_DECODE_STRIP)
            steps[i].content = ya_strdup(" ");
        YA_TRY(ya_decoder_add(&t->decoder, steps[i], err));
        const ya_decode_step *added = &t->decoder.steps[i];
        if ((replace && !added->pattern) || (steps[i].kind == YA_DECODE_STRIP && !added->content) ||
            (replace && !added->content))
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for a decoder");
    }
done:
    return status;
}

ya_status ya_pieces_finish(ya_pieces *p, bool prefix, ya_error *err)
{
    ya_tokenizer *t = p->t;
    ya_status status;
    YA_TRY(merges_from_scores(p, err));
    /* Between added tokens there is always one stretch of text, and each gets the space. */
    if (prefix)
        YA_TRY(ya_add_prepend(t, "\xE2\x96\x81", err));
    YA_TRY(ya_add_replace_spaces(t, err));
    status = add_piece_decoder(t, err);
done:
    return status;
}

void ya_pieces_free(ya_pieces *p)
{
    ya_free(p->type);
    ya_free(p->reachable);
    ya_free(p->score);
}
