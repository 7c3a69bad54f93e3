#include "eval/asking.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "eval/sample.h"
#include "eval/session.h"
#include "train/interrupt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ID_TEXT = 256, PROGRESS_S = 20, ANSWER_PASS_TOKENS = 256 };

size_t ya_likeliest(const ya_question *q, const double *ll, const int *tokens, bool mean,
                    unsigned in)
{
    size_t best = 0;
    double most = -INFINITY;
    for (size_t k = 0; k < q->n_choices; k++) {
        double value = mean ? ll[k] / tokens[k] : ll[k];
        if ((q->choices[k].is & in) == in && value > most) {
            best = k;
            most = value;
        }
    }
    return best;
}

/* MC2: probability of the right answers among all, however small they are. */
static double right_mass(const ya_question *q, const double *ll)
{
    double most = -INFINITY, right = 0, all = 0;
    for (size_t k = 0; k < q->n_choices; k++)
        if (q->choices[k].is & YA_IN_MC2)
            most = fmax(most, ll[k]);
    for (size_t k = 0; k < q->n_choices; k++) {
        if (!(q->choices[k].is & YA_IN_MC2))
            continue;
        double p = exp(ll[k] - most);
        all += p;
        right += q->choices[k].is & YA_RIGHT_MC2 ? p : 0.0;
    }
    return all > 0 ? right / all : NAN;
}

/* One system being asked. */
typedef struct {
    const ya_asking_config *config;
    const ya_questions *q;
    ya_answers *out;
    ya_session session;
    ya_continuations c; /* a group a multiple-choice question */
    size_t *question;   /* [c.n_groups]: which question a group is */
    double *ll;         /* [c.n] */
    size_t kept;        /* groups that the journal had */
    size_t taken;       /* groups that are among the answers */
    ya_ids *prompts;    /* [n]: of free-form questions */
    float *logits;
    int64_t started, reported;
    ya_error *err;
    ya_status status; /* of keeping */
} asking;

static ya_status no_memory(ya_error *err)
{
    return ya_fail(err, YA_ERR_MEMORY, "out of memory for the answers");
}

static void entry_id(const asking *a, size_t i, char id[ID_TEXT])
{
    snprintf(id, ID_TEXT, "%.100s/%s/%zu", a->q->name, a->config->name, a->q->list[i].number);
}

static ya_status make_answers(asking *a)
{
    ya_answers *o = a->out;
    size_t n = a->q->n;
    *o = (ya_answers){.name = a->config->name, .n = n};
    o->ll = ya_alloc_zero(n, sizeof *o->ll);
    o->tokens = ya_alloc_zero(n, sizeof *o->tokens);
    o->answers = ya_alloc_zero(n, sizeof *o->answers);
    o->score = ya_alloc_zero(n, sizeof *o->score);
    o->mass = ya_alloc_zero(n, sizeof *o->mass);
    a->question = ya_alloc_zero(n, sizeof *a->question);
    a->prompts = ya_alloc_zero(n, sizeof *a->prompts);
    if (!o->ll || !o->tokens || !o->answers || !o->score || !o->mass || !a->question || !a->prompts)
        return no_memory(a->err);
    for (size_t i = 0; i < n; i++) {
        o->mass[i] = NAN;
        if (!a->q->list[i].choices)
            continue;
        o->ll[i] = ya_alloc_zero(a->q->list[i].n_choices, sizeof **o->ll);
        o->tokens[i] = ya_alloc_zero(a->q->list[i].n_choices, sizeof **o->tokens);
        if (!o->ll[i] || !o->tokens[i])
            return no_memory(a->err);
    }
    return YA_OK;
}

static ya_status encode(asking *a)
{
    const ya_session *s = &a->session;
    const ya_chat *chat = a->config->chat ? s->chat : NULL;
    ya_status status = YA_OK;
    for (size_t i = 0; i < a->q->n; i++) {
        if (!a->q->list[i].choices) {
            YA_TRY(ya_question_prompt(a->q, i, s->tokenizer, chat, &a->prompts[i], a->err));
            continue;
        }
        size_t first = a->c.n;
        a->question[a->c.n_groups] = i;
        YA_TRY(ya_question_encode(a->q, i, s->tokenizer, chat, &a->c, a->err));
        for (size_t k = first; k < a->c.n; k++)
            a->out->tokens[i][k - first] = a->c.list[k].n - a->c.list[k].n_context;
    }
done:
    return status;
}

