#include "eval/likelihood.h"

#include <assert.h>
#include <string.h>

static int least(int a, int b)
{
    return a < b ? a : b;
}

int ya_scoring_capacity(const ya_continuations *c, int pass_tokens)
{
    int longest = ya_continuations_longest(c) - ya_continuations_prefix(c);
    size_t all = c->ids.size;
    int capacity = all < (size_t)pass_tokens ? (int)all : pass_tokens;
    return longest > capacity ? longest : capacity > 0 ? capacity : 1;
}

static void *take(ya_arena *arena, size_t count, size_t size)
{
    return ya_arena_take(arena, "data", "pass", "token ids, rows and targets of a pass", count,
                         size);
}

void ya_scoring_layout(ya_scoring *s, int capacity, ya_arena *arena)
{
    size_t n = (size_t)capacity;
    *s = (ya_scoring){.capacity = capacity, .max_targets = 2 * capacity};
    s->ids = take(arena, n, sizeof(int32_t));
    s->positions = take(arena, n, sizeof(int32_t));
    s->row_start = take(arena, n + 1, sizeof(int32_t));
    s->row_parent = take(arena, n, sizeof(int32_t));
    s->target_at = take(arena, 2 * n, sizeof(int32_t));
    s->target_id = take(arena, 2 * n, sizeof(int32_t));
    s->owner = take(arena, 2 * n, sizeof *s->owner);
    s->target_ce = take(arena, 2 * n, sizeof(float));
}

typedef struct {
    ya_engine *engine;
    const ya_scoring *s;
    const ya_continuations *c;
    double *ll;
    int prefix;                      /* tokens in the cache */
    int n_tokens, n_rows, n_targets; /* of the pass at hand */
    size_t complete, whole;          /* groups: all run; all run or in the pass at hand */
    ya_likelihood_done *done;
    void *user;
} run;

static const int32_t *ids_of(const run *r, size_t i)
{
    return r->c->ids.data + r->c->list[i].at;
}

/* Tokens behind the prefix that all of a group feed to the model in common. */
static int find_trunk(const run *r, size_t first, size_t end)
{
    const int32_t *ids = ids_of(r, first);
    int common = r->c->list[first].n - 1;
    for (size_t i = first + 1; i < end; i++) {
        int most = least(common, r->c->list[i].n - 1), same = r->prefix;
        while (same < most && ids_of(r, i)[same] == ids[same])
            same++;
        common = same;
    }
    return common - r->prefix;
}

/* The first of the group with the same tokens; i itself when there is none before it. */
static size_t find_twin(const run *r, size_t first, size_t i)
{
    const ya_continuation *me = &r->c->list[i];
    for (size_t j = first; j < i; j++) {
        const ya_continuation *other = &r->c->list[j];
        if (other->n == me->n && other->n_context == me->n_context &&
            memcmp(ids_of(r, j), ids_of(r, i), (size_t)me->n * sizeof(int32_t)) == 0)
            return j;
    }
    return i;
}

static void copy_twins(run *r)
{
    for (size_t g = r->complete; g < r->whole; g++) {
        size_t first = r->c->group_start[g], end = ya_continuations_end(r->c, g);
        for (size_t i = first; i < end; i++)
            r->ll[i] = r->ll[find_twin(r, first, i)];
    }
    r->complete = r->whole;
}

/* Runs the pass at hand and begins an empty one. */
static ya_status flush(run *r, ya_error *err)
{
    const ya_scoring *s = r->s;
    if (r->n_tokens > 0) {
        s->row_start[r->n_rows] = r->n_tokens;
        ya_pass pass = {.n_tokens = r->n_tokens,
                        .ids = s->ids,
                        .positions = s->positions,
                        .n_rows = r->n_rows,
                        .row_start = s->row_start,
                        .behind_cache = r->prefix > 0,
                        .row_parent = s->row_parent,
                        .n_targets = r->n_targets,
                        .target_at = s->target_at,
                        .target_id = s->target_id,
                        .target_ce = s->target_ce};
        ya_engine_pass(r->engine, &pass, false);
        for (int k = 0; k < r->n_targets; k++)
            r->ll[s->owner[k]] -= (double)s->target_ce[k];
    }
    r->n_tokens = r->n_rows = r->n_targets = 0;
    copy_twins(r);
    if (r->done && !r->done(r->user, r->complete))
        return ya_fail(err, YA_ERR_INTERRUPTED, "interrupted");
    return YA_OK;
}

