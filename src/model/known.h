/* Keys of config.json, keys of GGUF files and tensors: what is obeyed, what is refused unless it
 * has the one value that we compute with, and what is known to be without effect on a model's
 * results. Anything else is refused by its name: nothing of a model file is read past.
 * docs/MODELS.md shows these tables. */
#ifndef YA_MODEL_KNOWN_H
#define YA_MODEL_KNOWN_H

#include "io/gguf.h"
#include "model/config.h"

#include <jansson.h>

typedef enum {
    YA_KNOWN_OBEYED,
    YA_KNOWN_FIXED, /* refused with another value than this (null and false: absent) */
    YA_KNOWN_IDLE   /* without effect */
} ya_known_fate;

typedef struct {
    ya_known_fate fate;
    unsigned architectures; /* bits 1 << ya_architecture; 0: all */
    const char *value;      /* of YA_KNOWN_FIXED, as JSON; NULL: absent, null or false */
    const char *names;      /* with spaces between; a '*' stands for any beginning or ending */
} ya_known;

extern const ya_known ya_known_config[], ya_known_rope[], ya_known_gguf[], ya_known_tensors[];
extern const int ya_n_known_config, ya_n_known_rope, ya_n_known_gguf, ya_n_known_tensors;

/* YA_ERR_UNSUPPORTED names the key and its value. rope: the object rope_scaling or
 * rope_parameters, whose name is `where`. */
ya_status ya_known_check_config(const json_t *root, ya_architecture architecture, const char *path,
                                ya_error *err) YA_CHECK;
ya_status ya_known_check_rope(const json_t *rope, const char *where, const char *path,
                              ya_error *err) YA_CHECK;
/* Names of GGUF keys stand without "ARCHITECTURE." in the table, as ".block_count". */
ya_status ya_known_check_gguf(const ya_gguf *gguf, ya_architecture architecture, const char *path,
                              ya_error *err) YA_CHECK;
/* Whether a tensor that no part of the model asked for is without effect. */
bool ya_known_idle_tensor(const char *name, bool tied);

#endif
