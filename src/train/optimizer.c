#include "train/optimizer.h"

#include <assert.h>
#include <math.h>

size_t ya_norm_blocks(size_t n_values)
{
    return n_values / YA_NORM_BLOCK + (n_values % YA_NORM_BLOCK != 0);
}

double ya_gradient_norm(const float *grad, size_t n, double *partial)
{
    size_t n_blocks = ya_norm_blocks(n);
#pragma omp parallel for schedule(static)
    for (size_t block = 0; block < n_blocks; block++) {
        size_t begin = block * YA_NORM_BLOCK;
        size_t end = begin + YA_NORM_BLOCK < n ? begin + YA_NORM_BLOCK : n;
        double sum = 0.0;
        for (size_t i = begin; i < end; i++)
            sum += (double)grad[i] * (double)grad[i];
        partial[block] = sum;
    }
    double total = 0.0;
    for (size_t block = 0; block < n_blocks; block++)
        total += partial[block];
    return sqrt(total);
}

double ya_clip_factor(double norm, double max_norm)
{
    if (max_norm == 0.0)
        return 1.0;
    return fmin(1.0, max_norm / (norm + 1e-6));
}

/* The coefficients of one update, rounded once. */
typedef struct {
    float keep, factor, one_minus_beta1, beta2, one_minus_beta2, root_correction2, eps, step;
} coefficients;

static void update_values(float *restrict value, const float *restrict grad, float *restrict m1,
                          float *restrict m2, size_t n, const coefficients *c)
{
#pragma omp parallel for simd schedule(static)
    for (size_t i = 0; i < n; i++) {
        float g = grad[i] * c->factor;
        m1[i] += (g - m1[i]) * c->one_minus_beta1;
        m2[i] = m2[i] * c->beta2 + g * g * c->one_minus_beta2;
        float denominator = sqrtf(m2[i]) / c->root_correction2 + c->eps;
        value[i] = value[i] * c->keep - c->step * m1[i] / denominator;
    }
}

void ya_adamw_update(const ya_adamw *config, ya_params *params, double factor, double rate,
                     int64_t count)
{
    assert(count >= 1);
    assert(params->moment1 && params->moment2);
    double correction1 = 1.0 - pow(config->beta1, (double)count);
    double correction2 = 1.0 - pow(config->beta2, (double)count);
    for (int i = 0; i < params->n_params; i++) {
        const ya_param *p = &params->params[i];
        double decay = p->decay ? config->weight_decay : 0.0;
        coefficients c = {
            .keep = (float)(1.0 - rate * decay),
            .factor = (float)factor,
            .one_minus_beta1 = (float)(1.0 - config->beta1),
            .beta2 = (float)config->beta2,
            .one_minus_beta2 = (float)(1.0 - config->beta2),
            .root_correction2 = (float)sqrt(correction2),
            .eps = (float)config->eps,
            .step = (float)(rate / correction1),
        };
        size_t at = p->offset;
        update_values(params->value + at, params->grad + at, params->moment1 + at,
                      params->moment2 + at, (size_t)(p->rows * p->cols), &c);
    }
}
