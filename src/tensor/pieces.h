/* How products cut their shapes: shared by panels.c and strassen.c. */
#ifndef YA_TENSOR_PIECES_H
#define YA_TENSOR_PIECES_H

#include "base/checked.h"
#include "tensor/kernels.h"

static inline int ya_ceil_div(int n, int by)
{
    return n / by + (n % by != 0);
}

static inline int ya_smaller(int x, int y)
{
    return x < y ? x : y;
}

/* The depth of panels for a product of depth k: equal parts of at most `most` (a multiple of a
 * line), whole lines each. */
static inline int ya_panel_depth(int k, int most)
{
    return (int)ya_round_up((size_t)ya_ceil_div(k, ya_ceil_div(k, most)), YA_PANEL_LINE);
}

#endif
