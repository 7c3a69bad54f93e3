/* Which modules an adapter_config.json adapts, inside of lora. */
#ifndef YA_LORA_PEFT_MODULES_H
#define YA_LORA_PEFT_MODULES_H

#include "io/json.h"
#include "lora/params.h"

/* Fills modules [n_layers][YA_N_TARGETS] (zeroed) as PEFT matches names: target_modules as a list
 * of name ends, "all-linear" or a regular expression of whole names; exclude_modules;
 * layers_to_transform; rank_pattern and alpha_pattern over `config`'s rank and alpha. What would
 * adapt a module that cannot be (lm_head, embed_tokens) is YA_ERR_UNSUPPORTED by name. `path` names
 * the file. https://github.com/huggingface/peft: check_target_module_exists, get_pattern_key */
ya_status ya_peft_modules(const json_t *json, const char *path, const ya_lora_config *config,
                          int n_layers, ya_lora_module *modules, ya_error *err) YA_CHECK;

/* The target whose name a module's ends in: "q_proj", "self_attn.q_proj"; false for others. */
bool ya_peft_target(const char *name, ya_target *target);

#endif
