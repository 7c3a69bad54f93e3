/* The models that the commands about this machine speak of: presets, and what is in the cache. */
#ifndef YA_HARDWARE_MODELS_H
#define YA_HARDWARE_MODELS_H

#include "io/outdir.h"
#include "model/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char name[256]; /* as --model takes it */
    char hub[128];  /* of a preset; "" otherwise */
    bool present;   /* its weights are on this machine */
    uint64_t parameters;
    uint64_t stored_bytes; /* of the weights; 0 when not present */
    ya_model_config shape; /* valid when `known` */
    bool known;
    char problem[512]; /* why not */
} ya_known_model;

typedef struct {
    ya_known_model *models;
    size_t n;
} ya_known_models;

/* A model by the name that --model takes. */
ya_status ya_known_model_open(ya_known_model *model, const char *name, ya_error *err) YA_CHECK;

/* `names` (n > 0), else what is in the cache, with `presets` those too; by parameters, smallest
 * first; what cannot be read comes last, with its problem. Free with ya_known_models_free. */
ya_status ya_known_models_find(ya_known_models *found, char *const *names, size_t n, bool presets,
                               ya_error *err) YA_CHECK;
void ya_known_models_free(ya_known_models *found);

#endif
