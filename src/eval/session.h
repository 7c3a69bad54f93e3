/* A model made ready to run without training: base, adapter, engine, and the tokenizer where there
 * is one. */
#ifndef YA_EVAL_SESSION_H
#define YA_EVAL_SESSION_H

#include "eval/likelihood.h"
#include "lora/params.h"
#include "model/engine.h"
#include "settings/settings.h"
#include "token/chat.h"

typedef struct {
    ya_model *model;
    ya_params params; /* of the adapter; empty without */
    ya_arena arena;
    ya_engine *engine;
    ya_scoring scoring;             /* with config.scoring */
    ya_tokenizer *tokenizer;        /* NULL: the model has none */
    ya_chat *chat;                  /* opened by ya_session_open_chat */
    char *base_path, *adapter_path; /* NULL adapter: none */
} ya_session;

/* What the engine is for. */
typedef struct {
    int pass_tokens;
    int cache_tokens; /* 0: no decoding */
    bool scoring;     /* for ya_likelihood_run in passes of pass_tokens; needs cache_tokens */
    bool need_tokenizer;
    bool without_adapter; /* the bare base, for comparison */
    bool exact;           /* f32 whatever dtype says */
} ya_session_config;

/* Opens what `model`, `adapter`, `base` of the settings name (spec/cli.md) and lays everything out.
 * On failure the session is empty again. */
ya_status ya_session_open(ya_session *session, const ya_settings *settings,
                          const ya_session_config *config, ya_error *err) YA_CHECK;
/* The same in two steps, for who must look at model and tokenizer before the engine can be sized.
 */
ya_status ya_session_open_parts(ya_session *session, const ya_settings *settings,
                                const ya_session_config *config, ya_error *err) YA_CHECK;
ya_status ya_session_lay_out(ya_session *session, const ya_settings *settings,
                             const ya_session_config *config, ya_error *err) YA_CHECK;
/* The chat template of the tokenizer, or the one that the settings name. */
ya_status ya_session_open_chat(ya_session *session, const ya_settings *settings,
                               ya_error *err) YA_CHECK;
void ya_session_close(ya_session *session);

#endif
