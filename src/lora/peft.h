/* Adapters as PEFT writes and reads them: adapter_config.json + adapter_model.safetensors. */
#ifndef YA_LORA_PEFT_H
#define YA_LORA_PEFT_H

#include "lora/params.h"

/* Reads DIR/adapter_config.json: r, lora_alpha, use_rslora, and which of the model's `total_layers`
 * are adapted how (target_modules, exclude_modules, layers_to_transform, rank_pattern,
 * alpha_pattern; 0 layers: only the targets). *base is base_model_name_or_path as written
 * (ya_alloc; NULL when null), config->modules is the caller's (ya_free). DoRA, biases other than
 * "none", other peft types, modules_to_save and target modules we do not know are
 * YA_ERR_UNSUPPORTED by name. */
ya_status ya_peft_read_config(const char *dir, int total_layers, ya_lora_config *config,
                              char **base, ya_error *err) YA_CHECK;

/* Fills params->value from DIR/adapter_model.safetensors (F32, F16, BF16): every parameter present
 * with its shape and no stranger, else YA_ERR_FORMAT naming the tensor. */
ya_status ya_peft_read_weights(const char *dir, ya_params *params, ya_error *err) YA_CHECK;

/* Writes both files into `dir` (an outdir's temporary), f32, such that PEFT loads them as they are.
 * Allocates nothing: `scratch` has ya_peft_write_scratch bytes. `base` becomes
 * base_model_name_or_path; `total_layers` tells whether layers_to_transform is needed. */
size_t ya_peft_write_scratch(const ya_params *params);
ya_status ya_peft_write(const char *dir, const ya_params *params, const ya_lora_config *config,
                        int total_layers, const char *base, void *scratch, size_t scratch_bytes,
                        ya_error *err) YA_CHECK;

/* Full fine-tuning: the trained tensors as DIR/trained.safetensors under their Hugging Face names.
 */
ya_status ya_trained_write(const char *dir, const ya_params *params, void *scratch,
                           size_t scratch_bytes, ya_error *err) YA_CHECK;
ya_status ya_trained_read(const char *dir, ya_params *params, ya_error *err) YA_CHECK;

#endif
