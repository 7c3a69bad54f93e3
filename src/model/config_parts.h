/* What config.c, config_json.c and config_gguf.c share. */
#ifndef YA_MODEL_CONFIG_PARTS_H
#define YA_MODEL_CONFIG_PARTS_H

#include "model/config.h"

/* Bounds far above any model, so that products of two of them fit in 63 bits. */
enum { MAX_WIDTH = 1 << 20, MAX_VOCAB = 1 << 24, MAX_POSITIONS = 1 << 30 };

enum {
    QKV_BIASES = 1 << YA_Q | 1 << YA_K | 1 << YA_V,
    ATTENTION_BIASES = QKV_BIASES | 1 << YA_O,
    MLP_BIASES = 1 << YA_GATE | 1 << YA_UP | 1 << YA_DOWN
};

bool ya_config_architecture(const char *name, size_t size, ya_architecture *out);
/* YA_ERR_FORMAT: "PATH: KEY is VALUE, expected LEAST to MOST". */
ya_status ya_config_range(const char *path, const char *key, int64_t value, int64_t least,
                          int64_t most, ya_error *err) YA_CHECK;
/* What must hold for any source. */
ya_status ya_config_check(const ya_model_config *c, const char *path, ya_error *err) YA_CHECK;

#endif
