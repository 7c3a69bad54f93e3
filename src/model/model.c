#include "model/model.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "io/safetensors.h"
#include "tensor/expand.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME_BYTES = 96, MAX_HEAD_DIM = 1024 /* as config.c checks */ };

/* The names of a role in the two formats; %d is the layer. */
typedef struct {
    const char *hf, *gguf;
} role_name;

static const role_name linear_names[YA_N_TARGETS] = {
    [YA_Q] = {"self_attn.q_proj", "attn_q"},   [YA_K] = {"self_attn.k_proj", "attn_k"},
    [YA_V] = {"self_attn.v_proj", "attn_v"},   [YA_O] = {"self_attn.o_proj", "attn_output"},
    [YA_GATE] = {"mlp.gate_proj", "ffn_gate"}, [YA_UP] = {"mlp.up_proj", "ffn_up"},
    [YA_DOWN] = {"mlp.down_proj", "ffn_down"},
};

const char *ya_target_path(ya_target target)
{
    return linear_names[target].hf;
}

const char *ya_target_gguf(ya_target target)
{
    return linear_names[target].gguf;
}

const char *ya_target_name(ya_target target)
{
    return strchr(linear_names[target].hf, '.') + 1;
}

int ya_target_out(const ya_model_config *c, ya_target target)
{
    switch (target) {
    case YA_Q:
        return c->n_heads * c->head_dim;
    case YA_K:
    case YA_V:
        return c->n_kv_heads * c->head_dim;
    case YA_GATE:
    case YA_UP:
        return c->intermediate_size;
    default:
        return c->hidden_size;
    }
}

int ya_target_in(const ya_model_config *c, ya_target target)
{
    if (target == YA_O)
        return c->n_heads * c->head_dim;
    return target == YA_DOWN ? c->intermediate_size : c->hidden_size;
}

/* A model being opened: where the next vector goes. */
typedef struct {
    ya_model *model;
    const ya_tensor_set *tensors;
    const char *path;
    size_t vectors_used; /* floats */
} opening;

/* Room for all norms and biases: bounded by what the files really hold. */
static size_t vector_floats(const ya_tensor_set *tensors)
{
    size_t n = 0;
    for (size_t i = 0; i < tensors->n_tensors; i++)
        if (tensors->tensors[i].n_dims == 1)
            n += (size_t)tensors->tensors[i].shape[0];
    return n;
}

static ya_status find_matrix(const opening *o, const char *name, int rows, int cols, ya_matrix *out,
                             ya_error *err)
{
    const ya_tensor *t = ya_tensor_find(o->tensors, name);
    if (!t)
        return ya_fail(err, YA_ERR_FORMAT, "%s: the tensor %s is missing", o->path, name);
    if (t->n_dims != 2 || t->shape[0] != rows || t->shape[1] != cols)
        return ya_fail(err, YA_ERR_FORMAT, "%s: the tensor %s is [%lld, %lld], expected [%d, %d]",
                       o->path, name, (long long)t->shape[0],
                       (long long)(t->n_dims > 1 ? t->shape[1] : 1), rows, cols);
    if (!ya_expand_knows(t->type))
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s: the tensor %s is stored as %s, which is not supported", o->path, name,
                       ya_dtype_get(t->type)->name);
    *out = (ya_matrix){t->data, t->type, rows, cols, 0};
    return YA_OK;
}

/* A vector as f32; absent is *out = NULL unless it is needed. */
static ya_status find_vector(opening *o, const char *name, int n, bool needed, const float **out,
                             ya_error *err)
{
    const ya_tensor *t = ya_tensor_find(o->tensors, name);
    *out = NULL;
    if (!t && !needed)
        return YA_OK;
    if (!t)
        return ya_fail(err, YA_ERR_FORMAT, "%s: the tensor %s is missing", o->path, name);
    if (t->n_dims != 1 || t->shape[0] != n || ya_dtype_get(t->type)->block_size != 1 ||
        !ya_expand_knows(t->type))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the tensor %s is %s [%lld], expected %d floats",
                       o->path, name, ya_dtype_get(t->type)->name,
                       (long long)(t->n_dims ? t->shape[0] : 1), n);
    float *to = o->model->vectors + o->vectors_used;
    o->vectors_used += (size_t)n; /* each tensor is asked for once, so the room suffices */
    ya_matrix row = {t->data, t->type, 1, n, 0};
    ya_expand_row(&row, 0, to);
    *out = to;
    return YA_OK;
}

