/* The shape of a model: what config.json or GGUF metadata say, checked. */
#ifndef YA_MODEL_CONFIG_H
#define YA_MODEL_CONFIG_H

#include "base/error.h"
#include "io/gguf.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { YA_ARCH_LLAMA, YA_ARCH_MISTRAL, YA_ARCH_QWEN2, YA_ARCH_QWEN3 } ya_architecture;

typedef struct {
    ya_architecture architecture;
    int vocab_size, hidden_size, intermediate_size, n_layers;
    int n_heads, n_kv_heads, head_dim;
    int max_positions;   /* as trained; longer rows are a warning, not an error */
    int sliding_window;  /* query i sees keys j with i - window < j <= i; 0: all */
    bool tied;           /* the output head is the embedding */
    bool qk_norm;        /* RMS norm of q and k per head before RoPE (Qwen3) */
    bool interleaved_qk; /* see ya_matrix.interleaved_head_dim */
    double rms_norm_eps, rope_theta;
    /* llama3 scaling of the rotary frequencies; rope_factor 0: none. rope_linear_factor 0: none. */
    double rope_factor, rope_low_freq_factor, rope_high_freq_factor, rope_linear_factor;
    int rope_original_positions;
    int bos_id, eos_id; /* -1: none */
} ya_model_config;

const char *ya_architecture_name(ya_architecture architecture); /* "llama" */

/* From DIR/config.json or from GGUF metadata. An architecture, activation or rope scaling that is
 * not handled is YA_ERR_UNSUPPORTED by name; a missing or impossible number YA_ERR_FORMAT with its
 * key. */
ya_status ya_model_config_read(ya_model_config *config, const char *path, ya_error *err) YA_CHECK;
/* The same from the text of a config.json; `what` names it in errors. */
ya_status ya_model_config_parse(ya_model_config *config, const char *text, size_t size,
                                const char *what, ya_error *err) YA_CHECK;
ya_status ya_model_config_from_gguf(ya_model_config *config, const ya_gguf *gguf, const char *path,
                                    ya_error *err) YA_CHECK;

#endif
