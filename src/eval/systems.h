/* What is measured: a base model, its adapter, or with --compare both. */
#ifndef YA_EVAL_SYSTEMS_H
#define YA_EVAL_SYSTEMS_H

#include "eval/results.h"
#include "io/sha256.h"
#include "settings/settings.h"

enum { YA_MAX_SYSTEMS = 2 };

typedef struct {
    const char *name; /* "base" or "adapter" */
    bool bare;        /* without the adapter */
} ya_system;

typedef struct {
    ya_system list[YA_MAX_SYSTEMS]; /* the base before its adapter */
    int n;
    char *base_path, *adapter_path;     /* adapter NULL: none */
    char fingerprint[YA_SHA256_HEX];    /* of the base (train/lineage.h) */
    char adapter_sha256[YA_SHA256_HEX]; /* of the adapter's weights; "" without */
} ya_systems;

/* Finds what model, adapter, base and compare of the settings name. YA_ERR_USAGE for compare
 * without an adapter. */
ya_status ya_systems_find(ya_systems *systems, const ya_settings *s, ya_error *err) YA_CHECK;
/* Sets "model" and "adapter" of the document. */
void ya_systems_describe(const ya_systems *systems, ya_results *results);
void ya_systems_free(ya_systems *systems);

/* SHA-256 of the weights in an adapter's or checkpoint's directory. */
ya_status ya_adapter_sha256(const char *dir, char hex[YA_SHA256_HEX], ya_error *err) YA_CHECK;

#endif
