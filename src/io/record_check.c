#include "base/alloc.h"
#include "io/decoder.h"
#include "io/record_file.h"

#include <sys/stat.h>

enum { BUFFER_BYTES = 1 << 18 };

ya_status ya_record_file_check(const char *path, ya_error *err)
{
    struct stat info;
    ya_decoder *decoder = NULL;
    char *buffer = NULL;
    size_t n = 1;
    ya_status status = YA_OK;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return YA_OK;
    YA_TRY(ya_decoder_open(&decoder, path, err));
    if (!ya_decoder_unpacks(decoder))
        goto done;
    buffer = ya_alloc(BUFFER_BYTES);
    if (!buffer)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory reading %s", path));
    while (status == YA_OK && n > 0)
        status = ya_decoder_read(decoder, buffer, BUFFER_BYTES, &n, err);
done:
    ya_decoder_close(decoder);
    ya_free(buffer);
    return status;
}
