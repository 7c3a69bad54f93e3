/* From the runs of a rendering: what is a message's, what the model says, and what is missing. */
#include "token/chat/rendering.h"

#include "base/alloc.h"
#include "token/chat/python.h"

#include <string.h>

typedef struct {
    const ya_chat_program *program;
    const ya_rendering *r;
    const ya_conversation *conversation;
    const ya_tokenizer *tokenizer;
    ya_rendered *out;
    ya_error *err;
} finder;

static ya_status add_span(ya_span **spans, size_t *n, size_t *room, ya_span span, ya_error *err)
{
    if (span.begin >= span.end)
        return YA_OK;
    if (*n && (*spans)[*n - 1].end == span.begin) {
        (*spans)[*n - 1].end = span.end;
        return YA_OK;
    }
    if (*n == *room) {
        size_t more = 2 * *room + 8;
        ya_span *moved = ya_realloc_array(*spans, more, sizeof *moved);
        if (!moved)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat");
        *spans = moved;
        *room = more;
    }
    (*spans)[(*n)++] = span;
    return YA_OK;
}

static ya_status add_assistant(finder *f, ya_span span)
{
    ya_rendered *out = f->out;
    if (out->n_assistant && span.begin < out->assistant[out->n_assistant - 1].end)
        span.begin = out->assistant[out->n_assistant - 1].end;
    return add_span(&out->assistant, &out->n_assistant, &out->room_assistant, span, f->err);
}

static const ya_source *source_of(const finder *f, const ya_origin *run)
{
    return &f->r->run.sources[run->source & ~(uint32_t)YA_GENERATED];
}

static size_t begin_of(const finder *f, size_t k)
{
    return k ? f->r->out.runs[k - 1].end : 0;
}

/* Whether a run is what an assistant says and is to be learned. */
static bool is_said(const finder *f, size_t k)
{
    const ya_source *source = source_of(f, &f->r->out.runs[k]);
    if (source->from < YA_FROM_CONTENT || source->from > YA_FROM_ARGUMENTS)
        return false;
    const ya_message *m = &f->conversation->messages[source->message];
    return strcmp(m->role, "assistant") == 0 && !m->context;
}

/* ---- The ends of a turn ---- */

/* What the model says begins behind the generation prompt where the template's text [from, at)
 * before it has that; else behind what it writes when the model is to answer, if only white space
 * follows (a space that belongs to the answer); else with the answer itself. */
static size_t turn_begin(const finder *f, size_t from, size_t at)
{
    const ya_buffer *prompt = &f->program->prompt, *before = &f->program->before;
    const char *text = f->r->out.data;
    for (size_t i = at; prompt->size && i >= from + prompt->size; i--)
        if (memcmp(text + i - prompt->size, prompt->data, prompt->size) == 0)
            return i;
    if (prompt->size == 0 && before->size && at - from >= before->size &&
        memcmp(text + from, before->data, before->size) == 0 &&
        ya_python_rstrip(text + from + before->size, at - from - before->size) == 0)
        return from + before->size;
    return at;
}

/* Behind the first token in the template's text [at, end) at which generation stops; 0: none. */
static size_t behind_stop(const finder *f, size_t at, size_t end)
{
    int32_t id;
    size_t size;
    for (; f->tokenizer && at < end; at++)
        if (ya_tokenizer_added_at(f->tokenizer, f->r->out.data, end, at, &id, &size) &&
            ya_tokenizer_is_stop(f->tokenizer, id))
            return at + size;
    return 0;
}

static size_t turn_end(const finder *f, size_t at, size_t end)
{
    const ya_buffer *close = &f->program->end;
    const ya_buffer *prompt = &f->program->prompt;
    const char *text = f->r->out.data;
    if (f->conversation->add_generation_prompt && end == f->r->out.size && prompt->size &&
        end - at >= prompt->size &&
        memcmp(text + end - prompt->size, prompt->data, prompt->size) == 0)
        end -= prompt->size;
    size_t stop = behind_stop(f, at, end);
    if (stop)
        return stop;
    size_t same = 0;
    while (same < close->size && at + same < end && text[at + same] == close->data[same])
        same++;
    if (same == close->size)
        return at + same;
    return at + (ya_python_rstrip(text + at, same) ? 0 : same);
}

/* ---- Spans ---- */

