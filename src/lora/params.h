/* What is trained: LoRA matrices, or chosen tensors of the model, in flat f32 arrays of the arena,
 * so that clipping and AdamW are one loop.
 *
 *     value   | A0 | B0 | A1 | B1 | ...   each parameter at its offset, 16-float aligned, padding 0
 *     grad, moment1, moment2: the same layout */
#ifndef YA_LORA_PARAMS_H
#define YA_LORA_PARAMS_H

#include "base/arena.h"
#include "model/model.h"

typedef struct {
    /* PEFT's name, e.g. base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight; for full
     * fine-tuning the tensor's Hugging Face name. */
    const char *name;
    int64_t rows, cols; /* a vector (norm, bias) has cols 1 and is_vector */
    size_t offset;      /* in floats */
    bool is_vector;
    bool decay; /* weight decay applies: matrices, not norms and biases */
    /* Full fine-tuning: the model's own tensor, copied into the arena. */
    ya_matrix source;
    const float *source_vector;
} ya_param;

typedef struct {
    ya_param *params;
    int n_params;
    size_t n_values; /* floats of each array, padding included */
    float *value, *grad, *moment1, *moment2;
    char *names; /* storage of the names */
} ya_params;

/* What one linear layer gets. */
typedef struct {
    int rank; /* 0: it is not adapted */
    double alpha;
} ya_lora_module;

typedef struct {
    int rank; /* 0: no LoRA */
    double alpha;
    bool use_rslora;  /* scale alpha / sqrt(rank) instead of alpha / rank */
    unsigned targets; /* bit 1 << ya_target */
    int n_layers;     /* the last n layers; 0 or more than there are: all */
    /* Adapters of others may differ from layer to layer: [layers of the model][YA_N_TARGETS], and
     * rank, alpha, targets above are then the greatest rank, its alpha and all targets that occur.
     * NULL: all alike. Belongs to the ya_adapter. */
    ya_lora_module *modules;
} ya_lora_config;

/* What a layer's target gets; n_layers of the model. */
ya_lora_module ya_lora_module_of(const ya_lora_config *config, int layer, ya_target target,
                                 int n_layers);
/* Makes `config` of modules [n_layers][YA_N_TARGETS] of ya_alloc, which it takes over (also on
 * failure): plain where all are alike and in the last layers. YA_ERR_FORMAT when none is adapted;
 * `what` names the source. */
ya_status ya_lora_take_modules(ya_lora_config *config, ya_lora_module *modules, int n_layers,
                               const char *what, ya_error *err) YA_CHECK;

/* Lists the parameters (heap; an already filled `params` keeps its list), books or takes their
 * memory (gradients and moments only when `train`), and points the model's LoRA pairs there. Call
 * it on the dry arena first, then with the same `params` on the real one. */
ya_status ya_lora_layout(ya_params *params, ya_model *model, const ya_lora_config *config,
                         bool train, ya_arena *arena, ya_error *err) YA_CHECK;

/* Full fine-tuning: the tensors whose Hugging Face names match one of the patterns (fnmatch; "*"
 * all) are copied to f32 in the arena, where the model's matrices then point. No match:
 * YA_ERR_USAGE naming the pattern. */
ya_status ya_trainable_layout(ya_params *params, ya_model *model, const char *const *patterns,
                              size_t n_patterns, bool train, ya_arena *arena,
                              ya_error *err) YA_CHECK;

/* A ~ U(-1/sqrt(in), 1/sqrt(in)), B = 0 (PEFT's Kaiming uniform with a = sqrt 5): a pure function
 * of seed and parameter. */
void ya_lora_init(ya_params *params, uint64_t seed);

void ya_params_free(ya_params *params);

#endif
