/* Any stream, plain, gz or zst by the first byte: lines in order without LF, or an error with a
 * sentence. Plain ones are compared with a line reader of three lines. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ends[] = {".jsonl", ".jsonl.gz", ".jsonl.zst"};
    if (size == 0)
        return 0;
    int kind = data[0] % 3;
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
        const uint8_t *text = kind == 0 ? simple_next(&twin, &expected) : NULL;
        if (kind == 0 && (!text || expected != line.size ||
                          memcmp(text, line.text, expected) != 0 || twin.number != line.number))
            abort();
        if (line.number <= before || memchr(line.text, '\n', line.size))
            abort();
        before = line.number;
    }
    size_t rest;
    if (kind == 0 && (status || simple_next(&twin, &rest)))
        abort();
    if (status && !err.text[0])
        abort();
    ya_jsonl_close(stream);
    unlink(path);
    return 0;
}