/* Runs [first, last] are of one message. */
static ya_status add_turn(finder *f, size_t first, size_t last)
{
    const ya_writer *out = &f->r->out;
    size_t from = first, to = last + 1;
    while (from > 0 && source_of(f, &out->runs[from - 1])->from == YA_FROM_TEMPLATE)
        from--;
    while (to < out->n_runs && source_of(f, &out->runs[to])->from == YA_FROM_TEMPLATE)
        to++;
    size_t end = out->runs[last].end;
    return add_assistant(
        f, (ya_span){turn_begin(f, begin_of(f, from), begin_of(f, first)),
                     turn_end(f, end, to == out->n_runs ? out->size : begin_of(f, to))});
}

static ya_status find_turns(finder *f)
{
    ya_status status = YA_OK;
    const ya_writer *out = &f->r->out;
    for (size_t k = 0; k < out->n_runs;) {
        size_t first = k, last = k;
        if (!is_said(f, k++))
            continue;
        uint32_t message = source_of(f, &out->runs[first])->message;
        for (; k < out->n_runs; k++) {
            const ya_source *source = source_of(f, &out->runs[k]);
            bool own = source->from >= YA_FROM_ROLE && source->from <= YA_FROM_OTHER;
            if (source->from != YA_FROM_TEMPLATE && !(own && source->message == message))
                break;
            last = is_said(f, k) ? k : last;
        }
        k = last + 1;
        YA_TRY(add_turn(f, first, last));
    }
done:
    return status;
}

/* Inside {% generation %}, but not messages that are only context: what the template writes there
 * belongs to the message behind it, else to the one before. */
static ya_status find_generated(finder *f)
{
    ya_status status = YA_OK;
    const ya_writer *out = &f->r->out;
    for (size_t k = 0; k < out->n_runs; k++) {
        if (!(out->runs[k].source & YA_GENERATED))
            continue;
        const ya_source *source = source_of(f, &out->runs[k]);
        for (size_t i = k; source->from == YA_FROM_TEMPLATE && i < out->n_runs &&
                           (out->runs[i].source & YA_GENERATED);
             i++)
            source = source_of(f, &out->runs[i]);
        for (size_t i = k;
             source->from == YA_FROM_TEMPLATE && i-- > 0 && (out->runs[i].source & YA_GENERATED);)
            source = source_of(f, &out->runs[i]);
        bool of_message = source->from >= YA_FROM_ROLE && source->from <= YA_FROM_OTHER;
        if (!of_message || !f->conversation->messages[source->message].context)
            YA_TRY(add_assistant(f, (ya_span){begin_of(f, k), out->runs[k].end}));
    }
done:
    return status;
}

ya_status ya_find_spans(const ya_chat_program *program, const ya_rendering *r,
                        const ya_conversation *conversation, const ya_tokenizer *tokenizer,
                        ya_rendered *out, ya_error *err)
{
    finder f = {program, r, conversation, tokenizer, out, err};
    ya_status status = YA_OK;
    YA_TRY(ya_buffer_add(&out->text, r->out.data ? r->out.data : "", r->out.size, err));
    for (size_t k = 0; k < r->out.n_runs; k++)
        if (source_of(&f, &r->out.runs[k])->from != YA_FROM_TEMPLATE)
            YA_TRY(add_span(&out->content, &out->n_content, &out->room_content,
                            (ya_span){begin_of(&f, k), r->out.runs[k].end}, err));
    status = program->template.generation ? find_generated(&f) : find_turns(&f);
done:
    return status;
}

/* ---- Completeness ---- */

/* How much of a source reached the text: bytes [first, last) of it. */
typedef struct {
    bool any, all; /* all: it was changed on the way, so no bytes can be told */
    uint32_t first, last;
} reach;

static void take_run(const ya_rendering *r, size_t k, reach *of)
{
    const ya_origin *run = &r->out.runs[k];
    uint32_t size = run->end - (k ? r->out.runs[k - 1].end : 0);
    if (!size)
        return;
    if (run->at == YA_AT_UNKNOWN) {
        of->all = true;
    } else {
        of->first = !of->any || run->at < of->first ? run->at : of->first;
        of->last = !of->any || run->at + size > of->last ? run->at + size : of->last;
    }
    of->any = true;
}

