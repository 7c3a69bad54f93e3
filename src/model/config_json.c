/* config.json, with the defaults of transformers' classes where a key is missing. */
#include "io/json.h"
#include "model/config_parts.h"
#include "model/known.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const json_t *root;
    const char *path;
} document;

static bool is_qwen(const ya_model_config *c)
{
    return c->architecture == YA_ARCH_QWEN2 || c->architecture == YA_ARCH_QWEN3;
}

static ya_status need_int(const document *d, const char *key, int most, int *out, ya_error *err)
{
    int64_t value;
    if (!ya_json_get_i64(d->root, key, &value))
        return ya_fail(err, YA_ERR_FORMAT, "%s: %s is missing or not a whole number", d->path, key);
    ya_status status = ya_config_range(d->path, key, value, 1, most, err);
    *out = (int)value;
    return status;
}

static bool is_there(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value);
}

/* Keys that may be absent or null, and leave *out as it is then. */
static ya_status maybe_int(const document *d, const char *key, int most, int *out, ya_error *err)
{
    return is_there(d->root, key) ? need_int(d, key, most, out, err) : YA_OK;
}

static ya_status maybe_real(const json_t *object, const char *path, const char *key, double *out,
                            ya_error *err)
{
    if (is_there(object, key) && !ya_json_get_f64(object, key, out))
        return ya_fail(err, YA_ERR_FORMAT, "%s: %s is not a number", path, key);
    return YA_OK;
}

static ya_status maybe_bool(const json_t *object, const char *path, const char *key, bool *out,
                            ya_error *err)
{
    if (is_there(object, key) && !ya_json_get_bool(object, key, out))
        return ya_fail(err, YA_ERR_FORMAT, "%s: %s is neither true nor false", path, key);
    return YA_OK;
}

static ya_status read_llama3(ya_rope *r, const document *d, const json_t *rope, ya_error *err)
{
    int64_t original;
    if (!ya_json_get_f64(rope, "low_freq_factor", &r->low_freq_factor) ||
        !ya_json_get_f64(rope, "high_freq_factor", &r->high_freq_factor) ||
        !ya_json_get_i64(rope, "original_max_position_embeddings", &original) || original < 1 ||
        original > MAX_POSITIONS || !(r->low_freq_factor > 0) ||
        !(r->high_freq_factor > r->low_freq_factor))
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s: rope_scaling llama3 needs low_freq_factor < high_freq_factor and "
                       "original_max_position_embeddings",
                       d->path);
    r->original_positions = (int)original;
    return YA_OK;
}

static double mscale(double factor, double by)
{
    return (ya_rope_yarn_attention(factor) - 1) * by + 1;
}

static ya_status read_yarn(ya_rope *r, const document *d, const json_t *rope, ya_error *err)
{
    double fast = 0, slow = 0, one = 0, all = 0, original = 0;
    ya_status status;
    YA_TRY(maybe_real(rope, d->path, "beta_fast", &fast, err));
    YA_TRY(maybe_real(rope, d->path, "beta_slow", &slow, err));
    YA_TRY(maybe_real(rope, d->path, "mscale", &one, err));
    YA_TRY(maybe_real(rope, d->path, "mscale_all_dim", &all, err));
    YA_TRY(maybe_real(rope, d->path, "original_max_position_embeddings", &original, err));
    r->whole_pairs = true;
    YA_TRY(maybe_bool(rope, d->path, "truncate", &r->whole_pairs, err));
    r->beta_fast = fast == 0 ? 32 : fast;
    r->beta_slow = slow == 0 ? 1 : slow;
    r->attention_factor = one != 0 && all != 0 ? mscale(r->factor, one) / mscale(r->factor, all)
                                               : ya_rope_yarn_attention(r->factor);
    YA_TRY(maybe_real(rope, d->path, "attention_factor", &r->attention_factor, err));
    if (original != 0)
        r->original_positions = original >= 1 && original <= MAX_POSITIONS ? (int)original : 0;
    if (!(r->beta_fast > 0 && r->beta_slow > 0 && r->attention_factor > 0) ||
        r->original_positions < 1 || r->theta <= 1)
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s: YaRN needs beta_fast, beta_slow, attention_factor and "
                       "original_max_position_embeddings above 0 and rope_theta above 1",
                       d->path);
done:
    return status;
}

/* Llama and Qwen copy an older "type" over "rope_type", Mistral does not. */
static const char *rope_type(const ya_model_config *c, const json_t *rope)
{
    const char *newer = ya_json_get_text(rope, "rope_type"),
               *older = ya_json_get_text(rope, "type");
    if (c->architecture == YA_ARCH_MISTRAL)
        return newer ? newer : older;
    return older ? older : newer;
}

