#include "io/window.h"

#include "base/alloc.h"

#include <string.h>

ya_status ya_window_open(ya_window *w, const char *path, ya_error *err)
{
    ya_status status;
    *w = (ya_window){.path = ya_strdup(path), .data = ya_alloc(YA_WINDOW_FIRST)};
    w->room = YA_WINDOW_FIRST;
    if (!w->path || !w->data)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path));
    YA_TRY(ya_text_stream_open(&w->text, w->path, err));
done:
    if (status)
        ya_window_close(w);
    return status;
}

void ya_window_close(ya_window *w)
{
    ya_text_stream_close(w->text);
    ya_free(w->path);
    ya_free(w->data);
    *w = (ya_window){0};
}

static ya_status make_room(ya_window *w, size_t most, ya_error *err)
{
    if (w->begin > 0) {
        memmove(w->data, w->data + w->begin, w->end - w->begin);
        w->end -= w->begin;
        w->begin = 0;
    }
    if (w->end < w->room)
        return YA_OK;
    size_t room = w->room < most / 4 ? w->room * 4 : most;
    char *bigger = ya_realloc(w->data, room);
    if (!bigger)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu bytes of %s", room, w->path);
    w->data = bigger;
    w->room = room;
    return YA_OK;
}

ya_status ya_window_fill(ya_window *w, size_t most, ya_error *err)
{
    size_t n = 0;
    ya_status status;
    if (w->end == w->room)
        YA_TRY(make_room(w, most, err));
    size_t room = w->room - w->end;
    if (room > YA_WINDOW_FIRST) /* a window that has grown does not leave the cache for good */
        room = YA_WINDOW_FIRST;
    YA_TRY(ya_text_stream_read(w->text, w->data + w->end, room, &n, err));
    w->end += n;
    w->at_end = n == 0;
done:
    return status;
}
