/* AdamW and the gradient's norm over the flat arrays of ya_params.
 *
 * Invariants:
 *  1. The norm is a f64 sum of f64 sums over blocks of YA_NORM_BLOCK values, added in the blocks'
 *     order: the same bits for any number of threads.
 *  2. Padding values have gradient 0 and value 0 and keep both. */
#ifndef YA_TRAIN_OPTIMIZER_H
#define YA_TRAIN_OPTIMIZER_H

#include "lora/params.h"

#include <stdint.h>

enum { YA_NORM_BLOCK = 8192 };

typedef struct {
    double beta1, beta2, eps, weight_decay;
} ya_adamw;

/* Number of f64 partial sums that ya_gradient_norm needs for n values. */
size_t ya_norm_blocks(size_t n_values);

/* L2 norm of grad[0 .. n); not finite exactly when an entry is not.
 *   partial  [ya_norm_blocks(n)] scratch */
double ya_gradient_norm(const float *grad, size_t n, double *partial);

/* The factor of torch.nn.utils.clip_grad_norm_: min(1, max_norm / (norm + 1e-6)); 1 when max_norm
 * is 0 (off). */
double ya_clip_factor(double norm, double max_norm);

/* One update as torch.optim.AdamW makes it (decoupled decay; Loshchilov & Hutter 2019), with
 * gradients grad * factor, at rate `rate`, the `count`-th of this optimizer from 1:
 *   value *= 1 - rate * decay
 *   m1 += (g - m1) (1 - beta1);  m2 = beta2 m2 + (1 - beta2) g^2
 *   value -= rate / (1 - beta1^count) * m1 / (sqrt(m2) / sqrt(1 - beta2^count) + eps)
 * f32 arithmetic on values, f64 for the coefficients. Decay only where ya_param.decay is set. */
void ya_adamw_update(const ya_adamw *config, ya_params *params, double factor, double rate,
                     int64_t count);

#endif
