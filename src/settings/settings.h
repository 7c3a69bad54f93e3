/* Every setting of the program: one table (settings.def), from which the struct below, YAML keys,
 * flags, --help, range checks, the printed configuration and the reference page are made.
 *
 *     defaults < checkpoint that is resumed from < configuration file < tier of the file < flags
 *
 * A value remembers which of these it comes from. Names are snake_case here and in YAML,
 * --kebab-case as flags. Where nothing is said, numbers are as the user gave them.
 *
 * Reading is for the start of a program: it allocates, and not for two threads at once. A filled
 * ya_settings may be read by any thread. */
#ifndef YA_SETTINGS_SETTINGS_H
#define YA_SETTINGS_SETTINGS_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stored in fields: ---------------------------------------------------------------------------- */

/* Texts, owned by the settings. */
typedef struct {
    char **items;
    size_t n;
} ya_texts;

/* dtype, to, lr_schedule, distrust_mode, leak_action. The order of distrust_mode is that of
 * ya_distrust_mode, that of lr_schedule that of ya_schedule_kind. */
enum {
    YA_COMPUTE_AUTO,
    YA_COMPUTE_F32,
    YA_COMPUTE_BF16,
    YA_STORE_F16, /* these of export only */
    YA_STORE_Q8_0,
    YA_STORE_Q4_0
};
enum { YA_TO_MERGED, YA_TO_GGUF, YA_TO_GGUF_ADAPTER, YA_TO_ADAPTER };
enum { YA_LR_COSINE, YA_LR_LINEAR, YA_LR_CONSTANT };
enum { YA_MODE_WEIGHTED, YA_MODE_ADDITIVE, YA_MODE_OFF };
enum { YA_LEAK_ABORT, YA_LEAK_WARN };
enum { YA_ASSISTANT_ALL, YA_ASSISTANT_LAST };

#define YA_FIELD_BOOL bool
#define YA_FIELD_INT int64_t
#define YA_FIELD_REAL double
#define YA_FIELD_SIZE uint64_t    /* bytes; 0: not set */
#define YA_FIELD_TEXT char *      /* owned; NULL: not set */
#define YA_FIELD_TEXTS ya_texts   /* given one by one */
#define YA_FIELD_LIST ya_texts    /* given one by one or between commas */
#define YA_FIELD_CHOICE int       /* position in the list of choices */
#define YA_FIELD_TARGETS unsigned /* bit 1 << ya_target: q,k,v,o,gate,up,down */

typedef enum {
#define S(section, name, TYPE, initial, low, high, word, meta, commands, help) YA_SET_##name,
#include "settings/settings.def"
#undef S
    YA_N_SETTINGS
} ya_setting_id;

typedef enum {
    YA_FROM_DEFAULT,
    YA_FROM_CHECKPOINT,
    YA_FROM_FILE,
    YA_FROM_TIER,
    YA_FROM_FLAG
} ya_origin;
typedef enum { YA_TIER_SMALL, YA_TIER_MEDIUM, YA_TIER_LARGE, YA_TIER_XLARGE, YA_N_TIERS } ya_tier;

enum { YA_MAX_TIER_VALUES = 64, YA_TIER_TEXT = 32 };

/* A value of model_tiers, kept until the model's size is known. */
typedef struct {
    ya_tier tier;
    ya_setting_id id;
    char text[YA_TIER_TEXT];
} ya_tier_value;

typedef struct {
    /* One field for each row of settings.def, by its name: s->learning_rate, s->batch_size, ...
     * What a word stands for ("auto", "all", "none"): 0 where 0 is out of range, else -1. So:
     *   steps 0         epochs decides             warmup_steps -1   the default of the schedule
     *   epochs 0        steps decides              lora_alpha        never 0 after
     * ya_settings_finish threads 0       all                        lora_num_layers 0 all
     *   max_memory 0    no limit of the user's     pause_available_gb, abort_available_gb -1  auto
     */
#define S(section, name, TYPE, initial, low, high, word, meta, commands, help) YA_FIELD_##TYPE name;
#include "settings/settings.def"
#undef S
    unsigned char origin[YA_N_SETTINGS]; /* ya_origin */
    ya_tier_value tier_values[YA_MAX_TIER_VALUES];
    int n_tier_values;
} ya_settings;

