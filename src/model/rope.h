/* Rotary frequencies: what a configuration says of them, and the numbers. Scalings as transformers
 * computes them (modeling_rope_utils.py). */
#ifndef YA_MODEL_ROPE_H
#define YA_MODEL_ROPE_H

#include <stdbool.h>

typedef enum {
    YA_ROPE_DEFAULT,
    YA_ROPE_LINEAR,  /* all divided by the factor */
    YA_ROPE_DYNAMIC, /* a base that grows with rows longer than original_positions */
    YA_ROPE_YARN,    /* low ones divided, high ones kept, blended by the pair's number */
    YA_ROPE_LLAMA3,  /* low ones divided, high ones kept, blended by the frequency */
    YA_ROPE_N_TYPES
} ya_rope_type;

typedef struct {
    ya_rope_type type;
    double theta, factor;                     /* factor: all but the default's, at least 1 */
    double low_freq_factor, high_freq_factor; /* llama3 */
    double beta_fast, beta_slow;              /* YaRN: turns within original_positions */
    bool whole_pairs;                         /* YaRN: its bounds are rounded outwards */
    double attention_factor;                  /* cos and sin are times this; 0: 1 */
    int original_positions;                   /* llama3, YaRN, dynamic */
} ya_rope;

/* "default", "linear", "dynamic", "yarn", "llama3" */
const char *ya_rope_type_name(ya_rope_type type);
bool ya_rope_type_find(const char *name, ya_rope_type *out);

/* 0.1 ln(factor) + 1: what YaRN multiplies cos and sin by where nothing else is said. */
double ya_rope_yarn_attention(double factor);

/* inv_freq [head_dim / 2], for rows within original_positions. */
void ya_rope_frequencies(const ya_rope *rope, int head_dim, double *inv_freq);

/* Rows of that length turn pair j by inv_freq[j] exp(-stretch j / (head_dim / 2)) a position. */
double ya_rope_stretch(const ya_rope *rope, int head_dim, int length);

#endif
