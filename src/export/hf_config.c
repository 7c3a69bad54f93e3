/* config.json and generation_config.json as transformers reads them. */
#include "base/alloc.h"
#include "export/job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *torch_type(ya_dtype type)
{
    return type == YA_F32 ? "float32" : type == YA_F16 ? "float16" : "bfloat16";
}

static ya_status append_json(json_t *root, ya_buffer *out, ya_error *err)
{
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    if (!text)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a configuration");
    ya_status status = ya_buffer_printf(out, err, "%s\n", text);
    free(text);
    return status;
}

/* The base's own document, with another type. */
static ya_status from_base(const ya_export_job *job, ya_dtype type, ya_buffer *out, ya_error *err)
{
    char path[YA_PATH_MAX];
    json_t *root = NULL;
    ya_status status;
    YA_TRY(ya_path_join(path, job->base_path, "config.json", err));
    YA_TRY(ya_json_read_file(path, &root, err));
    bool older = json_object_get(root, "torch_dtype") != NULL;
    json_object_set_new(root, older ? "torch_dtype" : "dtype", json_string(torch_type(type)));
    status = append_json(root, out, err);
done:
    json_decref(root);
    return status;
}

/* An f32 of a GGUF file as the decimal that was meant: 1e-05, not 9.99999974737875e-06. */
static json_t *decimal(double value)
{
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtof(text, NULL) == (float)value)
            return json_real(strtod(text, NULL));
    }
    return json_real(value);
}

/* llama3's scaling of one frequency: what it is divided by. */
static double llama3_divisor(double frequency, double factor, double low, double high,
                             double length)
{
    double turns = length * frequency / (2 * M_PI);
    double smooth = (turns - low) / (high - low);
    smooth = smooth < 0 ? 0 : smooth > 1 ? 1 : smooth;
    return 1 / (smooth + (1 - smooth) / factor);
}

typedef struct {
    double factor, high, length; /* low is 1: the three scale together */
} llama3_rule;

/* Largest relative difference of the rule from the model's divisors. */
static double misfit(const ya_model *m, const double *divisors, llama3_rule rule)
{
    double worst = 0;
    for (int j = 0; j < m->config.head_dim / 2; j++) {
        double plain = pow(m->config.rope.theta, -2.0 * j / m->config.head_dim);
        double d = llama3_divisor(plain, rule.factor, 1, rule.high, rule.length);
        worst = fmax(worst, fabs(d / divisors[j] - 1));
    }
    return worst;
}

/* GGUF keeps the divisors only. Between high and low frequencies smooth = a f + b, so that two of
 * them, and the greatest, tell the rule: length = 2 pi a (high - low), low = -b (high - low). With
 * fewer between, the usual high_freq_factor 4 and every power of two are tried. */
static bool find_llama3(const ya_model *m, const double *divisors, llama3_rule *rule)
{
    const double fits = 1e-5; /* divisors are f32 */
    double f[2], smooth[2];
    int n = 0, half = m->config.head_dim / 2;
    rule->factor = 1;
    for (int j = 0; j < half; j++)
        rule->factor = fmax(rule->factor, divisors[j]);
    for (int j = 0; j < half && n < 2; j++) {
        double d = divisors[j];
        if (d < 1 + 1e-4 || d > rule->factor * (1 - 1e-4))
            continue;
        f[n] = pow(m->config.rope.theta, -2.0 * j / m->config.head_dim);
        smooth[n++] = (1 / d - 1 / rule->factor) / (1 - 1 / rule->factor);
    }
    if (n == 2) {
        double a = (smooth[0] - smooth[1]) / (f[0] - f[1]), b = smooth[0] - a * f[0];
        rule->high = round((1 - 1 / b) * 100) / 100;
        rule->length = round(2 * M_PI * a * (rule->high - 1));
        if (misfit(m, divisors, *rule) < fits)
            return true;
    }
    for (int k = 4; k < 24; k++) {
        rule->high = 4;
        rule->length = ldexp(1, k);
        if (misfit(m, divisors, *rule) < fits)
            return true;
    }
    return false;
}

