#include "token/normalize.h"

#include "base/alloc.h"
#include "token/nfc.h"
#include "token/unicode.h"

#include <string.h>

static ya_status find(const ya_normalize_step *step, const ya_normalized *n, size_t from,
                      bool *found, size_t *begin, size_t *end, ya_error *err)
{
    if (step->regex)
        return ya_regex_find(step->regex, n->text, n->size, from, found, begin, end, err);
    const char *at = memmem(n->text + from, n->size - from, step->pattern, step->pattern_size);
    *found = at != NULL;
    if (at) {
        *begin = (size_t)(at - n->text);
        *end = *begin + step->pattern_size;
    }
    return YA_OK;
}

static ya_status replace(const ya_normalize_step *step, const ya_normalized *n, ya_changed *out,
                         ya_error *err)
{
    ya_status status = YA_OK;
    size_t copied = 0, from = 0;
    while (from <= n->size) {
        bool found;
        size_t begin = 0, end = 0;
        YA_TRY(find(step, n, from, &found, &begin, &end, err));
        if (!found)
            break;
        YA_TRY(ya_changed_copy(out, n->text, n->trace, copied, begin - copied, err));
        size_t origin = begin < n->size ? ya_trace_at(n->trace, begin) : 0;
        YA_TRY(ya_changed_insert(out, step->content, step->content_size, origin, err));
        copied = from = end;
        if (end == begin) /* an empty match: go on behind the next character */
            from += end < n->size ? ya_utf8_length(n->text[end]) : 1;
    }
    status = ya_changed_copy(out, n->text, n->trace, copied, n->size - copied, err);
done:
    return status;
}

static bool changes(const ya_normalize_step *step, const ya_normalized *n)
{
    switch (step->kind) {
    case YA_NORMALIZE_NFC:
        return ya_nfc_may_change(n->text, n->size);
    case YA_NORMALIZE_PREPEND:
        return step->content_size > 0;
    case YA_NORMALIZE_REPLACE:
        return step->regex || memmem(n->text, n->size, step->pattern, step->pattern_size);
    }
    return false;
}

static ya_status apply(const ya_normalize_step *step, const ya_normalized *n, ya_changed *out,
                       ya_error *err)
{
    ya_status status = YA_OK;
    switch (step->kind) {
    case YA_NORMALIZE_NFC:
        return ya_nfc(out, n->text, n->size, n->trace, err);
    case YA_NORMALIZE_REPLACE:
        return replace(step, n, out, err);
    case YA_NORMALIZE_PREPEND:
        YA_TRY(ya_changed_insert(out, step->content, step->content_size, ya_trace_at(n->trace, 0),
                                 err));
        return ya_changed_copy(out, n->text, n->trace, 0, n->size, err);
    }
done:
    return status;
}

ya_status ya_normalize(const ya_normalizer *normalizer, const char *text, size_t size,
                       ya_trace trace, bool traced, ya_normalized *out, ya_error *err)
{
    ya_status status = YA_OK;
    out->text = text;
    out->size = size;
    out->trace = trace;
    for (size_t i = 0; i < normalizer->n_steps && out->size; i++) {
        const ya_normalize_step *step = &normalizer->steps[i];
        if (!changes(step, out))
            continue;
        ya_changed *buffer = &out->buffers[out->next];
        ya_changed_clear(buffer);
        buffer->traced = traced;
        YA_TRY(apply(step, out, buffer, err));
        out->text = buffer->text.size ? buffer->text.data : "";
        out->size = buffer->text.size;
        out->trace = ya_changed_trace(buffer);
        out->next = !out->next;
    }
done:
    return status;
}

void ya_normalized_free(ya_normalized *normalized)
{
    ya_changed_free(&normalized->buffers[0]);
    ya_changed_free(&normalized->buffers[1]);
}

static void free_step(ya_normalize_step *step)
{
    ya_free(step->pattern);
    ya_regex_close(step->regex);
    ya_free(step->content);
}

ya_status ya_normalizer_add(ya_normalizer *normalizer, ya_normalize_step step, ya_error *err)
{
    ya_normalize_step *steps =
        ya_realloc_array(normalizer->steps, normalizer->n_steps + 1, sizeof *steps);
    if (!steps) {
        free_step(&step);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a normalizer");
    }
    normalizer->steps = steps;
    normalizer->steps[normalizer->n_steps++] = step;
    return YA_OK;
}

void ya_normalizer_free(ya_normalizer *normalizer)
{
    for (size_t i = 0; i < normalizer->n_steps; i++)
        free_step(&normalizer->steps[i]);
    ya_free(normalizer->steps);
    *normalizer = (ya_normalizer){0};
}
