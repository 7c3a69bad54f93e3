#include "export/tensors.h"

#include "base/alloc.h"
#include "export/store.h"

#include <stdio.h>
#include <string.h>

/* A list being made. */
typedef struct {
    ya_out_list *list;
    const ya_model *model;
    const ya_tensor_set *trained; /* full fine-tuning: NULL none */
    ya_out_names names;
    int type;
    bool interleave;
    ya_error *err;
} listing;

/* A tensor's names, without what stands before and behind it. */
typedef struct {
    const char *hf, *gguf;
} name_pair;

static bool is_float(ya_dtype type)
{
    return type == YA_F32 || type == YA_F16 || type == YA_BF16;
}

/* What a matrix is written as. */
static ya_dtype matrix_type(const listing *l, ya_dtype own, int cols, bool head)
{
    ya_dtype type = (ya_dtype)l->type;
    if (l->type < 0) {
        type = own;
        if (l->names == YA_NAMES_HF && !is_float(own))
            type = YA_F16;
        else if (!ya_store_knows(own))
            type = YA_Q8_0;
    }
    if (type == YA_Q4_0 && head && l->type >= 0)
        type = YA_Q8_0;
    return cols % ya_dtype_get(type)->block_size == 0 ? type : YA_F16;
}

static ya_dtype vector_type(const listing *l)
{
    if (l->names == YA_NAMES_GGUF)
        return YA_F32;
    if (l->type >= 0)
        return (ya_dtype)l->type;
    return matrix_type(l, l->model->embedding.type, l->model->config.hidden_size, false);
}

static const char *layer_name(char out[YA_OUT_NAME], ya_out_names names, int layer, name_pair name,
                              const char *suffix)
{
    if (names == YA_NAMES_GGUF)
        snprintf(out, YA_OUT_NAME, "blk.%d.%s.%s", layer, name.gguf, suffix);
    else
        snprintf(out, YA_OUT_NAME, "model.layers.%d.%s.%s", layer, name.hf, suffix);
    return out;
}

/* Full fine-tuning: the tensor under its Hugging Face name takes the place of the base's. */
static ya_status replace(const listing *l, const char *hf_name, ya_out_tensor *t)
{
    const ya_tensor *found = l->trained ? ya_tensor_find(l->trained, hf_name) : NULL;
    if (!found)
        return YA_OK;
    bool fits = t->is_vector ? found->n_dims == 1 && found->shape[0] == t->cols
                             : found->n_dims == 2 && found->shape[0] == t->rows &&
                                   found->shape[1] == t->cols;
    if (!fits || !is_float(found->type))
        return ya_fail(l->err, YA_ERR_FORMAT,
                       "the trained tensor %s has not the shape [%d, %d] of the base's, or is no "
                       "float",
                       hf_name, t->rows, t->cols);
    t->source = (ya_matrix){found->data, found->type, t->rows, t->cols, 0};
    return YA_OK;
}

/* Appends a tensor of which name, source and order are set. */
static ya_status append(listing *l, ya_out_tensor *t, const char *hf_name)
{
    uint64_t elements = (uint64_t)t->rows * (uint64_t)t->cols;
    ya_status status = replace(l, hf_name, t);
    if (status)
        return status;
    if (!ya_dtype_bytes(t->type, elements, &t->bytes))
        return ya_fail(l->err, YA_ERR_FORMAT, "the tensor %s is too large", t->name);
    ya_out_list *list = l->list;
    if (list->n_tensors % 64 == 0) {
        void *bigger = ya_realloc_array(list->tensors, list->n_tensors + 64, sizeof *t);
        if (!bigger)
            return ya_fail(l->err, YA_ERR_MEMORY, "out of memory for a list of tensors");
        list->tensors = bigger;
    }
    list->tensors[list->n_tensors++] = *t;
    list->bytes += t->bytes;
    return YA_OK;
}

static ya_status add_matrix(listing *l, const char *hf, const char *gguf, const ya_matrix *source,
                            bool head)
{
    ya_out_tensor t = {.rows = source->rows, .cols = source->cols, .source = *source};
    t.type = matrix_type(l, source->type, source->cols, head);
    snprintf(t.name, sizeof t.name, "%s", l->names == YA_NAMES_GGUF ? gguf : hf);
    return append(l, &t, hf);
}

