/* Metadata of GGUF files. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
#include "base/log.h"
#include "export/job.h"
#include "token/save.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 96 };

/* llama_ftype of a file most of whose weights are of a type; GGUF numbers differ. */
static uint32_t file_type(ya_dtype type)
{
    static const struct {
        ya_dtype type;
        uint32_t number;
    } known[] = {{YA_F32, 0},   {YA_F16, 1},   {YA_Q4_0, 2},  {YA_Q4_1, 3},    {YA_Q8_0, 7},
                 {YA_Q5_0, 8},  {YA_Q5_1, 9},  {YA_Q2_K, 10}, {YA_Q3_K, 12},   {YA_Q4_K, 15},
                 {YA_Q5_K, 17}, {YA_Q6_K, 18}, {YA_BF16, 32}, {YA_IQ4_NL, 25}, {YA_IQ4_XS, 30}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].type == type)
            return known[i].number;
    return 1024; /* LLAMA_FTYPE_GUESSED */
}

static bool begins(ya_text key, const char *with)
{
    return key.size >= strlen(with) && memcmp(key.data, with, strlen(with)) == 0;
}

static bool is_key(ya_text key, const char *name)
{
    return key.size == strlen(name) && begins(key, name);
}

/* Keys that are not the base's to say: they tell of its own file, or are written here. */
static bool is_stale(ya_text key)
{
    return is_key(key, "general.file_type") || is_key(key, "general.alignment") ||
           is_key(key, "general.quantization_version") || begins(key, "your_ai.") ||
           begins(key, "split.") || begins(key, "quantize.");
}

static ya_status copy_keys(const ya_gguf *gguf, ya_gguf_writer *w, ya_error *err)
{
    ya_text key;
    ya_gguf_type type;
    ya_status status = YA_OK;
    for (uint64_t i = 0; ya_gguf_key(gguf, i, &key, &type); i++) {
        if (is_stale(key))
            continue;
        ya_text value = ya_gguf_value(gguf, i);
        YA_TRY(ya_gguf_put_raw(w, key, type, value.data, value.size, err));
    }
done:
    return status;
}

/* "llama.block_count" */
static const char *named(char out[KEY_BYTES], const char *architecture, const char *key)
{
    snprintf(out, KEY_BYTES, "%s.%s", architecture, key);
    return out;
}

static ya_status put_sizes(const ya_model_config *c, const char *architecture, ya_gguf_writer *w,
                           ya_error *err)
{
    const struct {
        const char *key;
        int value;
    } sizes[] = {{"block_count", c->n_layers},
                 {"context_length", c->max_positions},
                 {"embedding_length", c->hidden_size},
                 {"feed_forward_length", c->intermediate_size},
                 {"attention.head_count", c->n_heads},
                 {"attention.head_count_kv", c->n_kv_heads},
                 {"attention.key_length", c->head_dim},
                 {"attention.value_length", c->head_dim},
                 {"rope.dimension_count", c->head_dim},
                 {"vocab_size", c->vocab_size},
                 {"attention.sliding_window", c->sliding_window}};
    ya_status status = YA_OK;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char key[KEY_BYTES];
        if (sizes[i].value > 0)
            YA_TRY(ya_gguf_put_u32(w, named(key, architecture, sizes[i].key),
                                   (uint32_t)sizes[i].value, err));
    }
done:
    return status;
}

/* What llama.cpp cannot compute is refused: a file that says less would be another model. */
static ya_status check_expressible(const ya_export_job *job, const char *architecture,
                                   ya_error *err)
{
    const ya_model_config *c = &job->model->config;
    const ya_rope *r = &c->rope;
    const char *what = NULL;
    if (ya_config_mixed(c))
        what = "layers with and without a sliding window";
    else if (r->type == YA_ROPE_LLAMA3 && strcmp(architecture, "llama") != 0)
        what = "llama3's rope_scaling";
    else if (r->type == YA_ROPE_YARN &&
             (r->beta_fast != 32 || r->beta_slow != 1 || !r->whole_pairs))
        what = "YaRN with another beta_fast, beta_slow or truncate than 32, 1 and true";
    if (what)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s: llama.cpp does not know %s in the architecture %s; export with --to "
                       "merged",
                       job->base_path, what, architecture);
    if (r->type == YA_ROPE_DYNAMIC)
        ya_warn("llama.cpp does not know dynamic rope_scaling: the file holds for texts of up to "
                "%d tokens",
                c->max_positions);
    return YA_OK;
}

