#include "model/model.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "io/safetensors.h"
#include "model/weights.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

/* Room for all norms and biases: bounded by what the files really hold. */
static size_t vector_floats(const ya_tensor_set *tensors)
{
    size_t n = 0;
    for (size_t i = 0; i < tensors->n_tensors; i++)
        if (tensors->tensors[i].n_dims == 1)
            n += (size_t)tensors->tensors[i].shape[0];
    return n;
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
    YA_TRY(ya_model_find_weights(m, tensors, err));
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
        if (c->biases >> t & 1)
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