static ya_status add_vector(listing *l, const char *name, const char *hf, const float *values,
                            int n, int interleaved)
{
    ya_out_tensor t = {.type = vector_type(l),
                       .is_vector = true,
                       .rows = 1,
                       .cols = n,
                       .source = {values, YA_F32, 1, n, 0},
                       .interleaved_head_dim = interleaved};
    snprintf(t.name, sizeof t.name, "%s", name);
    return append(l, &t, hf);
}

static ya_status add_linear(listing *l, int layer, ya_target target)
{
    const ya_linear *linear = &l->model->layers[layer].linear[target];
    name_pair pair = {ya_target_path(target), ya_target_gguf(target)};
    char hf[YA_OUT_NAME], name[YA_OUT_NAME];
    bool rotated = l->interleave && (target == YA_Q || target == YA_K);
    int interleaved = rotated ? l->model->config.head_dim : 0;
    ya_out_tensor t = {.rows = linear->weight.rows,
                       .cols = linear->weight.cols,
                       .source = linear->weight,
                       .lora = linear->lora,
                       .interleaved_head_dim = interleaved};
    t.type = matrix_type(l, linear->weight.type, linear->weight.cols, false);
    layer_name(t.name, l->names, layer, pair, "weight");
    ya_status status = append(l, &t, layer_name(hf, YA_NAMES_HF, layer, pair, "weight"));
    if (status || !linear->bias)
        return status;
    layer_name(name, l->names, layer, pair, "bias");
    layer_name(hf, YA_NAMES_HF, layer, pair, "bias");
    return add_vector(l, name, hf, linear->bias, linear->weight.rows, interleaved);
}

static ya_status add_layer(listing *l, int layer)
{
    const ya_model_config *c = &l->model->config;
    const ya_layer *y = &l->model->layers[layer];
    const struct {
        name_pair name;
        const float *values;
        int size;
    } norms[] = {{{"input_layernorm", "attn_norm"}, y->attention_norm.weight, c->hidden_size},
                 {{"post_attention_layernorm", "ffn_norm"}, y->mlp_norm.weight, c->hidden_size},
                 {{"self_attn.q_norm", "attn_q_norm"}, y->q_norm.weight, c->head_dim},
                 {{"self_attn.k_norm", "attn_k_norm"}, y->k_norm.weight, c->head_dim}};
    ya_status status = YA_OK;
    for (int t = 0; t < YA_N_TARGETS; t++)
        YA_TRY(add_linear(l, layer, (ya_target)t));
    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++) {
        char name[YA_OUT_NAME], hf[YA_OUT_NAME];
        if (!norms[i].values)
            continue;
        layer_name(name, l->names, layer, norms[i].name, "weight");
        layer_name(hf, YA_NAMES_HF, layer, norms[i].name, "weight");
        YA_TRY(add_vector(l, name, hf, norms[i].values, norms[i].size, 0));
    }
done:
    return status;
}

static ya_status list_all(listing *l)
{
    const ya_model *m = l->model;
    bool gguf = l->names == YA_NAMES_GGUF;
    ya_status status;
    YA_TRY(add_matrix(l, "model.embed_tokens.weight", "token_embd.weight", &m->embedding,
                      m->config.tied));
    for (int layer = 0; layer < m->config.n_layers; layer++)
        YA_TRY(add_layer(l, layer));
    YA_TRY(add_vector(l, gguf ? "output_norm.weight" : "model.norm.weight", "model.norm.weight",
                      m->final_norm.weight, m->config.hidden_size, 0));
    if (!m->config.tied)
        YA_TRY(add_matrix(l, "lm_head.weight", "output.weight", &m->head, true));
done:
    return status;
}

ya_status ya_out_list_make(ya_out_list *list, const ya_model *model, const ya_adapter *adapter,
                           ya_out_names names, int type, bool interleave, ya_error *err)
{
    *list = (ya_out_list){0};
    listing l = {list,  model, adapter && adapter->names ? &adapter->trained : NULL,
                 names, type,  interleave,
                 err};
    ya_status status = list_all(&l);
    if (status)
        ya_out_list_free(list);
    return status;
}

void ya_out_list_free(ya_out_list *list)
{
    ya_free(list->tensors);
    *list = (ya_out_list){0};
}
