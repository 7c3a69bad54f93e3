#include "model/config.h"

#include "io/json.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bounds far above any model, so that products of two of them fit in 63 bits. */
enum { MAX_WIDTH = 1 << 20, MAX_VOCAB = 1 << 24, MAX_LAYERS = 4096, MAX_POSITIONS = 1 << 30 };

const char *ya_architecture_name(ya_architecture architecture)
{
    static const char *const names[] = {"llama", "mistral", "qwen2", "qwen3"};
    return names[architecture];
}

static bool architecture_of(const char *name, size_t size, ya_architecture *out)
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

static ya_status check_range(const char *path, const char *key, int64_t value, int64_t least,
                             int64_t most, ya_error *err)
{
    if (value >= least && value <= most)
        return YA_OK;
    return ya_fail(err, YA_ERR_FORMAT, "%s: %s is %lld, expected %lld to %lld", path, key,
                   (long long)value, (long long)least, (long long)most);
}

/* What must hold for any source. */
static ya_status check_config(const ya_model_config *c, const char *path, ya_error *err)
{
    const struct {
        const char *key;
        int64_t value, most;
    } sizes[] = {{"the vocabulary size", c->vocab_size, MAX_VOCAB},
                 {"the hidden size", c->hidden_size, MAX_WIDTH},
                 {"the intermediate size", c->intermediate_size, MAX_WIDTH},
                 {"the number of layers", c->n_layers, MAX_LAYERS},
                 {"the number of heads", c->n_heads, MAX_WIDTH},
                 {"the number of key/value heads", c->n_kv_heads, MAX_WIDTH},
                 {"the head size", c->head_dim, 1024}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ya_status status = check_range(path, sizes[i].key, sizes[i].value, 1, sizes[i].most, err);
        if (status)
            return status;
    }
    if (c->n_heads % c->n_kv_heads != 0)
        return ya_fail(err, YA_ERR_FORMAT, "%s: %d heads cannot share %d key/value heads evenly",
                       path, c->n_heads, c->n_kv_heads);
    if (c->head_dim % 2 != 0 || (int64_t)c->n_heads * c->head_dim > MAX_WIDTH)
        return ya_fail(err, YA_ERR_FORMAT, "%s: %d heads of size %d are not possible", path,
                       c->n_heads, c->head_dim);
    if (!(c->rms_norm_eps > 0 && c->rms_norm_eps < 1))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the norm's epsilon is %g, expected 0 to 1", path,
                       c->rms_norm_eps);
    if (!(c->rope_theta >= 1 && c->rope_theta < 1e12))
        return ya_fail(err, YA_ERR_FORMAT, "%s: rope theta is %g, expected 1 to 1e12", path,
                       c->rope_theta);
    return YA_OK;
}

/* config.json */

typedef struct {
    const json_t *root;
    const char *path;
} document;

static ya_status need_int(const document *d, const char *key, int most, int *out, ya_error *err)
{
    int64_t value;
    if (!ya_json_get_i64(d->root, key, &value))
        return ya_fail(err, YA_ERR_FORMAT, "%s: %s is missing or not a whole number", d->path, key);
    ya_status status = check_range(d->path, key, value, 1, most, err);
    *out = (int)value;
    return status;
}

/* A key that may be absent or null. */
static ya_status maybe_int(const document *d, const char *key, int most, int *out, ya_error *err)
{
    const json_t *value = json_object_get(d->root, key);
    return value && !json_is_null(value) ? need_int(d, key, most, out, err) : YA_OK;
}

