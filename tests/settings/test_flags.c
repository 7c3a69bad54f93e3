#include "settings/fixture.h"

#include <stdlib.h>
#include <unistd.h>

static void the_line_other_programs_rely_on_is_understood(void **state)
{
    (void)state;
    assert_int_equal(
        FLAGS(YA_FOR_TRAIN, "--model", "M", "--data", "D", "--output", "OUT", "--steps", "20",
              "--batch-size", "2", "--gradient-accumulation-steps", "2", "--max-seq-length", "512",
              "--learning-rate", "1e-3", "--lr-schedule", "constant", "--warmup-steps", "0",
              "--weight-decay", "0.01", "--max-grad-norm", "1.0", "--lora-rank", "16",
              "--lora-alpha", "32", "--lora-targets", "all", "--lora-num-layers", "3",
              "--distrust-mode", "weighted", "--distrust-alpha", "2.7", "--distrust-strength", "1",
              "--distrust-max-ratio", "64", "--no-packing", "--shuffle", "false", "--logging-steps",
              "1", "--save-steps", "10", "--seed", "42", "--dtype", "f32", "--threads", "2",
              "--max-memory", "8GB", "--grad-checkpoint", "--resume"),
        YA_OK);
    assert_string_equal(s.model, "M");
    assert_int_equal(s.data.n, 1);
    assert_string_equal(s.data.items[0], "D");
    assert_string_equal(s.output, "OUT");
    assert_int_equal(s.steps, 20);
    assert_true(s.learning_rate == 1e-3);
    assert_int_equal(s.lr_schedule, YA_LR_CONSTANT);
    assert_int_equal(s.warmup_steps, 0);
    assert_int_equal(s.lora_targets, 127);
    assert_int_equal(s.dtype, YA_COMPUTE_F32);
    assert_false(s.packing);
    assert_false(s.shuffle);
    assert_true(s.grad_checkpoint);
    assert_true(s.resume);
    assert_true(s.max_memory == (uint64_t)8 << 30);
    assert_int_equal(ya_settings_finish(&s, YA_FOR_TRAIN, &err), YA_OK);
}

static void defaults_are_those_of_the_specification(void **state)
{
    (void)state;
    assert_int_equal(s.steps, 5000);
    assert_int_equal(s.batch_size, 4);
    assert_int_equal(s.max_seq_length, 512);
    assert_int_equal(s.lora_rank, 16);
    assert_int_equal(s.lora_targets, 15);
    assert_int_equal(s.warmup_steps, -1);
    assert_true(s.learning_rate == 5e-5 && s.adam_eps == 1e-8 && s.weight_decay == 0.01);
    assert_int_equal(s.lr_schedule, YA_LR_COSINE);
    assert_int_equal(s.distrust_mode, YA_MODE_WEIGHTED);
    assert_true(s.packing && s.shuffle && s.auto_fit && s.oom_bias && !s.resume);
    assert_true(s.pause_available_gb == -1 && s.abort_available_gb == -1);
    assert_string_equal(s.output, "output");
    assert_int_equal(s.origin[YA_SET_steps], YA_FROM_DEFAULT);
}

static void a_value_may_follow_an_equals_sign(void **state)
{
    (void)state;
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--steps=7", "--packing=false", "--output=--odd"), YA_OK);
    assert_int_equal(s.steps, 7);
    assert_false(s.packing);
    assert_string_equal(s.output, "--odd");
    assert_int_equal(s.origin[YA_SET_steps], YA_FROM_FLAG);
}

static void targets_are_read_in_every_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned mask;
    } cases[] = {{"q,k,v,o", 15},         {"all", 127},          {"q_proj v_proj", 5},
                 {"self_attn.o_proj", 8}, {"mlp.gate_proj", 16}, {"up, down", 96}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            ya_settings_set(&s, YA_SET_lora_targets, cases[i].text, YA_FROM_FLAG, &err), YA_OK);
        assert_int_equal(s.lora_targets, cases[i].mask);
    }
    static const char *const bad[] = {"", "x", "mlp.q_proj", "self_attn.up_proj", "q,,z", "mlp.up"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ya_settings_set(&s, YA_SET_lora_targets, bad[i], YA_FROM_FLAG, &err),
                         YA_ERR_USAGE);
    assert_int_equal(s.lora_targets, 96);
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--lora-target-modules", "q"), YA_OK);
    assert_int_equal(s.lora_targets, 1);
}

static void sizes_are_powers_of_1024(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"8GB", 8ull << 30},  {"512MB", 512ull << 20}, {"1.5 GiB", 3ull << 29}, {"2g", 2ull << 30},
        {"1048576", 1048576}, {"1TB", 1ull << 40},     {"2048 kb", 1u << 21},   {"none", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ya_settings_set(&s, YA_SET_max_memory, cases[i].text, YA_FROM_FLAG, &err),
                         YA_OK);
        assert_true(s.max_memory == cases[i].bytes);
    }
    static const char *const bad[] = {"8", "GB", "8XB", "-1GB", "8GBB", "1e9", "999999TB", "8 G B"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ya_settings_set(&s, YA_SET_max_memory, bad[i], YA_FROM_FLAG, &err),
                         YA_ERR_USAGE);
    assert_says("max_memory");
}

