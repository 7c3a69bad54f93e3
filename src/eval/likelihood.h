/* Log-likelihoods of continuations: each token of the tree that a group's texts make goes through
 * the model once, behind a cache of what all groups have in common.
 *
 *     cache (all groups) | trunk (a group) | branch
 *
 * Passes are as wide as training's and hold many groups; logits are made only for the tokens that
 * predict a scored one. Sums are f64 over f32 cross-entropies. */
#ifndef YA_EVAL_LIKELIHOOD_H
#define YA_EVAL_LIKELIHOOD_H

#include "eval/continuations.h"
#include "model/engine.h"

/* The pass at hand; all in the arena. */
typedef struct {
    int capacity;    /* tokens and rows of a pass */
    int max_targets; /* of a pass */
    int32_t *ids, *positions, *row_start, *row_parent, *target_at, *target_id;
    int32_t *owner; /* [max_targets]: whose target it is: an index in ya_continuations.list */
    float *target_ce;
} ya_scoring;

/* Tokens of a pass that `c` needs: `pass_tokens`, or more for a group's longest text behind the
 * prefix; never more than all of its tokens. */
int ya_scoring_capacity(const ya_continuations *c, int pass_tokens);
/* Books or takes the arrays of a pass. */
void ya_scoring_layout(ya_scoring *scoring, int capacity, ya_arena *arena);

/* Groups [first, end) of `c`. ll [c->n] gets the log-likelihood of each of their continuations;
 * `done` (may be NULL) is called as soon as groups up to g (exclusive) are complete, and stops the
 * run when it returns false: YA_ERR_INTERRUPTED.
 *   engine   laid out with cache_tokens >= ya_continuations_prefix and the scoring's capacity;
 *            what its cache holds is replaced
 * YA_ERR_DATA for an id outside the vocabulary. */
typedef bool ya_likelihood_done(void *user, size_t g);
ya_status ya_likelihood_run(ya_engine *engine, const ya_scoring *scoring, const ya_continuations *c,
                            size_t first, size_t end, double *ll, ya_likelihood_done *done,
                            void *user, ya_error *err) YA_CHECK;

#endif
