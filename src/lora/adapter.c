#include "lora/adapter.h"

#include "base/alloc.h"
#include "io/outdir.h"
#include "io/safetensors.h"
#include "lora/gguf_adapter.h"
#include "lora/peft.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ya_status read_names(ya_adapter *adapter, const char *file, ya_error *err)
{
    ya_status status = ya_safetensors_open(&adapter->trained, file, err);
    if (status)
        return status;
    size_t n = adapter->trained.n_tensors;
    adapter->names = ya_alloc_zero(n + 1, sizeof *adapter->names);
    if (!adapter->names)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu names", n);
    for (size_t i = 0; i < n; i++)
        adapter->names[i] = adapter->trained.tensors[i].name;
    return YA_OK;
}

static ya_status read_file(ya_adapter *adapter, const ya_model *model, ya_error *err)
{
    ya_status status = ya_gguf_open(&adapter->gguf, adapter->path, err);
    if (status)
        return ya_wrap(err, status, "the adapter is no directory, so it must be a GGUF file");
    return ya_gguf_adapter_config(adapter->gguf, adapter->path, model, &adapter->lora, err);
}

ya_status ya_adapter_read(ya_adapter *adapter, const char *path, const ya_model *model,
                          ya_error *err)
{
    char file[YA_PATH_MAX], *base = NULL;
    struct stat info;
    ya_status status;
    *adapter = (ya_adapter){.path = ya_strdup(path)};
    if (!adapter->path)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the path %s", path);
    YA_TRY(ya_path_join(file, path, "trained.safetensors", err));
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode))
        status = read_file(adapter, model, err);
    else if (access(file, F_OK) == 0)
        status = read_names(adapter, file, err);
    else
        status = ya_peft_read_config(path, model->config.n_layers, &adapter->lora, &base, err);
done:
    ya_free(base);
    if (status)
        ya_adapter_free(adapter);
    return status;
}

ya_status ya_adapter_layout(const ya_adapter *adapter, ya_params *params, ya_model *model,
                            bool train, ya_arena *arena, ya_error *err)
{
    if (adapter->names)
        return ya_trainable_layout(params, model, adapter->names, adapter->trained.n_tensors, train,
                                   arena, err);
    return ya_lora_layout(params, model, &adapter->lora, train, arena, err);
}

ya_status ya_adapter_values(const ya_adapter *adapter, const ya_model *model, ya_params *params,
                            ya_error *err)
{
    if (adapter->gguf)
        return ya_gguf_adapter_values(adapter->gguf, model, params, err);
    return adapter->names ? ya_trained_read(adapter->path, params, err)
                          : ya_peft_read_weights(adapter->path, params, err);
}

void ya_adapter_free(ya_adapter *adapter)
{
    ya_tensor_set_free(&adapter->trained);
    ya_free(adapter->names);
    ya_free(adapter->path);
    ya_free(adapter->lora.modules);
    ya_gguf_close(adapter->gguf);
    memset(adapter, 0, sizeof *adapter);
}
