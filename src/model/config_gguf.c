/* The metadata of a GGUF file, as llama.cpp reads them. */
#include "io/shown.h"
#include "model/config_parts.h"
#include "model/known.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const ya_gguf *gguf;
    const char *path;
    char arch[16], key[128];
} metadata;

/* "llama.block_count"; held until the next call. */
static const char *named(metadata *m, const char *key)
{
    snprintf(m->key, sizeof m->key, "%s.%s", m->arch, key);
    return m->key;
}

static ya_status need_int(metadata *m, const char *key, int most, int *out, ya_error *err)
{
    int64_t value;
    if (!ya_gguf_get_i64(m->gguf, named(m, key), &value))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the key %s is missing or not a whole number",
                       m->path, m->key);
    ya_status status = ya_config_range(m->path, m->key, value, 1, most, err);
    *out = (int)value;
    return status;
}

/* Keys that may be absent, and leave *out as it is then. */
static ya_status maybe_int(metadata *m, const char *key, int most, int *out, ya_error *err)
{
    ya_gguf_type type;
    return ya_gguf_has(m->gguf, named(m, key), &type) ? need_int(m, key, most, out, err) : YA_OK;
}

static ya_status maybe_real(metadata *m, const char *key, double *out, ya_error *err)
{
    ya_gguf_type type;
    if (ya_gguf_has(m->gguf, named(m, key), &type) && !ya_gguf_get_f64(m->gguf, m->key, out))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the key %s is not a number", m->path, m->key);
    return YA_OK;
}

/* llama.cpp multiplies cos and sin by attn_factor, whatever the type, and under YaRN by YaRN's own
 * factor too. */
static ya_status read_yarn(ya_rope *r, int max_positions, metadata *m, ya_error *err)
{
    r->original_positions = max_positions;
    ya_status status = maybe_int(m, "rope.scaling.original_context_length", MAX_POSITIONS,
                                 &r->original_positions, err);
    if (status)
        return status;
    r->beta_fast = 32;
    r->beta_slow = 1;
    r->whole_pairs = true;
    r->attention_factor *= ya_rope_yarn_attention(r->factor);
    if (r->theta <= 1)
        return ya_fail(err, YA_ERR_FORMAT, "%s: YaRN needs a rope.freq_base above 1", m->path);
    return YA_OK;
}

/* A factor without a type is linear; rope.scale_linear is its name of old. */
static ya_status read_rope(ya_model_config *c, metadata *m, ya_error *err)
{
    ya_rope *r = &c->rope;
    ya_gguf_type held;
    ya_text type = {"linear", 6};
    ya_status status;
    r->theta = 10000.0;
    r->attention_factor = 1;
    YA_TRY(maybe_real(m, "rope.freq_base", &r->theta, err));
    YA_TRY(maybe_real(m, "rope.scale_linear", &r->factor, err));
    YA_TRY(maybe_real(m, "rope.scaling.factor", &r->factor, err));
    YA_TRY(maybe_real(m, "rope.scaling.attn_factor", &r->attention_factor, err));
    if (r->factor == 0)
        r->factor = 1;
    if (ya_gguf_has(m->gguf, named(m, "rope.scaling.type"), &held) &&
        !ya_gguf_get_text(m->gguf, m->key, &type))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the key %s is no text", m->path, m->key);
    ya_shown shown = ya_show(type.data, type.size);
    if (strcmp(shown.text, "yarn") == 0)
        r->type = YA_ROPE_YARN;
    else if (strcmp(shown.text, "linear") == 0 && r->factor != 1)
        r->type = YA_ROPE_LINEAR;
    else if (strcmp(shown.text, "linear") != 0 && strcmp(shown.text, "none") != 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s: %s is \"%s\", which is not supported; known are none, linear and yarn",
                       m->path, m->key, shown.text);
    if (!(r->factor > 1e-6 && r->factor < 1e6 && r->attention_factor > 0 &&
          r->attention_factor < 1e6) ||
        (r->type == YA_ROPE_YARN && r->factor < 1))
        return ya_fail(err, YA_ERR_FORMAT, "%s: a rope.scaling.factor of %g times %g is impossible",
                       m->path, r->factor, r->attention_factor);
    if (r->type == YA_ROPE_YARN)
        YA_TRY(read_yarn(r, c->max_positions, m, err));
done:
    return status;
}