/* llama3's scaling is the tensor rope_freqs.weight. */
static ya_status put_rope(const ya_export_job *job, const char *architecture, ya_gguf_writer *w,
                          ya_error *err)
{
    const ya_rope *r = &job->model->config.rope;
    char key[KEY_BYTES];
    ya_status status;
    YA_TRY(check_expressible(job, architecture, err));
    YA_TRY(ya_gguf_put_f32(w, named(key, architecture, "rope.freq_base"), (float)r->theta, err));
    if (r->type != YA_ROPE_LINEAR && r->type != YA_ROPE_YARN)
        return YA_OK;
    YA_TRY(ya_gguf_put_text(w, named(key, architecture, "rope.scaling.type"),
                            ya_rope_type_name(r->type), err));
    YA_TRY(
        ya_gguf_put_f32(w, named(key, architecture, "rope.scaling.factor"), (float)r->factor, err));
    if (r->type == YA_ROPE_LINEAR)
        return YA_OK;
    YA_TRY(ya_gguf_put_u32(w, named(key, architecture, "rope.scaling.original_context_length"),
                           (uint32_t)r->original_positions, err));
    double factor = r->attention_factor / ya_rope_yarn_attention(r->factor);
    if (fabs(factor - 1) > 1e-6)
        YA_TRY(ya_gguf_put_f32(w, named(key, architecture, "rope.scaling.attn_factor"),
                               (float)factor, err));
done:
    return status;
}

/* From config.json. */
static ya_status put_config(const ya_export_job *job, ya_gguf_writer *w, ya_error *err)
{
    const ya_model_config *c = &job->model->config;
    const char *architecture = ya_export_gguf_architecture(job);
    char key[KEY_BYTES];
    ya_status status;
    YA_TRY(ya_gguf_put_text(w, "general.architecture", architecture, err));
    YA_TRY(ya_gguf_put_text(w, "general.type", "model", err));
    YA_TRY(ya_gguf_put_text(w, "general.name", job->name, err));
    if (job->license)
        YA_TRY(ya_gguf_put_text(w, "general.license", job->license, err));
    YA_TRY(put_sizes(c, architecture, w, err));
    YA_TRY(ya_gguf_put_f32(w, named(key, architecture, "attention.layer_norm_rms_epsilon"),
                           (float)c->rms_norm_eps, err));
    YA_TRY(put_rope(job, architecture, w, err));
    YA_TRY(ya_tokenizer_put_gguf(job->base_path, c->vocab_size, w, err));
done:
    return status;
}

ya_status ya_export_model_keys(const ya_export_job *job, ya_gguf_writer *w, ya_dtype type,
                               ya_error *err)
{
    ya_status status;
    if (job->model->gguf)
        YA_TRY(copy_keys(job->model->gguf, w, err));
    else
        YA_TRY(put_config(job, w, err));
    YA_TRY(ya_gguf_put_u32(w, "general.file_type", file_type(type), err));
    YA_TRY(ya_gguf_put_u32(w, "general.quantization_version", 2, err));
done:
    return status;
}

static ya_status put_adapter_lineage(const ya_export_job *job, ya_gguf_writer *w, ya_error *err)
{
    ya_status status = YA_OK;
    if (job->adapter.names)
        return ya_gguf_put_u32(w, "your_ai.trained_tensors",
                               (uint32_t)job->adapter.trained.n_tensors, err);
    YA_TRY(ya_gguf_put_u32(w, "your_ai.lora.rank", (uint32_t)job->adapter.lora.rank, err));
    YA_TRY(ya_gguf_put_f32(w, "your_ai.lora.alpha", (float)job->adapter.lora.alpha, err));
    YA_TRY(ya_gguf_put_bool(w, "your_ai.lora.use_rslora", job->adapter.lora.use_rslora, err));
done:
    return status;
}

ya_status ya_export_lineage_keys(const ya_export_job *job, ya_gguf_writer *w, ya_error *err)
{
    const json_t *best = json_object_get(job->state, "best");
    char *text = NULL;
    int64_t step;
    double ce;
    ya_status status;
    YA_TRY(ya_gguf_put_text(w, "your_ai.version", YA_VERSION, err));
    YA_TRY(ya_gguf_put_text(w, "your_ai.base.name", job->name, err));
    YA_TRY(ya_gguf_put_text(w, "your_ai.base.fingerprint", job->fingerprint, err));
    if (job->adapter_path)
        YA_TRY(put_adapter_lineage(job, w, err));
    if (ya_json_get_i64(job->state, "step", &step) && step >= 0 && step <= UINT32_MAX)
        YA_TRY(ya_gguf_put_u32(w, "your_ai.steps", (uint32_t)step, err));
    if (ya_json_get_f64(best, "ce", &ce))
        YA_TRY(ya_gguf_put_f32(w, "your_ai.validation_ce", (float)ce, err));
    if (job->provenance && (text = json_dumps(job->provenance, JSON_COMPACT)) != NULL)
        YA_TRY(ya_gguf_put_text(w, "your_ai.provenance", text, err));
done:
    free(text);
    return status;
}
