/* Models by short names (configs/presets.yaml): known before anything is downloaded. */
#ifndef YA_MODEL_PRESET_H
#define YA_MODEL_PRESET_H

#include "model/config.h"

typedef struct {
    char name[64];     /* "llama-8b" */
    char hub[128];     /* "mlabonne/Meta-Llama-3.1-8B-Instruct-abliterated" */
    double parameters; /* as its makers count them */
    char tier[16];     /* small, medium, large, xlarge */
    ya_model_config shape;
} ya_preset;

enum { YA_MAX_PRESETS = 32 };

/* All of them, in the file's order; returns how many. The file is part of the program: a mistake in
 * it ends the program with a message. */
int ya_presets(ya_preset presets[YA_MAX_PRESETS]);

/* By its short name or its hub name; false when there is none. */
bool ya_preset_find(ya_preset *preset, const char *name);

#endif