static const char *layer_name(char out[NAME_BYTES], const opening *o, int layer, role_name role,
                              const char *suffix)
{
    if (o->model->gguf)
        snprintf(out, NAME_BYTES, "blk.%d.%s.%s", layer, role.gguf, suffix);
    else
        snprintf(out, NAME_BYTES, "model.layers.%d.%s.%s", layer, role.hf, suffix);
    return out;
}

/* Brings a vector over the rows of q or k from the order of GGUF's llama files (tensor/matrix.h)
 * into Hugging Face's. */
static void uninterleave(float *vector, int n, int head_dim)
{
    float head[MAX_HEAD_DIM];
    int half = head_dim / 2;
    for (int at = 0; at + head_dim <= n; at += head_dim) {
        memcpy(head, vector + at, (size_t)head_dim * sizeof *head);
        for (int j = 0; j < head_dim; j++)
            vector[at + j] = head[2 * (j % half) + j / half];
    }
}

static ya_status find_linear(opening *o, int layer, ya_target target, ya_error *err)
{
    const ya_model_config *c = &o->model->config;
    ya_linear *linear = &o->model->layers[layer].linear[target];
    char name[NAME_BYTES];
    int out = ya_target_out(c, target);
    linear->uneven = target == YA_DOWN;
    layer_name(name, o, layer, linear_names[target], "weight");
    ya_status status = find_matrix(o, name, out, ya_target_in(c, target), &linear->weight, err);
    if (status)
        return status;
    if (c->interleaved_qk && (target == YA_Q || target == YA_K))
        linear->weight.interleaved_head_dim = c->head_dim;
    layer_name(name, o, layer, linear_names[target], "bias");
    bool needed = c->architecture == YA_ARCH_QWEN2 && target <= YA_V;
    status = find_vector(o, name, out, needed, &linear->bias, err);
    if (!status && linear->bias && linear->weight.interleaved_head_dim)
        uninterleave(o->model->vectors + (linear->bias - o->model->vectors), out, c->head_dim);
    return status;
}

static ya_status find_layer(opening *o, int layer, ya_error *err)
{
    const ya_model_config *c = &o->model->config;
    ya_layer *l = &o->model->layers[layer];
    char name[NAME_BYTES];
    ya_status status = YA_OK;
    for (int t = 0; t < YA_N_TARGETS; t++)
        YA_TRY(find_linear(o, layer, (ya_target)t, err));
    const struct {
        role_name role;
        int size;
        bool wanted;
        ya_norm *norm;
    } norms[] = {
        {{"input_layernorm", "attn_norm"}, c->hidden_size, true, &l->attention_norm},
        {{"post_attention_layernorm", "ffn_norm"}, c->hidden_size, true, &l->mlp_norm},
        {{"self_attn.q_norm", "attn_q_norm"}, c->head_dim, c->qk_norm, &l->q_norm},
        {{"self_attn.k_norm", "attn_k_norm"}, c->head_dim, c->qk_norm, &l->k_norm},
    };
    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++)
        if (norms[i].wanted) {
            layer_name(name, o, layer, norms[i].role, "weight");
            YA_TRY(find_vector(o, name, norms[i].size, true, &norms[i].norm->weight, err));
        }
done:
    return status;
}

/* f_j = theta^(-2j/HD), scaled: llama3 divides low frequencies by the factor, keeps high ones and
 * blends between; linear divides all. Angles are computed from these in f64. */
