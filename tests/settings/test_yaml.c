#include "settings/fixture.h"

#include "base/alloc.h"

static const char profile[] = "hardware:\n"
                              "  generation: \"ultra\"\n"
                              "  memory_gb: 96\n"
                              "  gpu_cores: 76 # ignored\n"
                              "  training_budget_gb: 76\n"
                              "model:\n"
                              "  lora_rank: 128\n"
                              "  lora_alpha: 256\n"
                              "  lora_num_layers: 24\n"
                              "  lora_target_modules:\n"
                              "    - \"self_attn.q_proj\"\n"
                              "    - \"mlp.down_proj\"\n"
                              "model_tiers:\n"
                              "  small:\n"
                              "    lora_rank: 64\n"
                              "    lora_alpha: 128\n"
                              "    batch_size: 2\n"
                              "  xlarge: {lora_num_layers: 8}\n"
                              "training:\n"
                              "  batch_size: 4\n"
                              "  gradient_accumulation_steps: 4\n"
                              "  grad_checkpoint: true\n"
                              "  learning_rate: 2e-4\n"
                              "recommended_models:\n"
                              "  - \"a/b\"\n"
                              "  - \"c/d\"\n"
                              "notes: |\n"
                              "  two\n"
                              "  lines\n";

static void give(const char *model, const char *data)
{
    assert_int_equal(ya_settings_set(&s, YA_SET_model, model, YA_FROM_FLAG, &err), YA_OK);
    assert_int_equal(ya_settings_set(&s, YA_SET_data, data, YA_FROM_FLAG, &err), YA_OK);
}

static void a_hardware_profile_loads_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(parse(profile), YA_OK);
    assert_string_equal(s.generation, "ultra");
    assert_int_equal(s.gpu_cores, 76);
    assert_int_equal(s.lora_rank, 128);
    assert_int_equal(s.lora_targets, 1 | 64);
    assert_true(s.grad_checkpoint && s.learning_rate == 2e-4);
    assert_int_equal(s.recommended_models.n, 2);
    assert_string_equal(s.recommended_models.items[1], "c/d");
    assert_string_equal(s.notes, "two\nlines\n");
    give("m", "d");
    assert_int_equal(ya_settings_finish(&s, YA_FOR_TRAIN, &err), YA_OK);
    assert_true(s.max_memory == (uint64_t)76 << 30);
    assert_int_equal(s.origin[YA_SET_max_memory], YA_FROM_FILE);
}

static void the_tier_of_the_model_overrides_the_file_but_no_flag(void **state)
{
    (void)state;
    int changed;
    assert_int_equal(parse(profile), YA_OK);
    give("m", "d");
    assert_int_equal(ya_settings_set(&s, YA_SET_batch_size, "7", YA_FROM_FLAG, &err), YA_OK);
    assert_int_equal(ya_settings_finish(&s, YA_FOR_TRAIN, &err), YA_OK);
    assert_int_equal(ya_settings_apply_tier(&s, 8000000000, YA_FOR_TRAIN, &changed, &err), YA_OK);
    assert_int_equal(changed, 2);
    assert_int_equal(s.lora_rank, 64);
    assert_true(s.lora_alpha == 128);
    assert_int_equal(s.batch_size, 7);
    assert_int_equal(s.origin[YA_SET_lora_rank], YA_FROM_TIER);
    assert_int_equal(s.lora_num_layers, 24);
}

static void models_fall_into_tiers_by_their_parameters(void **state)
{
    (void)state;
    assert_int_equal(ya_tier_of(9999999999), YA_TIER_SMALL);
    assert_int_equal(ya_tier_of(10000000000), YA_TIER_MEDIUM);
    assert_int_equal(ya_tier_of(20000000000), YA_TIER_LARGE);
    assert_int_equal(ya_tier_of(50000000000), YA_TIER_XLARGE);
}

static void alpha_follows_the_rank_of_a_tier(void **state)
{
    (void)state;
    int changed;
    assert_int_equal(parse("model_tiers: {small: {lora_rank: 8}}\nmodel: m\ndata: d\n"), YA_OK);
    assert_int_equal(ya_settings_finish(&s, YA_FOR_TRAIN, &err), YA_OK);
    assert_true(s.lora_alpha == 32);
    assert_int_equal(ya_settings_apply_tier(&s, 1, YA_FOR_TRAIN, &changed, &err), YA_OK);
    assert_true(s.lora_alpha == 16);
}

static void flat_keys_are_settings_and_null_is_unset(void **state)
{
    (void)state;
    assert_int_equal(parse("model: path\nadapter: null\nsteps: 3\nshuffle: no\n"
                           "lora_targets: q,v\nmax_memory: 8GB\nthreads:\n"),
                     YA_OK);
    assert_string_equal(s.model, "path");
    assert_null(s.adapter);
    assert_false(s.shuffle);
    assert_int_equal(s.lora_targets, 5);
    assert_int_equal(s.origin[YA_SET_threads], YA_FROM_DEFAULT);
    assert_int_equal(parse(""), YA_OK);
    assert_int_equal(parse("# only a comment\n"), YA_OK);
    assert_int_equal(parse("---\n"), YA_OK);
}

static void an_unknown_key_names_its_line_and_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(parse("steps: 3\ntraining:\n  lerning_rate: 1\n"), YA_ERR_USAGE);
    assert_string_equal(err.text,
                        "f.yaml:3: \"lerning_rate\" is no setting; did you mean learning_rate?");
    assert_int_equal(parse("trainin: {steps: 1}\n"), YA_ERR_USAGE);
    assert_says("did you mean train");
    assert_int_equal(parse("model_tiers: {small: {learning_rate: 1}}\n"), YA_ERR_USAGE);
    assert_says("cannot be set in this place");
    assert_int_equal(parse("resume: true\n"), YA_ERR_USAGE);
    assert_says("cannot be set in this place");
    assert_int_equal(parse("steps: 3\nbatch_size: 0\n"), YA_ERR_USAGE);
    assert_says("f.yaml:2: batch_size is 0, which is out of range: from 1 to 65536");
}

