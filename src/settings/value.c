/* One value: from text into its field. print.c is the way back. */
#include "base/alloc.h"
#include "settings/field.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const target_names[] = {"q", "k", "v", "o", "gate", "up", "down"};
enum { N_TARGETS = 7, N_ATTENTION_TARGETS = 4, ALL_TARGETS = (1 << N_TARGETS) - 1 };

/* Reading a number: ---------------------------------------------------------------------------- */

/* strtod alone would take "nan", "inf" and hexadecimal. */
static bool parse_real(const char *text, double *out)
{
    if (!*text || text[strspn(text, "0123456789+-.eE")])
        return false;
    char *end;
    *out = strtod(text, &end);
    return *end == '\0' && end != text && isfinite(*out);
}

static bool parse_int(const char *text, int64_t *out)
{
    if (!*text || text[strspn(text, "0123456789+-")])
        return false;
    char *end;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *end == '\0' && end != text && errno == 0;
}

/* 512MB, 8G, 1.5GiB, 1048576: units are powers of 1024. */
static bool parse_size(const char *text, uint64_t *out)
{
    static const char *const units[] = {"", "K", "M", "G", "T"};
    size_t digits = strspn(text, "0123456789.");
    char number[32];
    double value;
    if (digits == 0 || digits >= sizeof number)
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    const char *unit = text + digits + strspn(text + digits, " ");
    size_t letters = strlen(unit);
    if (letters > 0 && strcasecmp(unit + letters - 1, "b") == 0)
        letters--;
    if (letters > 1 && (unit[letters - 1] == 'i' || unit[letters - 1] == 'I'))
        letters--;
    if (!parse_real(number, &value))
        return false;
    for (int i = 0; i < 5; i++) {
        if (strlen(units[i]) == letters && strncasecmp(unit, units[i], letters) == 0 &&
            value * pow(1024, i) < 0x1p63) {
            *out = (uint64_t)(value * pow(1024, i));
            return true;
        }
    }
    return false;
}

static bool parse_bool(const char *text, bool *out)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (int i = 0; i < 8; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *out = i % 2;
            return true;
        }
    }
    return false;
}

/* Sentences about what is wrong: --------------------------------------------------------------- */

static ya_status fail_number(const ya_setting *row, const char *text, bool parsed, ya_error *err)
{
    char low[YA_NUMBER_TEXT], high[YA_NUMBER_TEXT], word[40] = "";
    ya_number_text(low, row, row->low);
    ya_number_text(high, row, row->high);
    if (row->word)
        snprintf(word, sizeof word, ", or %s", row->word);
    const char *kind = row->type == YA_TYPE_INT    ? "an integer"
                       : row->type == YA_TYPE_SIZE ? "a size such as 8GB, 512MB or bytes"
                                                   : "a number";
    if (parsed)
        return ya_fail(err, YA_ERR_USAGE, "%s is %.60s, which is out of range: from %s to %s%s",
                       row->name, text, low, high, word);
    return ya_fail(err, YA_ERR_USAGE, "%s is \"%.60s\", which is not %s from %s to %s%s", row->name,
                   text, kind, low, high, word);
}

/* Whether `value` may be stored: in range, or what the word stands for. Not for NaN. */
static bool in_range(const ya_setting *row, double value)
{
    return (value >= row->low && value <= row->high) || (row->word && value == ya_word_value(row));
}

/* Storing: ------------------------------------------------------------------------------------- */

static ya_status set_number(ya_settings *s, const ya_setting *row, const char *text, ya_error *err)
{
    double real = 0;
    int64_t integer = 0;
    uint64_t bytes = 0;
    bool parsed;
    if (row->word && strcasecmp(text, row->word) == 0) {
        real = ya_word_value(row);
        integer = (int64_t)real;
        bytes = 0; /* the word of a SIZE is always 0 */
        parsed = true;
    } else if (row->type == YA_TYPE_INT) {
        parsed = parse_int(text, &integer);
        real = (double)integer;
    } else if (row->type == YA_TYPE_SIZE) {
        parsed = parse_size(text, &bytes);
        real = (double)bytes;
    } else {
        parsed = parse_real(text, &real);
    }
    if (!parsed || !in_range(row, real))
        return fail_number(row, text, parsed, err);
    if (row->type == YA_TYPE_INT)
        *(int64_t *)ya_field(s, row) = integer;
    else if (row->type == YA_TYPE_SIZE)
        *(uint64_t *)ya_field(s, row) = bytes;
    else
        *(double *)ya_field(s, row) = real;
    return YA_OK;
}

static ya_status set_text(ya_settings *s, const ya_setting *row, const char *text, ya_error *err)
{
    char **field = ya_field(s, row);
    char *copy = ya_strdup(text);
    if (!copy)
        return ya_fail(err, YA_ERR_MEMORY, "no memory for the value of %s", row->name);
    ya_free(*field);
    *field = copy;
    return YA_OK;
}

static ya_status set_choice(ya_settings *s, const ya_setting *row, const char *text, ya_error *err)
{
    const char *choice = row->word;
    for (int i = 0;; i++) {
        size_t size = strcspn(choice, "|");
        if (strlen(text) == size && strncasecmp(text, choice, size) == 0) {
            *(int *)ya_field(s, row) = i;
            return YA_OK;
        }
        if (choice[size] == '\0')
            return ya_fail(err, YA_ERR_USAGE, "%s is \"%.60s\", expected one of %s", row->name,
                           text, row->word);
        choice += size + 1;
    }
}