static ya_status make_rope(opening *o, ya_error *err)
{
    const ya_model_config *c = &o->model->config;
    int half = c->head_dim / 2;
    const ya_tensor *factors =
        o->model->gguf ? ya_tensor_find(o->tensors, "rope_freqs.weight") : NULL;
    if (factors && (factors->type != YA_F32 || ya_tensor_elements(factors) < half))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the tensor rope_freqs.weight is not %d floats",
                       o->path, half);
    for (int j = 0; j < half; j++) {
        double f = pow(c->rope_theta, -(double)j / half);
        if (c->rope_factor > 0) {
            double turns = c->rope_original_positions * f / (2 * M_PI);
            double smooth = (turns - c->rope_low_freq_factor) /
                            (c->rope_high_freq_factor - c->rope_low_freq_factor);
            smooth = smooth < 0 ? 0 : smooth > 1 ? 1 : smooth;
            f *= smooth + (1 - smooth) / c->rope_factor;
        }
        if (c->rope_linear_factor > 0)
            f /= c->rope_linear_factor;
        if (factors) {
            float factor;
            memcpy(&factor, (const char *)factors->data + 4 * (size_t)j, 4);
            if (!(factor >= 1e-3f && factor < 1e6f))
                return ya_fail(err, YA_ERR_FORMAT, "%s: rope_freqs.weight[%d] is %g", o->path, j,
                               (double)factor);
            f /= (double)factor;
        }
        o->model->rope_inv_freq[j] = f;
    }
    return YA_OK;
}

static ya_status find_weights(opening *o, ya_error *err)
{
    ya_model *m = o->model;
    const ya_model_config *c = &m->config;
    bool gguf = m->gguf != NULL;
    ya_status status;
    YA_TRY(find_matrix(o, gguf ? "token_embd.weight" : "model.embed_tokens.weight", c->vocab_size,
                       c->hidden_size, &m->embedding, err));
    m->head = m->embedding;
    if (!c->tied)
        YA_TRY(find_matrix(o, gguf ? "output.weight" : "lm_head.weight", c->vocab_size,
                           c->hidden_size, &m->head, err));
    for (int layer = 0; layer < c->n_layers; layer++)
        YA_TRY(find_layer(o, layer, err));
    YA_TRY(find_vector(o, gguf ? "output_norm.weight" : "model.norm.weight", c->hidden_size, true,
                       &m->final_norm.weight, err));
    status = make_rope(o, err);
done:
    return status;
}

static ya_status take_heap(ya_model *m, const ya_tensor_set *tensors, ya_error *err)
{
    const ya_model_config *c = &m->config;
    size_t vectors = vector_floats(tensors), half = (size_t)c->head_dim / 2;
    if ((size_t)c->n_layers > tensors->n_tensors)
        return ya_fail(err, YA_ERR_FORMAT, "%s: %d layers, but only %zu tensors", m->path,
                       c->n_layers, tensors->n_tensors);
    m->layers = ya_alloc_zero((size_t)c->n_layers, sizeof *m->layers);
    m->vectors = ya_alloc_zero(vectors, sizeof *m->vectors);
    m->rope_inv_freq = ya_alloc_zero(half, sizeof *m->rope_inv_freq);
    m->heap_bytes =
        (size_t)c->n_layers * sizeof *m->layers + vectors * sizeof(float) + half * sizeof(double);
    if (!m->layers || !m->vectors || !m->rope_inv_freq)
        return ya_fail(err, YA_ERR_MEMORY, "%s: out of memory for the tables of %d layers", m->path,
                       c->n_layers);
    return YA_OK;
}

static ya_status open_files(ya_model *m, const char *path, ya_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot open the model %s", path);
    ya_status status;
    if (S_ISDIR(info.st_mode)) {
        YA_TRY(ya_model_config_read(&m->config, path, err));
        status = ya_safetensors_open_dir(&m->files, path, err);
    } else {
        YA_TRY(ya_gguf_open(&m->gguf, path, err));
        status = ya_model_config_from_gguf(&m->config, m->gguf, path, err);
    }
done:
    return status;
}