/* Adds a row of n tokens whose first stands at `position`; returns where it begins in the pass. */
static int add_row(run *r, const int32_t *ids, int n, int position, int parent)
{
    const ya_scoring *s = r->s;
    int at = r->n_tokens;
    assert(at + n <= s->capacity && n > 0);
    memcpy(s->ids + at, ids, (size_t)n * sizeof *ids);
    for (int t = 0; t < n; t++)
        s->positions[at + t] = position + t;
    s->row_start[r->n_rows] = at;
    s->row_parent[r->n_rows++] = parent;
    r->n_tokens += n;
    return at;
}

/* The trunk of a group in the pass at hand. */
typedef struct {
    int length, at, row; /* row -1: of no tokens */
} trunk;

static trunk add_trunk(run *r, size_t first, int length)
{
    trunk t = {length, r->n_tokens, -1};
    if (length > 0) {
        t.row = r->n_rows;
        add_row(r, ids_of(r, first) + r->prefix, length, r->prefix, -1);
    }
    return t;
}

static void add_branch(run *r, const trunk *t, size_t i)
{
    const ya_continuation *c = &r->c->list[i];
    const ya_scoring *s = r->s;
    int begin = r->prefix + t->length, own = c->n - 1 - begin;
    int at = own > 0 ? add_row(r, ids_of(r, i) + begin, own, begin, t->row) : 0;
    for (int k = c->n_context; k < c->n; k++) {
        int from = k - 1; /* the token that predicts it */
        s->target_at[r->n_targets] = from < begin ? t->at + from - r->prefix : at + from - begin;
        s->target_id[r->n_targets] = ids_of(r, i)[k];
        s->owner[r->n_targets++] = (int32_t)i;
    }
}

static bool fits(const run *r, int tokens, int targets)
{
    return r->n_tokens + tokens <= r->s->capacity && r->n_targets + targets <= r->s->max_targets;
}

static ya_status add_group(run *r, size_t g, ya_error *err)
{
    size_t first = r->c->group_start[g], end = ya_continuations_end(r->c, g);
    int length = first < end ? find_trunk(r, first, end) : 0;
    trunk t = {.row = -1};
    bool here = false; /* the trunk is in the pass at hand */
    for (size_t i = first; i < end; i++) {
        const ya_continuation *c = &r->c->list[i];
        int own = c->n - 1 - r->prefix - length, targets = c->n - c->n_context;
        r->ll[i] = 0.0;
        if (find_twin(r, first, i) != i)
            continue;
        if (!fits(r, own + (here ? 0 : length), targets)) {
            ya_status status = flush(r, err);
            if (status)
                return status;
            here = false;
        }
        if (!here)
            t = add_trunk(r, first, length);
        here = true;
        add_branch(r, &t, i);
    }
    r->whole = g + 1;
    return YA_OK;
}

static ya_status check_ids(const ya_continuations *c, int vocab, ya_error *err)
{
    if (c->n > INT32_MAX)
        return ya_fail(err, YA_ERR_DATA, "%zu continuations are too many", c->n);
    for (size_t i = 0; i < c->ids.size; i++)
        if (c->ids.data[i] < 0 || c->ids.data[i] >= vocab)
            return ya_fail(err, YA_ERR_DATA,
                           "the tokenizer gives token %d, but the model has only %d tokens",
                           (int)c->ids.data[i], vocab);
    return YA_OK;
}

ya_status ya_likelihood_run(ya_engine *engine, const ya_scoring *scoring, const ya_continuations *c,
                            size_t first, size_t end, double *ll, ya_likelihood_done *done,
                            void *user, ya_error *err)
{
    run r = {.engine = engine,
             .s = scoring,
             .c = c,
             .ll = ll,
             .prefix = ya_continuations_prefix(c),
             .complete = first,
             .whole = first,
             .done = done,
             .user = user};
    ya_status status;
    YA_TRY(check_ids(c, ya_engine_vocab(engine), err));
    ya_engine_rewind(engine, 0);
    if (r.prefix > 0)
        YA_TRY(ya_engine_decode(engine, ids_of(&r, 0), r.prefix, NULL, err));
    for (size_t g = first; g < end; g++)
        YA_TRY(add_group(&r, g, err));
    status = flush(&r, err);
done:
    return status;
}
