#include "lora/peft.h"

#include "base/alloc.h"
#include "io/map.h"
#include "io/outdir.h"

#include "support/fixture.h"
#include "support/scratch.h"

static const char GOOD[] =
    "{\"peft_type\": \"LORA\", \"r\": 8, \"lora_alpha\": 16, \"bias\": \"none\",\n"
    " \"target_modules\": [\"q_proj\", \"self_attn.v_proj\"], \"base_model_name_or_path\": \"..\"";

/* Reads GOOD with `more` put behind it. */
static ya_status read_with(const char *more, ya_lora_config *config, ya_error *err)
{
    char text[1024], *base = NULL;
    int n = snprintf(text, sizeof text, "%s%s}", GOOD, more);
    assert_int_equal(ya_write_file(scratch("adapter_config.json"), text, (size_t)n, err), YA_OK);
    ya_status status = ya_peft_read_config(scratch_dir, 4, config, &base, err);
    if (status == YA_OK)
        assert_string_equal(base, "..");
    ya_free(base);
    return status;
}

static void a_usual_configuration_is_read(void **state)
{
    (void)state;
    ya_lora_config config;
    ya_error err;
    assert_int_equal(read_with("", &config, &err), YA_OK);
    assert_int_equal(config.rank, 8);
    assert_true(config.alpha == 16.0);
    assert_false(config.use_rslora);
    assert_int_equal(config.targets, 1u << YA_Q | 1u << YA_V);
    assert_int_equal(config.n_layers, 0);
    assert_int_equal(
        read_with(", \"use_rslora\": true, \"layers_to_transform\": [3, 2]", &config, &err), YA_OK);
    assert_true(config.use_rslora);
    assert_int_equal(config.n_layers, 2);
    assert_int_equal(read_with(", \"target_modules\": \"all-linear\"", &config, &err), YA_OK);
    assert_int_equal(config.targets, 127);
    assert_int_equal(read_with(", \"rank_pattern\": {}, \"modules_to_save\": null", &config, &err),
                     YA_OK);
}

static void what_would_change_the_result_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {", \"use_dora\": true", "use_dora"},
        {", \"bias\": \"all\"", "bias"},
        {", \"modules_to_save\": [\"lm_head\"]", "modules_to_save"},
        {", \"peft_type\": \"IA3\"", "IA3"},
        {", \"target_modules\": [\"c_attn\"]", "c_attn"},
        {", \"target_modules\": [\"q_proj\", \"lm_head\"]", "lm_head"},
        {", \"target_modules\": \".*(proj|head)\"", "lm_head"},
        {", \"target_modules\": \"(((.*proj\"", "compile"},
        {", \"init_lora_weights\": \"pissa\"", "pissa"},
        {", \"layers_to_transform\": [3, 7]", "layers_to_transform"},
        {", \"fan_in_fan_out\": true", "fan_in_fan_out"},
        {", \"lora_bias\": true", "lora_bias"},
        {", \"use_qalora\": true", "use_qalora"},
        {", \"layer_replication\": [[0, 2], [1, 2]]", "layer_replication"},
        {", \"megatron_config\": {\"a\": 1}", "megatron_config"},
        {", \"a_key_of_tomorrow\": 3", "a_key_of_tomorrow"},
        {", \"a_key_of_tomorrow\": {\"on\": true}", "does not know"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ya_lora_config config;
        ya_error err;
        assert_int_equal(read_with(bad[i][0], &config, &err), YA_ERR_UNSUPPORTED);
        if (!strstr(err.text, bad[i][1]))
            fail_msg("%s does not name %s", err.text, bad[i][1]);
    }
}

/* "4 8" for rank 4 and alpha 8 of a module, "-" where it is not adapted; n_layers 4. */
static void what_does_not_change_the_result_is_passed_over(void **state)
{
    (void)state;
    static const char *const harmless[] = {
        ", \"loftq_config\": {\"loftq_bits\": 4}, \"eva_config\": {\"rho\": 2.0}",
        ", \"inference_mode\": true, \"task_type\": \"CAUSAL_LM\", \"revision\": \"main\"",
        ", \"megatron_core\": \"megatron.core\", \"qalora_group_size\": 16",
        ", \"auto_mapping\": {\"parent_library\": \"x\"}, \"peft_version\": \"0.21.2\"",
        ", \"a_key_of_tomorrow\": null, \"another\": false, \"a_third\": {}",
    };
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        ya_lora_config config;
        ya_error err;
        if (read_with(harmless[i], &config, &err) != YA_OK)
            fail_msg("%s", err.text);
        ya_free(config.modules);
    }
}

