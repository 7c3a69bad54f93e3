#include "eval/sample.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>

static int32_t greedy(const float *logits, int vocab)
{
    int best = 0;
    for (int i = 1; i < vocab; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

static int by_probability(const void *a, const void *b, void *p)
{
    const float *probability = p;
    float x = probability[*(const int32_t *)a], y = probability[*(const int32_t *)b];
    if (x != y)
        return x < y ? 1 : -1;
    return *(const int32_t *)a < *(const int32_t *)b ? -1 : 1;
}

int32_t ya_sample(const ya_sampling *sampling, float *logits, int vocab, int32_t *order,
                  uint64_t index)
{
    int32_t best = greedy(logits, vocab);
    if (!(sampling->temperature > 0))
        return best;
    double max = (double)logits[best], total = 0, kept = 0;
    for (int i = 0; i < vocab; i++) {
        double p = exp(((double)logits[i] - max) / sampling->temperature);
        logits[i] = (float)p;
        total += (double)logits[i];
        order[i] = i;
    }
    int n = vocab;
    if (sampling->top_p < 1) {
        qsort_r(order, (size_t)vocab, sizeof *order, by_probability, logits);
        for (n = 0; n < vocab && (n == 0 || kept < sampling->top_p * total); n++)
            kept += (double)logits[order[n]];
        total = kept;
    }
    double draw = ya_unit_double(ya_splitmix64(sampling->seed, index)) * total;
    for (int i = 0; i < n; i++) {
        draw -= (double)logits[order[i]];
        if (draw < 0)
            return order[i];
    }
    return order[n - 1];
}