static void what_yaml_allows_and_a_configuration_does_not_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *says;
    } cases[] = {
        {"steps: 1\nsteps: 2\n", "f.yaml:2: \"steps\" is set twice"},
        {"steps: 1\ntraining: {steps: 2}\n", "set twice"},
        {"training: {}\ntraining: {}\n", "there twice"},
        {"model: a\nmodel: b\n", "set twice"},
        {"model_tiers: {small: {}, small: {}}\n", "there twice"},
        {"model_tiers: {small: {lora_rank: 1, lora_rank: 2}}\n", "twice in its tier"},
        {"model_tiers: {small: {lora_rank: -1}}\n", "out of range"},
        {"model_tiers: {small: [1]}\n", "a tier holds settings"},
        {"model_tiers: {huge: {}}\n", "small, medium, large and xlarge"},
        {"steps: &a 1\n", "anchors"},
        {"steps: *a\n", "aliases"},
        {"steps: !!int 1\n", "tags"},
        {"steps: [1]\n", "one value"},
        {"steps: {a: 1}\n", "one value"},
        {"data: [[a]]\n", "plain items"},
        {"data: {a: b}\n", "one value"},
        {"lora_targets: [q, [k]]\n", "plain items"},
        {"lora_targets: []\n", "empty"},
        {"[1, 2]: 3\n", "name of a setting"},
        {"- steps\n", "key: value"},
        {"just text\n", "key: value"},
        {"training: 5\n", "holds settings"},
        {"steps: 1\n---\nsteps: 2\n", "second document"},
        {"steps: \"1\\0\"\n", "NUL"},
        {"steps: 1\n\tx: 2\n", "not YAML"},
        {"steps: 'open\n", "not YAML"},
        {"{", "not YAML"},
        {"steps: 1 \xff\xfe\n", "not YAML"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ya_settings_free(&s);
        assert_int_equal(fresh(NULL), 0);
        if (parse(cases[i].yaml) != YA_ERR_USAGE)
            fail_msg("accepted: %s", cases[i].yaml);
        assert_says(cases[i].says);
    }
}

static void deep_nesting_and_great_size_are_refused(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    char *deep = test_malloc(DEPTH + 1);
    memset(deep, '[', DEPTH);
    deep[DEPTH] = '\0';
    assert_int_equal(parse(deep), YA_ERR_USAGE);
    memset(deep, '{', DEPTH);
    assert_int_equal(parse(deep), YA_ERR_USAGE);
    test_free(deep);
    static char big[(1 << 20) + 2];
    memset(big, '#', sizeof big - 1);
    assert_int_equal(parse(big), YA_ERR_USAGE);
    assert_says("larger than 1 MiB");
}

static void settings_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *says;
    } cases[] = {
        {"{data: d}", "needs --model"},
        {"{model: m}", "needs --data"},
        {"{model: m, data: d, steps: 10, warmup_steps: 10}", "warm-up must be shorter"},
        {"{model: m, data: d, steps: 10, epochs: 2}", "both given"},
        {"{model: m, data: d, steps: auto}", "give one of them"},
        {"{model: m, data: d, lora_rank: 0}", "needs trainable"},
        {"{model: m, data: d, trainable: ['*']}", "only lora_rank 0"},
        {"{model: m, data: d, lora_rank: 0, trainable: x, adapter: a}", "leave out one"},
        {"{model: m, data: d, pause_available_gb: 1, abort_available_gb: 2}", "is below"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ya_settings_free(&s);
        assert_int_equal(fresh(NULL), 0);
        assert_int_equal(parse(cases[i].yaml), YA_OK);
        assert_int_equal(ya_settings_finish(&s, YA_FOR_TRAIN, &err), YA_ERR_USAGE);
        assert_says(cases[i].says);
    }
}

static void epochs_of_a_flag_win_over_steps_of_the_file(void **state)
{
    (void)state;
    assert_int_equal(parse("{model: m, data: d, steps: 10}"), YA_OK);
    assert_int_equal(ya_settings_set(&s, YA_SET_epochs, "2.5", YA_FROM_FLAG, &err), YA_OK);
    assert_int_equal(ya_settings_finish(&s, YA_FOR_TRAIN, &err), YA_OK);
    assert_int_equal(s.steps, 0);
    assert_true(s.epochs == 2.5);
}

static void a_failing_allocation_anywhere_is_reported(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        ya_settings_free(&s);
        assert_int_equal(fresh(NULL), 0);
        ya_alloc_fail_at(n);
        ya_status status = parse(profile);
        ya_alloc_fail_at(0);
        if (status == YA_OK)
            break;
        assert_int_equal(status, YA_ERR_MEMORY);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_hardware_profile_loads_as_it_is),
        CASE(the_tier_of_the_model_overrides_the_file_but_no_flag),
        CASE(models_fall_into_tiers_by_their_parameters),
        CASE(alpha_follows_the_rank_of_a_tier),
        CASE(flat_keys_are_settings_and_null_is_unset),
        CASE(an_unknown_key_names_its_line_and_the_nearest),
        CASE(what_yaml_allows_and_a_configuration_does_not_is_refused),
        CASE(deep_nesting_and_great_size_are_refused),
        CASE(settings_that_contradict_each_other_are_refused),
        CASE(epochs_of_a_flag_win_over_steps_of_the_file),
        CASE(a_failing_allocation_anywhere_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
