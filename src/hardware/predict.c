#include "hardware/predict.h"

#include "model/model.h"
#include "tensor/strassen.h"

/* Shares of measured matmul rates that a step reaches, fitted to SmolLM2 and a 1B shape in f32 and
 * bf16 on an AVX-512 processor (docs/PERFORMANCE.md). Adapters, and the scores of attention,
 * are f32 in either mode, so these shares are of the f32 rate. Strassen's: of SmolLM2 alone. */
static const double MATMUL_SHARE = 0.93, MATMUL_SHARE_STRASSEN = 0.99, MATMUL_SHARE_BF16 = 0.97,
                    ADAPTER_SHARE = 0.5, ATTENTION_SHARE = 0.8, ATTENTION_SHARE_BF16 = 1.05;
/* The element-wise traffic of a layer. */
static const double PASSES_OVER_HIDDEN = 40.0, PASSES_OVER_FFN = 10.0;

static double adapter_weights(const ya_model_config *c, int rank, unsigned targets)
{
    double n = 0.0;
    for (int t = 0; t < YA_N_TARGETS; t++)
        if (targets & 1u << t)
            n += (double)rank * (ya_target_in(c, (ya_target)t) + ya_target_out(c, (ya_target)t));
    return n;
}

static double layer_weights(const ya_model_config *c)
{
    double n = 0.0;
    for (int t = 0; t < YA_N_TARGETS; t++)
        n += (double)ya_target_in(c, (ya_target)t) * ya_target_out(c, (ya_target)t);
    return n;
}

ya_work ya_work_of(const ya_predicted_run *run)
{
    const ya_model_config *c = &run->shape;
    double layers = c->n_layers;
    double back = run->layers > 0 && run->layers < c->n_layers ? run->layers : layers;
    double again = run->checkpoint ? back : 0.0; /* the forward pass of a layer once more */
    double layer = layer_weights(c), head = (double)c->vocab_size * c->hidden_size;
    double rows = run->row_tokens;
    if (c->sliding_window > 0 && c->sliding_window < run->row_tokens)
        rows = 2.0 * c->sliding_window;
    /* a query sees half of its row on average; two products forward, five backward */
    double product = rows * c->n_heads * c->head_dim;
    return (ya_work){
        .weights = 2.0 * layer * (layers + back + again) + 4.0 * head,
        .adapter =
            adapter_weights(c, run->rank, run->targets) * (2.0 * (back + again) + 4.0 * back),
        .attention = product * (2.0 * (layers + again) + 5.0 * back),
    };
}

/* Bytes a token of element-wise work: activations read and written, f32. */
static double traffic_of(const ya_predicted_run *run)
{
    const ya_model_config *c = &run->shape;
    return (double)sizeof(float) * c->n_layers *
           (PASSES_OVER_HIDDEN * c->hidden_size + PASSES_OVER_FFN * c->intermediate_size);
}

static double f32_share(const ya_predicted_run *run)
{
    int d = run->shape.hidden_size;
    ya_matmul_shape shape = {.m = run->pass_tokens,
                             .n = d,
                             .k = d,
                             .type = YA_F32,
                             .b_transposed = true,
                             .mixes_rows = true};
    return ya_strassen_suits(&shape) ? MATMUL_SHARE_STRASSEN : MATMUL_SHARE;
}

double ya_predict_speed(const ya_predicted_run *run, const ya_speeds *speeds)
{
    ya_work work = ya_work_of(run);
    double peak = run->bf16 ? MATMUL_SHARE_BF16 * speeds->bf16_gflops * 1e9
                            : f32_share(run) * speeds->f32_gflops * 1e9;
    double attention = run->bf16 ? ATTENTION_SHARE_BF16 : ATTENTION_SHARE;
    double f32 = speeds->f32_gflops * 1e9, bandwidth = speeds->read_gb_s * 1e9;
    double seconds = work.weights / peak + work.adapter / (ADAPTER_SHARE * f32) +
                     work.attention / (attention * f32) + traffic_of(run) / bandwidth +
                     2.0 * (double)run->weight_bytes / run->pass_tokens / bandwidth;
    return 1.0 / seconds;
}
