/* What a template can call, and the variables it is given. */
#include "token/chat/run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GLOBAL(name)                                                                               \
    static bool name(ya_run *run, ya_value self, const ya_args *args, ya_value *out)

enum { RANGE_MAX = 100000 }; /* of jinja2.sandbox */

GLOBAL(g_range)
{
    (void)self;
    int64_t bounds[3] = {0, 0, 1};
    for (int i = 0; i < 3; i++)
        if (args->has[i] && !ya_need_whole(run, args->v[i], "an argument of range", &bounds[i]))
            return false;
    if (!args->has[1]) {
        bounds[1] = bounds[0];
        bounds[0] = 0;
    }
    int64_t from = bounds[0], to = bounds[1], step = bounds[2];
    if (step == 0)
        return ya_raise(run, "range() arg 3 must not be zero");
    __int128 span = step > 0 ? (__int128)to - from : (__int128)from - to;
    __int128 by = step > 0 ? (__int128)step : -(__int128)step;
    __int128 n = span > 0 ? (span + by - 1) / by : 0;
    if (n > RANGE_MAX)
        return ya_raise(run, "Range too big. The sandbox blocks ranges larger than %d.", RANGE_MAX);
    ya_list *list = ya_list_new(&run->memory, (size_t)n, YA_RANGE);
    if (!list)
        return ya_raise_memory(run);
    for (uint32_t i = 0; i < list->n; i++)
        list->items[i] = ya_integer(from + (int64_t)i * step);
    *out = ya_of_list(list);
    return ya_step(run, list->n / 8);
}

/* dict(pairs or a dict, name=value...), and namespace likewise. */
static bool make_dict(ya_run *run, const ya_args *args, ya_dict **out)
{
    ya_dict *dict = ya_dict_new(&run->memory, 4);
    if (!dict)
        return ya_raise_memory(run);
    if (args->n_rest > 1)
        return ya_raise(run, "dict expected at most 1 argument, got %u", args->n_rest);
    const ya_dict *parts[2] = {
        args->n_rest && args->rest[0].kind == YA_V_DICT ? args->rest[0].dict : NULL, args->named};
    ya_list *pairs = NULL;
    if (args->n_rest && !parts[0] && !ya_items(run, args->rest[0], &pairs))
        return false;
    for (uint32_t i = 0; pairs && i < pairs->n; i++) {
        ya_list *pair;
        if (!ya_items(run, pairs->items[i], &pair))
            return false;
        if (pair->n != 2 || !ya_hashable(pair->items[0]))
            return ya_raise(run, "dict() needs pairs of a key and a value");
        if (pair->items[0].kind == YA_V_STR && !ya_str_flat(&run->memory, pair->items[0].str))
            return ya_raise_memory(run);
        if (!ya_dict_set(&run->memory, dict, pair->items[0], pair->items[1]))
            return ya_raise_memory(run);
    }
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; parts[k] && i < parts[k]->n; i++)
            if (!ya_dict_set(&run->memory, dict, parts[k]->entries[i].key,
                             parts[k]->entries[i].value))
                return ya_raise_memory(run);
    *out = dict;
    return true;
}

GLOBAL(g_dict)
{
    (void)self;
    out->kind = YA_V_DICT;
    return make_dict(run, args, &out->dict);
}

GLOBAL(g_namespace)
{
    (void)self;
    out->kind = YA_V_NAMESPACE;
    return make_dict(run, args, &out->dict);
}

/* The template's own sentence, as it is. */
GLOBAL(g_raise_exception)
{
    (void)self;
    (void)out;
    ya_str *message;
    if (!ya_to_str(run, args->v[0], &message))
        return false;
    run->status = ya_fail(run->err, YA_ERR_DATA, "%.*s", (int)message->size, message->data);
    return false;
}

/* The time of SOURCE_DATE_EPOCH, in UTC, where that is set; else now, here. */
GLOBAL(g_strftime_now)
{
    (void)self;
    ya_str *format;
    char text[512];
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    time_t now = epoch ? (time_t)strtoll(epoch, &end, 10) : time(NULL);
    struct tm day;
    if (!ya_need_str(run, args->v[0], "the format", &format))
        return false;
    if (epoch && (end == epoch || *end))
        return ya_raise(run, "SOURCE_DATE_EPOCH is no number: '%.40s'", epoch);
    if (!(epoch ? gmtime_r(&now, &day) : localtime_r(&now, &day)))
        return ya_raise(run, "the time is not known");
    char *pattern = ya_memory_copy(&run->memory, format->data, format->size);
    if (!pattern)
        return ya_raise_memory(run);
    size_t size = *pattern ? strftime(text, sizeof text, pattern, &day) : 0;
    if (*pattern && size == 0)
        return ya_raise(run, "strftime_now cannot write '%.40s'", pattern);
    char *copy = ya_memory_copy(&run->memory, text, size);
    *out = ya_of_str(copy ? ya_str_view(&run->memory, copy, size, YA_SOURCE_TEMPLATE, YA_AT_UNKNOWN)
                          : NULL);
    return out->str || ya_raise_memory(run);
}

static const ya_function globals[] = {{"range", "start! stop step", g_range},
                                      {"dict", NULL, g_dict},
                                      {"namespace", NULL, g_namespace},
                                      {"raise_exception", "message!", g_raise_exception},
                                      {"strftime_now", "format!", g_strftime_now}};

const ya_function *ya_find_global(const ya_str *name)
{
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (ya_str_is(name, globals[i].name))
            return &globals[i];
    return NULL;
}

int ya_find_variable(const ya_str *name)
{
    static const char *const names[YA_N_VARIABLES] = {
        [YA_VAR_MESSAGES] = "messages",   [YA_VAR_TOOLS] = "tools",
        [YA_VAR_DOCUMENTS] = "documents", [YA_VAR_PROMPT] = "add_generation_prompt",
        [YA_VAR_BOS] = "bos_token",       [YA_VAR_EOS] = "eos_token"};
    for (int i = 0; i < YA_N_VARIABLES; i++)
        if (ya_str_is(name, names[i]))
            return i;
    return -1;
}
