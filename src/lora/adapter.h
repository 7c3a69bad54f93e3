/* What an adapter holds: LoRA pairs (a directory with adapter_config.json, or a GGUF file), or
 * tensors of the model that were trained themselves (trained.safetensors). */
#ifndef YA_LORA_ADAPTER_H
#define YA_LORA_ADAPTER_H

#include "lora/params.h"

typedef struct {
    char *path;
    ya_lora_config lora;   /* rank 0: the other kind */
    ya_gguf *gguf;         /* NULL: a directory */
    ya_tensor_set trained; /* that kind's file, mapped for the names of its tensors */
    const char **names;    /* [trained.n_tensors]; NULL: LoRA pairs */
} ya_adapter;

/* Reads what the adapter of `model` says of itself, not the values. Free with ya_adapter_free; {0}
 * is free. */
ya_status ya_adapter_read(ya_adapter *adapter, const char *path, const ya_model *model,
                          ya_error *err) YA_CHECK;
/* Books or takes the parameters, as ya_lora_layout and ya_trainable_layout do. */
ya_status ya_adapter_layout(const ya_adapter *adapter, ya_params *params, ya_model *model,
                            bool train, ya_arena *arena, ya_error *err) YA_CHECK;
/* Fills in the values. */
ya_status ya_adapter_values(const ya_adapter *adapter, const ya_model *model, ya_params *params,
                            ya_error *err) YA_CHECK;
void ya_adapter_free(ya_adapter *adapter);

#endif
