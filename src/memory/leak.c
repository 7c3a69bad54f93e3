#include "memory/leak.h"

#include <math.h>

bool ya_leak_add(ya_leak *leak, uint64_t rss_anon)
{
    uint64_t n = leak->n_steps++;
    int64_t growth = (int64_t)(rss_anon - leak->last);
    leak->last = rss_anon;
    if (n < YA_LEAK_WARM_UP)
        return false;
    uint64_t at = n - YA_LEAK_WARM_UP;
    leak->growth[at % YA_LEAK_WINDOW] = growth;
    return at % YA_LEAK_WINDOW == YA_LEAK_WINDOW - 1;
}

double ya_leak_rate(const ya_leak *leak)
{
    int64_t sorted[YA_LEAK_WINDOW];
    if (leak->n_steps <= YA_LEAK_WARM_UP)
        return 0.0;
    uint64_t have = leak->n_steps - YA_LEAK_WARM_UP;
    int n = have < YA_LEAK_WINDOW ? (int)have : YA_LEAK_WINDOW;
    int64_t sum = 0;
    for (int i = 0; i < n; i++) {
        int at = i;
        sum += leak->growth[i];
        for (; at > 0 && sorted[at - 1] > leak->growth[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = leak->growth[i];
    }
    double median =
        n % 2 ? (double)sorted[n / 2] : 0.5 * ((double)sorted[n / 2 - 1] + (double)sorted[n / 2]);
    double mean = (double)sum / n;
    return median > 0.0 && mean < median ? fmax(mean, 0.0) : median;
}
