/* Lines lie in one buffer and are handed out where they are:
 *
 *     | handed out | begin ... scanned ... end | free ... room |
 *
 * Bytes of [begin, scanned) hold no LF. A line that reaches the end of the buffer is moved to its
 * start; the buffer grows only for a line that fills it, and never beyond BUFFER_MAX. */
#include "io/jsonl.h"

#include "base/alloc.h"
#include "base/chars.h"
#include "io/decoder.h"

#include <string.h>

enum {
    BUFFER_FIRST = 1 << 18,             /* stays in the second-level cache */
    BUFFER_MAX = YA_LINE_MAX_BYTES + 2, /* the longest line with CR LF */
    KEPT_OF_LONG = 1000
};

struct ya_jsonl {
    ya_decoder *decoder;
    char *path;
    char *buffer;
    size_t room, begin, scanned, end;
    uint64_t number; /* of the last line */
    bool at_end;     /* the decoder has no more */
};

ya_status ya_jsonl_open(ya_jsonl **out, const char *path, ya_error *err)
{
    ya_status status = YA_OK;
    *out = NULL;
    ya_jsonl *s = ya_alloc_zero(1, sizeof *s);
    if (!s)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path);
    s->path = ya_strdup(path);
    s->buffer = ya_alloc(BUFFER_FIRST);
    s->room = BUFFER_FIRST;
    if (!s->path || !s->buffer)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path));
    YA_TRY(ya_decoder_open(&s->decoder, s->path, err));
    *out = s;
done:
    if (status)
        ya_jsonl_close(s);
    return status;
}

void ya_jsonl_close(ya_jsonl *stream)
{
    if (!stream)
        return;
    ya_decoder_close(stream->decoder);
    ya_free(stream->path);
    ya_free(stream->buffer);
    ya_free(stream);
}

uint64_t ya_jsonl_position(const ya_jsonl *stream)
{
    return ya_decoder_position(stream->decoder);
}

static ya_status make_room(ya_jsonl *s, ya_error *err)
{
    if (s->begin > 0) {
        memmove(s->buffer, s->buffer + s->begin, s->end - s->begin);
        s->scanned -= s->begin;
        s->end -= s->begin;
        s->begin = 0;
    }
    if (s->end < s->room)
        return YA_OK;
    size_t room = s->room * 4 < BUFFER_MAX ? s->room * 4 : BUFFER_MAX;
    char *bigger = ya_realloc(s->buffer, room);
    if (!bigger)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for line %llu of %s",
                       (unsigned long long)s->number + 1, s->path);
    s->buffer = bigger;
    s->room = room;
    return YA_OK;
}

/* Adds bytes behind `end`, of which there must be room, or sets at_end. */
static ya_status fill(ya_jsonl *s, ya_error *err)
{
    size_t n;
    ya_status status = ya_decoder_read(s->decoder, s->buffer + s->end, s->room - s->end, &n, err);
    if (status)
        return status;
    s->end += n;
    s->at_end = n == 0;
    return YA_OK;
}

/* At the start of the file, before any line: at least three bytes if there are so many, then
 * without a BOM. */
static ya_status skip_bom(ya_jsonl *s, ya_error *err)
{
    while (s->end < 3 && !s->at_end) {
        ya_status status = fill(s, err);
        if (status)
            return status;
    }
    if (s->end >= 3 && memcmp(s->buffer, "\xEF\xBB\xBF", 3) == 0)
        s->begin = s->scanned = 3;
    return YA_OK;
}

/* Drops what is left of a line that is too long, but not its first bytes. */
static ya_status skip_long(ya_jsonl *s, ya_line *line, ya_error *err)
{
    *line = (ya_line){
        .text = s->buffer + s->begin, .size = KEPT_OF_LONG, .number = s->number, .too_long = true};
    size_t keep = s->begin + KEPT_OF_LONG;
    s->end = keep;
    for (;;) {
        ya_status status = fill(s, err);
        if (status)
            return status;
        if (s->at_end)
            break;
        char *lf = memchr(s->buffer + keep, '\n', s->end - keep);
        if (lf) {
            s->begin = s->scanned = (size_t)(lf + 1 - s->buffer);
            return YA_OK;
        }
        s->end = keep;
    }
    s->begin = s->scanned = s->end;
    return YA_OK;
}

static bool is_blank(const char *text, size_t size)
{
    return ya_skip_space(text, text + size) == text + size;
}

/* The next line as it stands, blank or not; *found is false at the end of the file. */
static ya_status next_line(ya_jsonl *s, ya_line *line, bool *found, ya_error *err)
{
    ya_status status;
    char *lf;
    while (!(lf = memchr(s->buffer + s->scanned, '\n', s->end - s->scanned)) && !s->at_end) {
        s->scanned = s->end;
        if (s->end - s->begin == BUFFER_MAX) {
            s->number++;
            *found = true;
            return skip_long(s, line, err);
        }
        if (s->end == s->room && (status = make_room(s, err)))
            return status;
        if ((status = fill(s, err)))
            return status;
    }
    const char *text = s->buffer + s->begin;
    size_t size = (lf ? (size_t)(lf - s->buffer) : s->end) - s->begin;
    *found = lf || size > 0;
    if (!*found)
        return YA_OK;
    s->begin = s->scanned = lf ? s->begin + size + 1 : s->end;
    s->number++;
    if (lf && size && text[size - 1] == '\r')
        size--;
    bool too_long = size > YA_LINE_MAX_BYTES;
    *line = (ya_line){.text = text,
                      .size = too_long ? KEPT_OF_LONG : size,
                      .number = s->number,
                      .too_long = too_long};
    return YA_OK;
}

ya_status ya_jsonl_next(ya_jsonl *stream, ya_line *line, ya_error *err)
{
    bool found = true;
    ya_status status = YA_OK;
    *line = (ya_line){.number = stream->number};
    if (stream->number == 0)
        status = skip_bom(stream, err);
    while (!status && found) {
        status = next_line(stream, line, &found, err);
        if (!status && found && (line->too_long || !is_blank(line->text, line->size)))
            return YA_OK;
    }
    *line = (ya_line){.number = stream->number};
    return status;
}
