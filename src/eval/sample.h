/* The next token from a row of logits. */
#ifndef YA_EVAL_SAMPLE_H
#define YA_EVAL_SAMPLE_H

#include <stdint.h>

typedef struct {
    double temperature; /* 0: the most likely */
    double top_p; /* (0, 1]: only the most likely tokens that together have this probability */
    uint64_t seed;
} ya_sampling;

/* A token id. logits [vocab] are overwritten unless greedy; `order` [vocab] is room. The same seed
 * and `index` (which token of the text) give the same choice. Of equal logits the lower id wins. */
int32_t ya_sample(const ya_sampling *sampling, float *logits, int vocab, int32_t *order,
                  uint64_t index);

#endif
