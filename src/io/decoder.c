#include "io/decoder.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { INPUT_BYTES = 1 << 17, GZIP_WINDOW = 15 + 16, MAGIC_BYTES = 4 };

typedef ya_status decode_function(ya_decoder *decoder, char *to, size_t room, size_t *n,
                                  ya_error *err);

struct ya_decoder {
    const char *path;
    int file;
    decode_function *decode;
    z_stream gzip;
    ZSTD_DStream *zstd;
    bool within;  /* a member or frame has begun and not ended */
    bool started; /* the first one has begun */
    bool end_of_file;
    uint64_t position;                /* in the file */
    size_t at, size;                  /* of `input` */
    unsigned char input[INPUT_BYTES]; /* as in the file */
};

static ya_status read_file(ya_decoder *d, void *to, size_t room, size_t *n, ya_error *err)
{
    ssize_t got;
    do
        got = read(d->file, to, room);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", d->path);
    *n = (size_t)got;
    d->position += (uint64_t)got;
    return YA_OK;
}

/* First what was read to tell the format, then without a copy. */
static ya_status decode_plain(ya_decoder *d, char *to, size_t room, size_t *n, ya_error *err)
{
    if (d->at == d->size)
        return read_file(d, to, room, n, err);
    *n = d->size - d->at < room ? d->size - d->at : room;
    memcpy(to, d->input + d->at, *n);
    d->at += *n;
    return YA_OK;
}

/* Fills `input` when it is used up. */
static ya_status refill(ya_decoder *d, ya_error *err)
{
    if (d->at < d->size || d->end_of_file)
        return YA_OK;
    d->at = d->size = 0;
    ya_status status = read_file(d, d->input, sizeof d->input, &d->size, err);
    d->end_of_file = !status && d->size == 0;
    return status;
}

static ya_status ends_early(const ya_decoder *d, const char *format, ya_error *err)
{
    return ya_fail(err, YA_ERR_FORMAT, "%s is truncated: its %s data ends early", d->path, format);
}

/* Between members: zeros to the end are padding (tapes, block devices), anything else is another
 * member. */
static void skip_padding(ya_decoder *d)
{
    if (d->started && !d->within)
        while (d->at < d->size && d->input[d->at] == 0)
            d->at++;
}

static ya_status decode_gzip(ya_decoder *d, char *to, size_t room, size_t *n, ya_error *err)
{
    *n = 0;
    while (*n == 0) {
        ya_status status = refill(d, err);
        if (status)
            return status;
        skip_padding(d);
        if (d->at == d->size) {
            if (!d->end_of_file)
                continue;
            return d->started && !d->within ? YA_OK : ends_early(d, "gzip", err);
        }
        if (!d->within && inflateReset(&d->gzip) != Z_OK)
            return ya_fail(err, YA_ERR_IO, "%s: zlib cannot be reset", d->path);
        d->started = d->within = true;
        uInt out = room < UINT32_MAX / 2 ? (uInt)room : UINT32_MAX / 2;
        d->gzip.next_in = d->input + d->at;
        d->gzip.avail_in = (uInt)(d->size - d->at);
        d->gzip.next_out = (Bytef *)to;
        d->gzip.avail_out = out;
        int result = inflate(&d->gzip, Z_NO_FLUSH);
        d->at = d->size - d->gzip.avail_in;
        *n = out - d->gzip.avail_out;
        if (result == Z_STREAM_END)
            d->within = false;
        else if (result == Z_MEM_ERROR)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory reading %s", d->path);
        else if (result != Z_OK && result != Z_BUF_ERROR)
            return ya_fail(err, YA_ERR_FORMAT, "%s is no intact gzip file: %s", d->path,
                           d->gzip.msg ? d->gzip.msg : "corrupt");
    }
    return YA_OK;
}

