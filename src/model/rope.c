#include "model/rope.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const char *const names[YA_ROPE_N_TYPES] = {"default", "linear", "dynamic", "yarn",
                                                   "llama3"};

const char *ya_rope_type_name(ya_rope_type type)
{
    return names[type];
}

bool ya_rope_type_find(const char *name, ya_rope_type *out)
{
    for (int i = 0; i < YA_ROPE_N_TYPES; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (ya_rope_type)i;
            return true;
        }
    return false;
}

double ya_rope_yarn_attention(double factor)
{
    return factor <= 1 ? 1 : 0.1 * log(factor) + 1;
}

/* Share of the unscaled frequency: Dubey et al. 2024. */
static double llama3_kept(const ya_rope *r, double frequency)
{
    double turns = r->original_positions * frequency / (2 * M_PI);
    double kept = (turns - r->low_freq_factor) / (r->high_freq_factor - r->low_freq_factor);
    return fmin(fmax(kept, 0), 1);
}

/* The pair, as a real number, that makes so many turns within original_positions. */
static double pair_of_turns(const ya_rope *r, int head_dim, double turns)
{
    return head_dim * log(r->original_positions / (turns * 2 * M_PI)) / (2 * log(r->theta));
}

/* Peng et al. 2023, with the bounds of the authors' code. */
static double yarn_kept(const ya_rope *r, int head_dim, int j)
{
    double low = pair_of_turns(r, head_dim, r->beta_fast);
    double high = pair_of_turns(r, head_dim, r->beta_slow);
    low = fmax(r->whole_pairs ? floor(low) : low, 0);
    high = fmin(r->whole_pairs ? ceil(high) : high, head_dim - 1);
    if (low == high)
        high += 0.001;
    return 1 - fmin(fmax((j - low) / (high - low), 0), 1);
}

void ya_rope_frequencies(const ya_rope *rope, int head_dim, double *inv_freq)
{
    for (int j = 0; j < head_dim / 2; j++) {
        double plain = pow(rope->theta, -2.0 * j / head_dim), kept = 1;
        if (rope->type == YA_ROPE_LINEAR)
            kept = 0;
        else if (rope->type == YA_ROPE_YARN)
            kept = yarn_kept(rope, head_dim, j);
        else if (rope->type == YA_ROPE_LLAMA3)
            kept = llama3_kept(rope, plain);
        inv_freq[j] = kept == 1 ? plain : plain * (kept + (1 - kept) / rope->factor);
    }
}

double ya_rope_stretch(const ya_rope *rope, int head_dim, int length)
{
    if (rope->type != YA_ROPE_DYNAMIC || length <= rope->original_positions)
        return 0;
    double growth = rope->factor * length / rope->original_positions - (rope->factor - 1);
    return log(growth) * head_dim / (head_dim - 2); /* theta grows by its exponential */
}
