#include "token/pretokenize.h"

#include "base/alloc.h"
#include "token/changed.h"
#include "token/unicode.h"

#include <string.h>

/* One walk over the stages. Each stage hands its pieces to the next one as it finds them, so no
 * list of pieces is ever built. */
typedef struct {
    const ya_pretokenizer *p;
    ya_word_sink *sink;
    void *context;
    bool traced;
} walk;

/* A piece on its way through the stages. */
typedef struct {
    const char *text;
    size_t size;
    ya_trace trace;
    bool first;
} piece;

static ya_status run_stage(const walk *w, size_t stage, piece in, ya_error *err);

static ya_status pass_on(const walk *w, size_t stage, const piece *in, size_t begin, size_t end,
                         ya_error *err)
{
    if (begin == end)
        return YA_OK;
    piece part = {in->text + begin, end - begin, ya_trace_skip(in->trace, begin),
                  in->first && begin == 0};
    return run_stage(w, stage + 1, part, err);
}

/* Joins matches and what lies between them as the behaviour says. One span is held back until it
 * is known whether the next one joins it. */
typedef struct {
    const walk *w;
    size_t stage;
    const piece *in;
    ya_split_behavior behavior;
    bool invert;
    size_t begin, end; /* the span held back */
    bool match, held;
} joiner;

static bool joins(const joiner *j, bool match)
{
    switch (j->behavior) {
    case YA_SPLIT_CONTIGUOUS:
        return j->match == match;
    case YA_SPLIT_MERGED_WITH_PREVIOUS:
        return match && !j->match;
    case YA_SPLIT_MERGED_WITH_NEXT:
        return j->match && !match;
    case YA_SPLIT_REMOVED:
    case YA_SPLIT_ISOLATED:
        break;
    }
    return false;
}

static ya_status let_go(joiner *j, ya_error *err)
{
    bool dropped = j->behavior == YA_SPLIT_REMOVED && j->match;
    if (!j->held || dropped)
        return YA_OK;
    return pass_on(j->w, j->stage, j->in, j->begin, j->end, err);
}

static ya_status take_span(joiner *j, size_t begin, size_t end, bool match, ya_error *err)
{
    match ^= j->invert;
    if (j->held && joins(j, match)) {
        j->end = end;
        j->match = match; /* what follows looks at the last part only */
        return YA_OK;
    }
    ya_status status = let_go(j, err);
    j->begin = begin;
    j->end = end;
    j->match = match;
    j->held = true;
    return status;
}

/* The next match of the stage's pattern at or behind `from`; an empty one only if it is no
 * continuation of the one before. */
static ya_status next_match(const ya_stage *stage, const piece *in, size_t from, bool *found,
                            size_t *begin, size_t *end, ya_error *err)
{
    if (stage->regex)
        return ya_regex_find(stage->regex, in->text, in->size, from, found, begin, end, err);
    const char *at = memmem(in->text + from, in->size - from, stage->literal, stage->literal_size);
    *found = at != NULL;
    if (at) {
        *begin = (size_t)(at - in->text);
        *end = *begin + stage->literal_size;
    }
    return YA_OK;
}

static ya_status run_pattern(const walk *w, size_t i, const piece *in, ya_error *err)
{
    const ya_stage *stage = &w->p->stages[i];
    joiner j = {.w = w, .stage = i, .in = in, .behavior = stage->behavior, .invert = stage->invert};
    ya_status status = YA_OK;
    size_t previous = 0, from = 0;
    while (from <= in->size) {
        bool found;
        size_t begin = 0, end = 0;
        YA_TRY(next_match(stage, in, from, &found, &begin, &end, err));
        if (!found)
            break;
        if (begin > previous)
            YA_TRY(take_span(&j, previous, begin, false, err));
        if (end > begin)
            YA_TRY(take_span(&j, begin, end, true, err));
        previous = from = end;
        if (end == begin) /* an empty match: go on behind the next character */
            from += end < in->size ? ya_utf8_length(in->text[end]) : 1;
    }
    if (previous < in->size)
        YA_TRY(take_span(&j, previous, in->size, false, err));
    status = let_go(&j, err);
done:
    return status;
}

static ya_status run_split(const walk *w, size_t i, const piece *in, ya_error *err)
{
    const ya_stage *stage = &w->p->stages[i];
    if (!stage->matcher)
        return run_pattern(w, i, in, err);
    ya_status status = YA_OK;
    for (size_t at = 0; at < in->size;) {
        size_t length = stage->matcher(in->text + at, in->size - at);
        YA_TRY(pass_on(w, i, in, at, at + length, err));
        at += length;
    }
done:
    return status;
}

