#include "model/preset.h"

#include "base/embedded.h"
#include "io/json.h"
#include "io/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char FILE_NAME[] = "presets.yaml";

/* Written by us and tested: a mistake is a bug. */
static _Noreturn void fail(const char *name, const char *text)
{
    fprintf(stderr, "%s: %s: %s\n", FILE_NAME, name, text);
    abort();
}

static void copy(char *out, size_t room, const char *name, const json_t *object, const char *key)
{
    const char *text = ya_json_get_text(object, key);
    if (!text || strlen(text) >= room)
        fail(name, key);
    memcpy(out, text, strlen(text) + 1);
}

static void read_preset(ya_preset *p, const char *name, const json_t *object)
{
    ya_error err;
    *p = (ya_preset){0};
    if (strlen(name) >= sizeof p->name)
        fail(name, "too long");
    memcpy(p->name, name, strlen(name) + 1);
    copy(p->hub, sizeof p->hub, name, object, "hub");
    copy(p->tier, sizeof p->tier, name, object, "tier");
    if (!ya_json_get_f64(object, "parameters", &p->parameters))
        fail(name, "parameters");
    char *shape = json_dumps(json_object_get(object, "shape"), JSON_COMPACT);
    if (!shape || ya_model_config_parse(&p->shape, shape, strlen(shape), name, &err) != YA_OK)
        fail(name, shape ? err.text : "shape");
    free(shape);
}

int ya_presets(ya_preset presets[YA_MAX_PRESETS])
{
    const ya_embedded *file = ya_embedded_find(FILE_NAME);
    json_t *all = NULL, *object;
    const char *name;
    ya_error err;
    int n = 0;
    if (!file || ya_yaml_parse(file->text, file->size, FILE_NAME, &all, &err) != YA_OK)
        fail("cannot be read", file ? err.text : "absent");
    json_object_foreach(all, name, object)
    {
        if (n < YA_MAX_PRESETS)
            read_preset(&presets[n++], name, object);
    }
    json_decref(all);
    return n;
}

bool ya_preset_find(ya_preset *preset, const char *name)
{
    ya_preset presets[YA_MAX_PRESETS];
    int n = ya_presets(presets);
    for (int i = 0; i < n; i++)
        if (strcmp(presets[i].name, name) == 0 || strcmp(presets[i].hub, name) == 0) {
            *preset = presets[i];
            return true;
        }
    return false;
}
