/* What follows from several settings together. */
#include "base/log.h"
#include "settings/field.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* Values that follow from others: -------------------------------------------------------------- */

static bool given(const ya_settings *s, ya_setting_id id)
{
    return s->origin[id] != YA_FROM_DEFAULT;
}

static ya_status settle_steps(ya_settings *s, ya_error *err)
{
    bool both = s->epochs > 0 && s->steps > 0 && given(s, YA_SET_steps);
    if (both && s->origin[YA_SET_steps] == s->origin[YA_SET_epochs])
        return ya_fail(err, YA_ERR_USAGE,
                       "steps (%" PRId64 ") and epochs (%g) are both given; "
                       "one of them decides how long to train",
                       s->steps, s->epochs);
    bool epochs_win =
        s->epochs > 0 && (!both || s->origin[YA_SET_epochs] > s->origin[YA_SET_steps]);
    if (epochs_win)
        s->steps = 0;
    else
        s->epochs = 0;
    if (s->steps == 0 && s->epochs == 0)
        return ya_fail(err, YA_ERR_USAGE, "steps is 0 or auto, but epochs is not set: give one of them");
    return YA_OK;
}

static void settle_derived(ya_settings *s)
{
    if (s->lora_alpha == 0 || !given(s, YA_SET_lora_alpha)) {
        s->lora_alpha = 2 * (double)s->lora_rank;
        s->origin[YA_SET_lora_alpha] = YA_FROM_DEFAULT;
    }
    if (s->max_memory == 0 && !given(s, YA_SET_max_memory) && s->training_budget_gb > 0) {
        s->max_memory = (uint64_t)(s->training_budget_gb * 0x1p30);
        s->origin[YA_SET_max_memory] = s->origin[YA_SET_training_budget_gb];
    }
}

/* Checks: -------------------------------------------------------------------------------------- */

static ya_status check_schedule(const ya_settings *s, ya_error *err)
{
    if (s->steps > 0 && s->warmup_steps >= s->steps)
        return ya_fail(err, YA_ERR_USAGE,
                       "warmup_steps is %" PRId64 " and steps %" PRId64 ": the warm-up must be "
                       "shorter than the training",
                       s->warmup_steps, s->steps);
    return YA_OK;
}

static ya_status check_trained_part(const ya_settings *s, ya_error *err)
{
    if (s->lora_rank == 0 && s->adapter)
        return ya_fail(err, YA_ERR_USAGE,
                       "lora_rank 0 trains tensors of the model itself, but an "
                       "adapter is given (%.200s): leave out one of them",
                       s->adapter);
    if (s->lora_rank == 0 && s->trainable.n == 0)
        return ya_fail(err, YA_ERR_USAGE,
                       "lora_rank 0 needs trainable: name patterns of the tensors "
                       "to train, such as --trainable \"model.layers.*.mlp.*\", or \"*\" for all");
    if (s->lora_rank > 0 && s->trainable.n > 0)
        return ya_fail(err, YA_ERR_USAGE,
                       "trainable names tensors of the model itself, which only "
                       "lora_rank 0 trains; lora_rank is %" PRId64,
                       s->lora_rank);
    return YA_OK;
}

static ya_status check_memory(const ya_settings *s, ya_error *err)
{
    if (s->pause_available_gb >= 0 && s->abort_available_gb >= 0 &&
        s->pause_available_gb < s->abort_available_gb)
        return ya_fail(err, YA_ERR_USAGE,
                       "pause_available_gb (%g) is below abort_available_gb (%g): a pause would "
                       "never come",
                       s->pause_available_gb, s->abort_available_gb);
    return YA_OK;
}

