#include "token/internal.h"
#include "token/unicode.h"

#include <string.h>

/* The bytes that a token takes from word[at..size). What has no token of its own is either skipped
 * (byte-level without unknown token), or an unknown, or byte tokens. */
static size_t taken_by_unknown(const ya_bpe *bpe, const char *word, size_t size, size_t at)
{
    size_t begin = at;
    do {
        size_t length = bpe->byte_level ? 1 : ya_utf8_length(word[at]);
        bool known = bpe->byte_level ? bpe->bytes[(uint8_t)word[at]].n > 0
                                     : ya_strings_find(&bpe->words, word + at, length) >= 0;
        if (known && at > begin)
            break;
        at += length;
    } while (bpe->fuse_unk && at < size);
    return at - begin;
}

static size_t taken_with_gaps(const ya_bpe *bpe, const char *word, size_t size, size_t at,
                              const char *text, size_t length)
{
    size_t begin = at;
    for (size_t k = 0; k < length && at < size; at++) {
        if (word[at] == text[k])
            k++;
        else if (bpe->bytes[(uint8_t)word[at]].n > 0)
            return 0; /* not this word's token: stay */
    }
    return at - begin;
}

static size_t taken(const ya_bpe *bpe, const char *word, size_t size, size_t at, int32_t id)
{
    size_t length;
    const char *text = ya_strings_text(&bpe->words, id, &length);
    if (text && length <= size - at && memcmp(word + at, text, length) == 0)
        return length;
    if (text && bpe->byte_level)
        return taken_with_gaps(bpe, word, size, at, text, length);
    const ya_symbol *symbol = &bpe->bytes[(uint8_t)word[at]];
    if (symbol->n > 0 && symbol->ids[symbol->n - 1] == id)
        return 1;
    return id == bpe->unk ? taken_by_unknown(bpe, word, size, at) : 0;
}

ya_status ya_token_begins(const ya_bpe *bpe, const char *word, size_t size, ya_trace trace,
                          const int32_t *ids, size_t n, ya_ids *begins, ya_error *err)
{
    ya_status status = YA_OK;
    size_t at = 0;
    bool drops = bpe->byte_level && bpe->unk < 0;
    for (size_t i = 0; i < n; i++) {
        while (drops && at < size && bpe->bytes[(uint8_t)word[at]].n == 0)
            at++;
        size_t place = at < size ? at : size - 1;
        YA_TRY(ya_ids_add(begins, (int32_t)ya_trace_at(trace, place), err));
        if (at < size)
            at += taken(bpe, word, size, at, ids[i]);
    }
done:
    return status;
}