static ya_status read_scaling(ya_model_config *c, const document *d, const json_t *rope,
                              const char *where, ya_error *err)
{
    ya_rope *r = &c->rope;
    const char *type = rope_type(c, rope);
    if (!type && !is_there(rope, "factor"))
        type = "default";
    if (!type)
        return ya_fail(err, YA_ERR_FORMAT, "%s: %s names no rope_type", d->path, where);
    if (!ya_rope_type_find(type, &r->type))
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s: %s of type \"%.40s\" is not supported; known are default, linear, "
                       "dynamic, yarn and llama3",
                       d->path, where, type);
    ya_status status = ya_known_check_rope(rope, where, d->path, err);
    if (status || r->type == YA_ROPE_DEFAULT)
        return status;
    if (!ya_json_get_f64(rope, "factor", &r->factor) || !(r->factor >= 1 && r->factor < 1e6))
        return ya_fail(err, YA_ERR_FORMAT, "%s: %s of type \"%s\" needs a factor of at least 1",
                       d->path, where, type);
    r->original_positions = c->max_positions;
    if (r->type == YA_ROPE_LLAMA3)
        return read_llama3(r, d, rope, err);
    return r->type == YA_ROPE_YARN ? read_yarn(r, d, rope, err) : YA_OK;
}

/* transformers 4 knows rope_theta and rope_scaling; 5 writes rope_parameters, and reads
 * rope_scaling in its place where both are there, with the theta of either or else 10000. */
static ya_status read_rope(ya_model_config *c, const document *d, ya_error *err)
{
    const json_t *older = json_object_get(d->root, "rope_scaling");
    const json_t *newer = json_object_get(d->root, "rope_parameters");
    bool both = json_object_size(older) > 0 && json_object_size(newer) > 0;
    const json_t *rope = json_object_size(older) > 0 ? older : newer;
    const char *where = rope == older ? "rope_scaling" : "rope_parameters";
    ya_status status;
    double theta = 0, unused = 0;
    c->rope.theta = 10000.0;
    if ((older && !json_is_null(older) && !json_is_object(older)) ||
        (newer && !json_is_null(newer) && !json_is_object(newer)))
        return ya_fail(err, YA_ERR_FORMAT, "%s: rope_scaling is not an object", d->path);
    YA_TRY(maybe_real(d->root, d->path, "rope_theta", &c->rope.theta, err));
    YA_TRY(maybe_real(rope, d->path, "rope_theta", &theta, err));
    if (theta != 0)
        c->rope.theta = theta;
    if (both) {
        YA_TRY(maybe_real(newer, d->path, "rope_theta", &unused, err));
        if (unused != 0 && unused != c->rope.theta)
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "%s: beside rope_scaling transformers does not read rope_parameters, so "
                           "that rope_theta is %g, not its %g: put rope_theta into rope_scaling, "
                           "or all into rope_parameters",
                           d->path, c->rope.theta, unused);
    }
    if (json_object_size(rope) > 0)
        status = read_scaling(c, d, rope, where, err);
done:
    return status;
}

/* Which layers have the window. */
static ya_status read_layer_types(ya_model_config *c, const document *d, ya_error *err)
{
    const json_t *types = json_object_get(d->root, "layer_types");
    if ((int64_t)json_array_size(types) != c->n_layers)
        return ya_fail(err, YA_ERR_FORMAT, "%s: layer_types is no list of %d types", d->path,
                       c->n_layers);
    for (int layer = 0; layer < c->n_layers; layer++) {
        const char *type = json_string_value(json_array_get(types, (size_t)layer));
        bool full = type && strcmp(type, "full_attention") == 0;
        if (!full && (!type || strcmp(type, "sliding_attention") != 0))
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "%s: layer_types[%d] is %.60s, which is not supported", d->path, layer,
                           type ? type : "no text");
        if (!full && c->sliding_window == 0)
            return ya_fail(err, YA_ERR_FORMAT,
                           "%s: layer_types[%d] is sliding_attention, but there is no "
                           "sliding_window",
                           d->path, layer);
        if (full)
            c->full_layers[layer / 64] |= 1ull << (layer % 64);
    }
    return YA_OK;
}

/* Mistral's window holds when it is there; Qwen's only with use_sliding_window, from
 * max_window_layers on; Llama has none. */
