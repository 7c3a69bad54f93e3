/* Continuations of contexts whose log-likelihood is wanted, in groups that share much of their
 * context (the choices of a question). */
#ifndef YA_EVAL_CONTINUATIONS_H
#define YA_EVAL_CONTINUATIONS_H

#include "token/tokenizer.h"

/* ids[at .. at + n): the context's n_context tokens, then those that are scored; 0 < n_context < n.
 */
typedef struct {
    size_t at;
    int32_t n, n_context;
} ya_continuation;

/* {0} is empty. Group g is list[group_start[g] .. group_start[g + 1]), with n for the end of the
 * last. */
typedef struct {
    ya_ids ids;
    ya_continuation *list;
    size_t n, room;
    size_t *group_start;
    size_t n_groups, room_groups;
} ya_continuations;

enum { YA_CONTINUATION_MAX_TOKENS = 1 << 20 };

/* What is added from here on belongs to a new group. */
ya_status ya_continuations_group(ya_continuations *c, ya_error *err) YA_CHECK;
/* The end of group g in list. */
size_t ya_continuations_end(const ya_continuations *c, size_t g);

/* Adds one to the last group; the ids are copied. YA_ERR_DATA unless 0 < n_context < n. */
ya_status ya_continuations_add(ya_continuations *c, const int32_t *ids, size_t n, size_t n_context,
                               ya_error *err) YA_CHECK;
/* The same from text, as lm-evaluation-harness 0.4.13 tokenises (TemplateLM._encode_pair): white
 * space at the end of the context moves to the continuation; both are tokenised as one text, of
 * which the first so many tokens as the context alone has are the context. */
ya_status ya_continuations_add_text(ya_continuations *c, const ya_tokenizer *tokenizer,
                                    const char *context, const char *continuation,
                                    ya_error *err) YA_CHECK;

/* Tokens that all have in common at the start, none of which predicts a scored token. */
int ya_continuations_prefix(const ya_continuations *c);
/* The most tokens that one feeds to the model: all but its last. */
int ya_continuations_longest(const ya_continuations *c);
void ya_continuations_free(ya_continuations *c);

#endif
