/* What a model, adapter or checkpoint holds, gathered in one JSON document that both outputs of
 * `inspect` are made from:
 *
 *     {"path", "kind": model|adapter|checkpoint, "format": safetensors|gguf,
 *      "config": {"architecture", "n_layers", ...} or "config_error": "sentence",
 *      "adapter": {"rank", "alpha", "use_rslora", "target_modules", "base"},
 *      "state": trainer_state.json without its histories, "lineage": provenance.json,
 *      "sums": "match" or the sentence that says what does not,
 *      "metadata": {GGUF key: value, arrays as {"type", "count"}},
 *      "parameters", "bytes", "types": [{"type", "tensors", "elements", "bytes"}],
 *      "tensors": [{"name", "type", "shape", "bytes"}],
 *      "files": [{"name", "bytes", "sha256" when asked for}]}
 *
 * Keys that do not apply are absent. */
#ifndef YA_INSPECT_INSPECT_H
#define YA_INSPECT_INSPECT_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Looks at `path`: a directory (config.json, adapter_config.json or safetensors in it), a GGUF
 * file or a safetensors file; `hash` adds the SHA-256 of each file. *out is the caller's
 * (json_decref). A model of an architecture that the program cannot run is still shown;
 * YA_ERR_USAGE when there is nothing of these, other errors as the readers give them. */
ya_status ya_inspect(json_t **out, const char *path, bool hash, ya_error *err) YA_CHECK;

/* As a table for people, and as JSON with an LF at the end. */
void ya_inspect_print(const json_t *document, FILE *file);
ya_status ya_inspect_print_json(const json_t *document, FILE *file, ya_error *err) YA_CHECK;

#endif