static ya_status read_rope_scaling(ya_model_config *c, const document *d, const json_t *rope,
                                   ya_error *err)
{
    const char *type = ya_json_get_text(rope, "rope_type");
    type = type ? type : ya_json_get_text(rope, "type");
    if (!type || strcmp(type, "default") == 0)
        return YA_OK;
    double factor = 0;
    if (!ya_json_get_f64(rope, "factor", &factor) || !(factor >= 1 && factor < 1e6))
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s: rope_scaling of type \"%s\" needs a factor of at least 1", d->path,
                       type);
    if (strcmp(type, "linear") == 0) {
        c->rope_linear_factor = factor;
        return YA_OK;
    }
    if (strcmp(type, "llama3") != 0)
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s: rope_scaling of type \"%s\" is not supported; known are llama3 and linear",
            d->path, type);
    int64_t original;
    if (!ya_json_get_f64(rope, "low_freq_factor", &c->rope_low_freq_factor) ||
        !ya_json_get_f64(rope, "high_freq_factor", &c->rope_high_freq_factor) ||
        !ya_json_get_i64(rope, "original_max_position_embeddings", &original) || original < 1 ||
        original > MAX_POSITIONS || !(c->rope_low_freq_factor > 0) ||
        !(c->rope_high_freq_factor > c->rope_low_freq_factor))
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s: rope_scaling llama3 needs low_freq_factor < high_freq_factor and "
                       "original_max_position_embeddings",
                       d->path);
    c->rope_factor = factor;
    c->rope_original_positions = (int)original;
    return YA_OK;
}

static ya_status read_rope(ya_model_config *c, const document *d, ya_error *err)
{
    c->rope_theta = 10000.0;
    ya_json_get_f64(d->root, "rope_theta", &c->rope_theta);
    const json_t *rope = json_object_get(d->root, "rope_scaling");
    const json_t *newer = json_object_get(d->root, "rope_parameters");
    if (json_is_object(newer)) { /* where transformers 5 keeps both */
        ya_json_get_f64(newer, "rope_theta", &c->rope_theta);
        rope = newer;
    }
    return json_is_object(rope) ? read_rope_scaling(c, d, rope, err) : YA_OK;
}

/* Mistral's window holds when it is there; Qwen's only with use_sliding_window, from
 * max_window_layers on. */
static ya_status read_window(ya_model_config *c, const document *d, ya_error *err)
{
    bool use = c->architecture == YA_ARCH_MISTRAL;
    int first = 0;
    if (c->architecture == YA_ARCH_QWEN2 || c->architecture == YA_ARCH_QWEN3) {
        ya_json_get_bool(d->root, "use_sliding_window", &use);
        int64_t layers = 0;
        if (ya_json_get_i64(d->root, "max_window_layers", &layers))
            first = layers > c->n_layers ? c->n_layers : (int)layers;
    }
    if (!use || first >= c->n_layers)
        return YA_OK;
    ya_status status = maybe_int(d, "sliding_window", MAX_POSITIONS, &c->sliding_window, err);
    if (!status && c->sliding_window > 0 && first > 0)
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s: a sliding window in some layers only (max_window_layers %d of %d) is not "
            "supported",
            d->path, first, c->n_layers);
    return status;
}

static int token_id(const json_t *root, const char *key)
{
    const json_t *value = json_object_get(root, key);
    if (json_is_array(value))
        value = json_array_get(value, 0);
    json_int_t id = json_is_integer(value) ? json_integer_value(value) : -1;
    return id >= 0 && id < MAX_VOCAB ? (int)id : -1;
}

static ya_status read_kind(ya_model_config *c, const document *d, ya_error *err)
{
    const char *type = ya_json_get_text(d->root, "model_type");
    const char *activation = ya_json_get_text(d->root, "hidden_act");
    if (!type)
        return ya_fail(err, YA_ERR_FORMAT, "%s: model_type is missing", d->path);
    if (!architecture_of(type, strlen(type), &c->architecture))
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s: architecture \"%s\" is not supported; known are llama, mistral, qwen2, qwen3",
            d->path, type);
    if (activation && strcmp(activation, "silu") != 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: activation \"%s\" is not supported, only silu",
                       d->path, activation);
    if (json_is_object(json_object_get(d->root, "quantization_config")))
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s: weights quantised by quantization_config are not supported; use the plain "
            "model or a GGUF file",
            d->path);
    return YA_OK;
}

