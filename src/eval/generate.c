#include "eval/generate.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "eval/ids.h"
#include "eval/sample.h"
#include "eval/session.h"
#include "io/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PREFILL_TOKENS = 512 }; /* each reads and expands all weights once */

/* What one prompt became. */
typedef struct {
    ya_ids ids;
    ya_buffer text; /* empty without a tokenizer */
} continuation;

typedef struct {
    const ya_settings *settings;
    float *logits;
    int32_t *order;
    bool stream;
    int64_t ready_ns, prompt_tokens, prompt_ns, new_tokens, new_ns;
} generation;

static bool stops(const ya_session *s, int32_t id)
{
    return s->tokenizer ? ya_tokenizer_is_stop(s->tokenizer, id) : id == s->model->config.eos_id;
}

static void show(const generation *g, const char *text, size_t size)
{
    if (!g->stream || size == 0)
        return;
    fwrite(text, 1, size, stdout);
    fflush(stdout);
}

/* Feeds one new token to the text. */
static ya_status add_text(const generation *g, ya_detokenizer *d, int32_t id, ya_buffer *text,
                          ya_error *err)
{
    const char *piece;
    size_t size;
    if (!d)
        return YA_OK;
    ya_status status = ya_detokenizer_feed(d, id, &piece, &size, err);
    if (status)
        return status;
    show(g, piece, size);
    return ya_buffer_add(text, piece, size, err);
}

static ya_status finish_text(const generation *g, ya_detokenizer *d, ya_buffer *text, ya_error *err)
{
    const char *piece;
    size_t size;
    if (!d)
        return YA_OK;
    ya_status status = ya_detokenizer_finish(d, &piece, &size, err);
    if (status)
        return status;
    show(g, piece, size);
    show(g, "\n", 1);
    return ya_buffer_add(text, piece, size, err);
}

static ya_status check_logits(const generation *g, const ya_session *s, ya_error *err)
{
    for (int i = 0; i < s->model->config.vocab_size; i++)
        if (!isfinite(g->logits[i]))
            return ya_fail(err, YA_ERR_DATA,
                           "the model's output is not finite: its weights, or the adapter's, hold "
                           "NaN or infinite values, or values too large for this type");
    return YA_OK;
}

static ya_status next_tokens(generation *g, ya_session *s, ya_detokenizer *d, continuation *out,
                             ya_error *err)
{
    const ya_settings *o = g->settings;
    ya_sampling sampling = {o->temperature, o->top_p, (uint64_t)o->seed};
    ya_status status = YA_OK;
    for (int64_t i = 0; i < o->max_tokens; i++) {
        YA_TRY(check_logits(g, s, err));
        int32_t id =
            ya_sample(&sampling, g->logits, s->model->config.vocab_size, g->order, (uint64_t)i);
        YA_TRY(ya_ids_add(&out->ids, id, err));
        YA_TRY(add_text(g, d, id, &out->text, err));
        g->new_tokens++;
        if (!o->ignore_eos && stops(s, id))
            break;
        if (i + 1 < o->max_tokens)
            YA_TRY(ya_engine_decode(s->engine, &id, 1, g->logits, err));
    }
done:
    return status;
}

static ya_status continue_prompt(generation *g, ya_session *s, const ya_ids *prompt,
                                 continuation *out, ya_error *err)
{
    ya_detokenizer *d = NULL;
    ya_status status = YA_OK;
    if (s->tokenizer)
        YA_TRY(ya_detokenizer_new(&d, s->tokenizer, true, err));
    ya_engine_rewind(s->engine, 0);
    int64_t start = ya_now_ns();
    YA_TRY(ya_engine_decode(s->engine, prompt->data, (int)prompt->size, g->logits, err));
    int64_t first = ya_now_ns();
    g->prompt_tokens += (int64_t)prompt->size;
    g->prompt_ns += first - start;
    YA_TRY(next_tokens(g, s, d, out, err));
    g->new_ns += ya_now_ns() - first;
    status = finish_text(g, d, &out->text, err);
done:
    ya_detokenizer_free(d);
    return status;
}

