#include "base/alloc.h"
#include "io/decoder.h"
#include "io/jsonl.h"

#include <string.h>
#include <sys/stat.h>

enum { BUFFER_BYTES = 1 << 18 };

static bool is_compressed_file(const char *path)
{
    const char *end = strrchr(path, '.');
    struct stat info;
    return end && (strcmp(end, ".gz") == 0 || strcmp(end, ".zst") == 0) && stat(path, &info) == 0 &&
           S_ISREG(info.st_mode);
}

ya_status ya_jsonl_check(const char *path, ya_error *err)
{
    ya_decoder *decoder = NULL;
    size_t n = 1;
    if (!is_compressed_file(path))
        return YA_OK;
    char *buffer = ya_alloc(BUFFER_BYTES);
    if (!buffer)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory reading %s", path);
    ya_status status = ya_decoder_open(&decoder, path, err);
    while (status == YA_OK && n > 0)
        status = ya_decoder_read(decoder, buffer, BUFFER_BYTES, &n, err);
    ya_decoder_close(decoder);
    ya_free(buffer);
    return status;
}
