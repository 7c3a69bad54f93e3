/* Any stream, plain or named gz or zst by the first byte: lines in order without LF, or an error
 * with a sentence. Plain ones are compared with a line reader of three lines. */
#include "io/jsonl.h"

#include "fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    const uint8_t *at, *end;
    uint64_t number;
} simple;

static bool blank(const uint8_t *text, size_t size)
{
    while (size && ((strchr(" \t\r\v\f", text[size - 1]) && text[size - 1]) ||
                    (size >= 2 && memcmp(text + size - 2, "\xC2\xA0", 2) == 0)))
        size -= text[size - 1] == 0xA0 ? 2 : 1;
    return size == 0;
}

/* The next line that is not blank, or NULL. */
static const uint8_t *simple_next(simple *s, size_t *size)
{
    while (s->at < s->end) {
        const uint8_t *text = s->at, *lf = memchr(text, '\n', (size_t)(s->end - text));
        *size = (size_t)((lf ? lf : s->end) - text);
        s->at = lf ? lf + 1 : s->end;
        s->number++;
        if (lf && *size && text[*size - 1] == '\r')
            --*size;
        if (!blank(text, *size))
            return text;
    }
    return NULL;
}

static bool begins(const uint8_t *data, size_t size, const char *with, size_t n)
{
    return size >= n && memcmp(data, with, n) == 0;
}

/* Neither packed nor in another encoding, by the first bytes. */
static bool is_plain(const uint8_t *data, size_t size)
{
    return !begins(data, size, "\x1F\x8B", 2) && !begins(data, size, "\x28\xB5\x2F\xFD", 4) &&
           !(size >= 4 && data[0] >> 4 == 5 && begins(data + 1, 3, "\x2A\x4D\x18", 3)) &&
           !begins(data, size, "\xFF\xFE", 2) && !begins(data, size, "\xFE\xFF", 2) &&
           !begins(data, size, "\0\0\xFE\xFF", 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ends[] = {".jsonl", ".jsonl.gz", ".jsonl.zst"};
    if (size == 0)
        return 0;
    int kind = data[0] % 3;
    bool plain = kind == 0 && is_plain(data + 1, size - 1);
    size_t bom = size >= 4 && memcmp(data + 1, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    simple twin = {data + 1 + bom, data + size, 0};
    ya_jsonl *stream;
    ya_line line = {0};
    ya_error err = {0};
    const char *path = fuzz_file(data + 1, size - 1, ends[kind]);
    ya_status status = ya_jsonl_open(&stream, path, &err);
    uint64_t before = 0;
    while (!status && !(status = ya_jsonl_next(stream, &line, &err)) && line.text) {
        size_t expected = 0;
        const uint8_t *text = plain ? simple_next(&twin, &expected) : NULL;
        if (plain && (!text || expected != line.size || memcmp(text, line.text, expected) != 0 ||
                      twin.number != line.number))
            abort();
        if (line.number <= before || memchr(line.text, '\n', line.size))
            abort();
        before = line.number;
    }
    size_t rest;
    if (plain && (status || simple_next(&twin, &rest)))
        abort();
    if (status && !err.text[0])
        abort();
    ya_jsonl_close(stream);
    unlink(path);
    return 0;
}
