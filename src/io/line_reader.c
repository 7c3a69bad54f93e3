#include "io/line_reader.h"

#include "base/chars.h"

#include <string.h>

enum { LINE_BYTES = YA_LINE_MAX_BYTES + 2 /* the longest line with CR LF */ };

/* Drops what is left of a line that is too long, but not its first bytes. */
static ya_status skip_long(ya_line_reader *r, ya_line *line, ya_error *err)
{
    ya_window *w = r->window;
    *line = (ya_line){.text = w->data + w->begin,
                      .size = YA_LINE_KEPT_BYTES,
                      .number = r->number,
                      .too_long = true};
    size_t keep = w->begin + YA_LINE_KEPT_BYTES;
    w->end = keep;
    for (;;) {
        ya_status status = ya_window_fill(w, LINE_BYTES, err);
        if (status)
            return status;
        char *lf = memchr(w->data + keep, '\n', w->end - keep);
        if (lf || w->at_end) {
            w->begin = lf ? (size_t)(lf + 1 - w->data) : w->end;
            return YA_OK;
        }
        w->end = keep;
    }
}

static bool is_blank(const char *text, size_t size)
{
    return ya_skip_space(text, text + size) == text + size;
}

/* The next line as it stands, blank or not; *found is false at the end of the file. */
static ya_status next_line(ya_line_reader *r, ya_line *line, bool *found, ya_error *err)
{
    ya_window *w = r->window;
    char *lf;
    size_t size;
    for (;;) {
        size = w->end - w->begin;
        lf = memchr(w->data + w->begin + r->scanned, '\n', size - r->scanned);
        if (lf || w->at_end)
            break;
        r->scanned = size;
        if (size == LINE_BYTES) {
            r->number++;
            r->scanned = 0;
            return skip_long(r, line, err);
        }
        ya_status status = ya_window_fill(w, LINE_BYTES, err);
        if (status)
            return status;
    }
    const char *text = w->data + w->begin;
    if (lf)
        size = (size_t)(lf - text);
    *found = lf || size > 0;
    if (!*found)
        return YA_OK;
    w->begin += size + (lf != NULL);
    r->scanned = 0;
    r->number++;
    if (lf && size && text[size - 1] == '\r')
        size--;
    bool too_long = size > YA_LINE_MAX_BYTES;
    *line = (ya_line){.text = text,
                      .size = too_long ? YA_LINE_KEPT_BYTES : size,
                      .number = r->number,
                      .too_long = too_long};
    return YA_OK;
}

ya_status ya_line_reader_next(ya_line_reader *reader, ya_line *line, ya_error *err)
{
    bool found = true;
    ya_status status = YA_OK;
    while (!status && found) {
        status = next_line(reader, line, &found, err);
        if (!status && found && (line->too_long || !is_blank(line->text, line->size)))
            return YA_OK;
    }
    *line = (ya_line){.number = reader->number};
    return status;
}
