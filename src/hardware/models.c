#include "hardware/models.h"

#include "base/alloc.h"
#include "io/cache.h"
#include "lora/locate.h"
#include "model/model.h"
#include "model/preset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ya_status ya_known_model_open(ya_known_model *m, const char *name, ya_error *err)
{
    char *base = NULL, *adapter = NULL;
    ya_model *model = NULL;
    ya_status status;
    *m = (ya_known_model){0};
    snprintf(m->name, sizeof m->name, "%.255s", name);
    YA_TRY(ya_locate_model(name, NULL, NULL, &base, &adapter, err));
    YA_TRY(ya_model_open(&model, base, err));
    m->known = m->present = true;
    m->shape = model->config;
    m->parameters = model->n_parameters;
    m->stored_bytes = model->mapped_bytes;
done:
    ya_model_close(model);
    ya_free(base);
    ya_free(adapter);
    return status;
}

/* One that cannot be opened stays in the list, with its problem. */
static void look_at(ya_known_model *m, const char *name)
{
    ya_error err;
    if (ya_known_model_open(m, name, &err) != YA_OK)
        snprintf(m->problem, sizeof m->problem, "%.500s", err.text);
}

static ya_status from_preset(ya_known_model *m, const ya_preset *preset, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_model *model;
    if (ya_cache_find(path, preset->hub)) {
        look_at(m, preset->name);
    } else {
        ya_status status = ya_model_open_shape(&model, &preset->shape, YA_BF16, preset->name, err);
        if (status)
            return status;
        *m = (ya_known_model){
            .known = true, .shape = preset->shape, .parameters = model->n_parameters};
        ya_model_close(model);
        snprintf(m->name, sizeof m->name, "%s", preset->name);
    }
    snprintf(m->hub, sizeof m->hub, "%s", preset->hub);
    return YA_OK;
}

static int smallest_first(const void *a, const void *b)
{
    const ya_known_model *x = a, *y = b;
    if (x->known != y->known)
        return y->known - x->known;
    if (x->parameters != y->parameters)
        return x->parameters < y->parameters ? -1 : 1;
    return strcmp(x->name, y->name);
}

ya_status ya_known_models_find(ya_known_models *found, char *const *names, size_t n, bool presets,
                               ya_error *err)
{
    ya_preset all[YA_MAX_PRESETS];
    ya_cached_model *cached = NULL;
    size_t n_cached = 0, n_presets = presets ? (size_t)ya_presets(all) : 0;
    ya_status status = YA_OK;
    *found = (ya_known_models){0};
    if (n == 0)
        YA_TRY(ya_cache_list(&cached, &n_cached, err));
    found->models = ya_alloc_zero(n + n_cached + n_presets + 1, sizeof *found->models);
    if (!found->models)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for the list of models"));
    for (size_t i = 0; i < n_presets; i++)
        YA_TRY(from_preset(&found->models[found->n++], &all[i], err));
    for (size_t i = 0; i < n; i++)
        look_at(&found->models[found->n++], names[i]);
    for (size_t i = 0; i < n_cached; i++) {
        ya_preset preset;
        if (!presets || !ya_preset_find(&preset, cached[i].name)) /* else it is there already */
            look_at(&found->models[found->n++], cached[i].name);
    }
    qsort(found->models, found->n, sizeof *found->models, smallest_first);
done:
    ya_free(cached);
    return status;
}

void ya_known_models_free(ya_known_models *found)
{
    ya_free(found->models);
    *found = (ya_known_models){0};
}
