#include "eval/continuations.h"

#include "base/alloc.h"

#include <string.h>

ya_status ya_continuations_group(ya_continuations *c, ya_error *err)
{
    if (c->n_groups == c->room_groups) {
        size_t room = c->room_groups ? 2 * c->room_groups : 64;
        size_t *bigger = ya_realloc_array(c->group_start, room, sizeof *bigger);
        if (!bigger)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu questions", room);
        c->group_start = bigger;
        c->room_groups = room;
    }
    c->group_start[c->n_groups++] = c->n;
    return YA_OK;
}

size_t ya_continuations_end(const ya_continuations *c, size_t g)
{
    return g + 1 < c->n_groups ? c->group_start[g + 1] : c->n;
}

static ya_status make_room(ya_continuations *c, ya_error *err)
{
    if (c->n < c->room)
        return YA_OK;
    size_t room = c->room ? 2 * c->room : 256;
    ya_continuation *bigger = ya_realloc_array(c->list, room, sizeof *bigger);
    if (!bigger)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu continuations", room);
    c->list = bigger;
    c->room = room;
    return YA_OK;
}

/* The ids behind `at` become the last group's next continuation. */
static ya_status take_ids(ya_continuations *c, size_t at, size_t n_context, ya_error *err)
{
    size_t n = c->ids.size - at;
    if (n_context == 0)
        return ya_fail(err, YA_ERR_DATA,
                       "the context has no tokens: nothing predicts the first of the continuation");
    if (n_context >= n)
        return ya_fail(err, YA_ERR_DATA, "the continuation adds no tokens to its context");
    if (n > YA_CONTINUATION_MAX_TOKENS)
        return ya_fail(err, YA_ERR_DATA, "%zu tokens are more than %d", n,
                       YA_CONTINUATION_MAX_TOKENS);
    ya_status status = make_room(c, err);
    if (!status)
        c->list[c->n++] = (ya_continuation){at, (int32_t)n, (int32_t)n_context};
    return status;
}

ya_status ya_continuations_add(ya_continuations *c, const int32_t *ids, size_t n, size_t n_context,
                               ya_error *err)
{
    size_t at = c->ids.size;
    ya_status status = YA_OK;
    for (size_t i = 0; i < n; i++)
        YA_TRY(ya_ids_add(&c->ids, ids[i], err));
    status = take_ids(c, at, n_context, err);
done:
    if (status)
        c->ids.size = at;
    return status;
}

ya_status ya_continuations_add_text(ya_continuations *c, const ya_tokenizer *tokenizer,
                                    const char *context, const char *continuation, ya_error *err)
{
    size_t at = c->ids.size, n = strlen(context), n_context;
    ya_buffer text = {0};
    ya_status status;
    while (n > 0 && strchr(" \t\n\r\v\f", context[n - 1]))
        n--;
    YA_TRY(ya_tokenizer_encode(tokenizer, context, n, true, &c->ids, err));
    n_context = c->ids.size - at;
    c->ids.size = at;
    YA_TRY(ya_buffer_add(&text, context, strlen(context), err));
    YA_TRY(ya_buffer_add(&text, continuation, strlen(continuation), err));
    YA_TRY(ya_tokenizer_encode(tokenizer, text.data, text.size, true, &c->ids, err));
    status = take_ids(c, at, n_context, err);
done:
    if (status)
        c->ids.size = at;
    ya_buffer_free(&text);
    return status;
}

int ya_continuations_prefix(const ya_continuations *c)
{
    if (c->n == 0)
        return 0;
    const int32_t *first = c->ids.data + c->list[0].at;
    int common = c->list[0].n_context - 1;
    for (size_t i = 1; i < c->n; i++) {
        const ya_continuation *next = &c->list[i];
        const int32_t *ids = c->ids.data + next->at;
        int same = 0, most = next->n_context - 1 < common ? next->n_context - 1 : common;
        while (same < most && ids[same] == first[same])
            same++;
        common = same;
    }
    return common;
}

int ya_continuations_longest(const ya_continuations *c)
{
    int longest = 0;
    for (size_t i = 0; i < c->n; i++)
        longest = c->list[i].n - 1 > longest ? c->list[i].n - 1 : longest;
    return longest;
}

void ya_continuations_free(ya_continuations *c)
{
    ya_ids_free(&c->ids);
    ya_free(c->list);
    ya_free(c->group_start);
    *c = (ya_continuations){0};
}