/* Sizes that must be the head's. */
static ya_status check_heads(const ya_model_config *c, metadata *m, ya_error *err)
{
    static const char *const same[] = {"attention.value_length", "rope.dimension_count"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        int size = c->head_dim;
        ya_status status = maybe_int(m, same[i], MAX_WIDTH, &size, err);
        if (status)
            return status;
        if (size != c->head_dim)
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "%s: %s is %d, which is not supported, only the head size %d", m->path,
                           m->key, size, c->head_dim);
    }
    return YA_OK;
}

static ya_status read_sizes(ya_model_config *c, metadata *m, ya_error *err)
{
    ya_status status;
    int64_t window;
    YA_TRY(need_int(m, "embedding_length", MAX_WIDTH, &c->hidden_size, err));
    YA_TRY(need_int(m, "feed_forward_length", MAX_WIDTH, &c->intermediate_size, err));
    YA_TRY(need_int(m, "block_count", YA_MAX_LAYERS, &c->n_layers, err));
    YA_TRY(need_int(m, "attention.head_count", MAX_WIDTH, &c->n_heads, err));
    c->n_kv_heads = c->n_heads;
    YA_TRY(maybe_int(m, "attention.head_count_kv", MAX_WIDTH, &c->n_kv_heads, err));
    c->head_dim = c->hidden_size / c->n_heads;
    YA_TRY(maybe_int(m, "attention.key_length", YA_MAX_HEAD_DIM, &c->head_dim, err));
    YA_TRY(check_heads(c, m, err));
    c->max_positions = 2048;
    YA_TRY(maybe_int(m, "context_length", MAX_POSITIONS, &c->max_positions, err));
    if (!ya_gguf_get_i64(m->gguf, named(m, "attention.sliding_window"), &window) || window != 0)
        YA_TRY(maybe_int(m, "attention.sliding_window", MAX_POSITIONS, &c->sliding_window, err));
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

static ya_status read_kind(ya_model_config *c, metadata *m, ya_error *err)
{
    ya_text name;
    int64_t experts;
    if (ya_gguf_get_text(m->gguf, "general.type", &name) && name.size == 7 &&
        memcmp(name.data, "adapter", 7) == 0)
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s is an adapter: pass its base as --model with --adapter %s", m->path,
                       m->path);
    if (!ya_gguf_get_text(m->gguf, "general.architecture", &name))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the key general.architecture is missing", m->path);
    if (!ya_config_architecture(name.data, name.size, &c->architecture))
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s: architecture \"%.*s\" is not supported; known are llama, mistral, qwen2, qwen3",
            m->path, (int)(name.size < 40 ? name.size : 40), name.data);
    snprintf(m->arch, sizeof m->arch, "%s", ya_architecture_name(c->architecture));
    if (ya_gguf_get_i64(m->gguf, named(m, "expert_count"), &experts) && experts > 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: mixtures of experts are not supported",
                       m->path);
    return ya_known_check_gguf(m->gguf, c->architecture, m->path, err);
}

ya_status ya_model_config_from_gguf(ya_model_config *config, const ya_gguf *gguf, const char *path,
                                    ya_error *err)
{
    memset(config, 0, sizeof *config);
    metadata m = {gguf, path, "", ""};
    ya_status status;
    YA_TRY(read_kind(config, &m, err));
    YA_TRY(read_sizes(config, &m, err));
    YA_TRY(read_rope(config, &m, err));
    config->rms_norm_eps = 1e-5;
    YA_TRY(maybe_real(&m, "attention.layer_norm_rms_epsilon", &config->rms_norm_eps, err));
    config->tied = !ya_tensor_find(ya_gguf_tensors(gguf), "output.weight");
    config->qk_norm = config->architecture == YA_ARCH_QWEN3;
    config->interleaved_qk = config->architecture == YA_ARCH_LLAMA;
    config->biases = config->architecture == YA_ARCH_QWEN2 ? QKV_BIASES : 0;
    config->optional_biases = ATTENTION_BIASES | MLP_BIASES;
    config->bos_id = gguf_id(gguf, "tokenizer.ggml.bos_token_id");
    config->eos_id = gguf_id(gguf, "tokenizer.ggml.eos_token_id");
    status = ya_config_check(config, path, err);
done:
    return status;
}
