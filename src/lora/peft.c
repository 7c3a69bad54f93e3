/* The tensors of adapters, and adapter_config.json as it is written. */
#include "lora/peft.h"

#include "base/alloc.h"
#include "base/format.h"
#include "io/outdir.h"
#include "io/safetensors.h"
#include "tensor/expand.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum {
    CONFIG_BYTES = 64 << 10,
    MODULE_BYTES = 256, /* three entries of a module: a name of up to 48 bytes and a number each */
    MAX_COLS = INT32_MAX
};

static bool has_shape(const ya_tensor *tensor, const ya_param *param)
{
    if (param->is_vector)
        return tensor->n_dims == 1 && tensor->shape[0] == param->rows;
    return tensor->n_dims == 2 && tensor->shape[0] == param->rows &&
           tensor->shape[1] == param->cols;
}

static ya_status read_param(const ya_tensor_set *set, const char *path, const ya_param *param,
                            float *value, ya_error *err)
{
    const ya_tensor *tensor = ya_tensor_find(set, param->name);
    if (!tensor)
        return ya_fail(err, YA_ERR_FORMAT, "%s: the tensor %s is missing", path, param->name);
    if (!has_shape(tensor, param))
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s: %s has shape [%lld, %lld] in %d dimensions, expected [%lld, %lld]",
                       path, param->name, (long long)tensor->shape[0],
                       (long long)(tensor->n_dims > 1 ? tensor->shape[1] : 1), tensor->n_dims,
                       (long long)param->rows, (long long)param->cols);
    if (tensor->type != YA_F32 && tensor->type != YA_F16 && tensor->type != YA_BF16)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: %s is stored as %s, expected F32, F16 or BF16",
                       path, param->name, ya_dtype_get(tensor->type)->name);
    /* a vector is a matrix of one row: rows x cols is the same run of values */
    ya_matrix matrix = {.data = tensor->data,
                        .type = tensor->type,
                        .rows = param->is_vector ? 1 : (int)param->rows,
                        .cols = (int)(param->is_vector ? param->rows : param->cols)};
    for (int row = 0; row < matrix.rows; row++)
        ya_expand_row(&matrix, row, value + (size_t)row * (size_t)matrix.cols);
    return YA_OK;
}

static const ya_param *find_param(const ya_params *params, const char *name)
{
    for (int i = 0; i < params->n_params; i++)
        if (strcmp(params->params[i].name, name) == 0)
            return &params->params[i];
    return NULL;
}

static ya_status check_finite(const char *path, const ya_param *param, const float *value,
                              ya_error *err)
{
    for (int64_t i = 0; i < param->rows * param->cols; i++)
        if (!isfinite(value[i]))
            return ya_fail(err, YA_ERR_DATA,
                           "%s: %s holds a value that is no finite number (NaN or infinite)", path,
                           param->name);
    return YA_OK;
}

static ya_status read_values(const char *dir, const char *file, ya_params *params, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_tensor_set set = {0};
    ya_status status;
    YA_TRY(ya_path_join(path, dir, file, err));
    YA_TRY(ya_safetensors_open(&set, path, err));
    for (size_t i = 0; i < set.n_tensors; i++)
        if (!find_param(params, set.tensors[i].name))
            YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s: the tensor %s belongs to no adapted module",
                           path, set.tensors[i].name));
    for (int i = 0; i < params->n_params; i++) {
        const ya_param *param = &params->params[i];
        assert(param->rows <= MAX_COLS && param->cols <= MAX_COLS);
        YA_TRY(read_param(&set, path, param, params->value + param->offset, err));
        YA_TRY(check_finite(path, param, params->value + param->offset, err));
    }
done:
    ya_tensor_set_free(&set);
    return status;
}

static bool holds(const char *dir, const char *name)
{
    char path[YA_PATH_MAX];
    return ya_path_join(path, dir, name, NULL) == YA_OK && access(path, F_OK) == 0;
}

ya_status ya_peft_read_weights(const char *dir, ya_params *params, ya_error *err)
{
    if (!holds(dir, "adapter_model.safetensors") && holds(dir, "adapter_model.bin"))
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s holds adapter_model.bin, a pickle, which is not read; this makes it "
            "adapter_model.safetensors: python -c \"import torch, safetensors.torch as s; "
            "s.save_file(torch.load('%s/adapter_model.bin', map_location='cpu'), "
            "'%s/adapter_model.safetensors')\"",
            dir, dir, dir);
    return read_values(dir, "adapter_model.safetensors", params, err);
}

ya_status ya_trained_read(const char *dir, ya_params *params, ya_error *err)
{
    return read_values(dir, "trained.safetensors", params, err);
}

static ya_tensor tensor_of(const ya_param *param, const float *value)
{
    return (ya_tensor){
        .name = param->name,
        .type = YA_F32,
        .n_dims = param->is_vector ? 1 : 2,
        .shape = {param->rows, param->is_vector ? 0 : param->cols},
        .data = value,
        .bytes = (uint64_t)param->rows * (uint64_t)param->cols * sizeof(float),
    };
}

static const char *const METADATA[][2] = {{"format", "pt"}};

size_t ya_peft_write_scratch(const ya_params *params)
{
    size_t table = (size_t)params->n_params * sizeof(ya_tensor), header = 0;
    size_t config = CONFIG_BYTES + (size_t)params->n_params / 2 * MODULE_BYTES;
    ya_tensor *tensors = ya_alloc(table);
    if (!tensors)
        return 0;
    for (int i = 0; i < params->n_params; i++)
        tensors[i] = tensor_of(&params->params[i], NULL);
    header = ya_safetensors_write_scratch(tensors, (size_t)params->n_params, METADATA, 1);
    ya_free(tensors);
    return table + (header > config ? header : config);
}