/* Prompts: the texts of --prompt and --chat as ids, then the lists of --ids. */
static ya_status encode_prompts(ya_session *s, const ya_settings *o, ya_id_lists *out,
                                ya_error *err)
{
    ya_status status = YA_OK;
    out->lists = ya_alloc_zero(o->prompt.n + o->chat.n + 1, sizeof *out->lists);
    if (!out->lists)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the prompts");
    for (size_t i = 0; i < o->prompt.n; i++) {
        const char *text = o->prompt.items[i];
        YA_TRY(ya_tokenizer_encode(s->tokenizer, text, strlen(text), true,
                                   &out->lists[out->n_lists++], err));
    }
    if (o->chat.n > 0)
        YA_TRY(ya_session_open_chat(s, o, err));
    for (size_t i = 0; i < o->chat.n; i++) {
        const char *text = o->chat.items[i];
        const ya_message message = {.role = "user", .content = text, .content_size = strlen(text)};
        const ya_conversation conversation = {&message, 1, NULL, 0, true};
        YA_TRY(ya_chat_encode(s->chat, s->tokenizer, &conversation, &out->lists[out->n_lists++],
                              NULL, err));
    }
done:
    return status;
}

static ya_status print_json(const ya_session *s, const continuation *c, ya_error *err)
{
    ya_buffer line = {0};
    ya_status status;
    YA_TRY(ya_buffer_printf(&line, err, "{\"ids\": ["));
    for (size_t i = 0; i < c->ids.size; i++)
        YA_TRY(ya_buffer_printf(&line, err, "%s%d", i ? ", " : "", (int)c->ids.data[i]));
    YA_TRY(ya_buffer_printf(&line, err, "], \"text\": "));
    if (s->tokenizer)
        YA_TRY(ya_json_quote(&line, c->text.data ? c->text.data : "", c->text.size, err));
    else
        YA_TRY(ya_buffer_printf(&line, err, "null"));
    YA_TRY(ya_buffer_printf(&line, err, "}\n"));
    fwrite(line.data, 1, line.size, stdout);
    fflush(stdout);
done:
    ya_buffer_free(&line);
    return status;
}

static ya_status one_prompt(generation *g, ya_session *s, ya_session *bare, const ya_ids *prompt,
                            const char *shown, ya_error *err)
{
    continuation with = {0}, without = {0};
    ya_status status = YA_OK;
    if (bare)
        YA_TRY(continue_prompt(g, bare, prompt, &without, err));
    YA_TRY(continue_prompt(g, s, prompt, &with, err));
    if (g->settings->json) {
        if (bare)
            YA_TRY(print_json(bare, &without, err));
        YA_TRY(print_json(s, &with, err));
    } else if (bare) {
        printf("%s\n  base:    %s\n  adapter: %s\n", shown,
               without.text.data ? without.text.data : "", with.text.data ? with.text.data : "");
        fflush(stdout);
    } else if (!s->tokenizer) {
        for (size_t i = 0; i < with.ids.size; i++)
            printf("%s%d", i ? " " : "", (int)with.ids.data[i]);
        printf("\n");
    }
done:
    ya_ids_free(&with.ids);
    ya_ids_free(&without.ids);
    ya_buffer_free(&with.text);
    ya_buffer_free(&without.text);
    return status;
}