/* The table: ----------------------------------------------------------------------------------- */

enum {
#define C(WORD, name, where) YA_COMMAND_##WORD,
#include "settings/commands.def"
#undef C
    YA_N_COMMANDS
};

/* Which commands take a setting as a flag, and where else it may stand. */
enum {
#define C(WORD, name, where) YA_FOR_##WORD = 1 << YA_COMMAND_##WORD,
#include "settings/commands.def"
#undef C
    YA_COURSE = 1 << 25,  /* decides what is learned: a change on resuming is recorded */
    YA_FIXED = 1 << 26,   /* a checkpoint fixes it: on resuming only --force takes another */
    YA_SHAPE = 1 << 27,   /* not even --force: what is half trained has this shape */
    YA_IN_FILE = 1 << 28, /* a key of YAML */
    YA_IN_TIER = 1 << 29, /* may stand in model_tiers */
    YA_HIDDEN = 1 << 30   /* not in --help, only in the reference */
};

typedef enum {
    YA_TYPE_BOOL,
    YA_TYPE_INT,
    YA_TYPE_REAL,
    YA_TYPE_SIZE,
    YA_TYPE_TEXT,
    YA_TYPE_TEXTS,
    YA_TYPE_LIST,
    YA_TYPE_CHOICE,
    YA_TYPE_TARGETS
} ya_setting_type;

typedef struct {
    const char *name, *section;
    ya_setting_type type;
    double initial, low, high;
    const char *word; /* see settings.def; NULL: none */
    const char *meta; /* "N", "GB"; NULL for BOOL and CHOICE */
    unsigned commands;
    const char *help;
    size_t offset; /* of the field in ya_settings */
} ya_setting;

/* The row of id < YA_N_SETTINGS. */
const ya_setting *ya_setting_get(ya_setting_id id);
/* By name, '-' and '_' alike, aliases too (lora_target_modules); -1: no such setting. */
int ya_setting_find(const char *name, size_t size);
/* The name of a setting with one of the bits in `mask` that is nearest to `name` by Levenshtein
 * distance; NULL when none is near. */
const char *ya_setting_nearest(const char *name, size_t size, unsigned mask);
/* The nearest of `names`; NULL when none is near. */
const char *ya_nearest(const char *name, size_t size, const char *const *names, size_t n_names);
/* The name that a setting has as a flag of `command`: its own, but for `report --compare RUN`. */
const char *ya_setting_flag(const ya_setting *row, unsigned command);
/* ya_setting_find for a flag of `command`. */
int ya_setting_find_flag(const char *name, size_t size, unsigned command);
/* "train" for YA_FOR_TRAIN; NULL for other bits. */
const char *ya_command_name(unsigned command);

/* Reading: ------------------------------------------------------------------------------------- */

/* Defaults. Free with ya_settings_free. */
ya_status ya_settings_init(ya_settings *s, ya_error *err) YA_CHECK;
void ya_settings_free(ya_settings *s);

/* One value from text, as after a flag or in YAML. TEXTS and LIST: appended when the setting's
 * origin is already `origin`, else the older items are replaced. YA_ERR_USAGE says the setting, the
 * value found and what is expected. */
ya_status ya_settings_set(ya_settings *s, ya_setting_id id, const char *text, ya_origin origin,
                          ya_error *err) YA_CHECK;

/* A configuration: flat keys, or the sections hardware, model, training, model_tiers (which may
 * hold the keys too), recommended_models, notes. At most 1 MiB; one document; no anchors, aliases
 * or tags; a key may stand once. Where no file has the path, the bare name of a profile of
 * configs/hardware ("base_16gb") stands for it. YA_ERR_USAGE with file, line, and for an unknown
 * key the nearest name. */
