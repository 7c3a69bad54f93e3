/* Nothing of a model file is read past: keys and tensors are obeyed, known to be without effect, or
 * refused by name. */
#include "model/known.h"
#include "model/model.h"

#include "support/block_model.h"
#include "support/scratch.h"
#include "support/tiny_model.h"

#include "base/alloc.h"
#include "io/json.h"

#include <unistd.h>

static const char *const kinds[] = {"llama", "mistral", "qwen2", "qwen3"};

/* A configuration of that kind with `more` (", ..." or ""). */
static ya_status parse(ya_model_config *c, const char *kind, const char *more, ya_error *err)
{
    char text[4096];
    int n = snprintf(text, sizeof text,
                     "{\"model_type\": \"%s\", \"vocab_size\": 32, \"hidden_size\": 64, "
                     "\"intermediate_size\": 96, \"num_hidden_layers\": 4, "
                     "\"num_attention_heads\": 32, \"max_position_embeddings\": 128%s}",
                     kind, more);
    return ya_model_config_parse(c, text, (size_t)n, "config.json", err);
}

static void refused(const char *kind, const char *more, ya_status status, const char *says)
{
    ya_model_config c;
    ya_error err = {0};
    ya_status found = parse(&c, kind, more, &err);
    if (found != status || !strstr(err.text, says))
        fail_msg("%s%s: %d \"%s\" does not say %s", kind, more, found, err.text, says);
}

static ya_model_config accepted(const char *kind, const char *more)
{
    ya_model_config c;
    ya_error err = {0};
    if (parse(&c, kind, more, &err))
        fail_msg("%s%s: %s", kind, more, err.text);
    return c;
}

/* Calls `with` for each name of a table's rows of that fate. */
static void each(const ya_known *table, int n, ya_known_fate fate,
                 void (*with)(const ya_known *row, const char *name))
{
    for (int i = 0; i < n; i++) {
        char names[4096], *save = NULL;
        snprintf(names, sizeof names, "%s", table[i].names);
        for (char *name = strtok_r(names, " ", &save); name; name = strtok_r(NULL, " ", &save))
            if (table[i].fate == fate)
                with(&table[i], name);
    }
}

static void refuse_other_value(const ya_known *row, const char *name)
{
    char more[256];
    snprintf(more, sizeof more, ", \"%s\": 7.5", name);
    refused(row->architectures ? "mistral" : "qwen2", more, YA_ERR_UNSUPPORTED, name);
    snprintf(more, sizeof more, ", \"%s\": %s", name, row->value ? row->value : "null");
    accepted("qwen2", more);
}

static void accept_any_value(const ya_known *row, const char *name)
{
    char more[256], key[128];
    snprintf(key, sizeof key, "%s", name);
    if (strchr(key, '*'))
        strcpy(strchr(key, '*'), "thing");
    snprintf(more, sizeof more, ", \"%s\": [7.5]", key);
    for (int k = 0; k < 4; k++)
        if (!row->architectures || row->architectures >> k & 1)
            accepted(kinds[k], more);
}

static void a_made_up_key_of_a_configuration_is_refused_by_its_name(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        refused(kinds[k], ", \"made_up\": 3", YA_ERR_UNSUPPORTED, "made_up (3) is not known");
        refused(kinds[k], ", \"made_up\": {\"a\": 1}", YA_ERR_UNSUPPORTED, "made_up ({\"a\":1})");
        accepted(kinds[k], ", \"made_up\": null, \"other\": false, \"empty\": []");
    }
    each(ya_known_config, ya_n_known_config, YA_KNOWN_FIXED, refuse_other_value);
    each(ya_known_config, ya_n_known_config, YA_KNOWN_IDLE, accept_any_value);
    refused("llama", ", \"is_causal\": false", YA_ERR_UNSUPPORTED, "is_causal is false");
    refused("llama", ", \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 2, \"alpha\": 9}",
            YA_ERR_UNSUPPORTED, "rope_scaling.alpha (9) is not known");
    refused("llama", ", \"rope_scaling\": {\"type\": \"longrope\", \"factor\": 2}",
            YA_ERR_UNSUPPORTED, "longrope");
}

static void keys_of_another_type_are_no_missing_keys(void **state)
{
    (void)state;
    refused("llama", ", \"rms_norm_eps\": \"1e-5\"", YA_ERR_FORMAT, "rms_norm_eps");
    refused("llama", ", \"rope_theta\": \"1e6\"", YA_ERR_FORMAT, "rope_theta");
    refused("llama", ", \"tie_word_embeddings\": 1", YA_ERR_FORMAT, "tie_word_embeddings");
    refused("llama", ", \"attention_bias\": 1", YA_ERR_FORMAT, "attention_bias");
    refused("llama", ", \"rope_scaling\": 4", YA_ERR_FORMAT, "rope_scaling");
    refused("qwen2", ", \"use_sliding_window\": 1", YA_ERR_FORMAT, "use_sliding_window");
    refused("qwen2", ", \"use_sliding_window\": true, \"max_window_layers\": \"2\"", YA_ERR_FORMAT,
            "max_window_layers");
}