static ya_status decode_zstd(ya_decoder *d, char *to, size_t room, size_t *n, ya_error *err)
{
    *n = 0;
    while (*n == 0) {
        ya_status status = refill(d, err);
        if (status)
            return status;
        /* At the end of the file a frame may still hold decoded bytes: ask without input. */
        if (d->end_of_file && !d->within)
            return d->started ? YA_OK : ends_early(d, "zstd", err);
        ZSTD_inBuffer in = {d->input, d->size, d->at};
        ZSTD_outBuffer out = {to, room, 0};
        d->started = true;
        size_t result = ZSTD_decompressStream(d->zstd, &out, &in);
        if (ZSTD_isError(result))
            return ya_fail(err, YA_ERR_FORMAT, "%s is no intact zstd file: %s", d->path,
                           ZSTD_getErrorName(result));
        d->within = result != 0;
        d->at = in.pos;
        *n = out.pos;
        if (d->end_of_file && d->within && *n == 0)
            return ends_early(d, "zstd", err);
    }
    return YA_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Whether the file begins with `magic`; where it is too short to tell, the end of its name tells.
 */
static bool begins_with(const ya_decoder *d, const char *magic, size_t size, const char *end)
{
    size_t n = d->size < size ? d->size : size;
    return memcmp(d->input, magic, n) == 0 && (n == size || ends_with(d->path, end));
}

/* A frame that may be skipped: 0x184D2A50 to 0x184D2A5F. */
static bool begins_with_skippable_frame(const ya_decoder *d)
{
    return d->size >= MAGIC_BYTES && d->input[0] >> 4 == 5 &&
           memcmp(d->input + 1, "\x2A\x4D\x18", 3) == 0;
}

static ya_status choose_format(ya_decoder *d, ya_error *err)
{
    while (d->size < MAGIC_BYTES && !d->end_of_file) {
        size_t n = 0;
        ya_status status = read_file(d, d->input + d->size, sizeof d->input - d->size, &n, err);
        if (status)
            return status;
        d->size += n;
        d->end_of_file = n == 0;
    }
    d->decode = decode_plain;
    if (begins_with(d, "\x1F\x8B", 2, ".gz")) {
        d->decode = decode_gzip;
        if (inflateInit2(&d->gzip, GZIP_WINDOW) != Z_OK)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", d->path);
    } else if (begins_with(d, "\x28\xB5\x2F\xFD", 4, ".zst") || begins_with_skippable_frame(d)) {
        d->decode = decode_zstd;
        d->zstd = ZSTD_createDStream();
        if (!d->zstd)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", d->path);
    }
    return YA_OK;
}

static ya_status set_up(ya_decoder *d, ya_error *err)
{
    struct stat info;
    if (fstat(d->file, &info) == 0 && S_ISDIR(info.st_mode))
        return ya_fail(err, YA_ERR_IO, "%s is a directory, not a file", d->path);
    posix_fadvise(d->file, 0, 0, POSIX_FADV_SEQUENTIAL); /* a hint; pipes refuse it */
    return choose_format(d, err);
}

ya_status ya_decoder_open(ya_decoder **out, const char *path, ya_error *err)
{
    *out = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot open %s", path);
    ya_decoder *decoder = ya_alloc_zero(1, sizeof *decoder);
    if (!decoder) {
        close(file);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path);
    }
    decoder->path = path;
    decoder->file = file;
    ya_status status = set_up(decoder, err);
    if (status)
        ya_decoder_close(decoder);
    else
        *out = decoder;
    return status;
}

void ya_decoder_close(ya_decoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->decode == decode_gzip)
        inflateEnd(&decoder->gzip); /* harmless when the initialisation failed */
    ZSTD_freeDStream(decoder->zstd);
    close(decoder->file);
    ya_free(decoder);
}

ya_status ya_decoder_read(ya_decoder *decoder, char *to, size_t room, size_t *n, ya_error *err)
{
    return decoder->decode(decoder, to, room, n, err);
}

bool ya_decoder_unpacks(const ya_decoder *decoder)
{
    return decoder->decode != decode_plain;
}

uint64_t ya_decoder_position(const ya_decoder *decoder)
{
    return decoder->position;
}