static ya_status open_session(asking *a)
{
    const ya_settings *s = a->config->settings;
    ya_session_config config = {
        .need_tokenizer = true, .exact = true, .without_adapter = a->config->without_adapter};
    ya_status status;
    YA_TRY(ya_session_open_parts(&a->session, s, &config, a->err));
    if (a->config->chat)
        YA_TRY(ya_session_open_chat(&a->session, s, a->err));
    YA_TRY(encode(a));
    config.scoring = a->c.n > 0;
    config.cache_tokens = ya_continuations_prefix(&a->c) + 1;
    config.pass_tokens =
        a->c.n > 0 ? ya_scoring_capacity(&a->c, (int)s->pass_tokens) : ANSWER_PASS_TOKENS;
    int positions = a->session.model->config.max_positions,
        longest = a->c.n > 0 ? ya_continuations_longest(&a->c) + 1 : 0;
    for (size_t i = 0; i < a->q->n; i++) {
        int needed = (int)a->prompts[i].size + a->q->list[i].max_tokens;
        config.cache_tokens = needed > config.cache_tokens ? needed : config.cache_tokens;
        longest = needed > longest ? needed : longest;
    }
    if (positions > 0 && longest > positions)
        ya_warn("a question with its answer has up to %d tokens, more than the %d that the model "
                "was trained for",
                longest, positions);
    status = ya_session_lay_out(&a->session, s, &config, a->err);
done:
    return status;
}

/* Multiple choice: ----------------------------------------------------------------------------- */

/* Group g, complete in a->ll, goes to the answers. */
static void take_group(asking *a, size_t g)
{
    size_t i = a->question[g], first = a->c.group_start[g];
    memcpy(a->out->ll[i], a->ll + first, (ya_continuations_end(&a->c, g) - first) * sizeof *a->ll);
}