static void missing_keys_have_the_defaults_of_transformers_classes(void **state)
{
    (void)state;
    ya_model_config c = accepted("mistral", "");
    assert_int_equal(c.n_kv_heads, 8);
    assert_int_equal(c.sliding_window, 4096);
    assert_int_equal(accepted("mistral", ", \"sliding_window\": null").sliding_window, 0);
    assert_int_equal(accepted("mistral", ", \"num_key_value_heads\": null").n_kv_heads, 32);
    assert_int_equal(accepted("mistral", ", \"max_position_embeddings\": null").max_positions,
                     131072);
    assert_int_equal(accepted("llama", ", \"max_position_embeddings\": null").max_positions, 2048);
    assert_int_equal(accepted("qwen3", ", \"max_position_embeddings\": null").max_positions, 32768);
    c = accepted("qwen2", ", \"use_sliding_window\": true, \"num_hidden_layers\": 30");
    assert_int_equal(c.sliding_window, 4096);
    assert_int_equal(ya_config_window(&c, 27), 0); /* max_window_layers 28 */
    assert_int_equal(ya_config_window(&c, 28), 4096);
    assert_int_equal(accepted("qwen2", ", \"sliding_window\": 8").sliding_window, 0);
    assert_true(accepted("llama", "").rope.theta == 10000 && !accepted("llama", "").tied);
}

static void layer_types_say_which_layers_have_the_window(void **state)
{
    (void)state;
    const char mixed[] = ", \"sliding_window\": 8, \"use_sliding_window\": true, \"layer_types\": "
                         "[\"sliding_attention\", \"full_attention\", \"full_attention\", "
                         "\"sliding_attention\"]";
    for (int k = 1; k < 4; k++) {
        ya_model_config c = accepted(kinds[k], mixed);
        for (int layer = 0; layer < 4; layer++)
            assert_int_equal(ya_config_window(&c, layer), layer % 3 ? 0 : 8);
        assert_true(ya_config_mixed(&c));
    }
    refused("llama", mixed, YA_ERR_FORMAT, "layer_types[0]");
    refused("qwen2", ", \"layer_types\": [\"full_attention\"]", YA_ERR_FORMAT, "layer_types");
    refused("qwen2",
            ", \"layer_types\": [\"full_attention\", \"chunked_attention\", \"full_attention\", "
            "\"full_attention\"]",
            YA_ERR_UNSUPPORTED, "chunked_attention");
}

static void rope_scaling_stands_before_rope_parameters(void **state)
{
    (void)state;
    const char both[] = ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0}, "
                        "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": %s}";
    char more[512];
    snprintf(more, sizeof more, both, "10000");
    assert_int_equal(accepted("qwen2", more).rope.type, YA_ROPE_YARN);
    snprintf(more, sizeof more, both, "1e6");
    refused("qwen2", more, YA_ERR_UNSUPPORTED, "rope_theta is 10000, not its 1e+06");
    ya_model_config c = accepted("qwen2", ", \"rope_parameters\": {\"rope_type\": \"linear\", "
                                          "\"rope_theta\": 5e5, \"factor\": 2}");
    assert_true(c.rope.type == YA_ROPE_LINEAR && c.rope.theta == 5e5 && c.rope.factor == 2);
    const char two[] = ", \"rope_scaling\": {\"type\": \"yarn\", \"rope_type\": \"linear\", "
                       "\"factor\": 2}";
    assert_int_equal(accepted("llama", two).rope.type, YA_ROPE_YARN);
    assert_int_equal(accepted("mistral", two).rope.type, YA_ROPE_LINEAR);
    refused("llama", ", \"rope_scaling\": {\"factor\": 2}", YA_ERR_FORMAT, "names no rope_type");
    refused("llama", ", \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 0.5}", YA_ERR_FORMAT,
            "factor");
}

/* A GGUF file with the keys of support/block_model.h, one more, and the first tensor. */
static ya_status gguf_config(ya_model_config *c, const char *key, uint32_t type, const void *value,
                             size_t size, ya_error *err)
{
    static gguf_maker g;
    const uint64_t dims[] = {BM_HIDDEN, BM_VOCAB};
    ya_gguf *gguf;
    put_header(&g, 3, 1, key ? 9 : 8);
    bm_put_keys(&g);
    if (key)
        put_key(&g, key, type, value, size);
    put_info(&g, "token_embd.weight", 2, dims, 0, 0);
    pad_to(&g, 32);
    FILE *file = fopen(scratch("keys.gguf"), "wb");
    fwrite(g.bytes, 1, g.size, file);
    assert_int_equal(ftruncate(fileno(file), (off_t)(g.size + BM_HIDDEN * BM_VOCAB * 4)), 0);
    assert_int_equal(fclose(file), 0);
    if (ya_gguf_open(&gguf, scratch("keys.gguf"), err))
        fail_msg("%s", err->text);
    ya_status status = ya_model_config_from_gguf(c, gguf, "m.gguf", err);
    ya_gguf_close(gguf);
    return status;
}

