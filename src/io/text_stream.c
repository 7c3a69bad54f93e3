#include "io/text_stream.h"

#include "base/alloc.h"
#include "io/decoder.h"
#include "io/utf16.h"

#include <string.h>

enum { HEAD_BYTES = 4, RAW_BYTES = 1 << 16 };

typedef struct {
    bool big_endian;
    bool unpaired; /* the bytes at `raw` are half of a pair */
    uint64_t line; /* of what is transcoded next, from 1 */
    unsigned char raw[RAW_BYTES];
    size_t n_raw;
    char text[RAW_BYTES / 2 * 3];
    size_t at, size; /* of `text` */
} utf16;

struct ya_text_stream {
    ya_decoder *decoder;
    const char *path;
    char head[HEAD_BYTES]; /* what was read to find the mark */
    size_t at, size;       /* of `head`; at == size: used up */
    utf16 *utf16;          /* NULL: the bytes are taken as they are */
};

static bool begins(const ya_text_stream *s, const char *mark, size_t size)
{
    return s->size >= size && memcmp(s->head, mark, size) == 0;
}

static ya_status begin_utf16(ya_text_stream *s, bool big_endian, ya_error *err)
{
    s->utf16 = ya_alloc_zero(1, sizeof *s->utf16);
    if (!s->utf16)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", s->path);
    s->utf16->big_endian = big_endian;
    s->utf16->line = 1;
    s->utf16->n_raw = s->size - 2;
    memcpy(s->utf16->raw, s->head + 2, s->size - 2);
    s->at = s->size;
    return YA_OK;
}

static ya_status find_mark(ya_text_stream *s, ya_error *err)
{
    size_t n = 1;
    while (n > 0 && s->size < HEAD_BYTES) {
        ya_status status =
            ya_decoder_read(s->decoder, s->head + s->size, HEAD_BYTES - s->size, &n, err);
        if (status)
            return status;
        s->size += n;
    }
    if (begins(s, "\xFF\xFE\0\0", 4) || begins(s, "\0\0\xFE\xFF", 4))
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "%s is UTF-32: convert it with  iconv -f UTF-32 -t UTF-8", s->path);
    if (begins(s, "\xFF\xFE", 2) || begins(s, "\xFE\xFF", 2))
        return begin_utf16(s, begins(s, "\xFE", 1), err);
    if (begins(s, "\xEF\xBB\xBF", 3))
        s->at = 3;
    return YA_OK;
}

ya_status ya_text_stream_open(ya_text_stream **out, const char *path, ya_error *err)
{
    ya_status status;
    *out = NULL;
    ya_text_stream *s = ya_alloc_zero(1, sizeof *s);
    if (!s)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path);
    s->path = path;
    YA_TRY(ya_decoder_open(&s->decoder, path, err));
    YA_TRY(find_mark(s, err));
    *out = s;
done:
    if (status)
        ya_text_stream_close(s);
    return status;
}

void ya_text_stream_close(ya_text_stream *stream)
{
    if (!stream)
        return;
    ya_decoder_close(stream->decoder);
    ya_free(stream->utf16);
    ya_free(stream);
}

static ya_status broken(const ya_text_stream *s, const char *what, ya_error *err)
{
    return ya_fail(err, YA_ERR_FORMAT, "%s:%llu: %s", s->path, (unsigned long long)s->utf16->line,
                   what);
}

/* Fills `text`, which is used up; it stays empty at the end of the file. */
static ya_status transcode(ya_text_stream *s, ya_error *err)
{
    utf16 *u = s->utf16;
    for (const char *at = u->text; (at = memchr(at, '\n', (size_t)(u->text + u->size - at))); at++)
        u->line++;
    u->at = u->size = 0;
    while (u->size == 0) {
        size_t n;
        if (u->unpaired)
            return broken(s, "a UTF-16 surrogate without its other half", err);
        ya_status status = ya_decoder_read(s->decoder, (char *)u->raw + u->n_raw,
                                           sizeof u->raw - u->n_raw, &n, err);
        if (status)
            return status;
        if (n == 0 && u->n_raw > 0)
            return broken(s, "the file ends within a UTF-16 character: it is truncated", err);
        if (n == 0)
            break;
        u->n_raw += n;
        size_t used =
            ya_utf16_to_utf8(u->raw, u->n_raw, u->big_endian, u->text, &u->size, &u->unpaired);
        u->n_raw -= used;
        memmove(u->raw, u->raw + used, u->n_raw);
    }
    return YA_OK;
}

static size_t hand_out(char *to, size_t room, const char *from, size_t *at, size_t size)
{
    size_t n = size - *at < room ? size - *at : room;
    memcpy(to, from + *at, n);
    *at += n;
    return n;
}

ya_status ya_text_stream_read(ya_text_stream *s, char *to, size_t room, size_t *n, ya_error *err)
{
    if (s->at < s->size) {
        *n = hand_out(to, room, s->head, &s->at, s->size);
        return YA_OK;
    }
    if (!s->utf16)
        return ya_decoder_read(s->decoder, to, room, n, err);
    if (s->utf16->at == s->utf16->size) {
        ya_status status = transcode(s, err);
        if (status)
            return status;
    }
    *n = hand_out(to, room, s->utf16->text, &s->utf16->at, s->utf16->size);
    return YA_OK;
}

uint64_t ya_text_stream_position(const ya_text_stream *stream)
{
    return ya_decoder_position(stream->decoder);
}