static void check_module(const ya_lora_config *c, int layer, ya_target target, int rank,
                         double alpha)
{
    ya_lora_module m = ya_lora_module_of(c, layer, target, 4);
    assert_int_equal(m.rank, rank);
    if (rank > 0)
        assert_true(m.alpha == alpha);
}

static void modules_are_matched_as_peft_matches_them(void **state)
{
    (void)state;
    ya_lora_config c;
    ya_error err;
    /* GOOD has r 8, alpha 16, q_proj and self_attn.v_proj */
    assert_int_equal(read_with(", \"rank_pattern\": {\"layers.[12].self_attn.q_proj\": 4, "
                               "\"q_proj\": 2}, \"alpha_pattern\": {\"model.layers.1.self_attn."
                               "v_proj\": 1.5}",
                               &c, &err),
                     YA_OK);
    check_module(&c, 0, YA_Q, 2, 16);
    check_module(&c, 1, YA_Q, 4, 16);
    check_module(&c, 1, YA_V, 8, 1.5);
    check_module(&c, 2, YA_V, 8, 16);
    check_module(&c, 2, YA_K, 0, 0);
    ya_free(c.modules);
    assert_int_equal(read_with(", \"layers_to_transform\": [0, 2]", &c, &err), YA_OK);
    check_module(&c, 0, YA_V, 8, 16);
    check_module(&c, 1, YA_V, 0, 0);
    check_module(&c, 2, YA_Q, 8, 16);
    check_module(&c, 3, YA_Q, 0, 0);
    ya_free(c.modules);
    assert_int_equal(
        read_with(", \"target_modules\": \"model\\\\.layers\\\\.[23]\\\\.mlp\\\\..*\"", &c, &err),
        YA_OK);
    assert_null(c.modules); /* all alike in the last two layers */
    assert_int_equal(c.n_layers, 2);
    check_module(&c, 2, YA_UP, 8, 16);
    check_module(&c, 3, YA_Q, 0, 0);
    assert_int_equal(read_with(", \"target_modules\": [\"model.layers.3.self_attn.o_proj\", "
                               "\"up_proj\"], \"exclude_modules\": [\"layers.0.mlp.up_proj\"]",
                               &c, &err),
                     YA_OK);
    check_module(&c, 0, YA_UP, 0, 0);
    check_module(&c, 1, YA_UP, 8, 16);
    check_module(&c, 2, YA_O, 0, 0);
    check_module(&c, 3, YA_O, 8, 16);
    ya_free(c.modules);
}

static void broken_configurations_are_errors(void **state)
{
    (void)state;
    static const char *const bad[] = {
        ", \"r\": 0",
        ", \"r\": -3",
        ", \"r\": 1e9",
        ", \"r\": \"8\"",
        ", \"lora_alpha\": null",
        ", \"target_modules\": []",
        ", \"rank_pattern\": {\"q_proj\": 0}",
        ", \"alpha_pattern\": {\"q_proj\": \"x\"}",
        ", \"target_modules\": \"no_such_module\"",
        ", \"r\": 8,, ",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ya_lora_config config;
        ya_error err;
        assert_int_equal(read_with(bad[i], &config, &err), YA_ERR_FORMAT);
    }
}

/* Two parameters in flat arrays, as ya_lora_layout makes them. */
typedef struct {
    ya_param list[2];
    float value[64];
    ya_params params;
} pair;

static void make_pair(pair *p, float first)
{
    memset(p, 0, sizeof *p);
    p->list[0] =
        (ya_param){.name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
                   .rows = 2,
                   .cols = 5,
                   .decay = true};
    p->list[1] =
        (ya_param){.name = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight",
                   .rows = 7,
                   .cols = 2,
                   .offset = 16,
                   .decay = true};
    for (int i = 0; i < 10; i++)
        p->value[i] = first + (float)i;
    for (int i = 16; i < 30; i++)
        p->value[i] = -first * (float)i;
    p->params = (ya_params){.params = p->list, .n_params = 2, .n_values = 32, .value = p->value};
}

static void write_pair(const pair *p, const char *base)
{
    ya_lora_config config = {.rank = 2, .alpha = 4.5, .targets = 1u << YA_Q, .n_layers = 1};
    ya_error err;
    size_t bytes = ya_peft_write_scratch(&p->params);
    void *scratch = ya_alloc(bytes);
    uint64_t calls = ya_alloc_count();
    assert_true(bytes > 0 && scratch);
    if (ya_peft_write(scratch_dir, &p->params, &config, 4, base, scratch, bytes, &err) != YA_OK)
        fail_msg("%s", err.text);
    assert_true(ya_alloc_count() == calls); /* the training loop writes adapters */
    ya_free(scratch);
}

