/* Flags of the command line. */
#include "io/shown.h"
#include "settings/field.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct {
    ya_settings *s;
    unsigned command;
    int argc;
    char *const *argv;
    ya_error *err;
} reader;

/* One flag as it stands: --name, --name=value, --no-name. */
typedef struct {
    int id;
    bool negated;
    const char *value; /* after '='; NULL: none */
} flag;

/* --max-memory for max_memory. */
typedef struct {
    char text[64];
} dashed;

static dashed as_flag(const char *name)
{
    dashed d;
    snprintf(d.text, sizeof d.text, "--%s", name);
    for (char *c = d.text; *c; c++)
        if (*c == '_')
            *c = '-';
    return d;
}

/* The commands that take a setting: "train, plan". */
static void list_commands(char *out, size_t room, unsigned commands)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < YA_N_COMMANDS && used < room; i++)
        if (commands & 1u << i)
            used += (size_t)snprintf(out + used, room - used, "%s%s", used ? ", " : "",
                                     ya_command_name(1u << i));
}

static ya_status fail_unknown(const reader *r, const char *name, size_t size, int id)
{
    ya_shown shown = ya_show(name, size);
    const char *command = ya_command_name(r->command);
    if (id >= 0) {
        char takers[128];
        list_commands(takers, sizeof takers, ya_setting_get((ya_setting_id)id)->commands);
        return ya_fail(r->err, YA_ERR_USAGE, "--%s is not an option of %s, but of: %s", shown.text,
                       command, takers);
    }
    bool negated = size > 3 && memcmp(name, "no-", 3) == 0;
    const char *near =
        ya_setting_nearest(negated ? name + 3 : name, negated ? size - 3 : size, r->command);
    if (!near)
        return ya_fail(r->err, YA_ERR_USAGE, "--%s is no option; see your_ai %s --help", shown.text,
                       command);
    return ya_fail(r->err, YA_ERR_USAGE, "--%s is no option of %s; did you mean --%s%s?",
                   shown.text, command, negated ? "no-" : "", as_flag(near).text + 2);
}

/* Takes `argument`, which begins with "--", apart. */
static ya_status read_flag(const reader *r, const char *argument, flag *out)
{
    const char *name = argument + 2;
    size_t size = strcspn(name, "=");
    *out = (flag){.id = ya_setting_find_flag(name, size, r->command)};
    if (name[size] == '=')
        out->value = name + size + 1;
    if (out->id < 0 && size > 3 && memcmp(name, "no-", 3) == 0) {
        int id = ya_setting_find_flag(name + 3, size - 3, r->command);
        if (id >= 0 && ya_setting_get((ya_setting_id)id)->type == YA_TYPE_BOOL) {
            out->id = id;
            out->negated = true;
        }
    }
    if (out->id < 0 || !(ya_setting_get((ya_setting_id)out->id)->commands & r->command))
        return fail_unknown(r, name, size, out->id);
    if (out->negated && out->value)
        return ya_fail(r->err, YA_ERR_USAGE, "%.60s: --no-... takes no value", argument);
    return YA_OK;
}

/* After a flag that may stand alone, only these words are its value. */
static bool is_bool_word(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

/* The value of argument *i, which may be the next argument; then *i moves there. */
static ya_status find_value(const reader *r, const flag *f, int *i, const char **value)
{
    const ya_setting *row = ya_setting_get((ya_setting_id)f->id);
    const char *following = *i + 1 < r->argc ? r->argv[*i + 1] : NULL;
    *value = f->value;
    if (f->value)
        return YA_OK;
    if (row->type == YA_TYPE_BOOL) {
        bool takes = !f->negated && following && is_bool_word(following);
        *value = f->negated ? "false" : takes ? following : "true";
        *i += takes;
        return YA_OK;
    }
    if (!following || strncmp(following, "--", 2) == 0) {
        const char *meta = row->type == YA_TYPE_CHOICE ? row->word : row->meta;
        dashed d = as_flag(ya_setting_flag(row, r->command));
        return ya_fail(r->err, YA_ERR_USAGE, "%s needs a value: %s %s%s%s%s", d.text, d.text, meta,
                       following ? " (one that begins with -- is written " : "",
                       following ? d.text : "", following ? "=VALUE)" : "");
    }
    *value = following;
    *i += 1;
    return YA_OK;
}

static ya_status set_positional(const reader *r, const char *argument, ya_setting_id positional)
{
    if (positional >= YA_N_SETTINGS || r->s->origin[positional] == YA_FROM_FLAG)
        return ya_fail(r->err, YA_ERR_USAGE,
                       "\"%.60s\" stands alone; options are --name VALUE, see your_ai %s --help",
                       argument, ya_command_name(r->command));
    return ya_settings_set(r->s, positional, argument, YA_FROM_FLAG, r->err);
}

/* Goes through the arguments; stores those of --config only, or all others only. */
static ya_status read_flags(const reader *r, bool config_only, ya_setting_id positional)
{
    for (int i = 0; i < r->argc; i++) {
        const char *argument = r->argv[i], *value = NULL;
        ya_status status = YA_OK;
        if (strncmp(argument, "--", 2) != 0) {
            if (!config_only)
                status = set_positional(r, argument, positional);
            if (status != YA_OK)
                return status;
            continue;
        }
        flag f;
        status = read_flag(r, argument, &f);
        if (status == YA_OK)
            status = find_value(r, &f, &i, &value);
        if (status == YA_OK && (f.id == YA_SET_config) == config_only)
            status = ya_settings_set(r->s, (ya_setting_id)f.id, value, YA_FROM_FLAG, r->err);
        if (status != YA_OK)
            return status;
    }
    return YA_OK;
}

ya_status ya_settings_parse_flags(ya_settings *s, unsigned command, int argc, char *const *argv,
                                  ya_setting_id positional, ya_error *err)
{
    reader r = {.s = s, .command = command, .argc = argc, .argv = argv, .err = err};
    ya_status status = YA_OK;
    YA_TRY(read_flags(&r, true, positional));
    if (s->config)
        YA_TRY(ya_settings_read_yaml(s, s->config, err));
    status = read_flags(&r, false, positional);
done:
    return status;
}