static void gguf_refused(const char *key, float value, ya_status status, const char *says)
{
    ya_model_config c;
    ya_error err = {0};
    ya_status found = gguf_config(&c, key, YA_GGUF_F32, &value, sizeof value, &err);
    if (found != status || !strstr(err.text, says))
        fail_msg("%s: %d \"%s\" does not say %s", key, found, err.text, says);
}

static void refuse_gguf_value(const ya_known *row, const char *name)
{
    char key[128];
    (void)row;
    snprintf(key, sizeof key, "%s%s", *name == '.' ? "llama" : "", name);
    gguf_refused(key, 7.5f, YA_ERR_UNSUPPORTED,
                 strcmp(name, ".expert_count") == 0 ? "llama.expert_count" : key);
}

static void accept_gguf_value(const ya_known *row, const char *name)
{
    char key[128];
    float value = 7.5f;
    ya_model_config c;
    ya_error err = {0};
    (void)row;
    snprintf(key, sizeof key, "%s%s", *name == '.' ? "llama" : "", name);
    if (strchr(key, '*'))
        strcpy(strchr(key, '*'), "thing");
    if (gguf_config(&c, key, YA_GGUF_F32, &value, sizeof value, &err))
        fail_msg("%s: %s", key, err.text);
}

static void a_made_up_key_of_a_gguf_file_is_refused_by_its_name(void **state)
{
    (void)state;
    gguf_refused("llama.made_up", 2, YA_ERR_UNSUPPORTED, "llama.made_up (2.0) is not known");
    gguf_refused("qwen2.rope.freq_base", 2, YA_ERR_UNSUPPORTED, "qwen2.rope.freq_base");
    gguf_refused("tokenizer.ggml.made_up", 2, YA_ERR_UNSUPPORTED, "tokenizer.ggml.made_up");
    gguf_refused("split.made_up", 2, YA_ERR_UNSUPPORTED, "split.made_up");
    gguf_refused("made.up", 2, YA_ERR_UNSUPPORTED, "made.up");
    each(ya_known_gguf, ya_n_known_gguf, YA_KNOWN_FIXED, refuse_gguf_value);
    each(ya_known_gguf, ya_n_known_gguf, YA_KNOWN_IDLE, accept_gguf_value);
}

static void gguf_sizes_of_heads_must_agree(void **state)
{
    (void)state;
    uint32_t half = BM_HIDDEN / BM_HEADS / 2;
    ya_model_config c;
    ya_error err;
    assert_int_equal(
        gguf_config(&c, "llama.rope.dimension_count", YA_GGUF_U32, &half, sizeof half, &err),
        YA_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "llama.rope.dimension_count is 32"));
    assert_int_equal(
        gguf_config(&c, "llama.attention.value_length", YA_GGUF_U32, &half, sizeof half, &err),
        YA_ERR_UNSUPPORTED);
}

static void a_gguf_factor_without_a_type_is_linear_under_both_names(void **state)
{
    (void)state;
    static const char *const names[] = {"llama.rope.scaling.factor", "llama.rope.scale_linear"};
    for (int i = 0; i < 2; i++) {
        ya_model_config c;
        ya_error err;
        float factor = 4;
        assert_int_equal(gguf_config(&c, names[i], YA_GGUF_F32, &factor, sizeof factor, &err),
                         YA_OK);
        assert_true(c.rope.type == YA_ROPE_LINEAR && c.rope.factor == 4);
        gguf_refused(names[i], -1, YA_ERR_FORMAT, "rope.scaling.factor");
    }
}

/* The tensors of support/block_model.h, zero, and one more. */
static ya_status open_with_tensor(const char *extra, ya_error *err)
{
    static gguf_maker g;
    uint64_t offset = 0;
    const uint64_t four[] = {4};
    put_header(&g, 3, BM_N_TENSORS + 1, 8);
    bm_put_keys(&g);
    for (int i = 0; i < BM_N_TENSORS; i++) {
        char name[64];
        bm_part p = bm_tensor_at(i, name);
        const uint64_t dims[] = {p.cols, p.rows};
        put_info(&g, name, p.rows ? 2 : 1, dims, 0, offset);
        offset += bm_bytes_of(&p, YA_F32);
    }
    put_info(&g, extra, 1, four, 0, offset);
    pad_to(&g, 32);
    FILE *file = fopen(scratch("tensor.gguf"), "wb");
    fwrite(g.bytes, 1, g.size, file);
    assert_int_equal(ftruncate(fileno(file), (off_t)(g.size + offset + 16)), 0);
    assert_int_equal(fclose(file), 0);
    ya_model *model = NULL;
    ya_status status = ya_model_open(&model, scratch("tensor.gguf"), err);
    ya_model_close(model);
    return status;
}

