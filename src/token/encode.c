/* A text to ids. */
#include "token/internal.h"
#include "token/unicode.h"

#include <string.h>

/* One call. */
typedef struct {
    const ya_tokenizer *t;
    const char *text;
    size_t size;
    ya_plain plain;
    ya_ids *ids;
    ya_ids *begins; /* NULL: not wanted */
    ya_bpe_scratch scratch;
    ya_normalized normalized;
    bool first; /* the stretch in `normalized` begins where the text begins */
} encoding;

static ya_status push(encoding *e, int32_t id, size_t begin, ya_error *err)
{
    ya_status status = ya_ids_add(e->ids, id, err);
    return status == YA_OK && e->begins ? ya_ids_add(e->begins, (int32_t)begin, err) : status;
}

static ya_status take_word(void *context, const char *word, size_t size, ya_trace trace,
                           ya_error *err)
{
    encoding *e = context;
    size_t before = e->ids->size;
    ya_status status = ya_bpe_encode(&e->t->bpe, &e->scratch, word, size, e->ids, err);
    if (status == YA_OK && e->begins && e->ids->size > before)
        status = ya_token_begins(&e->t->bpe, word, size, trace, e->ids->data + before,
                                 e->ids->size - before, e->begins, err);
    return status;
}

/* A part of the normalized stretch. */
static ya_status take_normalized(void *context, const ya_added *token, size_t begin, size_t end,
                                 ya_error *err)
{
    encoding *e = context;
    const ya_normalized *n = &e->normalized;
    if (token)
        return push(e, token->id, ya_trace_at(n->trace, begin), err);
    bool traced = e->begins || e->plain.n_ranges;
    return ya_pretokenize(&e->t->pre, n->text + begin, end - begin, ya_trace_skip(n->trace, begin),
                          traced, e->first && begin == 0, take_word, e, err);
}

static bool is_plain(ya_plain plain, size_t at, size_t *k)
{
    while (*k < plain.n_ranges && plain.ranges[*k].end <= at)
        ++*k;
    return *k < plain.n_ranges && plain.ranges[*k].begin <= at;
}

/* The plain ranges as places in the normalized stretch: where its bytes come from plain ones. */
static ya_status normalized_plain(const encoding *e, ya_buffer *ranges, ya_error *err)
{
    ya_status status = YA_OK;
    const ya_normalized *n = &e->normalized;
    size_t k = 0;
    for (size_t at = 0; at < n->size;) {
        ya_span range = {at, at};
        while (range.end < n->size && is_plain(e->plain, ya_trace_at(n->trace, range.end), &k))
            range.end++;
        if (range.end > range.begin)
            YA_TRY(ya_buffer_add(ranges, &range, sizeof range, err));
        at = range.end + 1;
    }
done:
    return status;
}

/* A part of the raw text. */
static ya_status take_raw(void *context, const ya_added *token, size_t begin, size_t end,
                          ya_error *err)
{
    encoding *e = context;
    if (token)
        return push(e, token->id, begin, err);
    const ya_tokenizer *t = e->t;
    ya_status status = YA_OK;
    ya_buffer ranges = {0};
    bool traced = e->begins || e->plain.n_ranges;
    e->first = begin == 0;
    YA_TRY(ya_normalize(&t->normalizer, e->text + begin, end - begin, (ya_trace){NULL, begin},
                        traced, &e->normalized, err));
    if (e->normalized.size == 0)
        goto done;
    if (t->normalized.n_tokens == 0) {
        status = take_normalized(e, NULL, 0, e->normalized.size, err);
        goto done;
    }
    if (e->plain.n_ranges)
        YA_TRY(normalized_plain(e, &ranges, err));
    ya_plain plain = {(const ya_span *)(const void *)ranges.data, ranges.size / sizeof(ya_span),
                      e->plain.flags};
    status = ya_added_split(&t->normalized, e->normalized.text, e->normalized.size, plain,
                            take_normalized, e, err);
done:
    ya_buffer_free(&ranges);
    return status;
}

static ya_status push_all(encoding *e, const ya_ids *ids, size_t begin, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t i = 0; i < ids->size; i++)
        YA_TRY(push(e, ids->data[i], begin, err));
done:
    return status;
}

static ya_status encode(encoding *e, bool special, ya_error *err)
{
    ya_status status = YA_OK;
    const ya_tokenizer *t = e->t;
    size_t ids_before = e->ids->size, begins_before = e->begins ? e->begins->size : 0;
    if (special)
        YA_TRY(push_all(e, &t->before, 0, err));
    if (t->partition)
        YA_TRY(ya_added_partition(&t->raw, e->text, e->size, e->plain, take_raw, e, err));
    else
        YA_TRY(ya_added_split(&t->raw, e->text, e->size, e->plain, take_raw, e, err));
    if (special)
        YA_TRY(push_all(e, &t->after, e->size, err));
done:
    ya_bpe_scratch_free(&e->scratch);
    ya_normalized_free(&e->normalized);
    if (status != YA_OK) {
        e->ids->size = ids_before;
        if (e->begins)
            e->begins->size = begins_before;
    }
    return status;
}

static ya_status encode_parts(const ya_tokenizer *t, const char *text, size_t size, bool special,
                              ya_plain plain, ya_ids *ids, ya_ids *begins, ya_error *err)
{
    if (ya_utf8_valid(text, size) != size)
        return ya_fail(err, YA_ERR_DATA, "the text is not well-formed UTF-8 at byte %zu",
                       ya_utf8_valid(text, size));
    if (size > INT32_MAX)
        return ya_fail(err, YA_ERR_DATA, "a text of %zu bytes is too long, at most %d", size,
                       INT32_MAX);
    encoding e = {
        .t = t, .text = text, .size = size, .plain = plain, .ids = ids, .begins = begins};
    return encode(&e, special, err);
}

ya_status ya_tokenizer_encode_spans(const ya_tokenizer *t, const char *text, size_t size,
                                    bool special, const ya_span *plain, size_t n_plain, ya_ids *ids,
                                    ya_ids *begins, ya_error *err)
{
    return encode_parts(t, text, size, special, (ya_plain){plain, n_plain, NULL}, ids, begins, err);
}

ya_status ya_tokenizer_encode_messages(const ya_tokenizer *t, const char *text, size_t size,
                                       const ya_span *plain, size_t n_plain, ya_ids *ids,
                                       ya_ids *begins, ya_error *err)
{
    return encode_parts(t, text, size, false, (ya_plain){plain, n_plain, t->flags}, ids, begins,
                        err);
}

static ya_status encode_any(const ya_tokenizer *t, const char *text, size_t size, bool special,
                            bool plain, ya_ids *ids, ya_error *err)
{
    ya_buffer repaired = {0};
    ya_status status = YA_OK;
    if (ya_utf8_valid(text, size) != size) {
        YA_TRY(ya_utf8_repair(&repaired, text, size, err));
        text = repaired.data;
        size = repaired.size;
    }
    ya_span whole = {0, size};
    status =
        ya_tokenizer_encode_spans(t, text, size, special, &whole, plain ? 1 : 0, ids, NULL, err);
done:
    ya_buffer_free(&repaired);
    return status;
}

ya_status ya_tokenizer_encode(const ya_tokenizer *t, const char *text, size_t size, bool special,
                              ya_ids *ids, ya_error *err)
{
    return encode_any(t, text, size, special, false, ids, err);
}

ya_status ya_tokenizer_encode_plain(const ya_tokenizer *t, const char *text, size_t size,
                                    ya_ids *ids, ya_error *err)
{
    return encode_any(t, text, size, false, true, ids, err);
}