static ya_status read_window(ya_model_config *c, const document *d, ya_error *err)
{
    bool use = c->architecture == YA_ARCH_MISTRAL;
    int64_t first = is_qwen(c) ? 28 : 0;
    ya_status status = YA_OK;
    if (is_qwen(c))
        YA_TRY(maybe_bool(d->root, d->path, "use_sliding_window", &use, err));
    if (use && json_object_get(d->root, "sliding_window") == NULL)
        c->sliding_window = 4096;
    else if (use)
        YA_TRY(maybe_int(d, "sliding_window", MAX_POSITIONS, &c->sliding_window, err));
    if (is_there(d->root, "layer_types"))
        return read_layer_types(c, d, err);
    if (is_qwen(c) && is_there(d->root, "max_window_layers") &&
        !ya_json_get_i64(d->root, "max_window_layers", &first))
        return ya_fail(err, YA_ERR_FORMAT, "%s: max_window_layers is not a whole number", d->path);
    for (int layer = 0; layer < c->n_layers && layer < first; layer++)
        c->full_layers[layer / 64] |= 1ull << (layer % 64);
    if (first >= c->n_layers)
        c->sliding_window = 0;
done:
    return status;
}

static ya_status read_biases(ya_model_config *c, const document *d, ya_error *err)
{
    bool attention = false, mlp = false;
    ya_status status = YA_OK;
    if (c->architecture == YA_ARCH_QWEN2)
        c->biases = QKV_BIASES;
    if (c->architecture == YA_ARCH_LLAMA || c->architecture == YA_ARCH_QWEN3)
        YA_TRY(maybe_bool(d->root, d->path, "attention_bias", &attention, err));
    if (c->architecture == YA_ARCH_LLAMA)
        YA_TRY(maybe_bool(d->root, d->path, "mlp_bias", &mlp, err));
    c->biases |= (attention ? ATTENTION_BIASES : 0) | (mlp ? MLP_BIASES : 0);
done:
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
    if (!type)
        return ya_fail(err, YA_ERR_FORMAT, "%s: model_type is missing", d->path);
    if (!ya_config_architecture(type, strlen(type), &c->architecture))
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s: architecture \"%s\" is not supported; known are llama, mistral, qwen2, qwen3",
            d->path, type);
    if (json_is_object(json_object_get(d->root, "quantization_config")))
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s: weights quantised by quantization_config are not supported; use the plain "
            "model or a GGUF file",
            d->path);
    return ya_known_check_config(d->root, c->architecture, d->path, err);
}

static ya_status read_sizes(ya_model_config *c, const document *d, ya_error *err)
{
    static const int positions[] = {2048, 131072, 32768, 32768}, kv_heads[] = {0, 8, 32, 32};
    ya_status status;
    YA_TRY(need_int(d, "vocab_size", MAX_VOCAB, &c->vocab_size, err));
    YA_TRY(need_int(d, "hidden_size", MAX_WIDTH, &c->hidden_size, err));
    YA_TRY(need_int(d, "intermediate_size", MAX_WIDTH, &c->intermediate_size, err));
    YA_TRY(need_int(d, "num_hidden_layers", YA_MAX_LAYERS, &c->n_layers, err));
    YA_TRY(need_int(d, "num_attention_heads", MAX_WIDTH, &c->n_heads, err));
    c->n_kv_heads = c->n_heads;
    if (!json_object_get(d->root, "num_key_value_heads") && kv_heads[c->architecture])
        c->n_kv_heads = kv_heads[c->architecture];
    YA_TRY(maybe_int(d, "num_key_value_heads", MAX_WIDTH, &c->n_kv_heads, err));
    c->head_dim = c->architecture == YA_ARCH_QWEN3 ? 128 : c->hidden_size / c->n_heads;
    YA_TRY(maybe_int(d, "head_dim", YA_MAX_HEAD_DIM, &c->head_dim, err));
    c->max_positions = positions[c->architecture];
    YA_TRY(maybe_int(d, "max_position_embeddings", MAX_POSITIONS, &c->max_positions, err));
done:
    return status;
}

static ya_status read_document(ya_model_config *c, const document *d, ya_error *err)
{
    ya_status status = read_kind(c, d, err);
    if (status)
        return status;
    YA_TRY(read_sizes(c, d, err));
    c->rms_norm_eps = 1e-6;
    YA_TRY(maybe_real(d->root, d->path, "rms_norm_eps", &c->rms_norm_eps, err));
    YA_TRY(maybe_bool(d->root, d->path, "tie_word_embeddings", &c->tied, err));
    c->qk_norm = c->architecture == YA_ARCH_QWEN3;
    c->bos_id = token_id(d->root, "bos_token_id");
    c->eos_id = token_id(d->root, "eos_token_id");
    YA_TRY(read_rope(c, d, err));
    YA_TRY(read_window(c, d, err));
    YA_TRY(read_biases(c, d, err));
    status = ya_config_check(c, d->path, err);
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
