#include "eval/systems.h"

#include "base/alloc.h"
#include "io/outdir.h"
#include "lora/locate.h"
#include "train/lineage.h"

#include <unistd.h>

ya_status ya_adapter_sha256(const char *dir, char hex[YA_SHA256_HEX], ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status = ya_path_join(path, dir, "adapter_model.safetensors", err);
    if (!status && access(path, F_OK) != 0)
        status = ya_path_join(path, dir, "trained.safetensors", err);
    return status ? status : ya_sha256_file(path, hex, err);
}

ya_status ya_systems_find(ya_systems *systems, const ya_settings *s, ya_error *err)
{
    ya_model *model = NULL;
    ya_status status;
    *systems = (ya_systems){0};
    YA_TRY(ya_locate_model(s->model, s->adapter, s->base, &systems->base_path,
                           &systems->adapter_path, err));
    if (s->compare && !systems->adapter_path)
        YA_TRY(ya_fail(err, YA_ERR_USAGE,
                       "--compare needs an adapter: --compare DIR, --adapter DIR, or --model an "
                       "adapter's directory"));
    if (s->compare || !systems->adapter_path)
        systems->list[systems->n++] = (ya_system){"base", true};
    if (systems->adapter_path)
        systems->list[systems->n++] = (ya_system){"adapter", false};
    YA_TRY(ya_model_open(&model, systems->base_path, err));
    YA_TRY(ya_fingerprint_model(model, systems->fingerprint, err));
    if (systems->adapter_path)
        YA_TRY(ya_adapter_sha256(systems->adapter_path, systems->adapter_sha256, err));
done:
    ya_model_close(model);
    if (status)
        ya_systems_free(systems);
    return status;
}

void ya_systems_describe(const ya_systems *systems, ya_results *results)
{
    ya_results_set(results, "model",
                   ya_results_file(systems->base_path, "fingerprint", systems->fingerprint));
    if (systems->adapter_path)
        ya_results_set(results, "adapter",
                       ya_results_file(systems->adapter_path, "sha256", systems->adapter_sha256));
}

void ya_systems_free(ya_systems *systems)
{
    ya_free(systems->base_path);
    ya_free(systems->adapter_path);
    *systems = (ya_systems){0};
}