/* Types that only export writes, and which of them a form can hold. */
static ya_status check_type(const ya_settings *s, unsigned command, ya_error *err)
{
    static const char *const names[] = {"auto", "f32", "bf16", "f16", "q8_0", "q4_0"};
    bool quantised = s->dtype == YA_STORE_Q8_0 || s->dtype == YA_STORE_Q4_0;
    if (command != YA_FOR_EXPORT)
        return s->dtype <= YA_COMPUTE_BF16
                   ? YA_OK
                   : ya_fail(err, YA_ERR_USAGE,
                             "dtype %s is a type to export to; %s computes in f32 or bf16",
                             names[s->dtype], ya_command_name(command));
    if (quantised && s->to != YA_TO_GGUF)
        return ya_fail(err, YA_ERR_USAGE,
                       "dtype %s is GGUF's, for --to gguf; the other forms take f32, f16 and bf16",
                       names[s->dtype]);
    if (s->to == YA_TO_ADAPTER && s->dtype > YA_COMPUTE_F32)
        return ya_fail(err, YA_ERR_USAGE, "--to adapter writes f32, not %s", names[s->dtype]);
    return YA_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static bool names_other_form(const char *path)
{
    static const char *const ends[] = {".gz", ".zst", ".json", ".csv", ".tsv"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(path, ends[i]))
            return true;
    return false;
}

static ya_status check_preparation(const ya_settings *s, unsigned command, ya_error *err)
{
    const char *name = ya_command_name(command);
    if (!given(s, YA_SET_output))
        return ya_fail(err, YA_ERR_USAGE, "%s needs --output: the %s to write", name,
                       command == YA_FOR_DEDUPE ? "file" : "directory");
    if (command == YA_FOR_PREPARE && is_same_file(s->input, s->output))
        return ya_fail(err, YA_ERR_USAGE,
                       "--output is --input (%s): prepare needs another directory", s->input);
    if (command == YA_FOR_DEDUPE && names_other_form(s->output))
        return ya_fail(err, YA_ERR_USAGE,
                       "--output %s: dedupe writes plain lines of JSON, whatever it reads; give it "
                       "a name that ends in .jsonl",
                       s->output);
    if (command == YA_FOR_DEDUPE && s->near && given(s, YA_SET_key))
        return ya_fail(err, YA_ERR_USAGE,
                       "--key and --near exclude each other: duplicates have the same key, or "
                       "nearly the same text");
    return YA_OK;
}

static ya_status check_questions(const ya_settings *s, ya_error *err)
{
    for (size_t i = 0; i < s->benchmarks.n; i++)
        if (strcmp(s->benchmarks.items[i], "truthfulqa") != 0)
            return ya_fail(err, YA_ERR_USAGE, "\"%.60s\" is no benchmark; there is truthfulqa",
                           s->benchmarks.items[i]);
    if ((s->benchmarks.n > 0) == (s->suite != NULL) || s->benchmarks.n > 1)
        return ya_fail(err, YA_ERR_USAGE,
                       "validate needs one of --benchmarks truthfulqa and --suite FILE");
    if (s->suite && s->data.n > 0)
        return ya_fail(err, YA_ERR_USAGE,
                       "--data is for --benchmarks; a suite holds its questions");
    if (s->benchmarks.n > 0 && s->data.n != 1)
        return ya_fail(err, YA_ERR_USAGE,
                       "truthfulqa needs --data FILE, one file: TruthfulQA's mc_task.json");
    if (s->benchmarks.n > 0 && s->chat_format)
        return ya_fail(err, YA_ERR_USAGE,
                       "truthfulqa has a prompt of its own; --chat is for suites");
    if (s->dtype == YA_COMPUTE_BF16)
        return ya_fail(err, YA_ERR_USAGE, "validate computes in f32 only: leave out --dtype bf16");
    return YA_OK;
}

static ya_status check_inputs(const ya_settings *s, unsigned command, ya_error *err)
{
    const char *name = ya_command_name(command);
    if (command == YA_FOR_REPORT && !s->run)
        return ya_fail(err, YA_ERR_USAGE, "report needs a run: the directory that train wrote to");
    if (!s->model && (ya_setting_get(YA_SET_model)->commands & command))
        return ya_fail(err, YA_ERR_USAGE,
                       "%s needs --model: a Hugging Face directory, a GGUF file, "
                       "or the directory of an adapter or checkpoint",
                       name);
    if ((command & (YA_FOR_TRAIN | YA_FOR_EVALUATE)) && s->data.n == 0)
        return ya_fail(err, YA_ERR_USAGE, "%s needs --data: a .jsonl file or a directory of them",
                       name);
    if (!s->input && (ya_setting_get(YA_SET_input)->commands & command))
        return ya_fail(err, YA_ERR_USAGE, "%s needs --input: a .jsonl file or a directory of them",
                       name);
    if (command & (YA_FOR_PREPARE | YA_FOR_DEDUPE))
        return check_preparation(s, command, err);
    if (command == YA_FOR_LOGITS && !s->ids)
        return ya_fail(err, YA_ERR_USAGE, "logits needs --ids: a JSON file of [[int, ...], ...]");
    if (command == YA_FOR_LOGITS && !given(s, YA_SET_output))
        return ya_fail(err, YA_ERR_USAGE, "logits needs --output: the safetensors file to write");
    if (command == YA_FOR_EXPORT && !given(s, YA_SET_output))
        return ya_fail(err, YA_ERR_USAGE,
                       "export needs --output: the directory or GGUF file to write");
    ya_status status = check_type(s, command, err);
    if (status)
        return status;
    if (command == YA_FOR_VALIDATE)
        return check_questions(s, err);
    if (command == YA_FOR_EXPERIMENT &&
        (!s->experiment || strcmp(s->experiment, "source-preference") != 0))
        return ya_fail(err, YA_ERR_USAGE, "which experiment? There is source-preference");
    int kinds = (s->prompt.n > 0) + (s->chat.n > 0) + (s->ids != NULL);
    if (command == YA_FOR_GENERATE && kinds != 1)
        return ya_fail(err, YA_ERR_USAGE,
                       "generate needs %s of --prompt TEXT, --chat TEXT and "
                       "--ids FILE",
                       kinds ? "only one" : "one");
    return YA_OK;
}

static ya_status settle(ya_settings *s, unsigned command, ya_error *err)
{
    ya_status status = YA_OK;
    settle_derived(s);
    YA_TRY(check_inputs(s, command, err));
    if (command & (YA_FOR_TRAIN | YA_FOR_PLAN)) {
        YA_TRY(settle_steps(s, err));
        YA_TRY(check_schedule(s, err));
        YA_TRY(check_trained_part(s, err));
        YA_TRY(check_memory(s, err));
    }
done:
    return status;
}

static void note(const ya_settings *s)
{
    const ya_setting *alpha = ya_setting_get(YA_SET_distrust_alpha);
    bool set_alpha =
        s->origin[YA_SET_distrust_alpha] == YA_FROM_FLAG || s->distrust_alpha != alpha->initial;
    if (set_alpha && s->distrust_mode == YA_MODE_WEIGHTED)
        ya_info("note: distrust_alpha cancels in the weights of mode weighted; it only scales the "
                "distrust figure that is reported");
    if (s->gpu_cores > 0)
        ya_info("note: gpu_cores is ignored: this program computes on the processor");
}

ya_status ya_settings_finish(ya_settings *s, unsigned command, ya_error *err)
{
    ya_status status = settle(s, command, err);
    if (status == YA_OK && (command & (YA_FOR_TRAIN | YA_FOR_PLAN)))
        note(s);
    return status;
}

/* Tiers: --------------------------------------------------------------------------------------- */

ya_tier ya_tier_of(uint64_t n_parameters)
{
    const uint64_t billion = 1000000000;
    return n_parameters < 10 * billion   ? YA_TIER_SMALL
           : n_parameters < 20 * billion ? YA_TIER_MEDIUM
           : n_parameters < 50 * billion ? YA_TIER_LARGE
                                         : YA_TIER_XLARGE;
}

ya_status ya_settings_apply_tier(ya_settings *s, uint64_t n_parameters, unsigned command,
                                 int *n_changed, ya_error *err)
{
    ya_tier tier = ya_tier_of(n_parameters);
    *n_changed = 0;
    for (int i = 0; i < s->n_tier_values; i++) {
        const ya_tier_value *value = &s->tier_values[i];
        if (value->tier != tier || s->origin[value->id] == YA_FROM_FLAG)
            continue;
        ya_status status = ya_settings_set(s, value->id, value->text, YA_FROM_TIER, err);
        if (status != YA_OK)
            return status;
        ++*n_changed;
    }
    return settle(s, command, err);
}