static ya_status write_values(const char *dir, const char *file, const ya_params *params,
                              void *scratch, size_t scratch_bytes, ya_error *err)
{
    char path[YA_PATH_MAX];
    size_t table = (size_t)params->n_params * sizeof(ya_tensor);
    if (scratch_bytes < table)
        return ya_fail(err, YA_ERR_MEMORY, "%zu bytes of scratch cannot list %d tensors",
                       scratch_bytes, params->n_params);
    ya_tensor *tensors = scratch;
    for (int i = 0; i < params->n_params; i++) {
        const ya_param *param = &params->params[i];
        tensors[i] = tensor_of(param, params->value + param->offset);
    }
    ya_scratch rest = {(char *)scratch + table, scratch_bytes - table};
    ya_status status = ya_path_join(path, dir, file, err);
    return status ? status
                  : ya_safetensors_write(path, tensors, (size_t)params->n_params, METADATA, 1,
                                         &rest, err);
}

/* Modules that differ go by their full names, which PEFT matches whole; the patterns are regular
 * expressions, in which a dot stands for any character, so for the dot too. */
static void format_modules(ya_format *out, const ya_lora_config *config, int total_layers)
{
    static const char *const heads[] = {"\"target_modules\": [", "\"rank_pattern\": {",
                                        "\"alpha_pattern\": {"};
    for (int list = 0; list < 3; list++) {
        const char *comma = "";
        ya_format_add(out, "  %s", heads[list]);
        for (int i = 0; i < total_layers * YA_N_TARGETS; i++) {
            ya_lora_module module = config->modules[i];
            if (module.rank == 0)
                continue;
            ya_format_add(out, "%s\"model.layers.%d.%s\"", comma, i / YA_N_TARGETS,
                          ya_target_path((ya_target)(i % YA_N_TARGETS)));
            if (list == 1)
                ya_format_add(out, ": %d", module.rank);
            if (list == 2)
                ya_format_add(out, ": %.17g", module.alpha);
            comma = ", ";
        }
        ya_format_add(out, list == 0 ? "],\n" : "},\n");
    }
}

static void format_targets(ya_format *out, unsigned targets)
{
    const char *comma = "";
    ya_format_add(out, "  \"target_modules\": [");
    for (unsigned t = 0; t < YA_N_TARGETS; t++) {
        if (!(targets & (1u << t)))
            continue;
        ya_format_add(out, "%s\"%s\"", comma, ya_target_name((ya_target)t));
        comma = ", ";
    }
    ya_format_add(out, "],\n");
}

static void format_layers(ya_format *out, int n_layers, int total_layers)
{
    ya_format_add(out, "  \"layers_to_transform\": ");
    if (n_layers <= 0 || n_layers >= total_layers) {
        ya_format_add(out, "null,\n");
        return;
    }
    for (int layer = total_layers - n_layers; layer < total_layers; layer++)
        ya_format_add(out, "%s%d", layer == total_layers - n_layers ? "[" : ", ", layer);
    ya_format_add(out, "],\n");
}

static ya_status write_config(const char *dir, const ya_lora_config *config, int total_layers,
                              const char *base, void *scratch, size_t scratch_bytes, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_format out = {.data = scratch, .room = scratch_bytes};
    ya_format_add(&out, "{\n  \"base_model_name_or_path\": ");
    ya_format_json_text(&out, base);
    ya_format_add(&out, ",\n  \"bias\": \"none\",\n  \"fan_in_fan_out\": false,\n"
                        "  \"inference_mode\": true,\n  \"init_lora_weights\": true,\n");
    format_layers(&out, config->n_layers, total_layers);
    ya_format_add(&out, "  \"lora_alpha\": %.17g,\n  \"lora_dropout\": 0.0,\n", config->alpha);
    ya_format_add(&out, "  \"modules_to_save\": null,\n  \"peft_type\": \"LORA\",\n  \"r\": %d,\n",
                  config->rank);
    if (config->modules)
        format_modules(&out, config, total_layers);
    else
        format_targets(&out, config->targets);
    ya_format_add(&out, "  \"task_type\": \"CAUSAL_LM\",\n  \"use_dora\": false,\n");
    ya_format_add(&out, "  \"use_rslora\": %s\n}\n", config->use_rslora ? "true" : "false");
    if (out.cut)
        return ya_fail(err, YA_ERR_MEMORY, "%zu bytes of scratch cannot hold adapter_config.json",
                       scratch_bytes);
    ya_status status = ya_path_join(path, dir, "adapter_config.json", err);
    return status ? status : ya_write_file(path, out.data, out.size, err);
}

ya_status ya_peft_write(const char *dir, const ya_params *params, const ya_lora_config *config,
                        int total_layers, const char *base, void *scratch, size_t scratch_bytes,
                        ya_error *err)
{
    ya_status status = write_config(dir, config, total_layers, base, scratch, scratch_bytes, err);
    return status ? status
                  : write_values(dir, "adapter_model.safetensors", params, scratch, scratch_bytes,
                                 err);
}

ya_status ya_trained_write(const char *dir, const ya_params *params, void *scratch,
                           size_t scratch_bytes, ya_error *err)
{
    return write_values(dir, "trained.safetensors", params, scratch, scratch_bytes, err);
}