static ya_status run(generation *g, ya_session *s, ya_session *bare, const ya_id_lists *prompts,
                     ya_error *err)
{
    const ya_settings *o = g->settings;
    size_t vocab = (size_t)s->model->config.vocab_size;
    ya_status status = YA_OK;
    g->logits = ya_alloc(vocab * sizeof *g->logits);
    g->order = ya_alloc(vocab * sizeof *g->order);
    if (!g->logits || !g->order)
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu logits", vocab);
    for (size_t i = 0; !status && i < prompts->n_lists; i++) {
        const char *shown = i < o->prompt.n               ? o->prompt.items[i]
                            : i < o->prompt.n + o->chat.n ? o->chat.items[i - o->prompt.n]
                                                          : "(token ids)";
        status = one_prompt(g, s, bare, &prompts->lists[i], shown, err);
    }
    ya_free(g->logits);
    ya_free(g->order);
    if (!status && g->new_ns > 0 && g->prompt_ns > 0)
        ya_info(
            "ready in %.2f s; %lld prompt tokens at %.1f tokens/s, %lld new ones at %.1f tokens/s",
            (double)g->ready_ns * 1e-9, (long long)g->prompt_tokens,
            (double)g->prompt_tokens * 1e9 / (double)g->prompt_ns, (long long)g->new_tokens,
            (double)g->new_tokens * 1e9 / (double)g->new_ns);
    return status;
}

/* Two looks at the prompts: their lengths size the cache, so they are tokenised by a session of
 * their own first. */
static ya_status longest_prompt(const ya_settings *o, const ya_id_lists *lists, size_t *longest,
                                ya_error *err)
{
    *longest = 1;
    for (size_t i = 0; i < lists->n_lists; i++) {
        if (lists->lists[i].size == 0)
            return ya_fail(
                err, YA_ERR_DATA,
                "prompt %zu is empty, and the model begins texts with no token of its own", i + 1);
        *longest = lists->lists[i].size > *longest ? lists->lists[i].size : *longest;
    }
    if (*longest + (size_t)o->max_tokens > 1u << 24)
        return ya_fail(err, YA_ERR_DATA, "a prompt of %zu tokens and %lld new ones are too many",
                       *longest, (long long)o->max_tokens);
    return YA_OK;
}

static ya_status check_flags(const ya_settings *o, ya_error *err)
{
    if (o->prompt.n + o->chat.n == 0 && !o->ids)
        return ya_fail(err, YA_ERR_USAGE,
                       "nothing to continue: give --prompt TEXT, --chat TEXT or --ids FILE.json");
    if (o->compare && !o->adapter && !o->model)
        return ya_fail(err, YA_ERR_USAGE, "--compare needs an adapter");
    return YA_OK;
}

ya_status ya_generate(const ya_settings *o, ya_error *err)
{
    ya_session s = {0}, bare = {0};
    ya_id_lists prompts = {0};
    generation g = {.settings = o, .stream = !o->json && !o->compare};
    bool texts = o->prompt.n + o->chat.n > 0;
    size_t longest;
    int64_t start = ya_now_ns();
    ya_status status;
    YA_TRY(check_flags(o, err));
    ya_session_config config = {
        .pass_tokens = PREFILL_TOKENS, .need_tokenizer = texts, .exact = true};
    YA_TRY(ya_session_open_parts(&s, o, &config, err));
    if (texts)
        YA_TRY(encode_prompts(&s, o, &prompts, err));
    else
        YA_TRY(ya_id_lists_read(&prompts, o->ids, s.model->config.vocab_size, err));
    YA_TRY(longest_prompt(o, &prompts, &longest, err));
    config.cache_tokens = (int)(longest + (size_t)o->max_tokens);
    config.pass_tokens = longest < PREFILL_TOKENS ? (int)longest : PREFILL_TOKENS;
    if (config.cache_tokens > s.model->config.max_positions)
        ya_warn("%d tokens are more than the %d that the model was trained for",
                config.cache_tokens, s.model->config.max_positions);
    YA_TRY(ya_session_lay_out(&s, o, &config, err));
    if (o->compare && !s.adapter_path) {
        status =
            ya_fail(err, YA_ERR_USAGE,
                    "--compare needs an adapter: --adapter DIR, or --model an adapter's directory");
        goto done;
    }
    if (o->compare) {
        config.without_adapter = true;
        config.need_tokenizer = texts;
        YA_TRY(ya_session_open(&bare, o, &config, err));
    }
    g.ready_ns = ya_now_ns() - start;
    status = run(&g, &s, o->compare ? &bare : NULL, &prompts, err);
done:
    ya_session_close(&s);
    ya_session_close(&bare);
    ya_id_lists_free(&prompts);
    return status;
}