static void a_made_up_tensor_is_refused_by_its_name(void **state)
{
    (void)state;
    static const char *const names[] = {"blk.0.attn_q.scale", "rope_factors_long.weight",
                                        "blk.0.made_up.weight", "blk.2.attn_q.weight",
                                        "output.bias"};
    ya_error err;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(open_with_tensor(names[i], &err), YA_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, names[i]));
    }
    assert_int_equal(open_with_tensor("blk.0.attn_rot_embd.weight", &err), YA_OK);
}

static ya_status open_tiny(const char *name, ya_error *err)
{
    tiny_weights w = {.seed = 5};
    ya_model *model = NULL;
    tiny_model(scratch("tiny"), 0, 5);
    tiny_tensor(&w, "model.embed_tokens.weight", TINY_VOCAB, TINY_D, 1.0);
    for (int l = 0; l < TINY_LAYERS; l++)
        tiny_layer(&w, l);
    tiny_tensor(&w, "model.norm.weight", TINY_D, 0, 1.0);
    ya_tensor all[sizeof w.tensors / sizeof *w.tensors + 1];
    memcpy(all, w.tensors, w.n * sizeof *all);
    all[w.n] = all[w.n - 1];
    all[w.n].name = name;
    char path[8192];
    snprintf(path, sizeof path, "%s/model.safetensors", scratch("tiny"));
    assert_int_equal(ya_safetensors_write(path, all, w.n + 1, NULL, 0, NULL, err), YA_OK);
    for (size_t i = 0; i < w.n; i++)
        free((void *)w.tensors[i].data);
    ya_status status = ya_model_open(&model, scratch("tiny"), err);
    ya_model_close(model);
    return status;
}

static void a_tensor_that_the_configuration_has_no_place_for_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"model.layers.1.self_attn.o_proj.bias", "score.weight",
                                        "model.layers.2.input_layernorm.weight"};
    ya_error err;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(open_tiny(names[i], &err), YA_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, names[i]));
    }
    assert_int_equal(open_tiny("model.layers.0.self_attn.rotary_emb.inv_freq", &err), YA_OK);
    assert_int_equal(open_tiny("lm_head.weight", &err), YA_OK); /* the embedding is tied */
}

/* docs/MODELS.md; tests run in the source directory. */
static char *document;
static void is_documented(const ya_known *row, const char *name)
{
    char quoted[160];
    (void)row;
    snprintf(quoted, sizeof quoted, "`%s`", name);
    if (!strstr(document, quoted))
        fail_msg("docs/MODELS.md does not name %s", quoted);
}

static void the_document_names_every_key(void **state)
{
    (void)state;
    size_t size;
    ya_error err;
    if (ya_read_file("docs/MODELS.md", 1 << 20, &document, &size, &err))
        fail_msg("%s", err.text);
    for (int fate = YA_KNOWN_OBEYED; fate <= YA_KNOWN_IDLE; fate++) {
        each(ya_known_config, ya_n_known_config, (ya_known_fate)fate, is_documented);
        each(ya_known_rope, ya_n_known_rope, (ya_known_fate)fate, is_documented);
        each(ya_known_gguf, ya_n_known_gguf, (ya_known_fate)fate, is_documented);
        each(ya_known_tensors, ya_n_known_tensors, (ya_known_fate)fate, is_documented);
    }
    ya_free(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_up_key_of_a_configuration_is_refused_by_its_name),
        cmocka_unit_test(keys_of_another_type_are_no_missing_keys),
        cmocka_unit_test(missing_keys_have_the_defaults_of_transformers_classes),
        cmocka_unit_test(layer_types_say_which_layers_have_the_window),
        cmocka_unit_test(rope_scaling_stands_before_rope_parameters),
        cmocka_unit_test(a_made_up_key_of_a_gguf_file_is_refused_by_its_name),
        cmocka_unit_test(gguf_sizes_of_heads_must_agree),
        cmocka_unit_test(a_gguf_factor_without_a_type_is_linear_under_both_names),
        cmocka_unit_test(a_made_up_tensor_is_refused_by_its_name),
        cmocka_unit_test(a_tensor_that_the_configuration_has_no_place_for_is_refused),
        cmocka_unit_test(the_document_names_every_key),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