/* q, q_proj, self_attn.q_proj; gate, gate_proj, mlp.gate_proj. -1: none of them. */
static int find_target(const char *text, size_t size)
{
    static const char suffix[] = "_proj";
    size_t tail = sizeof suffix - 1;
    bool attention = size > 10 && memcmp(text, "self_attn.", 10) == 0;
    bool mlp = size > 4 && memcmp(text, "mlp.", 4) == 0;
    size_t skip = attention ? 10 : mlp ? 4 : 0;
    text += skip;
    size -= skip;
    bool has_suffix = size > tail && memcmp(text + size - tail, suffix, tail) == 0;
    if (has_suffix)
        size -= tail;
    for (int i = 0; i < N_TARGETS; i++) {
        if (strlen(target_names[i]) != size || memcmp(text, target_names[i], size) != 0)
            continue;
        bool in_attention = i < N_ATTENTION_TARGETS;
        bool fits =
            (!attention || in_attention) && (!mlp || !in_attention) && (!skip || has_suffix);
        return fits ? i : -1;
    }
    return -1;
}

static ya_status set_targets(ya_settings *s, const ya_setting *row, const char *text, ya_error *err)
{
    unsigned mask = 0;
    for (const char *at = text + strspn(text, ", "); *at; at += strspn(at, ", ")) {
        size_t size = strcspn(at, ", ");
        int target = find_target(at, size);
        if (size == 3 && memcmp(at, "all", 3) == 0)
            mask |= ALL_TARGETS;
        else if (target >= 0)
            mask |= 1u << target;
        else
            return ya_fail(err, YA_ERR_USAGE,
                           "%s: \"%.*s\" is no target; expected a list of q,k,v,o,gate,up,down "
                           "(or self_attn.q_proj, mlp.gate_proj...), or all",
                           row->name, (int)(size < 60 ? size : 60), at);
        at += size;
    }
    if (mask == 0)
        return ya_fail(err, YA_ERR_USAGE,
                       "%s is empty; expected a list of q,k,v,o,gate,up,down, "
                       "or all",
                       row->name);
    *(unsigned *)ya_field(s, row) = mask;
    return YA_OK;
}

static void free_texts(ya_texts *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        ya_free(texts->items[i]);
    ya_free(texts->items);
    *texts = (ya_texts){0};
}

static ya_status add_text(ya_texts *texts, const char *text, size_t size, const char *name,
                          ya_error *err)
{
    char **items = ya_realloc_array(texts->items, texts->n + 1, sizeof *items);
    if (items)
        texts->items = items;
    char *copy = items ? ya_strndup(text, size) : NULL;
    if (!copy)
        return ya_fail(err, YA_ERR_MEMORY, "no memory for the values of %s", name);
    texts->items[texts->n++] = copy;
    return YA_OK;
}

static ya_status add_texts(ya_settings *s, const ya_setting *row, const char *text, bool replace,
                           ya_error *err)
{
    ya_texts *field = ya_field(s, row);
    if (replace)
        free_texts(field);
    if (row->type == YA_TYPE_TEXTS)
        return add_text(field, text, strlen(text), row->name, err);
    for (const char *at = text + strspn(text, ", "); *at; at += strspn(at, ", ")) {
        size_t size = strcspn(at, ", ");
        ya_status status = add_text(field, at, size, row->name, err);
        if (status != YA_OK)
            return status;
        at += size;
    }
    return YA_OK;
}

ya_status ya_settings_set(ya_settings *s, ya_setting_id id, const char *text, ya_origin origin,
                          ya_error *err)
{
    const ya_setting *row = ya_setting_get(id);
    ya_status status = YA_OK;
    switch (row->type) {
    case YA_TYPE_BOOL:
        if (!parse_bool(text, ya_field(s, row)))
            status = ya_fail(err, YA_ERR_USAGE, "%s is \"%.60s\", expected true or false",
                             row->name, text);
        break;
    case YA_TYPE_INT:
    case YA_TYPE_REAL:
    case YA_TYPE_SIZE:
        status = set_number(s, row, text, err);
        break;
    case YA_TYPE_TEXT:
        status = set_text(s, row, text, err);
        break;
    case YA_TYPE_TEXTS:
    case YA_TYPE_LIST:
        status = add_texts(s, row, text, s->origin[id] != origin, err);
        break;
    case YA_TYPE_CHOICE:
        status = set_choice(s, row, text, err);
        break;
    case YA_TYPE_TARGETS:
        status = set_targets(s, row, text, err);
        break;
    }
    if (status == YA_OK)
        s->origin[id] = (unsigned char)origin;
    return status;
}

/* Life: ---------------------------------------------------------------------------------------- */

ya_status ya_settings_init(ya_settings *s, ya_error *err)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        void *field = ya_field(s, row);
        if (row->type == YA_TYPE_BOOL)
            *(bool *)field = row->initial != 0;
        else if (row->type == YA_TYPE_INT)
            *(int64_t *)field = (int64_t)row->initial;
        else if (row->type == YA_TYPE_REAL)
            *(double *)field = row->initial;
        else if (row->type == YA_TYPE_SIZE)
            *(uint64_t *)field = (uint64_t)row->initial;
        else if (row->type == YA_TYPE_CHOICE)
            *(int *)field = (int)row->initial;
        else if (row->type == YA_TYPE_TARGETS)
            *(unsigned *)field = (unsigned)row->initial;
        else if (row->type == YA_TYPE_TEXT && row->word) {
            ya_status status = set_text(s, row, row->word, err);
            if (status != YA_OK) {
                ya_settings_free(s);
                return status;
            }
        }
    }
    return YA_OK;
}

void ya_settings_free(ya_settings *s)
{
    for (int i = 0; i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (row->type == YA_TYPE_TEXT)
            ya_free(*(char **)ya_field(s, row));
        else if (row->type == YA_TYPE_TEXTS || row->type == YA_TYPE_LIST)
            free_texts(ya_field(s, row));
    }
    memset(s, 0, sizeof *s);
}
