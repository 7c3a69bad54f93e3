#include "eval/session.h"

#include "base/alloc.h"
#include "base/log.h"
#include "lora/adapter.h"
#include "lora/locate.h"
#include "model/compute.h"

#include <string.h>

/* Where the tokenizer is: in the GGUF file, in the model's directory, or beside the adapter. */
static ya_status open_tokenizer(ya_session *s, bool needed, ya_error *err)
{
    const char *places[] = {s->base_path, s->adapter_path};
    for (int i = 0; i < 2; i++)
        if (places[i] && ya_tokenizer_is_there(places[i]))
            return ya_tokenizer_open(&s->tokenizer, places[i], err);
    if (needed)
        return ya_fail(err, YA_ERR_IO, "%s has no tokenizer; text needs one (token ids do not)",
                       s->base_path);
    return YA_OK;
}

ya_status ya_session_lay_out(ya_session *s, const ya_settings *settings,
                             const ya_session_config *config, ya_error *err)
{
    ya_status status = YA_OK;
    bool adapted = s->adapter_path && !config->without_adapter;
    ya_adapter a = {0};
    ya_engine_config engine = {.bf16 = !config->exact && ya_compute_bf16(settings),
                               .pass_tokens = config->pass_tokens,
                               .threads = ya_compute_threads(settings),
                               .cache_tokens = config->cache_tokens};
    if (adapted)
        YA_TRY(ya_adapter_read(&a, s->adapter_path, s->model, err));
    for (int real = 0; real < 2; real++) {
        size_t planned = s->arena.used;
        if (real)
            YA_TRY(ya_arena_init(&s->arena, planned, err));
        else
            ya_arena_init_dry(&s->arena);
        if (adapted)
            YA_TRY(ya_adapter_layout(&a, &s->params, s->model, false, &s->arena, err));
        YA_TRY(ya_engine_layout(&s->engine, s->model, &engine, &s->arena, err));
        if (config->scoring)
            ya_scoring_layout(&s->scoring, config->pass_tokens, &s->arena);
    }
    if (adapted)
        status = ya_adapter_values(&a, s->model, &s->params, err);
done:
    ya_adapter_free(&a);
    return status;
}

ya_status ya_session_open_parts(ya_session *session, const ya_settings *settings,
                                const ya_session_config *config, ya_error *err)
{
    ya_status status;
    memset(session, 0, sizeof *session);
    if (!settings->model)
        return ya_fail(err, YA_ERR_USAGE,
                       "no model: say which with --model (a directory or a GGUF file)");
    YA_TRY(ya_locate_model(settings->model, settings->adapter, settings->base, &session->base_path,
                           &session->adapter_path, err));
    YA_TRY(ya_model_open(&session->model, session->base_path, err));
    status = open_tokenizer(session, config->need_tokenizer, err);
done:
    if (status)
        ya_session_close(session);
    return status;
}

ya_status ya_session_open(ya_session *session, const ya_settings *settings,
                          const ya_session_config *config, ya_error *err)
{
    ya_status status = ya_session_open_parts(session, settings, config, err);
    if (!status && (status = ya_session_lay_out(session, settings, config, err)))
        ya_session_close(session);
    return status;
}

ya_status ya_session_open_chat(ya_session *session, const ya_settings *settings, ya_error *err)
{
    return ya_chat_open_for(&session->chat, session->tokenizer, settings->chat_template, err);
}

void ya_session_close(ya_session *session)
{
    ya_engine_close(session->engine);
    ya_params_free(&session->params);
    ya_model_close(session->model);
    ya_chat_close(session->chat);
    ya_tokenizer_close(session->tokenizer);
    ya_arena_free(&session->arena);
    ya_free(session->base_path);
    ya_free(session->adapter_path);
    memset(session, 0, sizeof *session);
}