static ya_status read_document(ya_model_config *c, const document *d, ya_error *err)
{
    ya_status status = read_kind(c, d, err);
    if (status)
        return status;
    YA_TRY(need_int(d, "vocab_size", MAX_VOCAB, &c->vocab_size, err));
    YA_TRY(need_int(d, "hidden_size", MAX_WIDTH, &c->hidden_size, err));
    YA_TRY(need_int(d, "intermediate_size", MAX_WIDTH, &c->intermediate_size, err));
    YA_TRY(need_int(d, "num_hidden_layers", MAX_LAYERS, &c->n_layers, err));
    YA_TRY(need_int(d, "num_attention_heads", MAX_WIDTH, &c->n_heads, err));
    c->n_kv_heads = c->n_heads;
    YA_TRY(maybe_int(d, "num_key_value_heads", MAX_WIDTH, &c->n_kv_heads, err));
    c->head_dim = c->architecture == YA_ARCH_QWEN3 ? 128 : c->hidden_size / c->n_heads;
    YA_TRY(maybe_int(d, "head_dim", 1024, &c->head_dim, err));
    c->max_positions = 2048;
    YA_TRY(maybe_int(d, "max_position_embeddings", MAX_POSITIONS, &c->max_positions, err));
    c->rms_norm_eps = 1e-6;
    ya_json_get_f64(d->root, "rms_norm_eps", &c->rms_norm_eps);
    ya_json_get_bool(d->root, "tie_word_embeddings", &c->tied);
    c->qk_norm = c->architecture == YA_ARCH_QWEN3;
    c->bos_id = token_id(d->root, "bos_token_id");
    c->eos_id = token_id(d->root, "eos_token_id");
    YA_TRY(read_rope(c, d, err));
    YA_TRY(read_window(c, d, err));
    status = check_config(c, d->path, err);
done:
    return status;
}

static ya_status read_root(ya_model_config *config, const json_t *root, const char *what,
                           ya_error *err)
{
    document d = {root, what};
    memset(config, 0, sizeof *config);
    if (!json_is_object(root))
        return ya_fail(err, YA_ERR_FORMAT, "%s: expected an object", what);
    return read_document(config, &d, err);
}

ya_status ya_model_config_parse(ya_model_config *config, const char *text, size_t size,
                                const char *what, ya_error *err)
{
    json_t *root;
    ya_status status = ya_json_parse(text, size, what, &root, err);
    if (status)
        return status;
    status = read_root(config, root, what, err);
    json_decref(root);
    return status;
}

ya_status ya_model_config_read(ya_model_config *config, const char *path, ya_error *err)
{
    char file[4096];
    json_t *root;
    if (snprintf(file, sizeof file, "%s/config.json", path) >= (int)sizeof file)
        return ya_fail(err, YA_ERR_IO, "the path %.60s... is too long", path);
    ya_status status = ya_json_read_file(file, &root, err);
    if (status)
        return status;
    status = read_root(config, root, file, err);
    json_decref(root);
    return status;
}

/* GGUF */

typedef struct {
    const ya_gguf *gguf;
    const char *path;
    char arch[16];
} metadata;

static bool gguf_int(const metadata *m, const char *key, int64_t *out)
{
    char full[128];
    snprintf(full, sizeof full, "%s.%s", m->arch, key);
    return ya_gguf_get_i64(m->gguf, full, out);
}

static bool gguf_real(const metadata *m, const char *key, double *out)
{
    char full[128];
    snprintf(full, sizeof full, "%s.%s", m->arch, key);
    return ya_gguf_get_f64(m->gguf, full, out);
}

static ya_status gguf_need(const metadata *m, const char *key, int most, int *out, ya_error *err)
{
    int64_t value;
    if (!gguf_int(m, key, &value))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the key %s.%s is missing or not a whole number",
                       m->path, m->arch, key);
    ya_status status = check_range(m->path, key, value, 1, most, err);
    *out = (int)value;
    return status;
}

static ya_status gguf_rope(ya_model_config *c, const metadata *m, ya_error *err)
{
    char key[64];
    ya_text type;
    c->rope_theta = 10000.0;
    gguf_real(m, "rope.freq_base", &c->rope_theta);
    snprintf(key, sizeof key, "%s.rope.scaling.type", m->arch);
    if (!ya_gguf_get_text(m->gguf, key, &type) || (type.size == 4 && !memcmp(type.data, "none", 4)))
        return YA_OK;
    if (type.size == 6 && !memcmp(type.data, "linear", 6)) {
        gguf_real(m, "rope.scaling.factor", &c->rope_linear_factor);
        return YA_OK;
    }
    return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: rope scaling \"%.*s\" is not supported", m->path,
                   (int)(type.size < 40 ? type.size : 40), type.data);
}