ya_status ya_settings_read_yaml(ya_settings *s, const char *path, ya_error *err) YA_CHECK;
ya_status ya_settings_parse_yaml(ya_settings *s, const char *text, size_t size, const char *what,
                                 ya_error *err) YA_CHECK;

/* The flags of `command` (one YA_FOR_ bit): --name VALUE, --name=VALUE, --flag, --no-flag,
 * --flag false. The file of --config is read first, wherever it stands. One argument without
 * dashes is taken for `positional` (YA_N_SETTINGS: none is allowed). argv holds arguments only.
 * YA_ERR_USAGE for unknown or misplaced flags, with the nearest name. */
ya_status ya_settings_parse_flags(ya_settings *s, unsigned command, int argc, char *const *argv,
                                  ya_setting_id positional, ya_error *err) YA_CHECK;

/* After all reading: values that follow from others (lora_alpha, steps or epochs, max_memory from
 * training_budget_gb) and checks of settings against each other for `command`. Prints notes about
 * settings without effect. Call it again after a tier was applied. */
ya_status ya_settings_finish(ya_settings *s, unsigned command, ya_error *err) YA_CHECK;

/* `copy` becomes settings of its own, texts included; free it with ya_settings_free. */
ya_status ya_settings_copy(ya_settings *copy, const ya_settings *s, ya_error *err) YA_CHECK;
/* Where neither a flag nor a file gave a value: that of `saved`, a checkpoint's config.yaml, but
 * for `output`, which is where the checkpoint was found. */
ya_status ya_settings_adopt(ya_settings *s, const ya_settings *saved, ya_error *err) YA_CHECK;
/* Whether the setting is the same in both; two paths of one file are. */
bool ya_settings_same(const ya_settings *a, const ya_settings *b, ya_setting_id id);

/* The tier of a model: small < 10e9 parameters, medium < 20e9, large < 50e9, xlarge. */
ya_tier ya_tier_of(uint64_t n_parameters);
/* Takes that tier's values where no flag was given, then finishes again. Returns through
 * *n_changed how many values changed. */
ya_status ya_settings_apply_tier(ya_settings *s, uint64_t n_parameters, unsigned command,
                                 int *n_changed, ya_error *err) YA_CHECK;

/* Printing: ------------------------------------------------------------------------------------ */

/* Appends the value as YAML and flags spell it ("auto", "q,k,v,o", "8GB"). */
ya_status ya_settings_value(const ya_settings *s, ya_setting_id id, ya_buffer *out,
                            ya_error *err) YA_CHECK;

/* Appends the effective configuration for `command`: every key that may stand in a file, with a
 * comment where it comes from; reading it again gives the same settings. */
ya_status ya_settings_print_yaml(const ya_settings *s, unsigned command, ya_buffer *out,
                                 ya_error *err) YA_CHECK;
/* The same as a JSON object {"name": value, ...}; words stay words, unset texts are null. */
ya_status ya_settings_print_json(const ya_settings *s, unsigned command, ya_buffer *out,
                                 ya_error *err) YA_CHECK;

/* And as an array of {"name", "section", "value", "origin"}, values spelled as in flags. */
ya_status ya_settings_print_origins(const ya_settings *s, unsigned command, ya_buffer *out,
                                    ya_error *err) YA_CHECK;

/* Appends `text`, broken at spaces so that lines have at most 100 columns, every line but the first
 * indented to `column`, which the first is at already. */
ya_status ya_help_wrap(const char *text, int column, ya_buffer *out, ya_error *err) YA_CHECK;

/* Appends the options of `command` for --help, grouped. */
ya_status ya_settings_help(unsigned command, ya_buffer *out, ya_error *err) YA_CHECK;
/* Appends docs/reference/settings.md: a table a section of all settings. */
ya_status ya_settings_reference(ya_buffer *out, ya_error *err) YA_CHECK;

#endif