static void numbers_out_of_range_are_refused_with_the_range(void **state)
{
    (void)state;
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--distrust-alpha", "3.5"), YA_ERR_USAGE);
    assert_says("distrust_alpha is 3.5, which is out of range: from 2.3 to 3");
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--threads", "0x4"), YA_ERR_USAGE);
    assert_says("not an integer from 1 to 4096, or all");
    static const char *const bad[] = {"nan",   "inf", "-inf", "NaN", "1e999",
                                      "0x1p3", "",    "1 ",   "--"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ya_settings_set(&s, YA_SET_learning_rate, bad[i], YA_FROM_FLAG, &err),
                         YA_ERR_USAGE);
    static const char *const not_integers[] = {"1.5", "1e3", "99999999999999999999", "", "four"};
    for (size_t i = 0; i < sizeof not_integers / sizeof *not_integers; i++)
        assert_int_equal(ya_settings_set(&s, YA_SET_steps, not_integers[i], YA_FROM_FLAG, &err),
                         YA_ERR_USAGE);
    assert_int_equal(s.steps, 5000);
}

static void words_stand_for_unset_numbers(void **state)
{
    (void)state;
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--warmup-steps", "5", "--threads", "2"), YA_OK);
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--warmup-steps", "auto", "--threads", "all",
                           "--pause-available-gb", "auto", "--lora-num-layers", "all"),
                     YA_OK);
    assert_int_equal(s.warmup_steps, -1);
    assert_int_equal(s.threads, 0);
    assert_int_equal(s.lora_num_layers, 0);
    assert_true(s.pause_available_gb == -1);
}

static void an_unknown_flag_suggests_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--batch-sise", "2"), YA_ERR_USAGE);
    assert_says("did you mean --batch-size?");
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--no-pakcing"), YA_ERR_USAGE);
    assert_says("did you mean --no-packing?");
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--zzzzzzzzzzzz"), YA_ERR_USAGE);
    assert_says("see your_ai train --help");
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--prompt", "x"), YA_ERR_USAGE);
    assert_says("--prompt is not an option of train, but of: generate");
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--dtype", "fp8"), YA_ERR_USAGE);
    assert_says("expected one of auto|f32|bf16");
}

static void a_flag_without_its_value_is_refused(void **state)
{
    (void)state;
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--steps"), YA_ERR_USAGE);
    assert_says("--steps needs a value: --steps N");
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--model", "--data", "x"), YA_ERR_USAGE);
    assert_says("--model needs a value");
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--no-packing=false"), YA_ERR_USAGE);
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--no-steps"), YA_ERR_USAGE);
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "stray"), YA_ERR_USAGE);
    assert_says("\"stray\" stands alone");
}

static void texts_may_be_repeated_and_keep_commas(void **state)
{
    (void)state;
    assert_int_equal(FLAGS(YA_FOR_GENERATE, "--model", "m", "--prompt", "a, b", "--prompt", "c"),
                     YA_OK);
    assert_int_equal(s.prompt.n, 2);
    assert_string_equal(s.prompt.items[0], "a, b");
    assert_string_equal(s.prompt.items[1], "c");
    assert_int_equal(ya_settings_finish(&s, YA_FOR_GENERATE, &err), YA_OK);
}

static void one_stray_argument_is_taken_where_it_is_allowed(void **state)
{
    (void)state;
    char *words[] = {"some.gguf", "--json", "other.gguf"};
    assert_int_equal(ya_settings_parse_flags(&s, YA_FOR_INSPECT, 2, words, YA_SET_model, &err),
                     YA_OK);
    assert_string_equal(s.model, "some.gguf");
    assert_true(s.json);
    assert_int_equal(ya_settings_parse_flags(&s, YA_FOR_INSPECT, 3, words, YA_SET_model, &err),
                     YA_ERR_USAGE);
}

static void flags_override_the_file_wherever_config_stands(void **state)
{
    (void)state;
    char path[] = "/tmp/ya_settings_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char yaml[] = "batch_size: 2\nsteps: 11\ndata: [a, b]\n";
    assert_int_equal(write(fd, yaml, sizeof yaml - 1), sizeof yaml - 1);
    close(fd);
    ya_status status = FLAGS(YA_FOR_TRAIN, "--steps", "9", "--data", "c", "--config", path);
    unlink(path);
    assert_int_equal(status, YA_OK);
    assert_int_equal(s.steps, 9);
    assert_int_equal(s.batch_size, 2);
    assert_int_equal(s.data.n, 1);
    assert_string_equal(s.data.items[0], "c");
    assert_int_equal(s.origin[YA_SET_batch_size], YA_FROM_FILE);
    assert_int_equal(FLAGS(YA_FOR_TRAIN, "--config", "/no/such.yaml"), YA_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_line_other_programs_rely_on_is_understood),
        CASE(defaults_are_those_of_the_specification),
        CASE(a_value_may_follow_an_equals_sign),
        CASE(targets_are_read_in_every_spelling),
        CASE(sizes_are_powers_of_1024),
        CASE(numbers_out_of_range_are_refused_with_the_range),
        CASE(words_stand_for_unset_numbers),
        CASE(an_unknown_flag_suggests_the_nearest),
        CASE(a_flag_without_its_value_is_refused),
        CASE(texts_may_be_repeated_and_keep_commas),
        CASE(one_stray_argument_is_taken_where_it_is_allowed),
        CASE(flags_override_the_file_wherever_config_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