static ya_status gguf_sizes(ya_model_config *c, const metadata *m, ya_error *err)
{
    ya_status status;
    int64_t value;
    if (gguf_int(m, "expert_count", &value) && value > 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: mixtures of experts are not supported",
                       m->path);
    YA_TRY(gguf_need(m, "embedding_length", MAX_WIDTH, &c->hidden_size, err));
    YA_TRY(gguf_need(m, "feed_forward_length", MAX_WIDTH, &c->intermediate_size, err));
    YA_TRY(gguf_need(m, "block_count", MAX_LAYERS, &c->n_layers, err));
    YA_TRY(gguf_need(m, "attention.head_count", MAX_WIDTH, &c->n_heads, err));
    c->n_kv_heads = c->n_heads;
    if (gguf_int(m, "attention.head_count_kv", &value))
        YA_TRY(gguf_need(m, "attention.head_count_kv", MAX_WIDTH, &c->n_kv_heads, err));
    c->head_dim = c->hidden_size / c->n_heads;
    if (gguf_int(m, "attention.key_length", &value))
        YA_TRY(gguf_need(m, "attention.key_length", 1024, &c->head_dim, err));
    c->max_positions = 2048;
    if (gguf_int(m, "context_length", &value))
        YA_TRY(gguf_need(m, "context_length", MAX_POSITIONS, &c->max_positions, err));
    if (gguf_int(m, "attention.sliding_window", &value) && value > 0)
        YA_TRY(gguf_need(m, "attention.sliding_window", MAX_POSITIONS, &c->sliding_window, err));
    const ya_tensor *embedding = ya_tensor_find(ya_gguf_tensors(m->gguf), "token_embd.weight");
    if (!embedding || embedding->n_dims != 2 || embedding->shape[0] > MAX_VOCAB)
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s: the tensor token_embd.weight is missing or no matrix", m->path);
    c->vocab_size = (int)embedding->shape[0];
done:
    return status;
}

static int gguf_id(const ya_gguf *gguf, const char *key)
{
    int64_t id;
    return ya_gguf_get_i64(gguf, key, &id) && id >= 0 && id < MAX_VOCAB ? (int)id : -1;
}

ya_status ya_model_config_from_gguf(ya_model_config *config, const ya_gguf *gguf, const char *path,
                                    ya_error *err)
{
    memset(config, 0, sizeof *config);
    metadata m = {gguf, path, ""};
    ya_text name;
    if (ya_gguf_get_text(gguf, "general.type", &name) && name.size == 7 &&
        memcmp(name.data, "adapter", 7) == 0)
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s is an adapter: pass its base as --model with --adapter %s", path, path);
    if (!ya_gguf_get_text(gguf, "general.architecture", &name))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the key general.architecture is missing", path);
    if (!architecture_of(name.data, name.size, &config->architecture))
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s: architecture \"%.*s\" is not supported; known are llama, mistral, qwen2, qwen3",
            path, (int)(name.size < 40 ? name.size : 40), name.data);
    snprintf(m.arch, sizeof m.arch, "%s", ya_architecture_name(config->architecture));
    ya_status status;
    YA_TRY(gguf_sizes(config, &m, err));
    YA_TRY(gguf_rope(config, &m, err));
    config->rms_norm_eps = 1e-5;
    gguf_real(&m, "attention.layer_norm_rms_epsilon", &config->rms_norm_eps);
    config->tied = !ya_tensor_find(ya_gguf_tensors(gguf), "output.weight");
    config->qk_norm = config->architecture == YA_ARCH_QWEN3;
    config->interleaved_qk = config->architecture == YA_ARCH_LLAMA;
    config->bos_id = gguf_id(gguf, "tokenizer.ggml.bos_token_id");
    config->eos_id = gguf_id(gguf, "tokenizer.ggml.eos_token_id");
    status = check_config(config, path, err);
done:
    return status;
}
