/* A model's weights by role, lying in mapped files, and the low-rank updates attached to them. */
#ifndef YA_MODEL_MODEL_H
#define YA_MODEL_MODEL_H

#include "io/gguf.h"
#include "io/tensors.h"
#include "model/config.h"
#include "tensor/matrix.h"

#include <stddef.h>

/* A LoRA pair: y += scale * B (A x), and its gradients (all in the arena). a == NULL: none. */
typedef struct {
    float *a, *b;   /* [R, in], [out, R] */
    float *da, *db; /* gradients, NULL: not trained */
    float scale;
    int rank; /* 0: none */
} ya_lora_pair;

/* y = W x + bias + scale B A x. */
typedef struct {
    ya_matrix weight;  /* [out, in] */
    const float *bias; /* [out] or NULL */
    float *dweight;    /* [out, in] when W itself is trained, else NULL */
    float *dbias;      /* [out] when trained, else NULL */
    ya_lora_pair lora;
    bool uneven; /* rows of x differ widely in size: the down projection's, where few tokens have
                    values thousands of times the others' */
} ya_linear;

/* RMS norm. */
typedef struct {
    const float *weight; /* NULL: absent */
    float *dweight;      /* when trained, else NULL */
} ya_norm;

typedef struct {
    ya_linear linear[YA_N_TARGETS];
    ya_norm attention_norm, mlp_norm, q_norm, k_norm;
} ya_layer;

typedef struct {
    ya_model_config config;
    char *path;                /* as opened */
    ya_gguf *gguf;             /* NULL: a directory of safetensors */
    ya_tensor_set files;       /* safetensors; empty for GGUF */
    ya_layer *layers;          /* [n_layers] */
    ya_matrix embedding;       /* [V, D] */
    ya_matrix head;            /* [V, D]; the embedding when tied */
    float *dembedding, *dhead; /* gradients when trained (tied: dembedding alone), else NULL */
    ya_norm final_norm;
    double *rope_inv_freq; /* [HD/2], scaling applied */
    float *vectors;        /* norms and biases, expanded to f32 */
    size_t heap_bytes;     /* anonymous memory of this structure */
    size_t mapped_bytes;   /* size of the mapped weights */
    uint64_t n_parameters;
} ya_model;

/* Opens a Hugging Face directory (config.json + safetensors) or a GGUF file: every weight present,
 * of the right shape, of a type that can be expanded. Weights stay mapped; only norms and biases
 * are copied. */
ya_status ya_model_open(ya_model **out, const char *path, ya_error *err) YA_CHECK;
/* The tables of a model without its weights, as if they were all stored as `type`: for planning
 * what is not on this machine. */
ya_status ya_model_open_shape(ya_model **out, const ya_model_config *config, ya_dtype type,
                              const char *name, ya_error *err) YA_CHECK;
void ya_model_close(ya_model *model);

/* "q_proj" ... "down_proj"; "self_attn.q_proj" ... "mlp.down_proj". */
const char *ya_target_name(ya_target target);
const char *ya_target_path(ya_target target);
/* Its name in GGUF files: "attn_q" ... "ffn_down". */
const char *ya_target_gguf(ya_target target);
/* Output and input features of a target. */
int ya_target_out(const ya_model_config *config, ya_target target);
int ya_target_in(const ya_model_config *config, ya_target target);

/* Tells the kernel to drop the mapped weights (they are read again on use). */
void ya_model_drop_pages(const ya_model *model);

#endif
