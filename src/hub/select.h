/* Which files of a repository are fetched. */
#ifndef YA_HUB_SELECT_H
#define YA_HUB_SELECT_H

#include "hub/repo.h"

/* Sets `wanted`. With patterns (n > 0; shell's, * also matches '/') the files that match one. Of a
 * model otherwise what this program reads: safetensors or else the only GGUF file, configuration
 * and tokenizer; of a data set its JSONL files. YA_ERR_DATA names what there is to choose from when
 * that is nothing or not one. */
ya_status ya_hub_select(ya_hub_repo *repo, char *const *patterns, size_t n, ya_error *err) YA_CHECK;

#endif
