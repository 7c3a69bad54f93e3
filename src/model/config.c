#include "model/config_parts.h"

#include <string.h>

const char *ya_architecture_name(ya_architecture architecture)
{
    static const char *const names[] = {"llama", "mistral", "qwen2", "qwen3"};
    return names[architecture];
}

bool ya_config_architecture(const char *name, size_t size, ya_architecture *out)
{
    for (int i = YA_ARCH_LLAMA; i <= YA_ARCH_QWEN3; i++) {
        const char *known = ya_architecture_name((ya_architecture)i);
        if (strlen(known) == size && memcmp(known, name, size) == 0) {
            *out = (ya_architecture)i;
            return true;
        }
    }
    return false;
}

ya_status ya_config_range(const char *path, const char *key, int64_t value, int64_t least,
                          int64_t most, ya_error *err)
{
    if (value >= least && value <= most)
        return YA_OK;
    return ya_fail(err, YA_ERR_FORMAT, "%s: %s is %lld, expected %lld to %lld", path, key,
                   (long long)value, (long long)least, (long long)most);
}

/* What must hold for any source. */
ya_status ya_config_check(const ya_model_config *c, const char *path, ya_error *err)
{
    const struct {
        const char *key;
        int64_t value, most;
    } sizes[] = {{"the vocabulary size", c->vocab_size, MAX_VOCAB},
                 {"the hidden size", c->hidden_size, MAX_WIDTH},
                 {"the intermediate size", c->intermediate_size, MAX_WIDTH},
                 {"the number of layers", c->n_layers, YA_MAX_LAYERS},
                 {"the number of heads", c->n_heads, MAX_WIDTH},
                 {"the number of key/value heads", c->n_kv_heads, MAX_WIDTH},
                 {"the head size", c->head_dim, YA_MAX_HEAD_DIM}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ya_status status =
            ya_config_range(path, sizes[i].key, sizes[i].value, 1, sizes[i].most, err);
        if (status)
            return status;
    }
    if (c->n_heads % c->n_kv_heads != 0)
        return ya_fail(err, YA_ERR_FORMAT, "%s: %d heads cannot share %d key/value heads evenly",
                       path, c->n_heads, c->n_kv_heads);
    if (c->head_dim % 2 != 0 || (int64_t)c->n_heads * c->head_dim > MAX_WIDTH)
        return ya_fail(err, YA_ERR_FORMAT, "%s: %d heads of size %d are not possible", path,
                       c->n_heads, c->head_dim);
    if (c->rope.type == YA_ROPE_DYNAMIC && c->head_dim < 4)
        return ya_fail(err, YA_ERR_FORMAT, "%s: heads of size %d cannot be scaled dynamically",
                       path, c->head_dim);
    if (!(c->rms_norm_eps > 0 && c->rms_norm_eps < 1))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the norm's epsilon is %g, expected 0 to 1", path,
                       c->rms_norm_eps);
    if (!(c->rope.theta >= 1 && c->rope.theta < 1e12))
        return ya_fail(err, YA_ERR_FORMAT, "%s: rope theta is %g, expected 1 to 1e12", path,
                       c->rope.theta);
    return YA_OK;
}

int ya_config_window(const ya_model_config *config, int layer)
{
    bool full = config->full_layers[layer / 64] >> (layer % 64) & 1;
    return full ? 0 : config->sliding_window;
}

bool ya_config_mixed(const ya_model_config *config)
{
    for (int layer = 1; layer < config->n_layers; layer++)
        if (ya_config_window(config, layer) != ya_config_window(config, 0))
            return true;
    return false;
}