static void what_is_written_reads_back_bit_by_bit(void **state)
{
    (void)state;
    pair p, q;
    ya_error err;
    ya_lora_config config;
    char *base = NULL;
    make_pair(&p, 0.1f);
    write_pair(&p, "/models/a \"quoted\" \\ name\n");
    assert_int_equal(ya_peft_read_config(scratch_dir, 4, &config, &base, &err), YA_OK);
    assert_string_equal(base, "/models/a \"quoted\" \\ name\n");
    ya_free(base);
    assert_int_equal(config.rank, 2);
    assert_true(config.alpha == 4.5);
    assert_int_equal(config.n_layers, 1);
    make_pair(&q, 0.0f);
    assert_int_equal(ya_peft_read_weights(scratch_dir, &q.params, &err), YA_OK);
    assert_memory_equal(p.value, q.value, sizeof p.value);
}

static void missing_strange_and_misshapen_tensors_are_named(void **state)
{
    (void)state;
    pair p, q;
    ya_error err;
    make_pair(&p, 1.0f);
    write_pair(&p, "base");
    make_pair(&q, 0.0f);
    q.list[1].cols = 3;
    assert_int_equal(ya_peft_read_weights(scratch_dir, &q.params, &err), YA_ERR_FORMAT);
    assert_non_null(strstr(err.text, "lora_B"));
    make_pair(&q, 0.0f);
    q.params.n_params = 1;
    assert_int_equal(ya_peft_read_weights(scratch_dir, &q.params, &err), YA_ERR_FORMAT);
    assert_non_null(strstr(err.text, "belongs to no adapted module"));
    make_pair(&q, 0.0f);
    q.list[0].name = "base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight";
    assert_int_equal(ya_peft_read_weights(scratch_dir, &q.params, &err), YA_ERR_FORMAT);
}

static void too_little_scratch_is_an_error_and_not_an_overrun(void **state)
{
    (void)state;
    pair p;
    ya_error err;
    ya_lora_config config = {.rank = 2, .alpha = 4, .targets = 1u << YA_Q};
    make_pair(&p, 1.0f);
    size_t enough = ya_peft_write_scratch(&p.params);
    for (size_t bytes = 1; bytes < enough; bytes += bytes / 2 + 1) {
        char *scratch = ya_alloc(bytes);
        ya_status status =
            ya_peft_write(scratch_dir, &p.params, &config, 4, "b", scratch, bytes, &err);
        assert_true(status == YA_OK || status == YA_ERR_MEMORY);
        ya_free(scratch);
    }
}

static void full_fine_tuning_writes_vectors_as_vectors(void **state)
{
    (void)state;
    pair p, q;
    ya_error err;
    char scratch[65536 + 4096];
    make_pair(&p, 3.0f);
    p.list[0] = (ya_param){.name = "model.norm.weight", .rows = 10, .cols = 1, .is_vector = true};
    assert_int_equal(ya_trained_write(scratch_dir, &p.params, scratch, sizeof scratch, &err),
                     YA_OK);
    make_pair(&q, 0.0f);
    q.list[0] = p.list[0];
    assert_int_equal(ya_trained_read(scratch_dir, &q.params, &err), YA_OK);
    assert_memory_equal(p.value, q.value, sizeof p.value);
}

static void an_adapter_that_peft_wrote_is_read(void **state)
{
    (void)state;
    ya_lora_config config;
    char *base = NULL;
    ya_error err;
    if (!fixture_is_there("fixtures/models/llama/adapter/adapter_config.json"))
        skip();
    assert_int_equal(
        ya_peft_read_config(fixture("fixtures/models/llama/adapter"), 0, &config, &base, &err),
        YA_OK);
    assert_string_equal(base, "..");
    assert_int_equal(config.rank, 4);
    assert_int_equal(config.targets, 127);
    ya_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usual_configuration_is_read),
        cmocka_unit_test(modules_are_matched_as_peft_matches_them),
        cmocka_unit_test(what_would_change_the_result_is_refused_by_name),
        cmocka_unit_test(what_does_not_change_the_result_is_passed_over),
        cmocka_unit_test(broken_configurations_are_errors),
        cmocka_unit_test(what_is_written_reads_back_bit_by_bit),
        cmocka_unit_test(missing_strange_and_misshapen_tensors_are_named),
        cmocka_unit_test(too_little_scratch_is_an_error_and_not_an_overrun),
        cmocka_unit_test(full_fine_tuning_writes_vectors_as_vectors),
        cmocka_unit_test(an_adapter_that_peft_wrote_is_read),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
