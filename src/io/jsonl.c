#include "io/jsonl.h"

#include "base/alloc.h"
#include "io/line_reader.h"

struct ya_jsonl {
    ya_window window;
    ya_line_reader lines;
};

ya_status ya_jsonl_open(ya_jsonl **out, const char *path, ya_error *err)
{
    *out = NULL;
    ya_jsonl *s = ya_alloc_zero(1, sizeof *s);
    if (!s)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path);
    s->lines.window = &s->window;
    ya_status status = ya_window_open(&s->window, path, err);
    if (status)
        ya_jsonl_close(s);
    else
        *out = s;
    return status;
}

void ya_jsonl_close(ya_jsonl *stream)
{
    if (!stream)
        return;
    ya_window_close(&stream->window);
    ya_free(stream);
}

uint64_t ya_jsonl_position(const ya_jsonl *stream)
{
    return ya_text_stream_position(stream->window.text);
}

ya_status ya_jsonl_next(ya_jsonl *stream, ya_line *line, ya_error *err)
{
    return ya_line_reader_next(&stream->lines, line, err);
}