/* GGUF's frequencies as llama3's rule; NULL where none fits. */
static ya_status llama3_scaling(const ya_export_job *job, json_t **out, ya_error *err)
{
    const ya_model *m = job->model;
    int half = m->config.head_dim / 2;
    llama3_rule rule;
    double *divisors = ya_alloc_zero((size_t)half, sizeof *divisors);
    if (!divisors)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %d frequencies", half);
    for (int j = 0; j < half; j++)
        divisors[j] =
            pow(m->config.rope.theta, -2.0 * j / m->config.head_dim) / m->rope_inv_freq[j];
    if (m->config.rope.type == YA_ROPE_DEFAULT && find_llama3(m, divisors, &rule))
        *out = json_pack("{s:s, s:o, s:f, s:f, s:i}", "rope_type", "llama3", "factor",
                         decimal(rule.factor), "low_freq_factor", 1.0, "high_freq_factor",
                         rule.high, "original_max_position_embeddings", (int)rule.length);
    ya_free(divisors);
    if (!*out)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s: rope_freqs.weight follows no llama3 scaling, so config.json cannot "
                       "express it; export to GGUF",
                       job->base_path);
    return YA_OK;
}

static ya_status rope_scaling(const ya_export_job *job, json_t **out, ya_error *err)
{
    const ya_rope *r = &job->model->config.rope;
    *out = NULL;
    if (r->type != YA_ROPE_YARN && r->attention_factor != 1)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s: config.json cannot express a rope.scaling.attn_factor without YaRN; "
                       "export to GGUF",
                       job->base_path);
    if (ya_tensor_find(ya_gguf_tensors(job->model->gguf), "rope_freqs.weight"))
        return llama3_scaling(job, out, err);
    if (r->type == YA_ROPE_LINEAR)
        *out = json_pack("{s:s, s:o}", "rope_type", "linear", "factor", decimal(r->factor));
    else if (r->type == YA_ROPE_YARN)
        *out = json_pack("{s:s, s:o, s:i, s:o}", "rope_type", "yarn", "factor", decimal(r->factor),
                         "original_max_position_embeddings", r->original_positions,
                         "attention_factor", decimal(r->attention_factor));
    else
        *out = json_null();
    return *out ? YA_OK : ya_fail(err, YA_ERR_MEMORY, "out of memory for a configuration");
}

static bool has_bias(const ya_model *m, ya_target first, ya_target last, bool all)
{
    int n = 0, of = 0;
    for (int layer = 0; layer < m->config.n_layers; layer++)
        for (int t = (int)first; t <= (int)last; t++, of++)
            n += m->layers[layer].linear[t].bias != NULL;
    return all ? n == of : n > 0;
}

/* transformers knows biases of Llama's attention and MLP as all or none, Mistral's as none, Qwen2's
 * of q, k and v always. */
static ya_status check_biases(const ya_export_job *job, ya_architecture kind, ya_error *err)
{
    const ya_model *m = job->model;
    bool attention = has_bias(m, YA_Q, YA_O, false), mlp = has_bias(m, YA_GATE, YA_DOWN, false);
    bool fits = true;
    if (kind == YA_ARCH_LLAMA)
        fits = (!attention || has_bias(m, YA_Q, YA_O, true)) &&
               (!mlp || has_bias(m, YA_GATE, YA_DOWN, true));
    else
        fits = !mlp && !has_bias(m, YA_O, YA_O, false) && (kind == YA_ARCH_QWEN2 || !attention);
    if (!fits)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s has biases that transformers' %s has not; export to GGUF",
                       job->base_path, ya_architecture_name(kind));
    return YA_OK;
}

static void set_id(json_t *root, const char *key, int id)
{
    if (id >= 0)
        json_object_set_new(root, key, json_integer(id));
}

