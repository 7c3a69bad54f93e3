#include "lora/gguf_adapter.h"

#include "base/alloc.h"
#include "io/shown.h"
#include "tensor/expand.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 64, MAX_RANK = 1 << 16 };

static bool is_text(const ya_gguf *gguf, const char *key, const char *wanted)
{
    ya_text text;
    return ya_gguf_get_text(gguf, key, &text) && text.size == strlen(wanted) &&
           memcmp(text.data, wanted, text.size) == 0;
}

/* GGUF knows Mistral as llama, whose files interleave the rows of q and k. */
static bool interleaves(const ya_gguf *gguf)
{
    return is_text(gguf, "general.architecture", "llama");
}

static ya_status check_kind(const ya_gguf *gguf, const char *path, const ya_model *model,
                            ya_error *err)
{
    const char *base = ya_architecture_name(model->config.architecture);
    ya_gguf_type type;
    ya_text found = {"", 0};
    if (!is_text(gguf, "general.type", "adapter") || !is_text(gguf, "adapter.type", "lora"))
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s is no LoRA adapter: general.type is not \"adapter\" or adapter.type not "
                       "\"lora\"",
                       path);
    if (ya_gguf_has(gguf, "adapter.alora.invocation_tokens", &type))
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s is an activated LoRA (adapter.alora.invocation_tokens), which is not "
                       "supported",
                       path);
    (void)ya_gguf_get_text(gguf, "general.architecture", &found);
    bool mistral = model->config.architecture == YA_ARCH_MISTRAL && interleaves(gguf);
    if (!mistral && !is_text(gguf, "general.architecture", base)) {
        ya_shown shown = ya_show(found.data, found.size);
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s is an adapter of the architecture \"%s\", the model %s is \"%s\"", path,
                       shown.text, model->path, base);
    }
    return YA_OK;
}

static const ya_tensor *find(const ya_gguf *gguf, int layer, ya_target target, char half)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "blk.%d.%s.weight.lora_%c", layer, ya_target_gguf(target), half);
    return ya_tensor_find(ya_gguf_tensors(gguf), name);
}

static ya_status check_shape(const ya_tensor *t, const char *path, int64_t rows, int64_t cols,
                             ya_error *err)
{
    if (t->n_dims != 2 || t->shape[0] != rows || t->shape[1] != cols)
        return ya_fail(
            err, YA_ERR_FORMAT, "%s: %s is [%lld, %lld] in %d dimensions, expected [%lld, %lld]",
            path, t->name, (long long)t->shape[0], (long long)(t->n_dims > 1 ? t->shape[1] : 1),
            t->n_dims, (long long)rows, (long long)cols);
    if (!ya_expand_knows(t->type))
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: %s is stored as %s, which is not supported",
                       path, t->name, ya_dtype_get(t->type)->name);
    return YA_OK;
}

/* One pair, if it is there; *n counts its tensors. */
static ya_status read_module(const ya_gguf *gguf, const char *path, const ya_model *model,
                             int layer, ya_target target, double alpha, ya_lora_module *module,
                             size_t *n, ya_error *err)
{
    const ya_tensor *a = find(gguf, layer, target, 'a'), *b = find(gguf, layer, target, 'b');
    ya_status status;
    if (!a && !b)
        return YA_OK;
    if (!a || !b)
        return ya_fail(err, YA_ERR_FORMAT, "%s: %s has no other half", path, a ? a->name : b->name);
    int64_t rank = a->shape[0];
    if (a->n_dims == 2 && (rank < 1 || rank > MAX_RANK))
        return ya_fail(err, YA_ERR_FORMAT, "%s: %s has the rank %lld, expected 1 to %d", path,
                       a->name, (long long)rank, MAX_RANK);
    YA_TRY(check_shape(a, path, rank, ya_target_in(&model->config, target), err));
    YA_TRY(check_shape(b, path, ya_target_out(&model->config, target), rank, err));
    *module = (ya_lora_module){(int)rank, fabs(alpha) > 0 ? alpha : (double)rank};
    *n += 2;
done:
    return status;
}

/* The tensor that is no half of a pair we know. */
static ya_status refuse_other(const ya_gguf *gguf, const char *path, const ya_model *model,
                              ya_error *err)
{
    const ya_tensor_set *set = ya_gguf_tensors(gguf);
    for (size_t i = 0; i < set->n_tensors; i++) {
        bool known = false;
        for (int m = 0; m < model->config.n_layers * YA_N_TARGETS * 2 && !known; m++)
            known = find(gguf, m / 2 / YA_N_TARGETS, (ya_target)(m / 2 % YA_N_TARGETS),
                         m % 2 ? 'b' : 'a') == &set->tensors[i];
        ya_shown shown = ya_show(set->tensors[i].name, strlen(set->tensors[i].name));
        if (!known)
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "%s: the tensor %s is not supported; known are pairs lora_a, lora_b of "
                           "attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down in the "
                           "model's %d layers",
                           path, shown.text, model->config.n_layers);
    }
    return YA_OK;
}

ya_status ya_gguf_adapter_config(const ya_gguf *gguf, const char *path, const ya_model *model,
                                 ya_lora_config *config, ya_error *err)
{
    int n_layers = model->config.n_layers;
    ya_lora_module *modules = NULL;
    double alpha = 0;
    size_t n = 0;
    ya_status status;
    *config = (ya_lora_config){0};
    YA_TRY(check_kind(gguf, path, model, err));
    (void)ya_gguf_get_f64(gguf, "adapter.lora.alpha", &alpha);
    if (!isfinite(alpha))
        return ya_fail(err, YA_ERR_FORMAT, "%s: adapter.lora.alpha is not finite", path);
    modules = ya_alloc_zero((size_t)n_layers * YA_N_TARGETS, sizeof *modules);
    if (!modules)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %d layers", n_layers);
    for (int i = 0; i < n_layers * YA_N_TARGETS; i++)
        YA_TRY(read_module(gguf, path, model, i / YA_N_TARGETS, (ya_target)(i % YA_N_TARGETS),
                           alpha, &modules[i], &n, err));
    if (n != ya_gguf_tensors(gguf)->n_tensors)
        YA_TRY(refuse_other(gguf, path, model, err));
    return ya_lora_take_modules(config, modules, n_layers, path, err);
done:
    ya_free(modules);
    return status;
}

static void expand(const ya_tensor *tensor, int interleaved, float *value)
{
    ya_matrix m = {tensor->data, tensor->type, (int)tensor->shape[0], (int)tensor->shape[1],
                   interleaved};
    for (int row = 0; row < m.rows; row++)
        ya_expand_row(&m, row, value + (size_t)row * (size_t)m.cols);
}

ya_status ya_gguf_adapter_values(const ya_gguf *gguf, const ya_model *model, ya_params *params,
                                 ya_error *err)
{
    const ya_param *p = params->params;
    for (int i = 0; i < model->config.n_layers * YA_N_TARGETS; i++) {
        ya_target target = (ya_target)(i % YA_N_TARGETS);
        const ya_tensor *a = find(gguf, i / YA_N_TARGETS, target, 'a');
        const ya_tensor *b = find(gguf, i / YA_N_TARGETS, target, 'b');
        bool rotated = interleaves(gguf) && (target == YA_Q || target == YA_K);
        if (!a || !b)
            continue;
        if (p + 2 > params->params + params->n_params)
            return ya_fail(err, YA_ERR_FORMAT, "%s is not what was laid out", a->name);
        expand(a, 0, params->value + p[0].offset);
        expand(b, rotated ? model->config.head_dim : 0, params->value + p[1].offset);
        p += 2;
    }
    return YA_OK;
}
