/* Forward and backward through a model, in passes of a bounded number of tokens.
 *
 * A pass holds whole rows back to back, without padding between them: attention and positions stay
 * inside a row. Activations live in the arena; a pass allocates nothing. Gradients are added to
 * those of the model's trained parts (ya_lora_pair.da, .db, dweight, ...), so several passes make
 * one optimizer step. */
#ifndef YA_MODEL_ENGINE_H
#define YA_MODEL_ENGINE_H

#include "base/arena.h"
#include "model/model.h"

typedef struct ya_engine ya_engine;

typedef struct {
    bool train;           /* keep what backward needs */
    bool bf16;            /* matmul inputs in bf16, else f32 throughout */
    bool grad_checkpoint; /* keep only each layer's input; compute the layer again in backward */
    int pass_tokens;      /* capacity of a pass, at least the longest row */
    int max_targets;      /* capacity in targets; 0: pass_tokens */
    int threads;          /* > 0 */
    double lora_dropout;  /* [0, 1); used in passes with backward only */
    int cache_tokens;     /* > 0: for ya_engine_decode, keys and values of so many tokens are kept;
                             needs train and bf16 off */
} ya_engine_config;

typedef struct {
    int n_tokens; /* <= pass_tokens */
    const int32_t *ids;
    const int32_t *positions;
    int n_rows;               /* rows, each a record (or a stretch of one) */
    const int32_t *row_start; /* [n_rows + 1], 0 .. n_tokens */
    /* Forward only. `behind_cache`: rows stand behind the tokens that ya_engine_decode has taken
     * in, and see them; positions go on from there. row_parent [n_rows] (NULL: none): the row of
     * this pass that a row continues and sees, which continues none itself, or -1. */
    bool behind_cache;
    const int32_t *row_parent;
    int n_targets;
    const int32_t *target_at;  /* [n_targets]: the token whose logits predict target_id; with
                                  backward ascending */
    const int32_t *target_id;  /* [n_targets] */
    const float *target_scale; /* [n_targets] d objective / d CE; NULL without backward */
    float *target_ce;          /* [n_targets] out, may be NULL */
    uint64_t dropout_key;      /* same key, same dropout masks */
    /* Optional looks inside, for `logits` and tests; called in ascending order by the caller's
     * thread. on_logits: [V] of a target; on_hidden: [n_tokens, D], layer 0 is the embedding, l
     * the residual stream after block l, L + 1 after the final norm. */
    void (*on_logits)(void *user, int target, const float *logits);
    void (*on_hidden)(void *user, int layer, const float *x);
    void *user;
} ya_pass;

/* Lays the engine out in `arena`: on a dry arena it only books bytes (and *out is NULL), on a real
 * one it makes the engine. The two take exactly the same. LoRA pairs and trained parts of `model`
 * must be set (their sizes matter; pointers need not be real on a dry arena). The engine keeps
 * `model` and the arena's memory; free it with ya_engine_close. Without a cache nothing that it
 * takes has to live from one pass to the next: in between its pages may be given back
 * (ya_arena_drop). */
ya_status ya_engine_layout(ya_engine **out, ya_model *model, const ya_engine_config *config,
                           ya_arena *arena, ya_error *err) YA_CHECK;
void ya_engine_close(ya_engine *engine);

/* One pass. With `backward`, target_scale is applied and gradients are added. */
void ya_engine_pass(ya_engine *engine, const ya_pass *pass, bool backward);

/* Decoding with a cache of keys and values: takes in `n` more tokens (any number; in stretches of
 * at most pass_tokens) behind those taken so far, and leaves the logits after the last in logits
 * [V] (NULL: not wanted). At most cache_tokens in all: YA_ERR_DATA. A single token goes through
 * matrix-vector products straight from the stored weights. */
ya_status ya_engine_decode(ya_engine *engine, const int32_t *ids, int n, float *logits,
                           ya_error *err) YA_CHECK;
/* Tokens taken so far; forgets those from `position` on. */
int ya_engine_position(const ya_engine *engine);
void ya_engine_rewind(ya_engine *engine, int position);

int ya_engine_vocab(const ya_engine *engine);

/* True when this processor and library run bf16 matmuls natively: the default of --dtype auto. */
bool ya_engine_has_bf16(void);

#endif
