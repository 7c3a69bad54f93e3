/* Models on this machine: $XDG_CACHE_HOME/your_ai (~/.cache/your_ai), and what Hugging Face's
 * programs have downloaded ($HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub; its layout is
 * models--ORG--NAME/refs/main, which names the directory in snapshots/). */
#ifndef YA_IO_CACHE_H
#define YA_IO_CACHE_H

#include "base/error.h"
#include "io/outdir.h"

#include <stdbool.h>
#include <stddef.h>

/* The path of NAME ("model.gguf" of our cache, "ORG/NAME" or a file in it, "ORG/NAME/FILE", of
 * either); false when it is not there.
 * Names that would leave the cache (absolute, "..") are never found. */
bool ya_cache_find(char path[YA_PATH_MAX], const char *name);

/* Where Hugging Face's programs keep what they download; false when no variable says it. */
bool ya_cache_hub(char path[YA_PATH_MAX]);

typedef struct {
    char name[256]; /* as ya_cache_find takes it */
    char path[YA_PATH_MAX];
} ya_cached_model;

/* Every GGUF file and every directory with a config.json there, in byte order of the names, those
 * of our cache first; free with ya_free. An absent cache is empty. */
ya_status ya_cache_list(ya_cached_model **models, size_t *n, ya_error *err) YA_CHECK;

#endif
