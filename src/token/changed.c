#include "token/changed.h"

ya_status ya_changed_copy(ya_changed *out, const char *text, ya_trace trace, size_t begin, size_t n,
                          ya_error *err)
{
    ya_status status = YA_OK;
    if (n == 0)
        return YA_OK;
    YA_TRY(ya_buffer_add(&out->text, text + begin, n, err));
    for (size_t i = 0; out->traced && i < n; i++)
        YA_TRY(ya_ids_add(&out->map, (int32_t)ya_trace_at(trace, begin + i), err));
done:
    return status;
}

ya_status ya_changed_insert(ya_changed *out, const char *bytes, size_t n, size_t origin,
                            ya_error *err)
{
    ya_status status = YA_OK;
    if (n == 0)
        return YA_OK;
    YA_TRY(ya_buffer_add(&out->text, bytes, n, err));
    for (size_t i = 0; out->traced && i < n; i++)
        YA_TRY(ya_ids_add(&out->map, (int32_t)origin, err));
done:
    return status;
}

void ya_changed_clear(ya_changed *out)
{
    out->text.size = 0;
    out->map.size = 0;
}

void ya_changed_free(ya_changed *out)
{
    ya_buffer_free(&out->text);
    ya_ids_free(&out->map);
}
