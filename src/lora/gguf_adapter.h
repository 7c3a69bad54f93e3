/* LoRA adapters of llama.cpp: a GGUF file of pairs NAME.lora_a [R, in], NAME.lora_b [out, R], with
 * general.type "adapter", adapter.type "lora", adapter.lora.alpha. A pair is scaled by alpha / R,
 * and by 1 where alpha is 0 or absent.
 * https://github.com/ggml-org/llama.cpp/blob/master/src/llama-adapter.cpp */
#ifndef YA_LORA_GGUF_ADAPTER_H
#define YA_LORA_GGUF_ADAPTER_H

#include "lora/params.h"

/* Reads which of the model's linear layers the file adapts, with which ranks; config->modules is
 * the caller's (ya_free). Another kind of file or architecture, a shape that does not fit, half a
 * pair: YA_ERR_FORMAT; pairs of other tensors (token_embd, output, norms) and activated LoRA are
 * YA_ERR_UNSUPPORTED by name. */
ya_status ya_gguf_adapter_config(const ya_gguf *gguf, const char *path, const ya_model *model,
                                 ya_lora_config *config, ya_error *err) YA_CHECK;

/* Fills params->value, laid out for that config, with rows in Hugging Face's order. */
ya_status ya_gguf_adapter_values(const ya_gguf *gguf, const ya_model *model, ya_params *params,
                                 ya_error *err) YA_CHECK;

#endif
