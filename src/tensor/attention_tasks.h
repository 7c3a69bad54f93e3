/* How attention is divided into tasks, for attention.c alone. */
#ifndef YA_TENSOR_ATTENTION_TASKS_H
#define YA_TENSOR_ATTENTION_TASKS_H

#include "tensor/attention.h"

enum { YA_ATTENTION_TILE = 64 }; /* queries or keys */

/* Which tasks there are: a row and a head each. When the long rows' tasks leave some threads
 * without one in the last round, the last `n_split` heads of the longest row are split by queries
 * into `shares` tasks of about the same work, which come last. */
typedef struct {
    int n_tasks, longest, n_split, shares;
} ya_attention_tasks;

typedef struct {
    int row, head;
    int begin, end; /* queries of the row */
    int extra;      /* -1: a whole head, or the last share of one; else which share it is of those
                     * that need a dk and dv of their own; there are fewer than threads */
} ya_attention_task;

ya_attention_tasks ya_attention_tasks_of(const ya_attention *a);
/* Task i of n_tasks. */
ya_attention_task ya_attention_task_at(const ya_attention *a, const ya_attention_tasks *tasks,
                                       int i);
/* Tasks from here on are shares. */
int ya_attention_first_share(const ya_attention *a, const ya_attention_tasks *tasks);

#endif
