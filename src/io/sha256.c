#include "io/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 16 };

/* Ends the digest (and frees `context`); `good` says whether everything so far worked. */
static ya_status finish(EVP_MD_CTX *context, int good, char hex[YA_SHA256_HEX], ya_error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    good = good && EVP_DigestFinal_ex(context, sum, &length) == 1 && length == 32;
    EVP_MD_CTX_free(context);
    if (!good)
        return ya_fail(err, YA_ERR_IO, "libcrypto cannot compute SHA-256");
    for (unsigned i = 0; i < length; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[2 * length] = '\0';
    return YA_OK;
}

size_t ya_hex_digits(const char *text)
{
    return strspn(text, "0123456789abcdef");
}

ya_status ya_sha256_bytes(const void *data, size_t size, char hex[YA_SHA256_HEX], ya_error *err)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
               EVP_DigestUpdate(context, data, size) == 1;
    return finish(context, good, hex, err);
}

ya_status ya_sha256_file(const char *path, char hex[YA_SHA256_HEX], ya_error *err)
{
    unsigned char block[BLOCK_BYTES];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot open %s", path);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    ssize_t n = 0;
    while (good && (n = read(file, block, sizeof block)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        good = EVP_DigestUpdate(context, block, (size_t)n) == 1;
    }
    ya_status status = n < 0 ? ya_fail_errno(err, YA_ERR_IO, "cannot read %s", path) : YA_OK;
    close(file);
    if (status) {
        EVP_MD_CTX_free(context);
        return status;
    }
    return finish(context, good, hex, err);
}
