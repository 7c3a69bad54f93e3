/* The shape of a model: what config.json or GGUF metadata say, checked. */
#ifndef YA_MODEL_CONFIG_H
#define YA_MODEL_CONFIG_H

#include "base/error.h"
#include "io/gguf.h"
#include "model/rope.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { YA_ARCH_LLAMA, YA_ARCH_MISTRAL, YA_ARCH_QWEN2, YA_ARCH_QWEN3 } ya_architecture;

/* The linear layers of a block. */
typedef enum { YA_Q, YA_K, YA_V, YA_O, YA_GATE, YA_UP, YA_DOWN, YA_N_TARGETS } ya_target;

enum { YA_MAX_LAYERS = 4096, YA_MAX_HEAD_DIM = 1024 };

typedef struct {
    ya_architecture architecture;
    int vocab_size, hidden_size, intermediate_size, n_layers;
    int n_heads, n_kv_heads, head_dim;
    int max_positions;  /* as trained; longer rows are a warning, not an error */
    int sliding_window; /* query i sees keys j with i - window < j <= i; 0: all */
    uint64_t full_layers[YA_MAX_LAYERS / 64]; /* bits: layers without the window */
    unsigned biases, optional_biases;         /* bits 1 << ya_target: present; present or not */
    bool tied;                                /* the output head is the embedding */
    bool qk_norm;                             /* RMS norm of q and k per head before RoPE (Qwen3) */
    bool interleaved_qk;                      /* see ya_matrix.interleaved_head_dim */
    double rms_norm_eps;
    ya_rope rope;
    int bos_id, eos_id; /* -1: none */
} ya_model_config;

const char *ya_architecture_name(ya_architecture architecture); /* "llama" */
/* The sliding window of a layer, 0: none; whether layers differ in it. */
int ya_config_window(const ya_model_config *config, int layer);
bool ya_config_mixed(const ya_model_config *config);

/* From DIR/config.json as transformers reads it, or from GGUF metadata as llama.cpp does. What is
 * not handled is YA_ERR_UNSUPPORTED by name, keys that nobody knows included (model/known.h); a
 * missing or impossible number YA_ERR_FORMAT with its key. */
ya_status ya_model_config_read(ya_model_config *config, const char *path, ya_error *err) YA_CHECK;
/* The same from the text of a config.json; `what` names it in errors. */
ya_status ya_model_config_parse(ya_model_config *config, const char *text, size_t size,
                                const char *what, ya_error *err) YA_CHECK;
ya_status ya_model_config_from_gguf(ya_model_config *config, const ya_gguf *gguf, const char *path,
                                    ya_error *err) YA_CHECK;

#endif
