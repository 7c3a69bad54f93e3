/* Files of records. By the first byte: any file, as it is or packed: records on one line each, in
 * order, or an error with a sentence. Or the lines of the input that are JSON, as lines, as an
 * array, in an object and in UTF-16: the same records. */
#include "io/record_file.h"

#include "base/buffer.h"
#include "base/chars.h"
#include "fuzz_file.h"
#include "io/json_scan.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH = 64, MOST = 1 << 16 };

static const char *const members[] = {"messages", "text", NULL};
static const ya_record_file_options options = {members};

static void add(ya_buffer *out, const void *bytes, size_t size)
{
    ya_error err;
    if (ya_buffer_add(out, bytes, size, &err))
        abort();
}

/* Reads a file; its records, joined with LF, to `out` unless that is NULL. */
static ya_status read_file(const uint8_t *data, size_t size, const char *end, ya_buffer *out)
{
    ya_record_file *file;
    ya_line line = {0};
    ya_error err = {0};
    const char *path = fuzz_file(data, size, end);
    ya_status status = ya_record_file_open(&file, path, &options, &err);
    uint64_t before = 1;
    bool opened = !status;
    ya_record_form form = opened ? ya_record_file_form(file) : YA_FORM_LINES;
    while (!status && !(status = ya_record_file_next(file, &line, &err)) && line.text) {
        fuzz_touch(line.text, line.size);
        if (line.number < before || memchr(line.text, '\n', line.size) || line.size == 0 ||
            line.table != (form == YA_FORM_CSV || form == YA_FORM_TSV))
            abort();
        before = line.number;
        ya_json_value value;
        const char *behind = ya_json_scan(line.text, line.text + line.size, DEPTH, &value);
        if (line.table && (behind != line.text + line.size ||
                           value.type != (line.bad ? YA_JSON_ARRAY : YA_JSON_OBJECT)))
            abort();
        if (out) {
            add(out, line.text, line.size);
            add(out, "\n", 1);
        }
    }
    if (status && !strstr(err.text, path))
        abort();
    ya_record_file_close(opened ? file : NULL);
    unlink(path);
    return status;
}

static void read_packed(const uint8_t *data, size_t size, bool zstd)
{
    static uint8_t packed[2 * MOST];
    size_t n;
    if (zstd) {
        n = ZSTD_compress(packed, sizeof packed, data, size, 1);
    } else {
        z_stream z = {.next_in = (Bytef *)(uintptr_t)data,
                      .avail_in = (uInt)size,
                      .next_out = packed,
                      .avail_out = sizeof packed};
        if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
            deflate(&z, Z_FINISH) != Z_STREAM_END)
            abort();
        n = z.total_out;
        deflateEnd(&z);
    }
    read_file(packed, n, ".x", NULL);
}

/* The lines of the input that are JSON, CR made a space; `array` joins them with ", LF". */
static void keep_json(const uint8_t *data, size_t size, ya_buffer *lines, ya_buffer *array)
{
    const char *at = (const char *)data, *end = at + size;
    for (const char *lf; at < end; at = lf + 1) {
        ya_json_value value;
        lf = memchr(at, '\n', (size_t)(end - at));
        lf = lf ? lf : end;
        const char *behind = ya_json_scan(at, lf, DEPTH, &value);
        if (!behind || ya_json_skip_space(behind, lf) != lf)
            continue;
        const char *from = ya_json_skip_space(at, lf);
        add(array, ",\n", array->size ? 2 : 0);
        add(array, from, (size_t)(behind - from));
        size_t begins = lines->size;
        add(lines, from, (size_t)(behind - from));
        for (size_t i = begins; i < lines->size; i++)
            if (lines->data[i] == '\r')
                lines->data[i] = ' ';
        add(lines, "\n", 1);
    }
}

static void to_utf16(ya_buffer *out, const char *text, size_t size)
{
    static const uint8_t mark[] = {0xFE, 0xFF};
    add(out, mark, 2);
    for (size_t i = 0; i < size;) {
        unsigned c = (unsigned char)text[i];
        int tail = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
        c = tail ? c & (0x3FU >> tail) : c;
        for (i++; tail > 0; tail--)
            c = c << 6 | ((unsigned char)text[i++] & 0x3F);
        unsigned high = c >= 0x10000 ? 0xD800 + ((c - 0x10000) >> 10) : 0;
        unsigned low = c >= 0x10000 ? 0xDC00 + ((c - 0x10000) & 0x3FF) : c;
        const uint8_t units[] = {(uint8_t)(high >> 8), (uint8_t)high, (uint8_t)(low >> 8),
                                 (uint8_t)low};
        add(out, high ? units : units + 2, high ? 4 : 2);
    }
}

static void same_records(const ya_buffer *file, const ya_buffer *lines)
{
    ya_buffer found = {0};
    ya_status status = read_file((const uint8_t *)file->data, file->size, ".y", &found);
    if (status || found.size != lines->size ||
        (found.size && memcmp(found.data, lines->data, found.size) != 0))
        abort();
    ya_buffer_free(&found);
}

static void compare(const uint8_t *data, size_t size)
{
    ya_buffer lines = {0}, items = {0}, array = {0}, object = {0}, wide = {0};
    keep_json(data, size, &lines, &items);
    add(&array, "[", 1);
    add(&array, items.data, items.size);
    add(&array, "]\n", 2);
    same_records(&array, &lines);
    to_utf16(&wide, array.data, array.size);
    same_records(&wide, &lines);
    if (items.size && items.data[0] == '{') {
        add(&object, "{\"v\":[1,{}],\n\"data\":", 20);
        add(&object, array.data, array.size);
        add(&object, ",\"w\":\"]\"}", 9);
        same_records(&object, &lines);
    }
    ya_buffer_free(&lines);
    ya_buffer_free(&items);
    ya_buffer_free(&array);
    ya_buffer_free(&object);
    ya_buffer_free(&wide);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ends[] = {"", ".json", ".jsonl", ".csv", ".tsv", ".gz", ".zst"};
    if (size == 0 || size > MOST)
        return 0;
    int kind = data[0] % 10;
    data++;
    size--;
    if (kind < 7)
        read_file(data, size, ends[kind], NULL);
    else if (kind < 9)
        read_packed(data, size, kind == 8);
    else
        compare(data, size);
    return 0;
}
