/* Inside of export: what is exported, opened, and what goes with it. */
#ifndef YA_EXPORT_JOB_H
#define YA_EXPORT_JOB_H

#include "export/progress.h"
#include "export/tensors.h"
#include "io/gguf_write.h"
#include "io/json.h"
#include "io/outdir.h"
#include "io/sha256.h"
#include "settings/settings.h"

typedef struct {
    const ya_settings *settings;
    char *base_path, *adapter_path; /* NULL adapter: none */
    ya_model *model;
    ya_adapter adapter; /* {0}: none */
    ya_params params;   /* LoRA: its values, attached to the model */
    ya_arena arena;
    json_t *provenance, *state; /* the checkpoint's documents without directories; NULL: none */
    char fingerprint[YA_SHA256_HEX]; /* of the base's weight files */
    char *name;                      /* of the base, as a card names it */
    char *license;                   /* as the base says; NULL: unknown */
    ya_export_progress progress;
    uint64_t since_drop; /* bytes written since mapped pages were dropped */
} ya_export_job;

ya_status ya_export_open(ya_export_job *job, const ya_settings *settings, ya_error *err) YA_CHECK;
void ya_export_close(ya_export_job *job);

/* A ya_out_progress over a job: counts, drops mapped pages behind, stops after a signal. */
ya_status ya_export_wrote(void *job, uint64_t bytes, ya_error *err) YA_CHECK;

/* The four forms. */
ya_status ya_export_merged(ya_export_job *job, ya_error *err) YA_CHECK;
ya_status ya_export_gguf(ya_export_job *job, ya_error *err) YA_CHECK;
ya_status ya_export_adapter(ya_export_job *job, ya_error *err) YA_CHECK;
ya_status ya_export_gguf_adapter(ya_export_job *job, ya_error *err) YA_CHECK;

/* The type of weights that --dtype asks for, a ya_dtype; -1: the base's. */
int ya_export_type(const ya_settings *settings);
/* Writes the model card beside the file that --output names: X.README.md for X.gguf. */
ya_status ya_export_write_card(const ya_export_job *job, ya_error *err) YA_CHECK;

/* The architecture under which GGUF knows the base ("llama" for Mistral too), and whether its files
 * hold the rows of q and k interleaved. */
const char *ya_export_gguf_architecture(const ya_export_job *job);
bool ya_export_interleaves(const ya_export_job *job);

/* Metadata of a model's GGUF file: the base's own keys where it is one, else from its
 * config.json. */
ya_status ya_export_model_keys(const ya_export_job *job, ya_gguf_writer *w, ya_dtype type,
                               ya_error *err) YA_CHECK;
/* The keys your_ai.*: what the file was made from. */
ya_status ya_export_lineage_keys(const ya_export_job *job, ya_gguf_writer *w,
                                 ya_error *err) YA_CHECK;

/* Appends config.json, with `type` as the type of the weights. */
ya_status ya_export_config(const ya_export_job *job, ya_dtype type, ya_buffer *out,
                           ya_error *err) YA_CHECK;
/* Appends generation_config.json of a base that has none. */
ya_status ya_export_generation_config(const ya_export_job *job, ya_buffer *out,
                                      ya_error *err) YA_CHECK;

/* Appends the model card; `library` for its header: "transformers", "peft", "gguf". */
ya_status ya_export_card(const ya_export_job *job, const char *library, ya_buffer *out,
                         ya_error *err) YA_CHECK;

/* Starts the directory that --output names in its temporary place: parent, name and temporary
 * path. It may exist only with --force, and then only if an earlier export or run made it. */
ya_status ya_export_begin_dir(const ya_export_job *job, char parent[YA_PATH_MAX],
                              char name[YA_PATH_MAX], char temporary[YA_PATH_MAX],
                              ya_error *err) YA_CHECK;
/* Checks a file to be written, --output or a part of it, likewise. */
ya_status ya_export_check_file(const ya_export_job *job, const char *path, ya_error *err) YA_CHECK;

#endif
