/* Any file as an adapter of a tiny model: as GGUF, else as an adapter_config.json. An error with a
 * sentence, or modules whose values can be laid out and read. */
#include "io/json.h"
#include "lora/adapter.h"
#include "lora/peft_modules.h"

#include "fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LAYERS = 2 };

static ya_layer layers[LAYERS];
static char name[] = "model";
static ya_model model = {.config = {.architecture = YA_ARCH_LLAMA,
                                    .vocab_size = 16,
                                    .hidden_size = 8,
                                    .intermediate_size = 12,
                                    .n_layers = LAYERS,
                                    .n_heads = 2,
                                    .n_kv_heads = 1,
                                    .head_dim = 4},
                         .path = name,
                         .layers = layers};

static void read_values(const ya_adapter *adapter, ya_error *err)
{
    ya_params params = {0};
    ya_arena arena;
    ya_arena_init_dry(&arena);
    if (ya_adapter_layout(adapter, &params, &model, false, &arena, err))
        abort();
    size_t planned = arena.used;
    if (planned < (size_t)64 << 20 && ya_arena_init(&arena, planned, err) == YA_OK) {
        if (ya_adapter_layout(adapter, &params, &model, false, &arena, err) ||
            ya_adapter_values(adapter, &model, &params, err))
            abort();
        fuzz_touch(params.value, params.n_values * sizeof *params.value);
        ya_arena_free(&arena);
    }
    ya_params_free(&params);
}

static void as_gguf(const uint8_t *data, size_t size)
{
    ya_adapter adapter;
    ya_error err = {0};
    if (ya_adapter_read(&adapter, fuzz_file(data, size, ".gguf"), &model, &err)) {
        if (!err.text[0])
            abort();
        return;
    }
    read_values(&adapter, &err);
    ya_adapter_free(&adapter);
}

static void as_config(const uint8_t *data, size_t size)
{
    ya_lora_module modules[LAYERS * YA_N_TARGETS] = {{0}};
    ya_lora_config config = {.rank = 4, .alpha = 8};
    ya_error err = {0};
    json_t *json;
    if (ya_json_parse((const char *)data, size, "fuzz", &json, &err))
        return;
    if (ya_peft_modules(json, "fuzz", &config, LAYERS, modules, &err) && !err.text[0])
        abort();
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 4 && memcmp(data, "GGUF", 4) == 0)
        as_gguf(data, size);
    else
        as_config(data, size);
    return 0;
}