static json_t *list_of(const double *ll, size_t n)
{
    json_t *list = json_array();
    for (size_t k = 0; k < n; k++)
        if (json_array_append_new(list, json_real(ll[k])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static void report(asking *a, size_t g)
{
    int64_t now = ya_now_ns();
    if (now - a->reported < (int64_t)PROGRESS_S * 1000000000 || g == a->kept)
        return;
    a->reported = now;
    double took = (double)(now - a->started) * 1e-9, done = (double)(g - a->kept);
    ya_info("%s, %s: %zu of %zu questions, about %.0f s left", a->q->name, a->config->name, g,
            a->c.n_groups, took / done * (double)(a->c.n_groups - g));
}

/* Keeps the groups that are complete now. */
static bool on_done(void *user, size_t g)
{
    asking *a = user;
    char id[ID_TEXT];
    for (; a->taken < g && !a->status; a->taken++) {
        size_t i = a->question[a->taken];
        take_group(a, a->taken);
        entry_id(a, i, id);
        a->status = ya_result_journal_add(a->config->journal, id,
                                          list_of(a->out->ll[i], a->q->list[i].n_choices), a->err);
    }
    report(a, g);
    return !a->status && ya_interrupt_signal() == 0;
}

/* Group g as the journal has it; false when it has not. */
static bool recall_group(asking *a, size_t g)
{
    char id[ID_TEXT];
    size_t i = a->question[g], n = a->q->list[i].n_choices;
    entry_id(a, i, id);
    const json_t *list = ya_result_journal_find(a->config->journal, id);
    if (json_array_size(list) != n)
        return false;
    for (size_t k = 0; k < n; k++) {
        const json_t *value = json_array_get(list, k);
        if (!json_is_number(value))
            return false;
        a->ll[a->c.group_start[g] + k] = json_number_value(value);
    }
    take_group(a, g);
    return true;
}

static void mark(asking *a)
{
    for (size_t i = 0; i < a->q->n; i++) {
        const ya_question *q = &a->q->list[i];
        const double *ll = a->out->ll[i];
        if (!q->choices)
            continue;
        size_t best = ya_likeliest(q, ll, a->out->tokens[i], a->q->mean, YA_IN_MC1);
        a->out->score[i] = (q->choices[best].is & YA_RIGHT_MC1) != 0;
        a->out->mass[i] = right_mass(q, ll);
    }
}

static ya_status choose(asking *a)
{
    ya_status status;
    a->ll = ya_alloc_zero(a->c.n + 1, sizeof *a->ll);
    if (!a->ll)
        return no_memory(a->err);
    while (a->kept < a->c.n_groups && recall_group(a, a->kept))
        a->kept++;
    a->taken = a->kept;
    if (a->kept > 0)
        ya_info("%s, %s: going on behind %zu questions that were asked before", a->q->name,
                a->config->name, a->kept);
    a->started = a->reported = ya_now_ns();
    if (a->kept < a->c.n_groups) {
        status = ya_likelihood_run(a->session.engine, &a->session.scoring, &a->c, a->kept,
                                   a->c.n_groups, a->ll, on_done, a, a->err);
        if (a->status || status)
            return a->status ? a->status : status;
        ya_info("%s, %s: %zu questions with %zu choices in %.1f s", a->q->name, a->config->name,
                a->c.n_groups - a->kept, a->c.n - a->c.group_start[a->kept],
                (double)(ya_now_ns() - a->started) * 1e-9);
    }
    mark(a);
    return YA_OK;
}

/* Free form: ----------------------------------------------------------------------------------- */

/* The likeliest tokens until the text or turn ends; of plain text, until its line does. */
static ya_status answer(asking *a, size_t i, ya_buffer *text)
{
    ya_session *s = &a->session;
    const ya_question *q = &a->q->list[i];
    ya_sampling greedy = {0.0, 1.0, 0};
    ya_ids ids = {0};
    ya_status status;
    bool line = !a->config->chat || q->asking == YA_ASK_PROMPT;
    ya_engine_rewind(s->engine, 0);
    YA_TRY(ya_buffer_add(text, "", 0, a->err));
    YA_TRY(ya_engine_decode(s->engine, a->prompts[i].data, (int)a->prompts[i].size, a->logits,
                            a->err));
    for (int t = 0; t < q->max_tokens; t++) {
        int32_t id = ya_sample(&greedy, a->logits, s->model->config.vocab_size, NULL, (uint64_t)t);
        if (ya_tokenizer_is_stop(s->tokenizer, id))
            break;
        YA_TRY(ya_ids_add(&ids, id, a->err));
        text->size = 0;
        YA_TRY(ya_tokenizer_decode(s->tokenizer, ids.data, ids.size, true, text, a->err));
        if (line && text->size > 1 && memchr(text->data + 1, '\n', text->size - 1))
            break;
        if (t + 1 < q->max_tokens)
            YA_TRY(ya_engine_decode(s->engine, &id, 1, a->logits, a->err));
    }
done:
    ya_ids_free(&ids);
    return status;
}

static ya_status answer_one(asking *a, size_t i)
{
    char id[ID_TEXT];
    bool right = false;
    ya_buffer text = {0};
    ya_status status;
    entry_id(a, i, id);
    const char *before = json_string_value(ya_result_journal_find(a->config->journal, id));
    if (!before) {
        YA_TRY(answer(a, i, &text));
        YA_TRY(ya_result_journal_add(a->config->journal, id,
                                     json_stringn_nocheck(text.data, strlen(text.data)), a->err));
    }
    a->out->answers[i] = ya_strdup(before ? before : text.data);
    if (!a->out->answers[i])
        YA_TRY(no_memory(a->err));
    YA_TRY(ya_question_judge(&a->q->list[i], a->out->answers[i], &right, a->err));
    a->out->score[i] = right;
done:
    ya_buffer_free(&text);
    return status;
}

static ya_status answer_all(asking *a)
{
    size_t vocab = (size_t)a->session.model->config.vocab_size;
    ya_status status = YA_OK;
    a->logits = ya_alloc(vocab * sizeof *a->logits);
    if (!a->logits)
        return no_memory(a->err);
    for (size_t i = 0; i < a->q->n && !status; i++) {
        if (a->q->list[i].choices)
            continue;
        if (ya_interrupt_signal() != 0)
            return ya_fail(a->err, YA_ERR_INTERRUPTED, "interrupted");
        status = answer_one(a, i);
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------- */

static void close_asking(asking *a)
{
    ya_session_close(&a->session);
    ya_continuations_free(&a->c);
    for (size_t i = 0; a->prompts && i < a->q->n; i++)
        ya_ids_free(&a->prompts[i]);
    ya_free(a->prompts);
    ya_free(a->question);
    ya_free(a->ll);
    ya_free(a->logits);
}

ya_status ya_ask(ya_answers *out, const ya_asking_config *config, ya_error *err)
{
    asking a = {.config = config, .q = config->questions, .out = out, .err = err};
    ya_status status;
    YA_TRY(make_answers(&a));
    YA_TRY(open_session(&a));
    YA_TRY(choose(&a));
    status = answer_all(&a);
done:
    close_asking(&a);
    if (status)
        ya_answers_free(out);
    return status;
}

void ya_answers_free(ya_answers *o)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->ll)
            ya_free(o->ll[i]);
        if (o->tokens)
            ya_free(o->tokens[i]);
        if (o->answers)
            ya_free(o->answers[i]);
    }
    ya_free(o->ll);
    ya_free(o->tokens);
    ya_free(o->answers);
    ya_free(o->score);
    ya_free(o->mass);
    *o = (ya_answers){0};
}
