#include "settings/settings.h"

#include <string.h>

/* The words that settings.def uses in its columns. */
enum {
#define C(WORD, name, where) WORD = YA_FOR_##WORD | (where),
#include "settings/commands.def"
#undef C
    FILE_KEY = YA_IN_FILE,
    ALL = TRAIN | PLAN | GENERATE | EVALUATE | VALIDATE | EXPERIMENT | INSPECT | TOKENIZE | LOGITS |
          EXPORT,
    TIER = YA_IN_TIER,
    COURSE = YA_COURSE,
    FIXED = YA_FIXED | COURSE,
    SHAPE = YA_SHAPE | FIXED,
    PROFILE = TRAIN | PLAN | YA_HIDDEN
};
#define FILE FILE_KEY
#define SECTION_MODEL "Model"
#define SECTION_DATA "Data"
#define SECTION_LORA "What is trained"
#define SECTION_TRAINING "Training"
#define SECTION_DISTRUST "Weighing sources"
#define SECTION_MEMORY "Memory"
#define SECTION_OUTPUT "Run and output"
#define SECTION_GENERATE "Generation"
#define SECTION_EXPORT "Export"
#define SECTION_VALIDATION "Questions"
#define SECTION_TRIAL "Experiment"
#define SECTION_HUB "Hub"
#define SECTION_REPORT "Report"
#define SECTION_HARDWARE "Hardware profile"

static const ya_setting table[YA_N_SETTINGS] = {
#define S(section, name, TYPE, initial, low, high, word, meta, commands, help)                     \
    {                                                                                              \
        #name,                                                                                     \
        SECTION_##section,                                                                         \
        YA_TYPE_##TYPE,                                                                            \
        initial,                                                                                   \
        low,                                                                                       \
        high,                                                                                      \
        word,                                                                                      \
        meta,                                                                                      \
        (commands),                                                                                \
        help,                                                                                      \
        offsetof(ya_settings, name)},
#include "settings/settings.def"
#undef S
};

/* Other names under which users know a setting. */
static const struct {
    const char *alias, *name;
} aliases[] = {
    {"lora_target_modules", "lora_targets"},
    {"train_data", "data"},
    {"max_steps", "steps"},
};

const ya_setting *ya_setting_get(ya_setting_id id)
{
    return &table[id];
}

static char folded(char c)
{
    return c == '-' ? '_' : c;
}

static bool same_name(const char *name, size_t size, const char *wanted)
{
    if (strlen(wanted) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (folded(name[i]) != wanted[i])
            return false;
    return true;
}

int ya_setting_find(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (same_name(name, size, aliases[i].alias))
            return ya_setting_find(aliases[i].name, strlen(aliases[i].name));
    for (int i = 0; i < YA_N_SETTINGS; i++)
        if (same_name(name, size, table[i].name))
            return i;
    return -1;
}

/* Flags that mean another setting to one command than to the others. */
static const struct {
    unsigned command;
    const char *flag;
    ya_setting_id id;
} own_flags[] = {
    {YA_FOR_REPORT, "compare", YA_SET_compare_run},
    {YA_FOR_VALIDATE, "chat", YA_SET_chat_format},
    {YA_FOR_EXPERIMENT, "chat", YA_SET_chat_format},
};

const char *ya_setting_flag(const ya_setting *row, unsigned command)
{
    for (size_t i = 0; i < sizeof own_flags / sizeof *own_flags; i++)
        if (own_flags[i].command == command && &table[own_flags[i].id] == row)
            return own_flags[i].flag;
    return row->name;
}

int ya_setting_find_flag(const char *name, size_t size, unsigned command)
{
    for (size_t i = 0; i < sizeof own_flags / sizeof *own_flags; i++)
        if (own_flags[i].command == command && same_name(name, size, own_flags[i].flag))
            return (int)own_flags[i].id;
    return ya_setting_find(name, size);
}

enum { LONGEST_NAME = 48 };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance of a [n] and b; both shorter than LONGEST_NAME. */
static int distance(const char *a, size_t n, const char *b)
{
    int row[LONGEST_NAME + 1];
    size_t m = strlen(b);
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int replaced = diagonal + (folded(a[i - 1]) != folded(b[j - 1]));
            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[m];
}

/* Keeps the nearer of *best and `candidate`; a name further off than a third of its letters (at
 * least 2) would be no help. */
static void consider(const char *name, size_t size, const char *candidate, const char **best,
                     int *best_distance)
{
    size_t length = strlen(candidate);
    if (size >= LONGEST_NAME || length >= LONGEST_NAME)
        return;
    int d = distance(name, size, candidate);
    int limit = (int)length / 3 > 2 ? (int)length / 3 : 2;
    if (d <= limit && (size_t)d < length && d < *best_distance) {
        *best = candidate;
        *best_distance = d;
    }
}

const char *ya_setting_nearest(const char *name, size_t size, unsigned mask)
{
    const char *best = NULL;
    int best_distance = LONGEST_NAME;
    for (int i = 0; i < YA_N_SETTINGS; i++)
        if (table[i].commands & mask)
            consider(name, size, table[i].name, &best, &best_distance);
    return best;
}

const char *ya_nearest(const char *name, size_t size, const char *const *names, size_t n_names)
{
    const char *best = NULL;
    int best_distance = LONGEST_NAME;
    for (size_t i = 0; i < n_names; i++)
        consider(name, size, names[i], &best, &best_distance);
    return best;
}

const char *ya_command_name(unsigned command)
{
    static const char *const names[YA_N_COMMANDS] = {
#define C(WORD, name, where) #name,
#include "settings/commands.def"
#undef C
    };
    for (int i = 0; i < YA_N_COMMANDS; i++)
        if (command == 1u << i)
            return names[i];
    return NULL;
}