static bool is_blank(const char *text, size_t size)
{
    return ya_python_rstrip(text, size) == 0;
}

static bool is_earlier(const ya_conversation *c, size_t message)
{
    for (size_t i = message + 1; i < c->n_messages; i++)
        if (strcmp(c->messages[i].role, "user") == 0)
            return true;
    return false;
}

static ya_status missing(const ya_source *source, const char *what, ya_error *err)
{
    return ya_fail(err, YA_ERR_DATA,
                   "the chat template leaves out %s of message %u, which the assistant says", what,
                   source->message + 1);
}

/* Bytes of the reasoning that stands in a content, before and with "</think>"; 0: none. */
static size_t thought_size(const ya_source *content)
{
    static const char mark[] = "</think>";
    const char *at = content->text, *end = at + content->size, *behind = NULL;
    while ((at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1)))
        behind = at += sizeof mark - 1;
    return behind ? (size_t)(behind - content->text) : 0;
}

/* Whether the reasoning before `thought` bytes of a content is among what reached the text. */
static bool has_thought(const ya_source *content, size_t thought, const reach *reached)
{
    static const char open[] = "<think>", close[] = "</think>";
    const char *text = content->text;
    size_t begin = 0, end = thought - (sizeof close - 1);
    const char *first = memmem(text, end, open, sizeof open - 1);
    if (first)
        begin = (size_t)(first - text) + sizeof open - 1;
    return reached->all || is_blank(text + begin, end - begin) || reached->first < end;
}

static ya_status check_content(const ya_chat_program *program, const ya_rendering *r,
                               const ya_conversation *c, const ya_source *source,
                               const reach *reached, unsigned *dropped, ya_error *err)
{
    if (!source->text || is_blank(source->text, source->size))
        return YA_OK;
    size_t thought = thought_size(source);
    bool answer = !is_blank(source->text + thought, source->size - thought);
    bool said = reached->any && !r->run.list_written &&
                (!answer || reached->all || reached->last > thought);
    bool thinks = !thought || (reached->any && has_thought(source, thought, reached));
    if (answer ? !said : thinks && !reached->any)
        return missing(source, "the content", err);
    if (thinks)
        return YA_OK;
    if (!program->reads_reasoning || !is_earlier(c, source->message))
        return missing(source, "the reasoning (up to </think>)", err);
    ++*dropped;
    return YA_OK;
}

static ya_status check_source(const ya_chat_program *program, const ya_rendering *r,
                              const ya_conversation *c, const ya_source *source,
                              const reach *reached, unsigned *dropped, ya_error *err)
{
    if (source->from == YA_FROM_TOOLS)
        return reached->any || c->tools_size <= 2
                   ? YA_OK
                   : ya_fail(err, YA_ERR_DATA,
                             "the chat template leaves out the tools of the conversation");
    if (source->from == YA_FROM_TEMPLATE ||
        strcmp(c->messages[source->message].role, "assistant") != 0)
        return YA_OK;
    if (source->from == YA_FROM_CONTENT)
        return check_content(program, r, c, source, reached, dropped, err);
    if (source->from == YA_FROM_CALL)
        return reached->any ? YA_OK : missing(source, "a tool call", err);
    if (source->from != YA_FROM_REASONING || reached->any || is_blank(source->text, source->size))
        return YA_OK;
    if (!program->reads_reasoning || !is_earlier(c, source->message))
        return missing(source, "the reasoning", err);
    ++*dropped;
    return YA_OK;
}

ya_status ya_check_complete(const ya_chat_program *program, const ya_rendering *r,
                            const ya_conversation *conversation, unsigned *dropped_reasoning,
                            ya_error *err)
{
    const ya_run *run = &r->run;
    ya_status status = YA_OK;
    reach *reached = ya_alloc_zero(run->n_sources, sizeof *reached);
    if (!reached)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a chat");
    for (size_t k = 0; k < r->out.n_runs; k++)
        take_run(r, k, &reached[r->out.runs[k].source & ~(uint32_t)YA_GENERATED]);
    *dropped_reasoning = 0;
    for (uint32_t i = 0; i < run->n_sources; i++)
        YA_TRY(check_source(program, r, conversation, &run->sources[i], &reached[i],
                            dropped_reasoning, err));
done:
    ya_free(reached);
    return status;
}