static const ya_tensor_set *tensors_of(const ya_model *m)
{
    return m->gguf ? ya_gguf_tensors(m->gguf) : &m->files;
}

ya_status ya_model_open(ya_model **out, const char *path, ya_error *err)
{
    *out = NULL;
    ya_model *m = ya_alloc_zero(1, sizeof *m);
    if (!m || !(m->path = ya_strdup(path))) {
        ya_free(m);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path);
    }
    ya_status status;
    YA_TRY(open_files(m, path, err));
    const ya_tensor_set *tensors = tensors_of(m);
    YA_TRY(take_heap(m, tensors, err));
    opening o = {m, tensors, path, 0};
    YA_TRY(find_weights(&o, err));
    for (size_t i = 0; i < tensors->n_tensors; i++) {
        m->mapped_bytes += tensors->tensors[i].bytes;
        m->n_parameters += (uint64_t)ya_tensor_elements(&tensors->tensors[i]);
    }
    *out = m;
    return YA_OK;
done:
    ya_model_close(m);
    return status;
}

/* A matrix of a model whose weights are elsewhere. */
static ya_matrix absent_matrix(ya_model *m, int rows, int cols, ya_dtype type)
{
    uint64_t bytes = 0, elements = (uint64_t)rows * (uint64_t)cols;
    if (ya_dtype_bytes(type, elements, &bytes))
        m->mapped_bytes += bytes;
    m->n_parameters += elements;
    return (ya_matrix){NULL, type, rows, cols, 0};
}

static void absent_layer(ya_model *m, ya_layer *layer, ya_dtype type)
{
    const ya_model_config *c = &m->config;
    for (int t = 0; t < YA_N_TARGETS; t++) {
        int rows = ya_target_out(c, (ya_target)t);
        layer->linear[t].uneven = t == YA_DOWN;
        layer->linear[t].weight = absent_matrix(m, rows, ya_target_in(c, (ya_target)t), type);
        if (c->architecture == YA_ARCH_QWEN2 && t <= YA_V)
            layer->linear[t].bias = m->vectors;
    }
    layer->attention_norm.weight = layer->mlp_norm.weight = m->vectors;
    if (c->qk_norm)
        layer->q_norm.weight = layer->k_norm.weight = m->vectors;
}

ya_status ya_model_open_shape(ya_model **out, const ya_model_config *config, ya_dtype type,
                              const char *name, ya_error *err)
{
    *out = NULL;
    ya_model *m = ya_alloc_zero(1, sizeof *m);
    if (m) {
        m->config = *config;
        m->path = ya_strdup(name);
        m->layers = ya_alloc_zero((size_t)config->n_layers, sizeof *m->layers);
        m->vectors = ya_alloc_zero(1, sizeof *m->vectors); /* stands for all of them */
        m->rope_inv_freq = ya_alloc_zero((size_t)config->head_dim / 2, sizeof *m->rope_inv_freq);
    }
    if (!m || !m->path || !m->layers || !m->vectors || !m->rope_inv_freq) {
        ya_model_close(m);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the tables of %s", name);
    }
    m->embedding = absent_matrix(m, config->vocab_size, config->hidden_size, type);
    m->head = m->embedding;
    if (!config->tied)
        m->head = absent_matrix(m, config->vocab_size, config->hidden_size, type);
    for (int layer = 0; layer < config->n_layers; layer++)
        absent_layer(m, &m->layers[layer], type);
    m->final_norm.weight = m->vectors;
    *out = m;
    return YA_OK;
}

void ya_model_close(ya_model *model)
{
    if (!model)
        return;
    ya_gguf_close(model->gguf);
    ya_tensor_set_free(&model->files);
    ya_free(model->layers);
    ya_free(model->vectors);
    ya_free(model->rope_inv_freq);
    ya_free(model->path);
    ya_free(model);
}

void ya_model_drop_pages(const ya_model *model)
{
    const ya_tensor_set *tensors = tensors_of(model);
    for (size_t i = 0; i < tensors->n_maps; i++)
        ya_map_drop(&tensors->maps[i]);
}
