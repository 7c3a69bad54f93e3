/* adapter_config.json: what PEFT says about an adapter, read and checked. */
#include "base/alloc.h"
#include "io/json.h"
#include "io/outdir.h"
#include "io/shown.h"
#include "lora/peft.h"
#include "lora/peft_modules.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MAX_RANK = 1 << 16 };

/* Features of PEFT's LoRA that change what is computed. Each must be absent: null, false, or
 * empty. */
static const char *const UNSUPPORTED[] = {
    "use_dora",
    "modules_to_save",
    "lora_bias",
    "layer_replication",
    "fan_in_fan_out",
    "target_parameters",
    "use_qalora",
    "use_bdlora",
    "trainable_token_indices",
    "alora_invocation_tokens",
    "megatron_config",
    "arrow_config",
    "velora_config",
    "kasa_config",
    "monteclora_config",
};
enum { N_UNSUPPORTED = sizeof UNSUPPORTED / sizeof UNSUPPORTED[0] };

/* What is read here or in peft_modules.c, and what PEFT 0.21 keeps beside it that does not change
 * how a saved adapter is applied: where it came from, how it was initialised and trained, and
 * figures of features that UNSUPPORTED turns off. */
static const char *const KNOWN[] = {
    "peft_type",      "r",
    "lora_alpha",     "use_rslora",
    "target_modules", "exclude_modules",
    "rank_pattern",   "alpha_pattern",
    "layers_pattern", "layers_to_transform",
    "bias",           "base_model_name_or_path",
    "task_type",      "auto_mapping",
    "peft_version",   "revision",
    "inference_mode", "lora_dropout",
    "corda_config",   "init_lora_weights",
    "loftq_config",   "eva_config",
    "lora_ga_config", "runtime_config",
    "megatron_core",  "qalora_group_size",
    "enable_lora",    "ensure_weight_tying",
};
enum { N_KNOWN = sizeof KNOWN / sizeof KNOWN[0] };

static bool is_nothing(const json_t *value)
{
    if (!value || json_is_null(value) || json_is_false(value))
        return true;
    return (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

/* A key of a later PEFT or of another program may change the result: it is never passed over. */
static ya_status check_strangers(const json_t *json, const char *path, ya_error *err)
{
    for (void *at = json_object_iter((json_t *)(uintptr_t)json); at;
         at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
        const char *key = json_object_iter_key(at);
        int i = 0;
        while (i < N_KNOWN && strcmp(KNOWN[i], key) != 0)
            i++;
        if (i < N_KNOWN || is_nothing(json_object_iter_value(at)))
            continue;
        return ya_fail(
            err, YA_ERR_UNSUPPORTED,
            "%s: \"%s\" is a key that this program does not know, and it may change what "
            "the adapter computes; remove it if it does not",
            path, ya_show(key, strlen(key)).text);
    }
    return YA_OK;
}

static ya_status check_features(const json_t *json, const char *path, ya_error *err)
{
    const char *type = ya_json_get_text(json, "peft_type");
    if (!type || strcmp(type, "LORA") != 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: peft_type is %s, only LORA adapters are read",
                       path, type ? type : "missing");
    const char *bias = ya_json_get_text(json, "bias");
    if (bias && strcmp(bias, "none") != 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: bias is \"%s\", only \"none\" is read", path,
                       bias);
    /* PiSSA, OLoRA and their kin change the base weights at initialisation */
    const char *init = ya_json_get_text(json, "init_lora_weights");
    if (init && strcmp(init, "gaussian") != 0 && strcmp(init, "orthogonal") != 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s: init_lora_weights is \"%s\", which alters the base model", path, init);
    for (int i = 0; i < N_UNSUPPORTED; i++)
        if (!is_nothing(json_object_get(json, UNSUPPORTED[i])))
            return ya_fail(err, YA_ERR_UNSUPPORTED, "%s: %s is not supported", path,
                           UNSUPPORTED[i]);
    return check_strangers(json, path, err);
}

/* Without a model: the targets that the names end in. */
static ya_status read_targets(const json_t *json, const char *path, unsigned *targets,
                              ya_error *err)
{
    const json_t *modules = json_object_get(json, "target_modules");
    *targets = 0;
    for (size_t i = 0; i < json_array_size(modules); i++) {
        const char *name = json_string_value(json_array_get(modules, i));
        ya_target target;
        if (name && ya_peft_target(name, &target))
            *targets |= 1u << target;
    }
    if (json_is_string(modules))
        *targets = (1u << YA_N_TARGETS) - 1;
    return *targets ? YA_OK
                    : ya_fail(err, YA_ERR_FORMAT, "%s: target_modules is missing or empty", path);
}

static ya_status read_modules(const json_t *json, const char *path, int total_layers,
                              ya_lora_config *config, ya_error *err)
{
    ya_lora_module *modules = ya_alloc_zero((size_t)total_layers * YA_N_TARGETS, sizeof *modules);
    if (!modules)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %d layers", total_layers);
    ya_status status = ya_peft_modules(json, path, config, total_layers, modules, err);
    if (status) {
        ya_free(modules);
        return status;
    }
    return ya_lora_take_modules(config, modules, total_layers, path, err);
}

static ya_status read_rank(const json_t *json, const char *path, ya_lora_config *config,
                           ya_error *err)
{
    int64_t rank;
    if (!ya_json_get_i64(json, "r", &rank) || rank < 1 || rank > MAX_RANK)
        return ya_fail(err, YA_ERR_FORMAT, "%s: r is not a whole number from 1 to %d", path,
                       MAX_RANK);
    config->rank = (int)rank;
    if (!ya_json_get_f64(json, "lora_alpha", &config->alpha) || !isfinite(config->alpha))
        return ya_fail(err, YA_ERR_FORMAT, "%s: lora_alpha is missing or no number", path);
    if (!ya_json_get_bool(json, "use_rslora", &config->use_rslora))
        config->use_rslora = false;
    return YA_OK;
}

ya_status ya_peft_read_config(const char *dir, int total_layers, ya_lora_config *config,
                              char **base, ya_error *err)
{
    char path[YA_PATH_MAX];
    json_t *json = NULL;
    ya_status status;
    *base = NULL;
    *config = (ya_lora_config){0};
    YA_TRY(ya_path_join(path, dir, "adapter_config.json", err));
    YA_TRY(ya_json_read_file(path, &json, err));
    YA_TRY(check_features(json, path, err));
    YA_TRY(read_rank(json, path, config, err));
    if (total_layers > 0)
        YA_TRY(read_modules(json, path, total_layers, config, err));
    else
        YA_TRY(read_targets(json, path, &config->targets, err));
    const char *text = ya_json_get_text(json, "base_model_name_or_path");
    if (text && !(*base = ya_strdup(text)))
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for a path");
done:
    json_decref(json);
    return status;
}
