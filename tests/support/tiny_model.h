/* A tiny model of random weights with a byte-level tokenizer and a ChatML template, written as a
 * Hugging Face directory, so that tests of whole commands need no fixtures. */
#ifndef TESTS_SUPPORT_TINY_MODEL_H
#define TESTS_SUPPORT_TINY_MODEL_H

#include "base/random.h"
#include "io/safetensors.h"

#include "support/cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    TINY_D = 32,
    TINY_F = 48,
    TINY_LAYERS = 2,
    TINY_HEADS = 4,
    TINY_KV = 2,
    TINY_HD = 8,
    TINY_BYTES = 256, /* ids 0 ... 255 are bytes */
    TINY_START = 256, /* <|im_start|> */
    TINY_END = 257,   /* <|im_end|>, the end of a text too */
    TINY_VOCAB = 258
};

static inline FILE *tiny_file(const char *dir, const char *name)
{
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    return file;
}

static inline void tiny_config(const char *dir, int window)
{
    FILE *f = tiny_file(dir, "config.json");
    fprintf(f,
            "{\"architectures\": [\"%s\"], \"model_type\": \"%s\", \"hidden_size\": %d, "
            "\"intermediate_size\": %d, \"num_hidden_layers\": %d, \"num_attention_heads\": %d, "
            "\"num_key_value_heads\": %d, \"head_dim\": %d, \"vocab_size\": %d, \"rms_norm_eps\": "
            "1e-5, \"rope_theta\": 10000.0, \"max_position_embeddings\": 2048, "
            "\"tie_word_embeddings\": true, \"hidden_act\": \"silu\", \"bos_token_id\": %d, "
            "\"eos_token_id\": %d, \"attention_bias\": false, \"mlp_bias\": false",
            window ? "MistralForCausalLM" : "LlamaForCausalLM", window ? "mistral" : "llama",
            TINY_D, TINY_F, TINY_LAYERS, TINY_HEADS, TINY_KV, TINY_HD, TINY_VOCAB, TINY_START,
            TINY_END);
    if (window)
        fprintf(f, ", \"sliding_window\": %d", window);
    fprintf(f, "}\n");
    assert_int_equal(fclose(f), 0);
}

/* A byte as byte-level vocabularies write it: printable ones as they are, others from U+0100 on. */
static inline void tiny_byte(FILE *f, int byte, int *next)
{
    int shown = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    fprintf(f, "\"\\u%04x\": %d, ", shown ? byte : 256 + (*next)++, byte);
}

static inline void tiny_tokenizer(const char *dir)
{
    static const char level[] = "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, "
                                "\"trim_offsets\": true, \"use_regex\": true}";
    static const char *const special[] = {"<|im_start|>", "<|im_end|>"};
    FILE *f = tiny_file(dir, "tokenizer.json");
    int next = 0;
    fprintf(f, "{\"version\": \"1.0\", \"added_tokens\": [");
    for (int i = 0; i < 2; i++)
        fprintf(f,
                "%s{\"id\": %d, \"content\": \"%s\", \"single_word\": false, \"lstrip\": false, "
                "\"rstrip\": false, \"normalized\": false, \"special\": true}",
                i ? ", " : "", TINY_START + i, special[i]);
    fprintf(f, "], \"pre_tokenizer\": %s, \"decoder\": %s, \"model\": {\"type\": \"BPE\", ", level,
            level);
    fprintf(f, "\"vocab\": {");
    for (int byte = 0; byte < TINY_BYTES; byte++)
        tiny_byte(f, byte, &next);
    fprintf(f, "\"<|im_start|>\": %d, \"<|im_end|>\": %d}, \"merges\": []}}\n", TINY_START,
            TINY_END);
    assert_int_equal(fclose(f), 0);
    f = tiny_file(dir, "tokenizer_config.json");
    fprintf(f, "{\"eos_token\": \"<|im_end|>\", \"chat_template\": \"{%% for message in messages "
               "%%}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' "
               "+ '\\n'}}{%% endfor %%}{%% if add_generation_prompt %%}{{ "
               "'<|im_start|>assistant\\n' }}{%% endif %%}\"}\n");
    assert_int_equal(fclose(f), 0);
}

typedef struct {
    ya_tensor tensors[1 + 9 * TINY_LAYERS + 1];
    char names[1 + 9 * TINY_LAYERS + 1][96];
    size_t n;
    uint64_t seed;
} tiny_weights;

/* Normal-ish numbers of that scale; a vector (cols 0) lies around 1. */
static inline void tiny_tensor(tiny_weights *w, const char *name, int rows, int cols, double scale)
{
    size_t n = (size_t)rows * (size_t)(cols ? cols : 1);
    float *data = malloc(n * sizeof *data);
    assert_non_null(data);
    for (size_t i = 0; i < n; i++) {
        double draw = ya_unit_double(ya_splitmix64(w->seed + w->n, i)) - 0.5;
        data[i] = (float)(cols ? 3.46 * scale * draw : 1.0 + 0.2 * draw);
    }
    snprintf(w->names[w->n], sizeof w->names[0], "%s", name);
    w->tensors[w->n] = (ya_tensor){.name = w->names[w->n],
                                   .type = YA_F32,
                                   .n_dims = cols ? 2 : 1,
                                   .shape = {rows, cols},
                                   .data = data,
                                   .bytes = n * sizeof *data};
    w->n++;
}

static inline void tiny_layer(tiny_weights *w, int layer)
{
    static const struct {
        const char *name;
        int rows, cols;
    } parts[] = {
        {"self_attn.q_proj", TINY_HEADS * TINY_HD, TINY_D},
        {"self_attn.k_proj", TINY_KV * TINY_HD, TINY_D},
        {"self_attn.v_proj", TINY_KV * TINY_HD, TINY_D},
        {"self_attn.o_proj", TINY_D, TINY_HEADS * TINY_HD},
        {"mlp.gate_proj", TINY_F, TINY_D},
        {"mlp.up_proj", TINY_F, TINY_D},
        {"mlp.down_proj", TINY_D, TINY_F},
        {"input_layernorm", TINY_D, 0},
        {"post_attention_layernorm", TINY_D, 0},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[96];
        snprintf(name, sizeof name, "model.layers.%d.%s.weight", layer, parts[i].name);
        tiny_tensor(w, name, parts[i].rows, parts[i].cols, 1.5 / sqrt(TINY_D));
    }
}

/* Makes DIR with the model; `window` > 0: a Mistral with that sliding window, else a Llama. */
static inline void tiny_model(const char *dir, int window, uint64_t seed)
{
    char path[8192];
    ya_error err;
    tiny_weights w = {.seed = seed};
    mkdir(dir, 0777);
    tiny_config(dir, window);
    tiny_tokenizer(dir);
    tiny_tensor(&w, "model.embed_tokens.weight", TINY_VOCAB, TINY_D, 1.0);
    for (int l = 0; l < TINY_LAYERS; l++)
        tiny_layer(&w, l);
    tiny_tensor(&w, "model.norm.weight", TINY_D, 0, 1.0);
    snprintf(path, sizeof path, "%s/model.safetensors", dir);
    if (ya_safetensors_write(path, w.tensors, w.n, NULL, 0, NULL, &err) != YA_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < w.n; i++)
        free((void *)w.tensors[i].data);
}

#endif
