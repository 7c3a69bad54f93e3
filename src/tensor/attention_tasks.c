#include "tensor/attention_tasks.h"

#include <math.h>

enum { MAX_SHARES = 4 };

static int row_tokens(const ya_attention *a, int row)
{
    return a->row_start[row + 1] - a->row_start[row];
}

ya_attention_tasks ya_attention_tasks_of(const ya_attention *a)
{
    ya_attention_tasks p = {.n_tasks = a->n_rows * a->n_heads, .shares = 1};
    int n_long = 0;
    for (int r = 1; r < a->n_rows; r++)
        if (row_tokens(a, r) > row_tokens(a, p.longest))
            p.longest = r;
    for (int r = 0; r < a->n_rows; r++)
        n_long += row_tokens(a, r) * 2 >= row_tokens(a, p.longest);
    int left = n_long * a->n_heads % a->threads;
    if (left == 0 || left > a->n_heads || row_tokens(a, p.longest) < 2 * YA_ATTENTION_TILE)
        return p;
    p.n_split = left;
    p.shares = (a->threads + left - 1) / left;
    p.shares = p.shares < MAX_SHARES ? p.shares : MAX_SHARES;
    p.n_tasks += left * (p.shares - 1);
    return p;
}

/* The query at which share `i` begins: a query costs as much as there are keys before it. */
static int share_begin(int n, int i, int shares)
{
    return i == shares
               ? n
               : (int)(n * sqrt((double)i / shares)) / YA_ATTENTION_TILE * YA_ATTENTION_TILE;
}

int ya_attention_first_share(const ya_attention *a, const ya_attention_tasks *p)
{
    return a->n_rows * a->n_heads - p->n_split;
}

ya_attention_task ya_attention_task_at(const ya_attention *a, const ya_attention_tasks *p, int i)
{
    int whole = ya_attention_first_share(a, p), first = (p->longest + 1) * a->n_heads;
    if (i < whole) {
        i += i >= first - p->n_split ? p->n_split : 0;
        ya_attention_task t = {i / a->n_heads, i % a->n_heads, 0, 0, -1};
        t.end = row_tokens(a, t.row);
        return t;
    }
    int split = (i - whole) / p->shares, share = (i - whole) % p->shares;
    int n = row_tokens(a, p->longest);
    bool last = share == p->shares - 1;
    return (ya_attention_task){
        p->longest, a->n_heads - p->n_split + split, share_begin(n, share, p->shares),
        share_begin(n, share + 1, p->shares), last ? -1 : split * (p->shares - 1) + share};
}
