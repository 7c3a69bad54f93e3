/* Finding a model's weights by their names. Every tensor of its files is asked for, or known to be
 * without effect, or refused. */
#include "model/weights.h"

#include "base/alloc.h"
#include "model/known.h"
#include "tensor/expand.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 96 };

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

/* A model being opened: where the next vector goes. */
typedef struct {
    ya_model *model;
    const ya_tensor_set *tensors;
    const char *path;
    size_t vectors_used; /* floats */
    bool *asked;         /* [n_tensors] */
} opening;

static const ya_tensor *ask(const opening *o, const char *name)
{
    const ya_tensor *t = ya_tensor_find(o->tensors, name);
    if (t)
        o->asked[t - o->tensors->tensors] = true;
    return t;
}

static ya_status find_matrix(const opening *o, const char *name, int rows, int cols, ya_matrix *out,
                             ya_error *err)
{
    const ya_tensor *t = ask(o, name);
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
    const ya_tensor *t = ask(o, name);
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
    float head[YA_MAX_HEAD_DIM];
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
    bool needed = c->biases >> target & 1;
    if (!needed && !(c->optional_biases >> target & 1))
        return YA_OK;
    layer_name(name, o, layer, linear_names[target], "bias");
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

/* Frequencies, and llama.cpp's divisors of them: its llama alone has that tensor. */
static ya_status make_rope(opening *o, ya_error *err)
{
    const ya_model_config *c = &o->model->config;
    double *inv_freq = o->model->rope_inv_freq;
    int half = c->head_dim / 2;
    ya_rope_frequencies(&c->rope, c->head_dim, inv_freq);
    if (!o->model->gguf || c->architecture != YA_ARCH_LLAMA)
        return YA_OK;
    const ya_tensor *factors = ask(o, "rope_freqs.weight");
    if (factors && (factors->type != YA_F32 || ya_tensor_elements(factors) != half))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the tensor rope_freqs.weight is not %d floats",
                       o->path, half);
    for (int j = 0; j < half && factors; j++) {
        float factor;
        memcpy(&factor, (const char *)factors->data + 4 * (size_t)j, 4);
        if (!(factor >= 1e-3f && factor < 1e6f))
            return ya_fail(err, YA_ERR_FORMAT, "%s: rope_freqs.weight[%d] is %g", o->path, j,
                           (double)factor);
        inv_freq[j] /= (double)factor;
    }
    return YA_OK;
}

static ya_status check_all_asked(const opening *o, ya_error *err)
{
    for (size_t i = 0; i < o->tensors->n_tensors; i++) {
        const char *name = o->tensors->tensors[i].name;
        if (!o->asked[i] && !ya_known_idle_tensor(name, o->model->config.tied))
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "%s: the tensor %.200s has no place in this model as its configuration "
                           "describes it, so that what it does would be left out",
                           o->path, name);
    }
    return YA_OK;
}

static ya_status find_all(opening *o, ya_error *err)
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
    YA_TRY(make_rope(o, err));
    status = check_all_asked(o, err);
done:
    return status;
}

ya_status ya_model_find_weights(ya_model *model, const ya_tensor_set *tensors, ya_error *err)
{
    opening o = {model, tensors, model->path, 0, NULL};
    if (!(o.asked = ya_alloc_zero(tensors->n_tensors + 1, sizeof *o.asked)))
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", model->path);
    ya_status status = find_all(&o, err);
    ya_free(o.asked);
    return status;
}