static ya_status run_class(const walk *w, size_t i, const piece *in, ya_error *err)
{
    const ya_stage *stage = &w->p->stages[i];
    joiner j = {.w = w, .stage = i, .in = in, .behavior = stage->behavior};
    ya_status status = YA_OK;
    size_t previous = 0, length;
    for (size_t at = 0; at < in->size; at += length) {
        if (!(ya_unicode_flags(ya_utf8_get(in->text + at, &length)) & stage->flag))
            continue;
        if (at > previous)
            YA_TRY(take_span(&j, previous, at, false, err));
        YA_TRY(take_span(&j, at, at + length, true, err));
        previous = at + length;
    }
    if (previous < in->size)
        YA_TRY(take_span(&j, previous, in->size, false, err));
    status = let_go(&j, err);
done:
    return status;
}

/* The text of a Metaspace stage: spaces replaced, and one put in front where the scheme says. */
static ya_status replace_spaces(const ya_stage *stage, const piece *in, ya_changed *out,
                                ya_error *err)
{
    ya_status status = YA_OK;
    bool begins = (in->size >= stage->literal_size &&
                   memcmp(in->text, stage->literal, stage->literal_size) == 0) ||
                  in->text[0] == ' ';
    bool wanted =
        stage->scheme == YA_PREPEND_ALWAYS || (stage->scheme == YA_PREPEND_FIRST && in->first);
    if (wanted && !begins)
        YA_TRY(ya_changed_insert(out, stage->literal, stage->literal_size,
                                 ya_trace_at(in->trace, 0), err));
    for (size_t at = 0; at < in->size;) {
        const char *space = memchr(in->text + at, ' ', in->size - at);
        size_t n = space ? (size_t)(space - in->text) - at : in->size - at;
        YA_TRY(ya_changed_copy(out, in->text, in->trace, at, n, err));
        at += n;
        if (space) {
            YA_TRY(ya_changed_insert(out, stage->literal, stage->literal_size,
                                     ya_trace_at(in->trace, at), err));
            at++;
        }
    }
done:
    return status;
}

static ya_status run_metaspace(const walk *w, size_t i, const piece *in, ya_error *err)
{
    const ya_stage *stage = &w->p->stages[i];
    ya_changed changed = {.traced = w->traced};
    ya_status status = YA_OK;
    YA_TRY(replace_spaces(stage, in, &changed, err));
    piece out = {changed.text.data, changed.text.size, ya_changed_trace(&changed), in->first};
    if (stage->split)
        status = run_pattern(w, i, &out, err);
    else
        status = pass_on(w, i, &out, 0, out.size, err);
done:
    ya_changed_free(&changed);
    return status;
}

static ya_status run_prefix(const walk *w, size_t i, const piece *in, ya_error *err)
{
    if (in->text[0] == ' ')
        return pass_on(w, i, in, 0, in->size, err);
    ya_changed changed = {.traced = w->traced};
    ya_status status = YA_OK;
    YA_TRY(ya_changed_insert(&changed, " ", 1, ya_trace_at(in->trace, 0), err));
    YA_TRY(ya_changed_copy(&changed, in->text, in->trace, 0, in->size, err));
    piece out = {changed.text.data, changed.text.size, ya_changed_trace(&changed), in->first};
    status = pass_on(w, i, &out, 0, out.size, err);
done:
    ya_changed_free(&changed);
    return status;
}

static ya_status run_stage(const walk *w, size_t i, piece in, ya_error *err)
{
    if (i == w->p->n_stages)
        return w->sink(w->context, in.text, in.size, in.trace, err);
    switch (w->p->stages[i].kind) {
    case YA_STAGE_SPLIT:
        return run_split(w, i, &in, err);
    case YA_STAGE_CLASS:
        return run_class(w, i, &in, err);
    case YA_STAGE_METASPACE:
        return run_metaspace(w, i, &in, err);
    case YA_STAGE_PREFIX:
        return run_prefix(w, i, &in, err);
    }
    return ya_fail(err, YA_ERR_UNSUPPORTED, "unknown stage of a pre-tokenizer");
}

ya_status ya_pretokenize(const ya_pretokenizer *p, const char *text, size_t size, ya_trace trace,
                         bool traced, bool first, ya_word_sink *sink, void *context, ya_error *err)
{
    walk w = {p, sink, context, traced};
    return size ? run_stage(&w, 0, (piece){text, size, trace, first}, err) : YA_OK;
}

ya_status ya_pretokenizer_add(ya_pretokenizer *p, ya_stage stage, ya_error *err)
{
    ya_stage *stages = ya_realloc_array(p->stages, p->n_stages + 1, sizeof *stages);
    if (!stages) {
        ya_regex_close(stage.regex);
        ya_free(stage.literal);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a pre-tokenizer");
    }
    p->stages = stages;
    p->stages[p->n_stages++] = stage;
    return YA_OK;
}

void ya_pretokenizer_free(ya_pretokenizer *p)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        ya_regex_close(p->stages[i].regex);
        ya_free(p->stages[i].literal);
    }
    ya_free(p->stages);
    *p = (ya_pretokenizer){0};
}
