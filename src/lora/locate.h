/* What --model names: a base model, or an adapter or checkpoint with its base. spec/cli.md. */
#ifndef YA_LORA_LOCATE_H
#define YA_LORA_LOCATE_H

#include "base/error.h"

/* `model`: a Hugging Face directory, a GGUF file, or a directory with adapter_config.json, whose
 * base_model_name_or_path is taken as an absolute path, else relative to that directory, else to
 * the current directory, else as a name in the local cache (io/cache.h), which may also
 * be that of a preset (model/preset.h). `adapter` (NULL: none) names an adapter besides a base, a
 * directory or a GGUF file; `base` (NULL: not set) overrides what the adapter says. A checkpoint of
 * full fine-tuning (trained.safetensors) is an "adapter" too. On success *base_path and
 * *adapter_path (NULL: no adapter) are the caller's, ya_free. YA_ERR_IO naming what was looked for.
 */
ya_status ya_locate_model(const char *model, const char *adapter, const char *base,
                          char **base_path, char **adapter_path, ya_error *err) YA_CHECK;

/* `name` alone: a path, or a name in the cache. *path is the caller's, ya_free. */
ya_status ya_locate_named(char **path, const char *name, ya_error *err) YA_CHECK;

#endif
