/* Settings taken over from other settings: those of a checkpoint that a run goes on from. */
#include "settings/field.h"

#include <string.h>
#include <sys/stat.h>

static bool is_list(const ya_setting *row)
{
    return row->type == YA_TYPE_TEXTS || row->type == YA_TYPE_LIST;
}

static ya_status take_items(ya_settings *s, ya_setting_id id, const ya_texts *from,
                            ya_origin origin, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t i = 0; !status && i < from->n; i++)
        status = ya_settings_set(s, id, from->items[i], origin, err);
    return status;
}

/* The value of `id` in `from`, through its text, which reads back as the same bits. */
static ya_status take(ya_settings *s, const ya_settings *from, ya_setting_id id, ya_origin origin,
                      ya_error *err)
{
    const ya_setting *row = ya_setting_get(id);
    const void *field = ya_field_of(from, row);
    ya_buffer value = {0};
    ya_status status;
    if (is_list(row))
        return take_items(s, id, field, origin, err);
    if (row->type == YA_TYPE_TEXT && !*(char *const *)field)
        return YA_OK;
    YA_TRY(ya_settings_value(from, id, &value, err));
    status = ya_settings_set(s, id, value.data ? value.data : "", origin, err);
done:
    ya_buffer_free(&value);
    return status;
}

ya_status ya_settings_copy(ya_settings *copy, const ya_settings *s, ya_error *err)
{
    *copy = *s;
    for (int i = 0; i < YA_N_SETTINGS; i++) { /* what is owned is not shared */
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (row->type == YA_TYPE_TEXT)
            *(char **)ya_field(copy, row) = NULL;
        else if (is_list(row))
            *(ya_texts *)ya_field(copy, row) = (ya_texts){0};
    }
    ya_status status = YA_OK;
    for (int i = 0; !status && i < YA_N_SETTINGS; i++) {
        const ya_setting *row = ya_setting_get((ya_setting_id)i);
        if (row->type == YA_TYPE_TEXT || is_list(row))
            status = take(copy, s, (ya_setting_id)i, (ya_origin)s->origin[i], err);
    }
    if (status)
        ya_settings_free(copy);
    return status;
}

ya_status ya_settings_adopt(ya_settings *s, const ya_settings *saved, ya_error *err)
{
    ya_status status = YA_OK;
    for (int i = 0; !status && i < YA_N_SETTINGS; i++)
        if (s->origin[i] == YA_FROM_DEFAULT && saved->origin[i] != YA_FROM_DEFAULT &&
            i != YA_SET_output)
            status = take(s, saved, (ya_setting_id)i, YA_FROM_CHECKPOINT, err);
    return status;
}

static bool same_file(const char *a, const char *b)
{
    struct stat one, other;
    return a && b && stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static bool same_items(const ya_texts *a, const ya_texts *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = strcmp(a->items[i], b->items[i]) == 0 || same_file(a->items[i], b->items[i]);
    return same;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 || same_file(a, b) : a == b;
}

bool ya_settings_same(const ya_settings *a, const ya_settings *b, ya_setting_id id)
{
    const ya_setting *row = ya_setting_get(id);
    const void *x = ya_field_of(a, row), *y = ya_field_of(b, row);
    switch (row->type) {
    case YA_TYPE_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case YA_TYPE_INT:
        return *(const int64_t *)x == *(const int64_t *)y;
    case YA_TYPE_REAL:
        return *(const double *)x == *(const double *)y;
    case YA_TYPE_SIZE:
        return *(const uint64_t *)x == *(const uint64_t *)y;
    case YA_TYPE_CHOICE:
        return *(const int *)x == *(const int *)y;
    case YA_TYPE_TARGETS:
        return *(const unsigned *)x == *(const unsigned *)y;
    case YA_TYPE_TEXT:
        return same_text(*(char *const *)x, *(char *const *)y);
    case YA_TYPE_TEXTS:
    case YA_TYPE_LIST:
        return same_items(x, y);
    }
    return false;
}