/* A config.json for what a GGUF file says. */
static ya_status from_gguf(const ya_export_job *job, ya_dtype type, ya_buffer *out, ya_error *err)
{
    static const char *const classes[] = {"LlamaForCausalLM", "MistralForCausalLM",
                                          "Qwen2ForCausalLM", "Qwen3ForCausalLM"};
    const ya_model_config *c = &job->model->config;
    ya_architecture kind = c->architecture;
    if (kind == YA_ARCH_LLAMA && c->sliding_window > 0)
        kind = YA_ARCH_MISTRAL; /* GGUF files of Mistral models say llama */
    json_t *rope = NULL;
    ya_status status = check_biases(job, kind, err);
    if (status || (status = rope_scaling(job, &rope, err)))
        return status;
    json_t *root = json_pack(
        "{s:[s], s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:b, s:b, s:s, "
        "s:f}",
        "architectures", classes[kind], "model_type", ya_architecture_name(kind), "hidden_act",
        "silu", "vocab_size", c->vocab_size, "hidden_size", c->hidden_size, "intermediate_size",
        c->intermediate_size, "num_hidden_layers", c->n_layers, "num_attention_heads", c->n_heads,
        "num_key_value_heads", c->n_kv_heads, "head_dim", c->head_dim, "max_position_embeddings",
        c->max_positions, "rms_norm_eps", decimal(c->rms_norm_eps), "rope_theta",
        decimal(c->rope.theta), "rope_scaling", rope, "tie_word_embeddings", c->tied, "use_cache",
        1, "dtype", torch_type(type), "initializer_range", 0.02);
    if (root && kind == YA_ARCH_LLAMA) {
        json_object_set_new(root, "attention_bias",
                            json_boolean(has_bias(job->model, YA_Q, YA_O, false)));
        json_object_set_new(root, "mlp_bias",
                            json_boolean(has_bias(job->model, YA_GATE, YA_DOWN, false)));
    }
    if (root && kind == YA_ARCH_MISTRAL)
        json_object_set_new(root, "sliding_window",
                            c->sliding_window ? json_integer(c->sliding_window) : json_null());
    if (root && kind >= YA_ARCH_QWEN2) {
        json_object_set_new(root, "use_sliding_window", json_boolean(c->sliding_window > 0));
        json_object_set_new(root, "sliding_window",
                            c->sliding_window ? json_integer(c->sliding_window) : json_null());
        json_object_set_new(root, "max_window_layers", json_integer(0));
    }
    set_id(root, "bos_token_id", c->bos_id);
    set_id(root, "eos_token_id", c->eos_id);
    status = append_json(root, out, err);
    json_decref(root);
    return status;
}

ya_status ya_export_config(const ya_export_job *job, ya_dtype type, ya_buffer *out, ya_error *err)
{
    return job->model->gguf ? from_gguf(job, type, out, err) : from_base(job, type, out, err);
}

ya_status ya_export_generation_config(const ya_export_job *job, ya_buffer *out, ya_error *err)
{
    static const char *const turns[] = {"tokenizer.ggml.eot_token_id",
                                        "tokenizer.ggml.eom_token_id"};
    const ya_model_config *c = &job->model->config;
    json_t *root = json_object(), *ends = json_array();
    int64_t id;
    if (c->eos_id >= 0)
        json_array_append_new(ends, json_integer(c->eos_id));
    for (size_t i = 0; i < 2; i++)
        if (ya_gguf_get_i64(job->model->gguf, turns[i], &id) && id >= 0 && id < c->vocab_size &&
            id != c->eos_id)
            json_array_append_new(ends, json_integer(id));
    set_id(root, "bos_token_id", c->bos_id);
    if (ya_gguf_get_i64(job->model->gguf, "tokenizer.ggml.padding_token_id", &id) && id >= 0 &&
        id < c->vocab_size)
        set_id(root, "pad_token_id", (int)id);
    if (json_array_size(ends) > 0)
        json_object_set(root, "eos_token_id",
                        json_array_size(ends) == 1 ? json_array_get(ends, 0) : ends);
    ya_status status = append_json(root, out, err);
    json_decref(ends);
    json_decref(root);
    return status;
}
